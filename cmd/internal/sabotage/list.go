package main

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"hast/cmd/internal/mutants"
)

// entry is one block of the list: changes that are made together, and the test that must fail with them.
type entry struct {
	line    int
	name    string
	changes []mutants.Change
	// test is the go test command as the list has it, folder its package from the top of the tree, and args what the
	// package's test binary takes for the rest.
	test   string
	folder string
	args   []string
}

// parse reads the list. Its form is explained in the head of the list itself.
func parse(from, text string) ([]*entry, error) {
	var list []*entry
	var errs []error
	var e *entry
	wrong := func(line int, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", from, line, fmt.Sprintf(format, args...)))
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line == "" {
			e = nil
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok {
			wrong(i+1, "this line has no key: %s", line)
			continue
		}
		if e == nil {
			e = &entry{line: i + 1}
			list = append(list, e)
		}
		switch {
		case key == "name":
			e.name = value
		case key == "test":
			e.test = value
		case mutants.AddLine(&e.changes, key, value):
		default:
			wrong(i+1, "an entry has no %q here", key)
		}
	}
	names := map[string]bool{}
	for _, e := range list {
		if err := e.check(); err != nil {
			wrong(e.line, "%v", err)
		} else if names[e.name] {
			wrong(e.line, "another entry is called %q, too", e.name)
		}
		names[e.name] = true
	}
	return list, errors.Join(errs...)
}

// check completes an entry that has all that it needs.
func (e *entry) check() error {
	words := strings.Fields(e.test)
	switch {
	case e.name == "":
		return errors.New("an entry without a name")
	case len(e.changes) == 0:
		return errors.New("an entry without a file:")
	case len(words) < 3 || words[0] != "go" || words[1] != "test" || !strings.HasPrefix(words[2], "./"):
		return errors.New("an entry needs test: go test ./package -run ^TestName$")
	}
	for _, c := range e.changes {
		if len(c.Old) == 0 {
			return fmt.Errorf("an entry has no old: line for %s", c.File)
		}
	}
	e.folder = path.Clean(words[2])
	for _, w := range words[3:] {
		switch w {
		case "-run", "-short", "-count", "-timeout":
			w = "-test." + w[1:]
		}
		e.args = append(e.args, w)
	}
	return nil
}

// depth is how many names deep the entry's test is: 2 for TestName/case.
func (e *entry) depth() int {
	for i, a := range e.args {
		if a == "-test.run" && i+1 < len(e.args) {
			return strings.Count(e.args[i+1], "/") + 1
		}
	}
	return 1
}
