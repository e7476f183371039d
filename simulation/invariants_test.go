package simulation

import (
	"strings"
	"testing"
)

func TestRegistryIsComplete(t *testing.T) {
	seen := make(map[string]bool)
	for i, v := range Invariants() {
		if v.ID == "" || v.What == "" || v.When == "" || seen[v.ID] {
			t.Errorf("entry %d: %+v", i, v)
		}
		seen[v.ID] = true
	}
}

func TestViolationSaysWhere(t *testing.T) {
	w := newWorld(t, 1)
	w.RunFor(7)
	w.violate(ruleI8, "a", 12, "it differs by %d", 3)
	w.violate(ruleI18, "", NoSector, "two serve")
	if got := text(w.Violations()); got != "step 0, 7ns: I8: a: sector 12: it differs by 3\nstep 0, 7ns: I18: two serve" {
		t.Errorf("%s", got)
	}
	if err := w.Check(); err == nil || !strings.Contains(err.Error(), "I8") {
		t.Errorf("Check gave %v", err)
	}
}

// A world without a pair looks at nothing; a pair under load at most rules.
func TestVacuousRulesAreListed(t *testing.T) {
	if n := len(newWorld(t, 1).Vacuous()); n != len(Invariants()) {
		t.Errorf("%d rules are vacuous in an empty world", n)
	}
	p := pairOf(t, PairSpec{})
	p.underLoad(t)
	p.settle(t, p.A)
	for _, id := range p.World.Vacuous() {
		if id == "I1" || id == "I8" || id == "I29" || id == "I23" {
			t.Errorf("a pair under load doesn't look at %s", id)
		}
	}
	for _, e := range p.World.Evaluations() {
		t.Logf("%s %d", e.Invariant, e.Count)
	}
}
