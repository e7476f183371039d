package script

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sabotage is the list of changes that break the code on purpose (its head explains the form).
func sabotage(t *testing.T) string {
	t.Helper()
	list, err := os.ReadFile("../../.ci/sabotage.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(list)
}

// A scenario that passes without its rule guards nothing. So each has an entry in the list of sabotage, which
// breaks the rule and runs the scenario, or names a planted bug that is listed, or says in its head why nothing
// can break it: "proof: none: why".
func TestScenariosAreProven(t *testing.T) {
	listed, err := os.ReadFile("../../cmd/internal/mutants/listed.txt")
	if err != nil {
		t.Fatal(err)
	}
	planted := regexp.MustCompile(`(?m)^# fails without: .*\(planted bug ([\w-]+)\)`)
	tests := regexp.MustCompile(`(?m)^test: go test \./simulation/script -run \^(?:TestScenarios|TestScenariosSurviveCrashes)\$/\^(\S+)\$(?: -seeds \d+)?$`)
	proven := map[string]bool{}
	for _, m := range tests.FindAllStringSubmatch(sabotage(t), -1) {
		proven[m[1]] = true
	}
	excuse := regexp.MustCompile(`(?m)^# proof: none: \S+ \S+`)
	for _, file := range scenarios(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".sim")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := planted.FindSubmatch(text); m != nil && !proven[name] {
			if !strings.Contains(string(listed), "\nbug: "+string(m[1])+"\n") {
				t.Errorf("%s: no planted bug is called %s", name, m[1])
			}
			continue
		}
		switch excused := excuse.Match(text); {
		case !proven[name] && !excused:
			t.Errorf("%s: no entry of .ci/sabotage.txt runs it with its rule broken; write one, or \"# proof: none: why\" into its head", name)
		case proven[name] && excused:
			t.Errorf("%s: it has an entry in .ci/sabotage.txt, and says that it has none", name)
		}
		delete(proven, name)
	}
	for name := range proven {
		t.Errorf(".ci/sabotage.txt runs scenario %s, which doesn't exist", name)
	}
}

// The list of sabotage takes long to run; that its entries still fit the code is seen at once.
func TestSabotageFits(t *testing.T) {
	var name, file string
	var old []string
	check := func() {
		if len(old) == 0 {
			return
		}
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		lines := strings.Split(string(text), "\n")
		found := 0
		for i := 0; i+len(old) <= len(lines); i++ {
			fits := true
			for k := range old {
				fits = fits && strings.TrimSpace(lines[i+k]) == old[k]
			}
			if fits {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: the lines that begin with %q are %d times in %s, not once", name, old[0], found, file)
		}
		old = nil
	}
	for _, line := range append(strings.Split(sabotage(t), "\n"), "") {
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); key {
		case "old":
			old = append(old, value)
		case "name", "file", "":
			check()
			if key == "name" {
				name = value
			} else {
				file = value
			}
		}
	}
}
