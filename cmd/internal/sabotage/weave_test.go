package main

import (
	"strings"
	"testing"
)

const original = `// Package p is what is changed.
package p

import "fmt"

type t struct{ n int }

const limit = 3

func (t *t) add(n int, more ...int) (sum int) {
	return t.n + n + len(more)
}

func show(n int) { fmt.Println(n) }

func blank(_ int) {}

func of[T any](v T) T { return v }
`

func changed(t *testing.T, old, new string) ([]body, error) {
	t.Helper()
	o, err := parseSource([]byte(original))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(original, old) != 1 {
		t.Fatalf("%q isn't there once", old)
	}
	c, err := parseSource([]byte(strings.Replace(original, old, new, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return bodies(o, c)
}

// What isn't all within functions that their own copies can stand in for has no switch.
func TestBodies(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"t.n + n", "t.n - n", ""},
		{"func show(n int) { fmt", "func show(n int) { n++; fmt", ""},
		{"// Package p is", "// Package p was", ""},
		{"limit = 3", "limit = 4", "isn't a function"},
		{"show(n int)", "show(n int64)", "other parameters"},
		{"(_ int) {}", "(_ int) { show(1) }", "has no name"},
		{"{ return v }", "{ var zero T; return zero }", "type parameters"},
		{"const limit = 3", "", "there or missing"},
	} {
		list, err := changed(t, c.old, c.new)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q to %q: %v, %v, not %q", c.old, c.new, list, err, c.want)
		}
	}
}

// Two changes of one function and one of another are three copies, and no line changes its number.
func TestWeave(t *testing.T) {
	o, err := parseSource([]byte(original))
	if err != nil {
		t.Fatal(err)
	}
	changes := map[int][]body{}
	for id, c := range [][2]string{1: {"t.n + n", "t.n - n"}, 2: {"len(more)", "cap(more)"}, 3: {"fmt.Println(n)", "fmt.Print(n)"}} {
		if c[0] != "" {
			if changes[id], err = changed(t, c[0], c[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := string(o.weave(changes))
	for _, want := range []string{
		"package p; import \"hast/states/planted\"\n",
		"(sum int) { if planted.On(1) { return t.add_planted1(n, more...) }; if planted.On(2) { return t.add_planted2(n, more...) };\n",
		"func show(n int) { if planted.On(3) { show_planted3(n); return }; fmt.Println(n) }",
		"//line planted2.go:1\nfunc (t *t) add_planted2(n int, more ...int) (sum int) {\n\treturn t.n + n + cap(more)\n}\n",
		"func show_planted3(n int) { fmt.Print(n) }",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("without %q:\n%s", want, got)
		}
	}
	if _, err := parseSource([]byte(got)); err != nil {
		t.Error(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(original, "\n"), "\n") {
		if now := strings.Split(got, "\n")[i]; !strings.HasPrefix(now, strings.SplitN(line, "{", 2)[0]) {
			t.Errorf("line %d is now %q", i+1, now)
		}
	}
}
