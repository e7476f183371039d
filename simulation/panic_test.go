package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// kinds are the actors of a resource, and on which side each can be made to panic.
var kinds = []struct {
	kind      string
	secondary bool
}{
	{"gate", false}, {"localdisk", false}, {"localdisk", true}, {"remotelink", false}, {"sync", false},
	{"guard", false}, {"secondary", true}, {"hooks", false}, {"hooks", true}, {"resource", false}, {"resource", true},
}

// neighbours brings two resources into service at A, both with a client at work.
func neighbours(t *testing.T, spec PairSpec) *Pair {
	t.Helper()
	spec.Neighbour = true
	p := pairOf(t, spec)
	for _, q := range []*Pair{p, p.Neighbour} {
		q.Client.Pause = time.Millisecond
		q.serve(t, p.A)
		q.must(t, "complete", q.AwaitComplete(p.A, 5*time.Minute))
	}
	return p
}

// calm is how long an answer may take in a resource that has no fault: the slowest of disks and links.
const calm = 700 * time.Millisecond

// undisturbed demands that the second resource noticed nothing (I25).
func (p *Pair) undisturbed(t *testing.T, what string) {
	t.Helper()
	q := p.Neighbour
	if longest := q.Client.Longest(); longest > calm {
		q.must(t, what, fmt.Errorf("I25: an answer of the other resource took %v", longest))
	}
	if n, err := q.Client.Errors(); n > 0 {
		q.must(t, what, fmt.Errorf("I25: %d requests of the other resource failed: %v", n, err))
	}
	s, err := q.Status(p.A)
	q.must(t, what, err)
	if s.Status != "complete" || s.Role != "primary" || s.Stats.Sessions != 1 {
		q.must(t, what, fmt.Errorf("I25: the other resource is %s, %s, with %d sessions", s.Role, s.Status, s.Stats.Sessions))
	}
}

// back waits until a role that fell is held again, without anybody's help, and the pair is complete.
func (p *Pair) back(t *testing.T, primary *Machine) {
	t.Helper()
	for _, m := range []*Machine{primary, p.Other(primary)} {
		want := "secondary"
		if m == primary {
			want = "primary"
		}
		p.must(t, "back", p.AwaitStatus(m, want+" again", func(s *actors.Status) bool { return s.Role == want && s.State == want }, time.Minute))
	}
	p.must(t, "complete", p.AwaitComplete(primary, 5*time.Minute))
}

// levels are those of both nodes once nothing happens any more.
func (p *Pair) levels() [2]Level {
	p.World.RunFor(70 * time.Second) // all that waits for a time limit has ended
	return [2]Level{p.A.Level(), p.B.Level()}
}

func (p *Pair) noLeak(t *testing.T, before [2]Level) {
	t.Helper()
	after := p.levels()
	for i, m := range []*Machine{p.A, p.B} {
		if leak := after[i].Leak(before[i]); leak != "" {
			p.must(t, "audit", fmt.Errorf("I24: %s holds more than before: %s", m.name, leak))
		}
	}
	s, err := p.Status(p.A)
	p.must(t, "status", err)
	if s.Stats.QueueIdle != 256 || s.Stats.QueueLocal != 0 || s.Stats.QueueRecv != 0 || s.Stats.AsyncTail != 0 {
		p.must(t, "audit", fmt.Errorf("I24: the idle primary has %d credits, %d operations, %d requests, %d bytes unconfirmed",
			s.Stats.QueueIdle, s.Stats.QueueLocal, s.Stats.QueueRecv, s.Stats.AsyncTail))
	}
	if s, err = p.Status(p.B); err != nil || s.Stats.QueueIdle != 512 || s.Stats.QueueLocal != 0 {
		p.must(t, "audit", fmt.Errorf("I24: the idle secondary has %d credits, %d operations: %v", s.Stats.QueueIdle, s.Stats.QueueLocal, err))
	}
}

// tumble makes one actor panic in some turn, under load, and demands that all is well afterwards.
func tumble(t *testing.T, p *Pair, kind string, secondary bool) {
	t.Helper()
	r := p.World.chance.workload
	m := p.A
	if secondary {
		m = p.B
	}
	f := m.Panic(Resource, kind, r.IntN(30), []Moment{AtBegin, AtEnd, 1, 2, 3}[r.IntN(5)])
	_ = p.World.Run(f.Met, 200*time.Millisecond)
	p.Neighbour.Client.Longest()
	if !f.Met() {
		m.CalmDown()
		f = m.Panic(Resource, kind, r.IntN(2), []Moment{AtBegin, AtEnd, 1}[r.IntN(3)])
		p.lose(t, f)
	}
	p.World.RunFor(between(r, 0, 50*time.Millisecond))
	p.must(t, "fallen", nil)
}

// lose ends sessions of the first resource until a panic has come.
func (p *Pair) lose(t *testing.T, f Fall) {
	t.Helper()
	for range 200 {
		if f.Met() {
			return
		}
		p.resetOne()
		_ = p.World.Run(f.Met, time.Second)
	}
	p.must(t, "provoke", fmt.Errorf("no message came for %v", f.p))
}

// resetOne breaks the connections of the first resource only.
func (p *Pair) resetOne() {
	for _, e := range append([]*end(nil), p.World.fabric.ends...) {
		if strings.Contains(e.owner.PID.GetId(), "/"+p.resource+"-") {
			e.broken(errReset)
			e.peer.broken(errReset)
		}
	}
}

func TestPanicOfOneActor(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.kind+map[bool]string{true: " of the secondary"}[k.secondary], func(t *testing.T) {
			seeds(t, few(1), func(t *testing.T, seed uint64) {
				p := neighbours(t, PairSpec{Seed: seed, Mode: modes[(seed+uint64(i))%3], Settings: []string{"exec /bin/hook"}})
				before := p.levels()
				p.Client.Start()
				p.Neighbour.Client.Start()
				p.World.RunFor(50 * time.Millisecond)
				tumble(t, p, k.kind, k.secondary)
				p.back(t, p.A)
				p.World.RunFor(50 * time.Millisecond)
				p.undisturbed(t, "neighbour")
				p.settle(t, p.A)
				p.Neighbour.settle(t, p.A)
				p.noLeak(t, before)
				if n, err := p.Client.Errors(); n > 0 {
					p.must(t, "errors", fmt.Errorf("%d requests failed, the last with: %w", n, err))
				}
			})
		})
	}
}

// Who falls again and again is left alone, with a reason, until somebody asks for the role again.
func TestPanicsWithoutEnd(t *testing.T) {
	for _, kind := range []string{"gate", "localdisk", "resource"} {
		t.Run(kind, func(t *testing.T) {
			p := neighbours(t, PairSpec{Seed: 7})
			p.Client.Start()
			p.Neighbour.Client.Start()
			for range 20 {
				p.A.Panic(Resource, kind, map[bool]int{false: 3}[kind == "resource"], AtBegin)
			}
			p.pass(30 * time.Second)
			p.A.CalmDown()
			p.pass(3 * time.Second)
			s, err := p.Status(p.A)
			p.must(t, "status", err)
			if s.Role != "init" || s.Reason == "" || s.Remedy == "" {
				t.Fatalf("role %s, state %s, reason %q, remedy %q", s.Role, s.State, s.Reason, s.Remedy)
			}
			p.undisturbed(t, "neighbour")
			p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
			p.back(t, p.A)
			p.settle(t, p.A)
		})
	}
}

// A role command that finds its resource fallen is answered, and so is a shutdown.
func TestCommandsDuringFalls(t *testing.T) {
	for _, kind := range []string{"gate", "localdisk", "remotelink", "resource"} {
		t.Run(kind, func(t *testing.T) {
			seeds(t, few(2), func(t *testing.T, seed uint64) {
				p := neighbours(t, PairSpec{Seed: seed, Mode: modes[seed%3]})
				r := p.World.chance.workload
				p.Client.Start()
				for i := range 6 {
					p.A.Panic(Resource, kind, r.IntN(40), []Moment{AtBegin, AtEnd, 1}[r.IntN(3)])
					p.World.RunFor(between(r, 0, 30*time.Millisecond))
					ask := p.A.Ask(Resource, []states.Role{states.RolePrimary, states.RoleSecondary, states.RoleInit}[r.IntN(3)], false)
					p.must(t, "command "+strconv.Itoa(i), p.World.Run(ask.Done, time.Minute))
					p.World.RunFor(between(r, 0, 3*time.Second))
				}
				p.A.Panic(Resource, kind, 1, AtEnd)
				p.must(t, "shutdown", p.A.Shutdown(time.Minute))
			})
		})
	}
}

// Whatever message an actor falls on, what that one brought doesn't stay open without an owner: once the role is
// init there is no device, no component, and no connection (I24).
func TestNothingStaysOpenAfterAFall(t *testing.T) {
	for _, kind := range []string{"gate", "localdisk", "remotelink", "resource"} {
		for after := range 24 {
			p := pairOf(t, PairSpec{Seed: 1})
			p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
			p.A.Panic(p.Resource(), kind, after, 0)
			_ = p.SetRole(p.A, states.RolePrimary, false)
			p.World.RunFor(20 * time.Second)
			p.A.CalmDown()
			if err := p.SetRole(p.A, states.RoleInit, true); err != nil {
				t.Fatalf("%s, after %d messages: %v", kind, after, err)
			}
			p.World.RunFor(5 * time.Second)
			if l := p.A.Level(); l.Doors != 0 || l.Disks != 0 || l.Connections != 0 {
				t.Errorf("%s, after %d messages: %+v is still there", kind, after, l)
			}
		}
	}
}
