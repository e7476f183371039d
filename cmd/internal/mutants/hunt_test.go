package mutants

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pretend makes a hunt whose trials are a shell script: lines for each item, as the real ones print them.
// Seen is the same in each: the mutants 1 and 2.
func pretend(t *testing.T, script string) *Hunt {
	t.Helper()
	trial := filepath.Join(t.TempDir(), "trial")
	seen := base64.StdEncoding.EncodeToString([]byte{1<<1 | 1<<2})
	text := "#!/bin/sh\nshift\nsay() { printf '{\"item\":\"%s\",\"failed\":%s,\"invariant\":\"%s\",\"seen\":\"" + seen + "\"}\\n' \"$1\" \"$2\" \"$3\"; }\n" +
		"for item; do\n\techo \"at $item\"\n\tcase $" + Env + ":$item in\n" + script + "\n\tesac\ndone\n"
	if err := os.WriteFile(trial, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Hunt{Set: &Set{}, trial: trial, Bases: []uint64{1}, Seeds: 10, Patience: time.Hour, facts: survey{known: make(map[string]fact)}}
}

// A mutant is found by the first seed that fails with it and not without, and a seed's number counts also
// those that prove nothing.
func TestFoundBySeed(t *testing.T) {
	h := pretend(t, `0:3|1:3|1:5) say $item true I1;;
		*) say $item false;;`)
	r, err := h.hunt(context.Background(), &Mutant{ID: 1, Name: "x"})
	if err != nil || r.By != BySeed || !slices.Equal(r.Seeds, []int{5}) || r.Invariant != "I1" || !r.Met {
		t.Errorf("%+v, %v", r, err)
	}
}

// A run that doesn't come to the mutant isn't played with it: it would be found if it were.
func TestUnmetIsNotPlayed(t *testing.T) {
	h := pretend(t, `3:*) say $item true I1;;
		*) say $item false;;`)
	r, err := h.hunt(context.Background(), &Mutant{ID: 3, Name: "x"})
	if err != nil || r.Found() || r.Met {
		t.Errorf("%+v, %v", r, err)
	}
}

// What no seed finds is tried with the scenarios, which come behind the first few seeds where these have a head.
func TestFoundByScenario(t *testing.T) {
	for _, head := range []int{0, 2} {
		h := pretend(t, `1:story|1:5) say $item true I2;;
		*) say $item false;;`)
		h.Scenarios, h.Head = []string{"story"}, head
		if head == 0 {
			h.Seeds = 4
		}
		r, err := h.hunt(context.Background(), &Mutant{ID: 1, Name: "x"})
		if err != nil || r.By != ByScenario || r.Where != "story" || r.Invariant != "I2" {
			t.Errorf("head %d: %+v, %v", head, r, err)
		}
	}
}

// A process that falls has found its item, and those behind it are played by another.
func TestCrashIsAFinding(t *testing.T) {
	h := pretend(t, `1:2) echo "what it says" >&2; exit 2;;
		*) say $item false;;`)
	var got []string
	err := h.play(context.Background(), 1, []string{"1", "2", "3"}, func(o Outcome) bool {
		got = append(got, fmt.Sprint(o.Item, o.Failed, o.Invariant))
		return true
	})
	if want := []string{"1false", "2true" + crashed, "3false"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, not %q: %v", got, want, err)
	}
}

// A hunt goes on where the results file ends, a line that was cut off isn't taken, and another hunt's file
// is refused.
func TestResultsAreResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results")
	r, err := openResults(path, "ours")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []line{{Fact: &fact{Item: "7", Failed: true, Seen: []byte{4}}}, {Report: &Report{Mutant: Mutant{Name: "x"}, By: BySeed}}} {
		if err := r.add(l); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.file.WriteString(`{"report":{"name":"cut`); err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the cut-off line is gone after the first time
		if r, err = openResults(path, "ours"); err != nil {
			t.Fatal(err)
		}
		if len(r.facts) != 1 || !r.facts[0].Failed || !r.facts[0].meets(2) || r.facts[0].meets(3) || len(r.reports) != 1 || !r.reports["x"].Found() {
			t.Errorf("read %+v %+v", r.facts, r.reports)
		}
		if err := r.close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openResults(path, "another's"); err == nil || !strings.Contains(err.Error(), "another source") {
		t.Errorf("another hunt's results: %v", err)
	}
}

// A larger sample holds the smaller one, and a sample has the size that is asked for.
func TestSample(t *testing.T) {
	s := &Set{}
	for i := range 1000 {
		s.Mutants = append(s.Mutants, Mutant{Name: fmt.Sprintf("f.go:f:omit:%d", i)})
	}
	small, large := s.Sample(100, 0), s.Sample(300, 0)
	if len(small) != 100 || len(large) != 300 || len(s.Sample(5000, 0)) != 1000 {
		t.Errorf("%d, %d", len(small), len(large))
	}
	for name := range small {
		if !large[name] {
			t.Errorf("%s is not in the larger sample", name)
		}
	}
	same := 0
	for name := range s.Sample(100, 1) {
		if small[name] {
			same++
		}
	}
	if same == 0 || same > 30 {
		t.Errorf("%d of 100 are in another draw, too", same)
	}
	tenths := make([]int, 10)
	for i, m := range s.Mutants {
		if large[m.Name] {
			tenths[i/100]++
		}
	}
	if slices.Min(tenths) < 10 {
		t.Errorf("the sample is crooked: %v", tenths)
	}
}
