package main

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	list, err := parse("list", `# a comment
name: first
file: a/b.go
old:  one
old:  two
# a comment within
new:  	three: four
file: c.go
old:  five
test: go test ./a -run ^TestA$/^b$ -rounds 5

name: second
file: c.go
old:  six
test: go test ./c`)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	e := list[0]
	if e.name != "first" || e.line != 2 || len(e.changes) != 2 || e.folder != "a" || e.depth() != 2 ||
		!slices.Equal(e.args, []string{"-test.run", "^TestA$/^b$", "-rounds", "5"}) {
		t.Errorf("%+v", e)
	}
	if c := e.changes[0]; c.File != "a/b.go" || !slices.Equal(c.Old, []string{"one", "two"}) || !slices.Equal(c.New, []string{"three: four"}) {
		t.Errorf("%+v", c)
	}
	if list[1].depth() != 1 || len(list[1].args) != 0 || len(list[1].changes[0].New) != 0 {
		t.Errorf("%+v", list[1])
	}
	for word, want := range map[string]bool{"first": true, "c.go": true, "^b$": true, "six": false, "": true} {
		if e.contains(word) != want {
			t.Errorf("the first entry contains %q: %v", word, !want)
		}
	}
}

// What an entry lacks is told with the line, and all of it at once.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"name: a\nfile: f\nold: x\ntest: go test ./a\n\nname: a\nfile: f\nold: x\ntest: go test ./a", `list:6: another entry is called "a"`},
		{"file: f\nold: x\ntest: go test ./a", "list:1: an entry without a name"},
		{"name: a\ntest: go test ./a", "list:1: an entry without a file:"},
		{"name: a\nfile: f\ntest: go test ./a", "list:1: an entry has no old: line for f"},
		{"name: a\nfile: f\nold: x", "list:1: an entry needs test:"},
		{"name: a\nfile: f\nold: x\ntest: make it fail", "list:1: an entry needs test:"},
		{"name: a\nold: x", `list:2: an entry has no "old" here`},
		{"name: a\nwhat", "list:2: this line has no key: what"},
		{"name: a\nwhy: so", `list:2: an entry has no "why" here`},
	} {
		if _, err := parse("list", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, not %q", c.text, err, c.want)
		}
	}
}
