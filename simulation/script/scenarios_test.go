package script

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	update     = flag.Bool("update", false, "write what the scenarios print into them")
	manySeeds  = flag.Int("seeds", 1, "how many seeds TestScenarios plays each scenario with, from its own on")
	exhaustive = flag.Bool("exhaustive", false, "interrupt the scenarios that say crash-everywhere at every moment and in every way")
)

// scenarios are the stories that are kept, each about one rule.
func scenarios(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../testdata/*.sim")
	if err != nil || len(list) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	return list
}

func load(t *testing.T, file string) ([]byte, *Script) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(filepath.Base(file), text)
	if err != nil {
		t.Fatal(err)
	}
	return text, s
}

func crashes(s *Script) bool {
	return slices.ContainsFunc(s.Steps, func(st Step) bool { return st.Verb == crashVerb })
}

func TestScenarios(t *testing.T) {
	for _, file := range scenarios(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sim"), func(t *testing.T) {
			text, s := load(t, file)
			o := Run(s, Options{Update: *update})
			if err := o.Err(); err != nil {
				t.Fatalf("%v\n%s", err, o.Tail)
			}
			if *update && !t.Failed() {
				if err := os.WriteFile(file, Update(text, o.Outputs), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for range *manySeeds - 1 {
				s.Seed++
				o := Run(s, Options{})
				if err := o.Err(); err != nil {
					t.Fatalf("seed %d: %v", s.Seed, err)
				}
			}
		})
	}
}

// Without -exhaustive a few moments of each scenario are taken, and few of the ways to die there.
func TestScenariosSurviveCrashes(t *testing.T) {
	for _, file := range scenarios(t) {
		_, s := load(t, file)
		if !crashes(s) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sim"), func(t *testing.T) {
			opt := CrashOptions{Quick: !*exhaustive}
			if opt.Quick {
				points, _ := survey(s, opt)
				opt.Every = max(1, len(points)/3)
			}
			r := CrashAll(s, opt)
			if err := r.Err(); err != nil {
				t.Fatalf("%v", err)
			}
			t.Logf("%d moments, %d deaths", r.Points, r.Runs)
		})
	}
}
