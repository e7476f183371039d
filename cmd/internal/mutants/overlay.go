package mutants

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Simulated are the folders whose code the made-up world runs as it is shipped, and in which automatic
// mutants are planted.
var Simulated = []string{"actors", "states", "states/activemap", "states/bitset"}

// aside are files of theirs without automatic mutants: what they hold puts something into words for people,
// or is run by tests and bystanders only, and golden files and table tests are what holds it.
var aside = []string{"actors/books.go", "states/explain.go", "states/table.go", "states/activemap/render.go"}

// Set is one set of mutants, and the files that hold its switches.
type Set struct {
	Mutants []Mutant
	files   map[string][]byte // by path from the top of the tree
}

// Woven is a set of changed files, by their paths from the top of the tree, that hold switches for n mutants.
func Woven(files map[string][]byte, n int) *Set {
	s := &Set{Mutants: make([]Mutant, n), files: maps.Clone(files)}
	s.finish()
	return s
}

// Automatic makes the set of all automatic mutants of a source tree.
func Automatic(root string) (*Set, error) {
	s := &Set{files: make(map[string][]byte)}
	for _, folder := range Simulated {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*.go"))
		if err != nil {
			return nil, err
		}
		sort.Strings(paths)
		for _, path := range paths {
			file := folder + "/" + filepath.Base(path)
			if strings.HasSuffix(path, "_test.go") || slices.Contains(aside, file) {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			text, list, err := Weave(file, src, len(s.Mutants)+1)
			if err != nil {
				return nil, err
			}
			if list != nil {
				s.files[file] = text
				s.Mutants = append(s.Mutants, list...)
			}
		}
	}
	if len(s.Mutants) == 0 {
		return nil, fmt.Errorf("%s: no source of ours is there", root)
	}
	s.finish()
	return s, nil
}

// write puts the set's files into a folder and returns the path of the list that the go command reads.
func (s *Set) write(root, dir string) (string, error) {
	replace := make(map[string]string, len(s.files))
	for file, text := range s.files {
		at := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(at, text, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(root, filepath.FromSlash(file))] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o644)
}

// Build compiles a command of the tree with the set's switches into a file. What the compiler says is part
// of the error. The folder dir takes what is needed meanwhile.
func (s *Set) Build(ctx context.Context, root, command, dir, output string) error {
	return s.compile(ctx, root, dir, "build", "-o", output, command)
}

// BuildTest compiles the tests of a package in the same way. Vet is left out: it knows no overlays. So is what only
// debuggers read: the linker is half as fast with it.
func (s *Set) BuildTest(ctx context.Context, root, folder, dir, output string) error {
	return s.compile(ctx, root, dir, "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", output, folder)
}

func (s *Set) compile(ctx context.Context, root, dir, what string, args ...string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	overlay, err := s.write(root, dir)
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, "go", append([]string{what, "-overlay", overlay, "-tags", Tag}, args...)...)
	c.Dir = root
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("building with planted bugs: %w\n%s", err, said)
	}
	return nil
}
