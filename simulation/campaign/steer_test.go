package campaign

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"hast/simulation/script"
)

// reached is a run of a script that reached some cells.
func reached(s *script.Script, cells ...string) *Result {
	r := &Result{Seed: s.Seed, Script: s, Coverage: newCoverage()}
	for _, name := range cells {
		r.Coverage.hit(DimMachine, name)
	}
	return r
}

func TestSteerRemembersWhatIsRare(t *testing.T) {
	p, _ := ProfileByName(Default)
	s := NewSteer()
	if s.Near(1) != nil {
		t.Error("near nothing is a script")
	}
	// What everybody reaches is rare at first only.
	for seed := range uint64(10) {
		s.Learn(reached(Generate(seed, p), "common"))
	}
	if len(s.rare) != rarely {
		t.Errorf("of ten runs that reached the same %d are remembered, want %d", len(s.rare), rarely)
	}
	s.rare = nil
	odd := Generate(77, p)
	s.Learn(reached(odd, "common", "odd"))
	s.Learn(reached(Generate(78, p), "common"))
	failed := reached(Generate(79, p), "fatal")
	failed.Verdict = Violated
	s.Learn(failed)
	s.Learn(&Result{Script: Generate(80, p)}) // nobody has counted
	if len(s.rare) != 1 || s.rare[0].script != odd {
		t.Errorf("%d scripts are remembered, want the one that reached an odd cell and passed", len(s.rare))
	}
	for seed := range uint64(2 * mostRare) {
		s.Learn(reached(Generate(seed, p), fmt.Sprint("cell ", seed)))
	}
	if len(s.rare) != mostRare {
		t.Errorf("%d scripts are remembered, want %d", len(s.rare), mostRare)
	}
}

// What was rare at first and isn't any more has to wait, and so does what many stories were told of.
func TestSteerPrefersWhatIsRareNow(t *testing.T) {
	p, _ := ProfileByName(Default)
	s := NewSteer()
	s.Learn(reached(Generate(1, p), "soon common"))
	s.Learn(reached(Generate(2, p), "odd"))
	s.Learn(reached(Generate(3, p), "strange"))
	for seed := range uint64(50) {
		s.Learn(reached(Generate(4, p), "soon common"))
		s.Near(100 + seed)
	}
	told := make(map[uint64]uint64)
	for _, r := range s.rare {
		told[r.script.Seed] += r.told
	}
	if told[1] > 5 || told[2] < 15 || told[3] < 15 {
		t.Errorf("by the seed, so many stories were told near the three: %v", told)
	}
}

// A script near another is one, the same for the same seed, and it brings the pair into service and repairs it as the
// other does.
func TestNear(t *testing.T) {
	p, _ := ProfileByName(Default)
	changed := 0
	for seed := range uint64(40) {
		from := Generate(seed, p)
		var texts [2][]byte
		for i := range texts {
			s := NewSteer()
			s.Learn(reached(Generate(seed, p), "odd"))
			near := s.Near(1000 + seed)
			texts[i] = near.Format()
			if _, err := script.Parse("near", texts[i]); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if near.Seed != 1000+seed || near.Name != fmt.Sprintf("near seed %d", seed) {
				t.Errorf("seed %d: what is near it has the seed %d and is called %q", seed, near.Seed, near.Name)
			}
			s.rare = nil
			if s.Learn(reached(near, "odder")); s.Near(7).Name != near.Name {
				t.Errorf("seed %d: what is near that is called %q", seed, s.Near(7).Name)
			}
			verbs := func(x *script.Script, first, n int) (list []string) {
				for _, st := range x.Steps[first : first+n] {
					list = append(list, st.String())
				}
				return list
			}
			if !slices.Equal(verbs(near, 0, 4), verbs(from, 0, 4)) || !slices.Equal(verbs(near, len(near.Steps)-5, 5), verbs(from, len(from.Steps)-5, 5)) {
				t.Errorf("seed %d: the beginning or the end is another one", seed)
			}
			near.Seed = from.Seed
			if !bytes.Equal(near.Format(), from.Format()) {
				changed++
			}
		}
		if !bytes.Equal(texts[0], texts[1]) {
			t.Errorf("seed %d: the same seed gives two scripts", seed)
		}
		if !bytes.Equal(from.Format(), Generate(seed, p).Format()) {
			t.Errorf("seed %d: the script that was learned from was changed", seed)
		}
	}
	if changed < 40 {
		t.Errorf("only %d of 80 scripts tell the story with other steps", changed)
	}
}
