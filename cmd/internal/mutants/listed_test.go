package mutants

import (
	"context"
	"path/filepath"
	"testing"
)

// All listed bugs fit the source as it is, and compile, into one binary.
func TestListedCompile(t *testing.T) {
	s, err := Listed("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Build(context.Background(), "../../..", "./actors", dir, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
}
