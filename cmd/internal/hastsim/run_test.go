package hastsim

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hast/cmd/internal/exit"
	"hast/simulation/campaign"
	"hast/simulation/script"
)

func TestWhichSeeds(t *testing.T) {
	tests := []struct {
		text        string
		first, last uint64
		bad         bool
	}{
		{"7", 7, 7, false},
		{"0x10", 16, 16, false},
		{"1..1000", 1, 1000, false},
		{"5..5", 5, 5, false},
		{"5..4", 0, 0, true},
		{"", 0, 0, true},
		{"..", 0, 0, true},
		{"-1", 0, 0, true},
		{"one", 0, 0, true},
		{"18446744073709551616", 0, 0, true},
	}
	for _, tt := range tests {
		got, err := parseSeeds(tt.text)
		if (err != nil) != tt.bad || got != (seeds{tt.first, tt.last}) {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
		if tt.bad && exit.Code(err) != exit.Usage {
			t.Errorf("%q: exit code %d", tt.text, exit.Code(err))
		}
	}
	o := runOptions{count: 5}
	if got, err := o.which(); err != nil || got.last-got.first != 4 || got.first%1000 != 0 {
		t.Errorf("five fresh seeds are %v, %v", got, err)
	}
	o = runOptions{count: 5, seed: "1"}
	if _, err := o.which(); exit.Code(err) != exit.Usage {
		t.Errorf("both a seed and a count: %v", err)
	}
}

// TestMiddle: the commit that is tried next lies between the two that are known, as near to their middle as
// those that can't be tried allow.
func TestMiddle(t *testing.T) {
	over := func(list ...int) map[int]bool {
		m := make(map[int]bool)
		for _, i := range list {
			m[i] = true
		}
		return m
	}
	tests := []struct {
		lo, hi, want int
		over         map[int]bool
	}{
		{-1, 0, -1, over()},
		{-1, 1, 0, over()},
		{-1, 8, 3, over()},
		{3, 5, 4, over()},
		{3, 5, -1, over(4)},
		{0, 10, 6, over(5)},
		{0, 10, 4, over(5, 6)},
		{0, 4, 3, over(1, 2)},
		{0, 4, -1, over(1, 2, 3)},
	}
	for _, tt := range tests {
		if got := middle(tt.lo, tt.hi, tt.over); got != tt.want {
			t.Errorf("between %d and %d without %v: %d, want %d", tt.lo, tt.hi, tt.over, got, tt.want)
		}
	}
}

// TestKept: what soak keeps is a script that can be read again, and says what it found.
func TestKept(t *testing.T) {
	s := &script.Script{Name: "seed 3", Seed: 3, Steps: []script.Step{{Verb: "start", Args: []string{"a"}}}}
	r := &campaign.Result{Seed: 3, Script: s, Verdict: campaign.Violated, Invariant: "I8", Step: 7, Text: "sector 3 differs"}
	dir := t.TempDir()
	if err := keep(dir, r); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, r.Fingerprint()+".sim")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "# fails: I8, step 7\n") || !strings.Contains(string(text), version()) {
		t.Errorf("kept:\n%s", text)
	}
	back, err := readScript(path)
	if err != nil || !back.Equal(s) {
		t.Errorf("read back: %v, %v", back, err)
	}
}

// TestSpread: seeds that are played at once, each in its world, end as they do one by one.
func TestSpread(t *testing.T) {
	p, err := campaign.ProfileByName("calm")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{stdout: io.Discard, stderr: io.Discard, stop: t.Context()}
	r := &runner{app: a, profile: p, seeds: seeds{1, 6}, workers: 4, sum: campaign.NewSummary()}
	if r.play(t.Context()) || r.sum.Runs != 6 || r.sum.Failures != 0 {
		t.Fatalf("%d runs, %d failures", r.sum.Runs, r.sum.Failures)
	}
	var steps uint64
	for seed := uint64(1); seed <= 6; seed++ {
		steps += campaign.Seed(seed, p, campaign.Options{}).Steps
	}
	if steps != r.sum.Steps {
		t.Errorf("six seeds at once take %d steps, one by one %d", r.sum.Steps, steps)
	}
}
