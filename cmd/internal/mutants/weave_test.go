package mutants

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
)

// All automatic mutants of the tree compile, into one binary.
func TestAutomaticCompiles(t *testing.T) {
	s, err := Automatic("../../..")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range s.Mutants {
		if names[m.Name] {
			t.Errorf("two mutants are called %s", m.Name)
		}
		names[m.Name] = true
	}
	excuses, err := Equivalents()
	if err != nil {
		t.Fatal(err)
	}
	for name := range excuses {
		if !names[name] {
			t.Errorf("equivalent.txt has %s, which there is not: its function has changed, so that its argument may, too", name)
		}
	}
	if len(s.Mutants) < 1000 {
		t.Errorf("only %d mutants", len(s.Mutants))
	}
	dir := t.TempDir()
	if err := s.Build(context.Background(), "../../..", "./actors", dir, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
}

// What only tells people something, and what nobody could see, is no place for a mutant.
func TestPlaces(t *testing.T) {
	const head = "package p\n"
	for name, c := range map[string]struct {
		src  string
		want []string
	}{
		"a guard and an effect": {"func (x *T) F() { if x.a && x.b { return }; x.c = 1 }",
			[]string{"f.go:T.F:omit:1", "f.go:T.F:guard:1", "f.go:T.F:drop:1"}},
		"a log line and what it depends on": {`func (x *T) F() { if x.n > 3 { x.log.Warn("many") } }`, nil},
		"a panic that must not be":          {`func (x *T) F() { if x.n > 3 { panic("many") } }`, []string{"f.go:T.F:compare:1"}},
		"words":                             {`func (x T) String() string { if x.n > 3 { return "many" }; return "few" }`, nil},
		"a part of a status":                {`func (x *T) show() *CopyStatus { if x.n > 3 { return nil }; return x.s }`, nil},
		"marks commute":                     {`func (x *T) F() { x.a.Set(1); x.b.Clear(1) }`, []string{"f.go:T.F:omit:1", "f.go:T.F:omit:2"}},
		"messages don't": {`func (x *T) F() { x.tell(1); x.tell(2) }`,
			[]string{"f.go:T.F:swap:1", "f.go:T.F:omit:1", "f.go:T.F:omit:2"}},
		"a loop's condition": {`func F(n int) { for i := 0; i < n; i++ { go1(i) } }`, []string{"f.go:F:omit:1"}},
	} {
		_, list, err := Weave("f.go", []byte(head+c.src), 1)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, m := range list {
			got = append(got, m.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
