package states

import (
	"errors"
	"fmt"
	"slices"
)

// Table is a machine as data: one question, its possible answers, and what moves between them.
// Every square of States × Events is a row, or is ignored with a reason, or is refused.
type Table struct {
	// Name is the machine's name, in errors and as the file name of its page.
	Name string
	// Asks is the one question that the state answers.
	Asks string
	// Initial is where a new machine stands.
	Initial State
	// States are all states, in the order of the page.
	States []State
	// Terminal are the states that are meant to have no way out.
	Terminal []State
	// Events are all events, in the order of the page.
	Events []Event
	// Rows are the squares that do something.
	Rows []Row
	// Ignored are the squares that do nothing, on purpose.
	Ignored []Ignore
}

// Row is one square that does something; From and To may be equal.
type Row struct {
	From State
	On   Event
	To   State
	Do   []Effect
	// Why is a sentence: what would break without the row.
	Why string
}

// Ignore is a block of squares where an event is expected and nothing is to be done.
type Ignore struct {
	In  []State
	On  []Event
	Why string
}

// Validate reports every defect of the table at once: unknown or doubled names, two answers for one
// square, reasons left out, states that nothing reaches and states that nothing leaves.
func (t *Table) Validate() error {
	v := validation{table: t, taken: map[cell]bool{}}
	v.names()
	v.rows()
	v.ignored()
	v.ways()
	return errors.Join(v.errs...)
}

type validation struct {
	table *Table
	taken map[cell]bool
	errs  []error
}

func (v *validation) failf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("table %q: "+format, append([]any{v.table.Name}, args...)...))
}

func (v *validation) names() {
	t := v.table
	if t.Name == "" || t.Asks == "" {
		v.failf("it needs a name and a question")
	}
	for i, s := range t.States {
		if s == "" || slices.Contains(t.States[:i], s) {
			v.failf("state %q is empty or listed twice", s)
		}
	}
	for i, e := range t.Events {
		if e == "" || slices.Contains(t.Events[:i], e) {
			v.failf("event %q is empty or listed twice", e)
		}
	}
	for _, s := range append([]State{t.Initial}, t.Terminal...) {
		if !slices.Contains(t.States, s) {
			v.failf("initial or terminal state %q is not a state", s)
		}
	}
}

func (v *validation) rows() {
	for _, r := range v.table.Rows {
		v.square(r.From, r.On)
		if !slices.Contains(v.table.States, r.To) {
			v.failf("%q in %q goes to %q, which is not a state", r.On, r.From, r.To)
		}
		if r.Why == "" {
			v.failf("%q in %q has no reason", r.On, r.From)
		}
		if slices.Contains(r.Do, "") {
			v.failf("%q in %q has an effect without a name", r.On, r.From)
		}
	}
}

func (v *validation) ignored() {
	for _, g := range v.table.Ignored {
		if g.Why == "" {
			v.failf("%q in %q is ignored without a reason", g.On, g.In)
		}
		for _, s := range g.In {
			for _, e := range g.On {
				v.square(s, e)
			}
		}
	}
}

// square takes one square of the matrix, which must exist and be free.
func (v *validation) square(s State, e Event) {
	if !slices.Contains(v.table.States, s) || !slices.Contains(v.table.Events, e) {
		v.failf("%q in %q is not a square of the matrix", e, s)
	}
	if v.taken[cell{s, e}] {
		v.failf("%q in %q has two answers", e, s)
	}
	v.taken[cell{s, e}] = true
}

// ways finds states that can't be reached, and states that can't be left.
func (v *validation) ways() {
	t := v.table
	reached := []State{t.Initial}
	for i := 0; i < len(reached); i++ {
		for _, r := range t.Rows {
			if r.From == reached[i] && !slices.Contains(reached, r.To) {
				reached = append(reached, r.To)
			}
		}
	}
	for _, s := range t.States {
		if !slices.Contains(reached, s) {
			v.failf("state %q can't be reached from %q", s, t.Initial)
		}
		leaves := slices.ContainsFunc(t.Rows, func(r Row) bool { return r.From == s && r.To != s })
		if terminal := slices.Contains(t.Terminal, s); leaves == terminal {
			v.failf("state %q: has a way out: %v, declared terminal: %v", s, leaves, terminal)
		}
	}
	for _, e := range t.Events {
		if !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.On == e }) {
			v.failf("event %q has no row", e)
		}
	}
}
