package states

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// update rewrites golden files and generated pages: go test ./states -update.
var update = flag.Bool("update", false, "rewrite golden files and generated pages")

var tables = []*Table{RoleTable, LinkTable, SyncTable}

func TestTablesAreValid(t *testing.T) {
	for _, table := range tables {
		if err := table.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// TestMatrix keeps every square of every table as a text that a human can judge.
func TestMatrix(t *testing.T) {
	for _, table := range tables {
		t.Run(table.Name, func(t *testing.T) {
			checkFile(t, filepath.Join("testdata", table.Name+".golden"), matrix(table))
		})
	}
}

// TestPages keeps the generated pages in step with the tables.
func TestPages(t *testing.T) {
	for _, table := range tables {
		t.Run(table.Name, func(t *testing.T) {
			checkFile(t, filepath.Join("..", "docs", "states", table.Name+".md"), page(table))
		})
	}
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, []byte(want)) {
		t.Errorf("%s is stale; look at the change, then run: go test ./states -update\n%s", path, want)
	}
}

// matrix asks a real machine, not the table, what it does in each square.
func matrix(table *Table) string {
	var b strings.Builder
	for _, s := range table.States {
		fmt.Fprintf(&b, "%s\n", s)
		for _, ev := range table.Events {
			m := machineAt(table, s)
			why, quiet := m.Ignores(ev)
			can := m.Can(ev)
			do, err := m.Step(ev)
			switch {
			case err != nil:
				fmt.Fprintf(&b, "  %-16s refused\n", ev)
			case quiet && !can:
				fmt.Fprintf(&b, "  %-16s ignored: %s\n", ev, why)
			case m.Current() == s:
				fmt.Fprintf(&b, "  %-16s stays %v\n", ev, do)
			default:
				fmt.Fprintf(&b, "  %-16s -> %s %v\n", ev, m.Current(), do)
			}
		}
	}
	return b.String()
}

// machineAt drives a new machine into a state by the shortest way.
func machineAt(table *Table, want State) *Machine {
	type path []Event
	ways := map[State]path{table.Initial: nil}
	queue := []State{table.Initial}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, r := range table.Rows {
			if _, seen := ways[r.To]; r.From == at && !seen {
				ways[r.To] = append(append(path(nil), ways[at]...), r.On)
				queue = append(queue, r.To)
			}
		}
	}
	m := NewMachine(table)
	for _, ev := range ways[want] {
		if _, err := m.Step(ev); err != nil {
			panic(err)
		}
	}
	if m.Current() != want {
		panic(fmt.Sprintf("no way to %q", want))
	}
	return m
}

func page(table *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The %s machine\n\n%s\n\n", table.Name, table.Asks)
	b.WriteString("This page is made from the table by `go test ./states -update`; change the table, not the page.\n")
	b.WriteString("Whatever is neither moved nor ignored below is refused with an error that names state and event.\n\n")
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	fmt.Fprintf(&b, "    [*] --> %s\n", node(table.Initial))
	for _, s := range table.States {
		if node(s) != string(s) {
			fmt.Fprintf(&b, "    state \"%s\" as %s\n", s, node(s))
		}
	}
	for _, r := range table.Rows {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", node(r.From), node(r.To), r.On)
	}
	b.WriteString("```\n\n## What happens\n\n| In | On | To | Effects, in order | Why |\n|---|---|---|---|---|\n")
	for _, r := range table.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.From, r.On, r.To, list(r.Do), r.Why)
	}
	b.WriteString("\n## What is ignored, and why\n\n| In | On | Why |\n|---|---|---|\n")
	for _, g := range table.Ignored {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", list(g.In), list(g.On), g.Why)
	}
	return b.String()
}

// node is a state's name as the diagram language wants it.
func node(s State) string { return strings.ReplaceAll(string(s), "-", "_") }

func list[T ~string](names []T) string {
	if len(names) == 0 {
		return "–"
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}

// TestValidateFinds feeds a table with one defect at a time.
func TestValidateFinds(t *testing.T) {
	sound := func() *Table {
		return &Table{
			Name: "lamp", Asks: "Is it lit?", Initial: "off",
			States: []State{"off", "on"}, Events: []Event{"push", "cut"},
			Rows: []Row{
				{"off", "push", "on", []Effect{"light"}, "It is a lamp."},
				{"on", "push", "off", nil, "It is a lamp."},
				{"on", "cut", "off", nil, "No power."},
			},
			Ignored: []Ignore{{[]State{"off"}, []Event{"cut"}, "It is dark already."}},
		}
	}
	if err := sound().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		spoil      func(*Table)
	}{
		{"no question", "needs a name", func(t *Table) { t.Asks = "" }},
		{"doubled state", "listed twice", func(t *Table) { t.States = append(t.States, "on") }},
		{"doubled event", "listed twice", func(t *Table) { t.Events = append(t.Events, "cut") }},
		{"unknown initial", "is not a state", func(t *Table) { t.Initial = "dim" }},
		{"unknown target", "not a state", func(t *Table) { t.Rows[1].To = "dim" }},
		{"unknown source", "not a square", func(t *Table) { t.Rows[1].From = "dim" }},
		{"unknown event", "not a square", func(t *Table) { t.Rows[1].On = "kick" }},
		{"doubled row", "two answers", func(t *Table) { t.Rows[2].On = "push" }},
		{"row and ignored", "two answers", func(t *Table) { t.Ignored[0].In[0] = "on" }},
		{"row without reason", "has no reason", func(t *Table) { t.Rows[0].Why = "" }},
		{"ignored without reason", "without a reason", func(t *Table) { t.Ignored[0].Why = "" }},
		{"nameless effect", "effect without a name", func(t *Table) { t.Rows[0].Do[0] = "" }},
		{"unreachable", "can't be reached", func(t *Table) { t.States = append(t.States, "broken") }},
		{"dead end", "way out", func(t *Table) { t.Rows = t.Rows[:1] }},
		{"terminal that is left", "way out", func(t *Table) { t.Terminal = []State{"on"} }},
		{"event without row", "has no row", func(t *Table) { t.Events = append(t.Events, "kick") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := sound()
			c.spoil(table)
			if err := table.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something about %q", err, c.want)
			}
		})
	}
}
