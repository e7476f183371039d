package mutants

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed world.txt
var worldText string

// World makes the set of the bugs of the made-up world and of its judge: a disk that loses nothing, a cut that leaks, a
// check that is blind. A world with one of them would let bugs of the product pass, so each must be noticed by the tests
// of simulation/ that it names.
func World(root string) (*Set, error) {
	bugs, err := parseBugs("world.txt", worldText)
	if err != nil {
		return nil, err
	}
	for i := range bugs {
		if bugs[i].Test == "" {
			return nil, fmt.Errorf("world.txt:%d: bug %s names no test", bugs[i].line, bugs[i].Name)
		}
	}
	return setOf("world.txt", root, bugs)
}

// Notice runs, for each wanted bug of the made-up world, the tests that must fail with it, and must pass without.
func (h *Hunt) Notice(ctx context.Context) (all []*Report, err error) {
	dir, err := os.MkdirTemp("", "hastsim-world-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "world.test")
	if err := h.Set.BuildTest(ctx, h.Root, "./simulation", dir, binary); err != nil {
		return nil, err
	}
	var wanted []*Mutant
	var names []string
	for i := range h.Set.Mutants {
		if m := &h.Set.Mutants[i]; h.Wanted == nil || h.Wanted(m) {
			wanted, names = append(wanted, m), append(names, m.Test)
		}
	}
	if len(wanted) == 0 {
		return nil, errors.New("no bug is wanted")
	}
	if where, text, err := h.notice(ctx, binary, 0, strings.Join(names, "|")); err != nil || where != "" {
		return nil, errors.Join(err, fmt.Errorf("without a bug %s fails: %s", where, text))
	}
	for _, m := range wanted {
		r := &Report{Mutant: *m, Met: true}
		where, text, err := h.notice(ctx, binary, m.ID, m.Test)
		if err != nil {
			return all, err
		}
		if where != "" {
			r.By, r.Where, r.Text = ByTest, where, text
		}
		all = append(all, r)
		if h.Told != nil {
			h.Told(r)
		}
	}
	return all, nil
}

// notice runs tests with a bug in force and returns which fails first, with its words.
func (h *Hunt) notice(ctx context.Context, binary string, id int, tests string) (where, text string, err error) {
	own, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	c := exec.CommandContext(own, binary, "-test.failfast", "-test.run", "^("+tests+")$")
	c.Dir = filepath.Join(h.Root, "simulation")
	c.Env = append(os.Environ(), Env+"="+strconv.Itoa(id))
	out, err := c.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case err == nil && strings.Contains(string(out), "no tests to run"):
		return "", "", fmt.Errorf("world.txt: there is no test %s", tests)
	case err == nil:
		return "", "", nil
	}
	if m := failedTest.FindSubmatch(out); m != nil {
		return string(m[1]), firstLine(string(out)), nil
	}
	return hanging, firstLine(string(out)), nil
}
