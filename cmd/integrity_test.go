package cmd_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// promise is a row of a table of docs/integrity.md: what is promised, by what, and how it is shown.
type promise struct {
	number, mechanism, tests string
	line                     int
}

// named is what stands in backquotes.
var named = regexp.MustCompile("`([^`]+)`")

// readPromises takes the numbered rows out of the page.
func readPromises(t *testing.T) []promise {
	t.Helper()
	text, err := os.ReadFile("../docs/integrity.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`^\| ([IA][0-9]+) \|`)
	var list []promise
	for i, line := range strings.Split(string(text), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if len(cells) != 4 {
			t.Errorf("docs/integrity.md:%d has %d cells, not a number, a promise, mechanisms and tests", i+1, len(cells))
			continue
		}
		list = append(list, promise{number: m[1], mechanism: cells[2], tests: cells[3], line: i + 1})
	}
	return list
}

// withoutMechanism are the numbers that docs/integrity.md lists as not promised: an arbiter (I40) and a
// comparison of both copies (I39) are not built, and I22 stands for the list of its own, L1 to L9.
var withoutMechanism = map[string]bool{"I22": true, "I39": true, "I40": true}

// TestIntegrity holds docs/integrity.md against the code: every number once, with mechanisms and tests that
// are there.
func TestIntegrity(t *testing.T) {
	seen := map[string]int{}
	for _, p := range readPromises(t) {
		if at, twice := seen[p.number]; twice {
			t.Errorf("docs/integrity.md:%d: %s stands at line %d already", p.line, p.number, at)
		}
		seen[p.number] = p.line
		mechanisms, tests := named.FindAllStringSubmatch(p.mechanism, -1), named.FindAllStringSubmatch(p.tests, -1)
		if len(mechanisms) == 0 || len(tests) == 0 {
			t.Errorf("docs/integrity.md:%d: %s needs a mechanism and a test", p.line, p.number)
		}
		for _, m := range mechanisms {
			if !declared(t, m[1]) {
				t.Errorf("docs/integrity.md:%d: the code of %s has no %s", p.line, p.number, m[1])
			}
		}
		for _, m := range tests {
			if !exists(t, m[1]) {
				t.Errorf("docs/integrity.md:%d: %s: there is no %s", p.line, p.number, m[1])
			}
		}
	}
	for _, group := range []struct {
		letter string
		last   int
	}{{"I", 41}, {"A", 34}} {
		for i := 1; i <= group.last; i++ {
			number := fmt.Sprint(group.letter, i)
			if _, ok := seen[number]; ok == withoutMechanism[number] {
				t.Errorf("docs/integrity.md has a row for %s: %v", number, ok)
			}
		}
	}
}

// declared reports whether a package has a function, or a type a method: `actors gate.raise`.
func declared(t *testing.T, what string) bool {
	t.Helper()
	folder, name, ok := strings.Cut(what, " ")
	if !ok {
		return false
	}
	head := `func ` + name + `(`
	if typ, method, ok := strings.Cut(name, "."); ok {
		head = typ + `) ` + method + `(`
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(text, []byte("\n")) {
			if bytes.HasPrefix(line, []byte("func ")) && bytes.Contains(line, []byte(head)) {
				return true
			}
		}
	}
	return false
}
