package mutants

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed listed.txt
var listedText string

// Bug is one entry of listed.txt.
type Bug struct {
	Name, What string
	// Pending names the feature that the bug needs and that isn't built; Same the bug that it comes to, and
	// why; None says why nothing like it can be here. Each has no changes.
	Pending, Same, None string
	// Test are the tests of simulation/ that must notice it, as an expression for go test -run. Only bugs of the made-up
	// world have it.
	Test    string
	Changes []Change
	line    int
}

// Change replaces lines of a file that follow one another.
type Change struct {
	File     string
	Old, New []string
}

// AddLine takes a line of a list of changes, a key and its value: file: begins the next change, and old: and new: are
// lines of it. It reports whether the line belongs to a change.
func AddLine(changes *[]Change, key, value string) bool {
	n := len(*changes) - 1
	switch {
	case key == "file":
		*changes = append(*changes, Change{File: value})
	case key == "old" && n >= 0:
		(*changes)[n].Old = append((*changes)[n].Old, value)
	case key == "new" && n >= 0:
		(*changes)[n].New = append((*changes)[n].New, value)
	default:
		return false
	}
	return true
}

// Bugs are the listed bugs, in their order.
func Bugs() ([]Bug, error) { return parseBugs("listed.txt", listedText) }

func parseBugs(from, text string) ([]Bug, error) {
	var list []Bug
	var b *Bug
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line == "" {
			b = nil
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if key == "bug" && ok && b == nil {
			list = append(list, Bug{Name: value, line: i + 1})
			b = &list[len(list)-1]
			continue
		}
		if b == nil || !ok {
			return nil, fmt.Errorf("%s:%d: a bug begins with its name: %q", from, i+1, line)
		}
		switch {
		case key == "what":
			b.What = value
		case key == "pending":
			b.Pending = value
		case key == "same":
			b.Same = value
		case key == "test":
			b.Test = value
		case key == "none":
			b.None = value
		case AddLine(&b.Changes, key, value):
		default:
			return nil, fmt.Errorf("%s:%d: no entry has %q here", from, i+1, key)
		}
	}
	for _, b := range list {
		if err := b.check(); err != nil {
			return nil, fmt.Errorf("%s:%d: bug %s: %w", from, b.line, b.Name, err)
		}
	}
	return list, nil
}

func (b *Bug) check() error {
	excused := b.Pending != "" || b.Same != "" || b.None != ""
	switch {
	case b.What == "":
		return errors.New("it doesn't say what is wrong")
	case excused && len(b.Changes) > 0:
		return errors.New("it has changes, and a reason why it has none")
	case !excused && len(b.Changes) == 0:
		return errors.New("it changes nothing")
	}
	for _, c := range b.Changes {
		if len(c.Old) == 0 {
			return fmt.Errorf("%s: it has no old: line", c.File)
		}
	}
	return nil
}

// Listed makes the set of the listed bugs that change something.
func Listed(root string) (*Set, error) {
	bugs, err := Bugs()
	if err != nil {
		return nil, err
	}
	return setOf("listed.txt", root, bugs)
}

func setOf(from, root string, bugs []Bug) (s *Set, err error) {
	s = &Set{files: make(map[string][]byte)}
	var errs []error
	for _, b := range bugs {
		if len(b.Changes) == 0 {
			continue
		}
		m := Mutant{ID: len(s.Mutants) + 1, Name: b.Name, What: b.What, File: b.Changes[0].File, Test: b.Test}
		for _, c := range b.Changes {
			text, ok := s.files[c.File]
			if !ok {
				if text, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(c.File))); err != nil {
					return nil, err
				}
				text = importSwitches(text)
			}
			if text, err = c.apply(text, m.ID); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: bug %s: %w", from, b.line, b.Name, err))
				continue
			}
			s.files[c.File] = text
		}
		s.Mutants = append(s.Mutants, m)
	}
	s.finish()
	return s, errors.Join(errs...)
}

// importSwitches adds the import of the switches behind the package clause.
func importSwitches(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "package ") {
			lines[i] = line + ImportClause
			return []byte(strings.Join(append(lines, "var _ = planted.On", ""), "\n"))
		}
	}
	return text
}

// apply makes the change of the bug with that ID.
func (c *Change) apply(text []byte, id int) ([]byte, error) {
	n := strconv.Itoa(id)
	placed := strings.NewReplacer("BUGID", n, "BUG", "planted.On("+n+")")
	own := Change{File: c.File, Old: c.Old}
	for _, line := range c.New {
		own.New = append(own.New, placed.Replace(line))
	}
	return own.Replace(text)
}

// Replace replaces the old lines by the new ones. They must be in the text exactly once.
func (c *Change) Replace(text []byte) ([]byte, error) {
	lines := strings.Split(string(text), "\n")
	at, found := 0, 0
	for i := 0; i+len(c.Old) <= len(lines); i++ {
		if c.matches(lines[i:]) {
			at = i
			found++
		}
	}
	if found != 1 {
		return nil, fmt.Errorf("its lines %q are %d times in %s, not once", c.Old[0], found, c.File)
	}
	out := append(append([]string(nil), lines[:at]...), c.New...)
	return []byte(strings.Join(append(out, lines[at+len(c.Old):]...), "\n")), nil
}

func (c *Change) matches(lines []string) bool {
	for i, old := range c.Old {
		if strings.TrimSpace(lines[i]) != strings.TrimSpace(old) {
			return false
		}
	}
	return true
}
