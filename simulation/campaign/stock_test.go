package campaign

import (
	"slices"
	"testing"

	"hast/simulation"
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
	without.Stock = 0
	n := 0
	for seed := range uint64(1000) {
		if a, b := Generate(seed, with), Generate(seed, &without); !a.Equal(b) {
			n++
		}
	}
	if n < 45 || n > 120 {
		t.Errorf("%d of 1000 seeds have a secondary of the original's manners", n)
	}
}
