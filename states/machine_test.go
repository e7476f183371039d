package states

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/looplab/fsm"
)

func TestRefusedNamesEverything(t *testing.T) {
	m := NewMachine(RoleTable)
	_, err := m.Step(RoleOnShown)
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Machine != "role" || refused.State != RoleIsInit || refused.Event != RoleOnShown {
		t.Fatalf("got %#v", err)
	}
	if want := `role: event "shown" is refused in state "init"`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if _, err = m.Step("no such thing"); !errors.As(err, &refused) {
		t.Errorf("an unknown event gave %v", err)
	}
}

func TestStayingIsSuccess(t *testing.T) {
	m := NewMachine(RoleTable)
	do, err := m.Step(RoleOnWantInit)
	if err != nil || len(do) != 1 || do[0] != RoleDoAnswer || m.Current() != RoleIsInit {
		t.Errorf("got %v, %v in %q", do, err, m.Current())
	}
}

func TestNewMachinePanicsOnABadTable(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a table without states was accepted")
		}
	}()
	NewMachine(&Table{Name: "empty"})
}

// TestRandomWalk compares machines with a plain look-up in their tables, and wants every square of
// the rows to be visited.
func TestRandomWalk(t *testing.T) {
	for _, table := range tables {
		t.Run(table.Name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			m, at := NewMachine(table), table.Initial
			visited := map[*Row]bool{}
			for range 30000 {
				ev := table.Events[rnd.IntN(len(table.Events))]
				if rnd.IntN(2) == 0 {
					ev = firstOut(table, at)
				}
				row := lookUp(table, at, ev)
				do, err := m.Step(ev)
				switch {
				case row != nil:
					at = row.To
					visited[row] = true
					if err != nil || len(do) != len(row.Do) {
						t.Fatalf("%q: got %v, %v", ev, do, err)
					}
				case do != nil:
					t.Fatalf("%q in %q: effects %v without a row", ev, at, do)
				}
				if m.Current() != at {
					t.Fatalf("%q: machine in %q, table says %q", ev, m.Current(), at)
				}
			}
			if len(visited) != len(table.Rows) {
				t.Errorf("visited %d of %d rows", len(visited), len(table.Rows))
			}
		})
	}
}

// firstOut is the event of a state's first row that leaves it. Rows begin with the way up, so leaning
// towards it carries a walk to the far states too.
func firstOut(table *Table, at State) Event {
	for _, r := range table.Rows {
		if r.From == at && r.To != at {
			return r.On
		}
	}
	panic("a dead end")
}

func lookUp(table *Table, at State, ev Event) *Row {
	for i := range table.Rows {
		if r := &table.Rows[i]; r.From == at && r.On == ev {
			return r
		}
	}
	return nil
}

// TestRoleHistories tells how the role machine is meant to be driven.
func TestRoleHistories(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []Event
		end    State
	}{
		{"to primary", []Event{RoleOnWantPrimary, RoleOnOpened, RoleOnWantPrimary, RoleOnPeerReady, RoleOnShown}, RoleIsPrimary},
		{"the wish changes while it opens", []Event{RoleOnWantPrimary, RoleOnWantSecondary, RoleOnOpened, RoleOnWantSecondary}, RoleIsSecondary},
		{"a refused promotion falls back", []Event{RoleOnWantSecondary, RoleOnOpened, RoleOnWantSecondary, RoleOnWantPrimary,
			RoleOnSettled, RoleOnWantPrimary, RoleOnRefused, RoleOnDrained, RoleOnWantSecondary}, RoleIsSecondary},
		{"a device is withdrawn, and comes back as another one", []Event{RoleOnWantPrimary, RoleOnOpened, RoleOnWantPrimary, RoleOnPeerReady,
			RoleOnShown, RoleOnWithdraw, RoleOnDrained, RoleOnWantPrimary, RoleOnPeerReady, RoleOnShown}, RoleIsPrimary},
		{"a component is stuck", []Event{RoleOnWantPrimary, RoleOnOpened, RoleOnWantPrimary, RoleOnPeerReady, RoleOnShown,
			RoleOnWantSecondary, RoleOnStuck, RoleOnWantSecondary, RoleOnClosed, RoleOnWantSecondary, RoleOnOpened}, RoleIsStandby},
		{"demotion keeps the component open", []Event{RoleOnWantPrimary, RoleOnOpened, RoleOnWantPrimary, RoleOnPeerReady, RoleOnShown,
			RoleOnWantSecondary, RoleOnDrained, RoleOnWantSecondary}, RoleIsSecondary},
		{"a crash while draining", []Event{RoleOnWantPrimary, RoleOnOpened, RoleOnWantPrimary, RoleOnPeerReady, RoleOnShown,
			RoleOnWantInit, RoleOnCrashed, RoleOnDrained, RoleOnGiveUp, RoleOnRestart}, RoleIsOpening},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMachine(RoleTable)
			for _, ev := range c.events {
				if _, err := m.Step(ev); err != nil {
					t.Fatal(err)
				}
			}
			if m.Current() != c.end {
				t.Errorf("ends in %q, want %q", m.Current(), c.end)
			}
		})
	}
}

// TestStepAllocatesNoMore compares a step with the same step of the bare library.
func TestStepAllocatesNoMore(t *testing.T) {
	bare := fsm.NewFSM("a", fsm.Events{{Name: "x", Src: []string{"a"}, Dst: "b"}, {Name: "y", Src: []string{"b"}, Dst: "a"}}, nil)
	m := NewMachine(&Table{
		Name: "flip", Asks: "Which side?", Initial: "a", States: []State{"a", "b"}, Events: []Event{"x", "y"},
		Rows: []Row{{"a", "x", "b", []Effect{"e"}, "."}, {"b", "y", "a", nil, "."}},
	})
	step := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	least := testing.AllocsPerRun(100, func() {
		step(bare.Event(context.Background(), "x"))
		step(bare.Event(context.Background(), "y"))
	})
	have := testing.AllocsPerRun(100, func() {
		_, err := m.Step("x")
		step(err)
		_, err = m.Step("y")
		step(err)
	})
	if have > least {
		t.Errorf("a round allocates %v times, the library alone %v times", have, least)
	}
}
