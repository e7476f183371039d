package hastsim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hast/simulation/campaign"
	"hast/simulation/script"
)

// Of failures that look alike the folder keeps the one that fails after the fewest steps, also over several soaks; what
// another version has found is no rival.
func TestSoakKeepsTheFastest(t *testing.T) {
	folder := t.TempDir()
	found := func(step, seed uint64) {
		t.Helper()
		r := &campaign.Result{Verdict: campaign.Violated, Invariant: "I8", Text: "extent 7 of b isn't dirty", Step: step, Script: &script.Script{Seed: seed}}
		if err := keep(folder, r); err != nil {
			t.Fatal(err)
		}
	}
	var path string
	kept := func() uint64 {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		path = files[0]
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := script.Parse(path, text)
		if err != nil {
			t.Fatal(err)
		}
		return s.Seed
	}
	for _, c := range []struct {
		step, seed, want uint64
	}{{500, 1, 1}, {700, 2, 1}, {500, 3, 1}, {300, 4, 4}} {
		if found(c.step, c.seed); kept() != c.want {
			t.Errorf("after seed %d, which fails at step %d, that of seed %d is kept", c.seed, c.step, kept())
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(text), "version: "+version(), "version: another", 1)
	if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if found(900, 5); kept() != 5 {
		t.Error("what another version has found is kept")
	}
}
