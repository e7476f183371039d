package simulation

import (
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// asking asks for a status, and returns how long the answer took.
func (p *Pair) asking(t *testing.T, m *Machine) (actors.Status, time.Duration) {
	t.Helper()
	began := p.World.Now()
	s, err := p.Status(m)
	p.must(t, "status", err)
	return s, p.World.Now() - began
}

// A status is answered at once, also if the role ends, or an actor falls, while it is on its way (L2).
func TestStatusSurvivesTheEndOfARole(t *testing.T) {
	ends := map[string]func(p *Pair){
		"demotion":     func(p *Pair) { p.A.Ask(p.Resource(), states.RoleSecondary, false) },
		"init":         func(p *Pair) { p.A.Ask(p.Resource(), states.RoleInit, false) },
		"gate":         func(p *Pair) { p.A.Panic(p.Resource(), "gate", 0, 0) },
		"the resource": func(p *Pair) { p.A.Panic(p.Resource(), "resource", 3, 0) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			seeds(t, 20, func(t *testing.T, seed uint64) {
				p := pairOf(t, PairSpec{Seed: seed})
				p.serve(t, p.A)
				p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
				end(p)
				for range 30 {
					for range seed % 7 {
						p.World.Step()
					}
					if s, took := p.asking(t, p.A); s.State == "unanswered" || took > 50*time.Millisecond {
						t.Fatalf("seed %d: state %s after %v", seed, s.State, took)
					}
				}
			})
		})
	}
}

// A primary whose component doesn't take the record of its reign says so, and sends nobody to look at a socket (L6).
func TestReignThatCannotBeRecordedNamesTheDisk(t *testing.T) {
	p := pairOf(t, PairSpec{Seed: 1})
	p.serve(t, p.A)
	p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
	p.must(t, "demote", p.SetRole(p.A, states.RoleSecondary, false))
	p.B.Kill()
	p.World.RunFor(time.Second)
	p.Disk(p.A).Full(true)
	if err := p.SetRole(p.A, states.RolePrimary, false); err == nil {
		t.Fatal("a reign without a record")
	}
	s, _ := p.asking(t, p.A)
	if !strings.Contains(s.Reason, "can't be recorded") || !strings.Contains(s.Remedy, "check the disk") {
		t.Errorf("reason %q, remedy %q", s.Reason, s.Remedy)
	}
}
