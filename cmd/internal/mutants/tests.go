package mutants

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tests are the test binaries of packages, with the switches of a set in them.
type tests struct {
	once   sync.Once
	err    error
	suites []suite
}

// holds reports whether the package's tests run a file's code: actors stands on states, which knows nothing of it.
func (s *suite) holds(file string) bool {
	return s.folder == "actors" || !strings.HasPrefix(file, "actors/")
}

// suite is one package's.
type suite struct {
	folder, binary string
	skip           []string // tests that fail without a mutant, in a build with switches
}

// testPatience is how long a package's tests may take with a mutant before they count as hanging.
const testPatience = 2 * time.Minute

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// try runs the tests of packages that hold a mutant's file, or import what does, with the mutant in force. It returns
// the first that fails, with a few of its words; where is empty if none does.
func (t *tests) try(ctx context.Context, h *Hunt, m *Mutant) (where, text string, err error) {
	t.once.Do(func() { t.err = t.build(ctx, h) })
	if t.err != nil {
		return "", "", t.err
	}
	for _, s := range t.suites {
		if !s.holds(m.File) {
			continue
		}
		name, said, err := s.run(ctx, h.Root, m.ID)
		if err != nil || name != "" {
			return s.folder + " " + name, said, err
		}
	}
	return "", "", nil
}

// build compiles the packages' tests. One that fails without a mutant is left out: its failing would prove nothing.
func (t *tests) build(ctx context.Context, h *Hunt) error {
	for i, folder := range h.Tests {
		s := suite{folder: folder, binary: filepath.Join(h.dir, fmt.Sprintf("tests%d", i))}
		if err := h.Set.BuildTest(ctx, h.Root, "./"+folder, h.dir, s.binary); err != nil {
			return err
		}
		for {
			name, said, err := s.run(ctx, h.Root, 0)
			if err != nil {
				return err
			}
			if name == "" {
				break
			}
			if name == hanging || len(s.skip) > 10 {
				return fmt.Errorf("the tests of %s fail without a planted bug: %s: %s", folder, name, said)
			}
			top, _, _ := strings.Cut(name, "/")
			s.skip = append(s.skip, "^"+top+"$")
		}
		t.suites = append(t.suites, s)
	}
	return nil
}

func (s *suite) run(ctx context.Context, root string, id int) (failed, text string, err error) {
	own, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	c := exec.CommandContext(own, s.binary, "-test.failfast", "-test.short", "-test.skip", strings.Join(s.skip, "|"))
	c.Dir = filepath.Join(root, filepath.FromSlash(s.folder))
	c.Env = append(os.Environ(), Env+"="+strconv.Itoa(id))
	out, err := c.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case err == nil:
		return "", "", nil
	}
	if m := failedTest.FindSubmatchIndex(out); m != nil {
		return string(out[m[2]:m[3]]), firstLine(string(bytes.TrimSpace(out[m[1]:]))), nil
	}
	return hanging, firstLine(string(out)), nil
}
