package mutants

import (
	"context"
	"path/filepath"
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
	if len(s.Mutants) < 1000 {
		t.Errorf("only %d mutants", len(s.Mutants))
	}
	dir := t.TempDir()
	if err := s.Build(context.Background(), "../../..", "./actors", dir, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
}
