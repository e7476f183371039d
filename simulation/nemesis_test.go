package simulation

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// nemesis does one random thing to a pair whose primary is at *primary, and puts it right again. None of
// what it does may cost an answered write.
type nemesis struct {
	name string
	do   func(t *testing.T, p *Pair, primary **Machine)
}

var nemeses = []nemesis{
	{"cut", func(t *testing.T, p *Pair, _ **Machine) {
		p.Cut()
		p.pass(8 * time.Second)
		p.Heal()
	}},
	{"short cut", func(t *testing.T, p *Pair, _ **Machine) {
		p.Cut()
		p.pass(500 * time.Millisecond)
		p.Heal()
	}},
	{"one way to the secondary", func(t *testing.T, p *Pair, primary **Machine) {
		p.CutFrom(*primary)
		p.pass(8 * time.Second)
		p.Heal()
	}},
	{"one way to the primary", func(t *testing.T, p *Pair, primary **Machine) {
		p.CutFrom(p.Other(*primary))
		p.pass(8 * time.Second)
		p.Heal()
	}},
	{"reset", func(t *testing.T, p *Pair, _ **Machine) { p.Reset() }},
	{"secondary killed", func(t *testing.T, p *Pair, primary **Machine) { p.bounce(t, p.Other(*primary), (*Machine).Kill) }},
	{"secondary without power", func(t *testing.T, p *Pair, primary **Machine) {
		p.bounce(t, p.Other(*primary), (*Machine).Power)
	}},
	{"primary killed", func(t *testing.T, p *Pair, primary **Machine) { p.bounce(t, *primary, (*Machine).Kill) }},
	{"secondary paused", func(t *testing.T, p *Pair, primary **Machine) {
		p.Other(*primary).Pause()
		p.pass(8 * time.Second)
		p.Other(*primary).Continue()
	}},
	{"primary paused", func(t *testing.T, p *Pair, primary **Machine) {
		(*primary).Pause()
		p.pass(8 * time.Second)
		(*primary).Continue()
	}},
	{"secondary's disk fails writes", func(t *testing.T, p *Pair, primary **Machine) {
		p.ail(*primary, DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite, actors.DiskZero}, Off: int64(p.Record.LocalOff), Len: int64(p.Record.DataSize), Times: 3})
	}},
	{"secondary's disk fails a flush", func(t *testing.T, p *Pair, primary **Machine) {
		p.ail(*primary, DiskFault{Kinds: []actors.DiskKind{actors.DiskFlush}, Times: 1})
	}},
	{"secondary's disk is slow", func(t *testing.T, p *Pair, primary **Machine) {
		d := p.Disk(p.Other(*primary))
		d.Slow(50)
		p.pass(200 * time.Millisecond)
		d.Heal()
	}},
	{"secondary's disk is stuck", func(t *testing.T, p *Pair, primary **Machine) {
		d := p.Disk(p.Other(*primary))
		d.Stick()
		p.pass(8 * time.Second)
		d.Heal()
	}},
	{"primary without power", func(t *testing.T, p *Pair, primary **Machine) {
		p.bounce(t, *primary, (*Machine).Power)
	}},
	{"both killed", func(t *testing.T, p *Pair, primary **Machine) {
		other := p.Other(*primary)
		(*primary).Kill()
		p.World.RunFor(between(p.World.chance.workload, 0, 20*time.Millisecond))
		other.Kill()
		p.must(t, "start", p.Start(other))
		p.must(t, "secondary", p.SetRole(other, states.RoleSecondary, false))
		p.must(t, "start", p.Start(*primary))
		p.must(t, "primary", p.SetRole(*primary, states.RolePrimary, false))
	}},
	{"both without power", func(t *testing.T, p *Pair, primary **Machine) {
		other := p.Other(*primary)
		(*primary).Power()
		p.World.RunFor(between(p.World.chance.workload, 0, 20*time.Millisecond))
		other.Power()
		p.must(t, "start", p.Start(other))
		p.must(t, "secondary", p.SetRole(other, states.RoleSecondary, false))
		p.must(t, "start", p.Start(*primary))
		p.must(t, "primary", p.SetRole(*primary, states.RolePrimary, false))
	}},
	{"failover after a power cut", func(t *testing.T, p *Pair, primary **Machine) {
		if p.spec.Mode != states.FullSync {
			return
		}
		p.inSync(t, *primary)
		p.World.RunFor(between(p.World.chance.workload, 0, 100*time.Millisecond))
		old := *primary
		old.Power()
		*primary = p.Other(old)
		p.must(t, "promote", p.SetRole(*primary, states.RolePrimary, false))
		p.pass(100 * time.Millisecond)
		p.must(t, "start", p.Start(old))
		p.must(t, "secondary", p.SetRole(old, states.RoleSecondary, false))
	}},
	{"secondary dies while it is copied to", func(t *testing.T, p *Pair, primary **Machine) {
		other := p.Other(*primary)
		for range 3 {
			p.bounce(t, other, []func(*Machine){(*Machine).Kill, (*Machine).Power}[p.World.chance.workload.IntN(2)])
			p.World.RunFor(between(p.World.chance.workload, 0, 60*time.Millisecond))
		}
	}},
	{"secondary restarted in order", func(t *testing.T, p *Pair, primary **Machine) {
		other := p.Other(*primary)
		p.must(t, "shutdown", other.Shutdown(time.Minute))
		p.pass(100 * time.Millisecond)
		p.must(t, "start", p.Start(other))
		p.must(t, "secondary", p.SetRole(other, states.RoleSecondary, false))
	}},
	{"cuts of all kinds", func(t *testing.T, p *Pair, primary **Machine) {
		r := p.World.chance.workload
		for range 6 {
			switch r.IntN(4) {
			case 0:
				p.Cut()
			case 1:
				p.CutFrom(p.A)
			case 2:
				p.CutFrom(p.B)
			case 3:
				p.Reset()
			}
			p.pass(between(r, 0, 5*time.Second))
			p.Heal()
			p.pass(between(r, 0, 2*time.Second))
		}
	}},
	{"roles changed", func(t *testing.T, p *Pair, primary **Machine) {
		p.must(t, "complete", p.AwaitComplete(*primary, 5*time.Minute))
		p.must(t, "demote", p.SetRole(*primary, states.RoleSecondary, false))
		*primary = p.Other(*primary)
		p.must(t, "promote", p.SetRole(*primary, states.RolePrimary, false))
	}},
	{"failover", func(t *testing.T, p *Pair, primary **Machine) {
		if p.spec.Mode != states.FullSync {
			return // what was sent or received only may be lost
		}
		p.inSync(t, *primary)
		old := *primary
		old.Kill()
		*primary = p.Other(old)
		p.must(t, "promote", p.SetRole(*primary, states.RolePrimary, false))
		p.pass(100 * time.Millisecond)
		p.must(t, "start", p.Start(old))
		p.must(t, "secondary", p.SetRole(old, states.RoleSecondary, false))
	}},
}

// bounce ends a machine's node and starts it in the role that it had.
func (p *Pair) bounce(t *testing.T, m *Machine, die func(*Machine)) {
	t.Helper()
	s, err := p.Status(m)
	p.must(t, "status", err)
	role, err := states.ParseRole(s.Role)
	p.must(t, "role", err)
	die(m)
	p.pass(between(p.World.chance.workload, time.Millisecond, 3*time.Second))
	p.must(t, "start", p.Start(m))
	p.must(t, "role", p.SetRole(m, role, false))
}

// inSync waits until both sides say that they hold the same. The primary alone may not know yet that its
// secondary was without power.
func (p *Pair) inSync(t *testing.T, primary *Machine) {
	t.Helper()
	p.must(t, "session", p.AwaitStatus(p.Other(primary), "in a session", func(s *actors.Status) bool { return s.Link == "session" }, 5*time.Minute))
	p.must(t, "complete", p.AwaitComplete(primary, 5*time.Minute))
}

// ail makes the secondary's disk fail for a while.
func (p *Pair) ail(primary *Machine, f DiskFault) {
	d := p.Disk(p.Other(primary))
	d.Fail(f)
	p.pass(300 * time.Millisecond)
	d.Heal()
}

// torment brings a pair under load, lets one thing after the other happen to it, and demands that all is
// well in the end.
func torment(t *testing.T, spec PairSpec, things int, choose func(p *Pair, i int) nemesis) *Pair {
	t.Helper()
	spec.Settings = append(spec.Settings, "timeout 3")
	p := pairOf(t, spec)
	p.Client.Pause = time.Millisecond
	p.underLoad(t)
	primary := p.A
	for i := range things {
		n := choose(p, i)
		p.World.Note("nemesis " + n.name)
		n.do(t, p, &primary)
		p.must(t, n.name, nil)
		p.World.RunFor(between(p.World.chance.workload, 0, 200*time.Millisecond))
	}
	p.World.RunFor(50 * time.Millisecond)
	p.settle(t, primary)
	if n, err := p.Client.Errors(); n > 0 {
		p.must(t, "errors", fmt.Errorf("%d requests failed, the last with: %w", n, err))
	}
	return p
}

func TestEachNemesis(t *testing.T) {
	for _, n := range nemeses {
		t.Run(n.name, func(t *testing.T) {
			eachSpec(t, 2, func(t *testing.T, spec PairSpec) {
				torment(t, spec, 1, func(*Pair, int) nemesis { return n })
			})
		})
	}
}

var manySeeds = flag.Int("seeds", 20, "how many seeds TestManySeeds runs; the other random runs have a share of that")

// few is how many seeds a test has that has n of them by default.
func few(n int) int { return max(n, n**manySeeds/20) }

func TestManySeeds(t *testing.T) {
	seeds(t, *manySeeds, func(t *testing.T, seed uint64) {
		spec := PairSpec{Seed: seed, Mode: modes[seed%3], Compression: states.Compression(seed / 3 % 3), Checksum: states.Checksum(seed / 9 % 3)}
		torment(t, spec, 4, func(p *Pair, _ int) nemesis { return nemeses[p.World.chance.workload.IntN(len(nemeses))] })
	})
}

func TestOneSeedOnePairTrace(t *testing.T) {
	seeds(t, 6, func(t *testing.T, seed uint64) {
		run := func() *World {
			return torment(t, PairSpec{Seed: seed, Mode: modes[seed%3]}, 3, func(p *Pair, i int) nemesis {
				return nemeses[(int(seed)*3+i)%len(nemeses)]
			}).World
		}
		a, b := run(), run()
		if a.Trace().Hash() != b.Trace().Hash() {
			t.Errorf("seed %d: two traces, of %d and %d turns", seed, a.Turns(), b.Turns())
		}
	})
}
