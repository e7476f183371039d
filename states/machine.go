package states

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"
)

// State names where a machine stands.
type State string

// Event names something that happened. A guard that needs data is decided before the step, by
// choosing the event, so that a table stays total and pure.
type Event string

// Effect names something that the owner of a machine has to do after a step, in the order given.
type Effect string

// Machine is a Table at work. This file alone knows the library that runs it, and hides its edges:
// a row that stays where it is would be reported as an error, a doubled row would win silently, a
// cancelled context would wedge it. It is not safe for use from two goroutines at once: its owner is
// one actor.
type Machine struct {
	table *Table
	cells map[cell]*Row
	quiet map[cell]string
	fsm   *fsm.FSM
	watch func(State, Event)
}

// cell is a square of the matrix state × event.
type cell struct {
	state State
	event Event
}

// RefusedError says that a machine has no answer to an event where it stands. It means that the
// sender and the machine disagree about what is going on: the owner answers with it or logs it, and
// the machine stays where it was.
type RefusedError struct {
	// Machine is the name of the table.
	Machine string
	// State is where the machine stands, before and after.
	State State
	// Event is what was refused.
	Event Event
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: event %q is refused in state %q", e.Machine, e.Event, e.State)
}

// NewMachine starts a machine in the table's initial state. The table is code, so one that does not
// pass Validate is a defect of ours, and panics.
func NewMachine(t *Table) *Machine {
	if err := t.Validate(); err != nil {
		panic(err)
	}
	m := &Machine{table: t, cells: make(map[cell]*Row, len(t.Rows)), quiet: make(map[cell]string)}
	events := make(fsm.Events, 0, len(t.Rows))
	for i := range t.Rows {
		r := &t.Rows[i]
		m.cells[cell{r.From, r.On}] = r
		events = append(events, fsm.EventDesc{Name: string(r.On), Src: []string{string(r.From)}, Dst: string(r.To)})
	}
	for _, g := range t.Ignored {
		for _, s := range g.In {
			for _, e := range g.On {
				m.quiet[cell{s, e}] = g.Why
			}
		}
	}
	m.fsm = fsm.NewFSM(string(t.Initial), events, nil)
	return m
}

// Step takes an event. It returns the effects of the row that fits, to be carried out in order and
// not to be changed by the caller; nothing for an event that is ignored here; a *RefusedError for
// any other.
func (m *Machine) Step(ev Event) ([]Effect, error) {
	c := cell{m.Current(), ev}
	if m.watch != nil {
		m.watch(c.state, ev)
	}
	row := m.cells[c]
	if row == nil {
		if _, ok := m.quiet[c]; ok {
			return nil, nil
		}
		return nil, &RefusedError{Machine: m.table.Name, State: c.state, Event: ev}
	}
	// The library's context must never be cancelled: that would leave the machine between states.
	if err := m.fsm.Event(context.Background(), string(ev)); err != nil {
		var stays fsm.NoTransitionError
		if !errors.As(err, &stays) {
			panic(fmt.Sprintf("%s: %q in %q: %v", m.table.Name, ev, c.state, err))
		}
	}
	return row.Do, nil
}

// Watch has each event told to somebody, with the state that it met, before anything comes of it.
func (m *Machine) Watch(f func(State, Event)) { m.watch = f }

// Current is where the machine stands.
func (m *Machine) Current() State { return State(m.fsm.Current()) }

// Can reports whether a row waits for the event here; an ignored event has none.
func (m *Machine) Can(ev Event) bool { return m.cells[cell{m.Current(), ev}] != nil }

// Ignores reports whether the event would be ignored here, with the reason for the log.
func (m *Machine) Ignores(ev Event) (why string, ok bool) {
	why, ok = m.quiet[cell{m.Current(), ev}]
	return why, ok
}
