package campaign

import (
	"slices"
	"testing"

	"hast/simulation"
	"hast/simulation/script"
)

// TestStockSeeds: the seeds of the profile have sessions with a secondary of the original's manners, and only what such
// a one can live with befalls them; a share of the ordinary seeds has one, and the others are as they would be without.
func TestStockSeeds(t *testing.T) {
	p, err := ProfileByName("stock")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(*manySeeds) {
		s := Generate(seed, p)
		roles := 0
		for _, st := range s.Steps {
			if st.Verb == "role" && slices.Contains(st.Args, "secondary") {
				roles++
			}
			if slices.Contains([]string{"medium", "panic", "renew", "wrong-disk", "neighbour"}, st.Verb) {
				t.Errorf("seed %d: this befalls a secondary of the original's manners: %s", seed, st)
			}
		}
		if roles != 1 {
			t.Errorf("seed %d: somebody is made secondary %d times, and the original isn't asked", seed, roles)
		}
		r := Play(s, Options{})
		if r.Failed() {
			t.Errorf("%s\n%s", r.Line(), r.Tail)
		}
		if !slices.ContainsFunc(r.Effects, func(e simulation.Effect) bool { return e.Kind.String() == "stock-peer" && e.Count > 0 }) {
			t.Errorf("seed %d: there was no session with the original", seed)
		}
	}
	with, err := ProfileByName(Default)
	if err != nil {
		t.Fatal(err)
	}
	without := *with
	without.Stock, without.Original = 0, 0
	n := 0
	for seed := range uint64(1000) {
		if a, b := Generate(seed, with), Generate(seed, &without); !a.Equal(b) {
			n++
		}
	}
	if n < 75 || n > 170 {
		t.Errorf("%d of 1000 seeds have a secondary of the original's manners", n)
	}
}

// TestOriginalSeeds: the seeds of the profile have sessions with a node of the original's manners, in half of them with
// one that is primary; a share of the ordinary seeds is such a one, and no other changes by that.
func TestOriginalSeeds(t *testing.T) {
	p, err := ProfileByName("original")
	if err != nil {
		t.Fatal(err)
	}
	leads := 0
	for seed := range uint64(4 * *manySeeds) {
		s := Generate(seed, p)
		if slices.ContainsFunc(s.Steps, func(st script.Step) bool { return st.Verb == "stock" && slices.Contains(st.Args, "primary") }) {
			leads++
		}
		if seed >= uint64(*manySeeds) {
			continue
		}
		if r := Play(s, Options{}); r.Failed() {
			t.Errorf("%s\n%s", r.Line(), r.Tail)
		}
	}
	if leads < *manySeeds || leads == 4**manySeeds {
		t.Errorf("in %d of %d seeds the original is primary", leads, 4**manySeeds)
	}
	with, err := ProfileByName(Default)
	if err != nil {
		t.Fatal(err)
	}
	without := *with
	without.Original = 0
	for seed := range uint64(300) {
		if a, b := Generate(seed, with), Generate(seed, &without); !a.Equal(b) && slices.ContainsFunc(b.Steps, func(st script.Step) bool { return st.Verb == "stock" && len(st.Args) == 1 }) {
			t.Errorf("seed %d has a secondary of the original's manners already", seed)
		}
	}
}
