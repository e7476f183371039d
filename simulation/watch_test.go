package simulation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hast/states"
)

// heard is a watcher that writes down what it hears.
type heard struct{ steps, verdicts []string }

func (h *heard) Stepped(m *Machine, resource, machine string, at states.State, ev states.Event) {
	h.steps = append(h.steps, fmt.Sprintf("%s %s %s %s %s", m.Name(), resource, machine, at, ev))
}

func (h *heard) Decided(m *Machine, resource string, role states.Role, v states.Verdict, _, _ states.Copy) {
	h.verdicts = append(h.verdicts, fmt.Sprintf("%s %s %s %s", m.Name(), resource, role, v))
}

func (h *heard) Faulted(FaultKind) {}

// TestWatchedRunIsTheSame looks at a pair after each step of a handshake and a synchronization: what it
// sees is what statuses say in the end, and the trace is that of the same seed without a look.
func TestWatchedRunIsTheSame(t *testing.T) {
	run := func(look bool) *Pair {
		p := pairOf(t, PairSpec{Seed: 1})
		var h heard
		if look {
			p.World.Watch(&h)
		}
		p.serve(t, p.A)
		for range 2000 {
			p.World.Step()
			if look {
				p.Glance(p.A)
				p.Glance(p.B)
			}
		}
		p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
		if !look {
			return p
		}
		a, _ := p.Glance(p.A)
		b, _ := p.Glance(p.B)
		if a.Role != states.RoleIsPrimary || a.Link != states.LinkIsUp || b.Role != states.RoleIsSecondary || b.Link != "session" ||
			a.LocalCnt != b.RemoteCnt || a.ToSync != 0 || !a.Open {
			t.Errorf("glances show\na %+v\nb %+v", a, b)
		}
		if !slices.Contains(h.verdicts, "b shared secondary fresh") || !slices.Contains(h.verdicts, "a shared primary fresh") || len(h.steps) == 0 {
			t.Errorf("heard verdicts %q and %d steps", h.verdicts, len(h.steps))
		}
		return p
	}
	with, without := run(true), run(false)
	if with.World.Trace().Hash() != without.World.Trace().Hash() {
		t.Error("looking at a run changes it")
	}
	with.A.Kill()
	if _, ok := with.Glance(with.A); ok {
		t.Error("a dead node is seen")
	}
}
