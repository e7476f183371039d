package mutants

import (
	"context"
	"strings"
	"testing"
)

// Some of the bugs of the made-up world are noticed by the tests that they name; one that nobody looks for is not. All of
// them are hastsim mutants --set world.
func TestWorldIsSabotaged(t *testing.T) {
	s, err := World("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Mutants) < 50 {
		t.Errorf("only %d bugs", len(s.Mutants))
	}
	if testing.Short() {
		return
	}
	for i := range s.Mutants {
		if s.Mutants[i].Name == "blind-I13" {
			s.Mutants[i].Test = "TestSectorSet"
		}
	}
	h := &Hunt{Root: "../../..", Set: s, Wanted: func(m *Mutant) bool {
		return m.Name == "keeps-all" || m.Name == "cut-leaks" || m.Name == "blind-I12" || m.Name == "blind-I13"
	}}
	all, err := h.Notice(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Found() != (r.Name != "blind-I13") {
			t.Errorf("%s: found %v by %s", r.Name, r.Found(), r.Where)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d reports", len(all))
	}
}

// What world.txt may not hold is told with its line.
func TestWorldSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"bug: x\nwhat: y\nfile: f\nnew: z\n": "f: it has no old: line",
		"bug: x\nwonder: y\n":                "no entry has \"wonder\" here",
	} {
		if _, err := parseBugs("world.txt", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "world.txt:") {
			t.Errorf("%q gave %v", text, err)
		}
	}
}
