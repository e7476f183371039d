package campaign

import (
	"slices"
	"strings"
	"testing"

	"hast/simulation/script"
)

// TestTwoResources: the seeds of the profile have a second resource, which has a client of its own, and in some of
// them faults; in the others nothing befalls it, and that it wasn't disturbed is looked at (I25).
func TestTwoResources(t *testing.T) {
	p, err := ProfileByName("two")
	if err != nil {
		t.Fatal(err)
	}
	var looks, apart, own uint64
	for seed := range uint64(*manySeeds) {
		s := Generate(seed, p)
		calm := strings.Contains(string(s.Format()), "neighbour undisturbed")
		for _, st := range s.Steps {
			if calm && slices.Contains([]string{"kill", "power", "pause", "cut", "hold", "stall", "sleep", "stock"}, st.Verb) {
				t.Errorf("seed %d: only the first resource is to have faults, and this befalls both: %s", seed, st)
			}
			if st.Verb == "neighbour" && slices.Contains([]string{"disk", "medium", "panic"}, st.Args[0]) && st.Args[2] != "heal" && st.Args[2] != "mend" {
				own++
			}
		}
		if calm {
			apart++
		}
		answered := 0
		r := Play(s, Options{Ended: func(st *script.Stage) { answered = st.Pair.Neighbour.Client.Answered() }})
		if r.Failed() {
			t.Errorf("%s\n%s", r.Line(), r.Tail)
		}
		if answered < 50 {
			t.Errorf("seed %d: the second resource answered %d requests", seed, answered)
		}
		for _, l := range r.Looks {
			if l.Invariant == "I25" {
				looks += l.Count
			}
		}
	}
	if *manySeeds >= 12 && (apart == 0 || own == 0 || looks == 0) {
		t.Errorf("%d seeds with faults of the first resource only, %d faults of the second one, %d looks at I25", apart, own, looks)
	}
}

// TestTwoIsAShare: a tenth of the ordinary seeds has a second resource, and the others are as they would be without
// any such seeds, line by line.
func TestTwoIsAShare(t *testing.T) {
	with, err := ProfileByName(Default)
	if err != nil {
		t.Fatal(err)
	}
	without := *with
	without.Two = 0
	n := 0
	for seed := range uint64(1000) {
		a, b := Generate(seed, with), Generate(seed, &without)
		if v, _ := a.Knob("resources"); v == "2" {
			n++
		} else if !a.Equal(b) {
			t.Fatalf("seed %d: its script isn't what it would be", seed)
		}
	}
	if n < 70 || n > 140 {
		t.Errorf("%d of 1000 seeds have a second resource", n)
	}
}
