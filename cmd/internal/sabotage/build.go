package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"hast/cmd/internal/mutants"
)

// trial is one entry on its way.
type trial struct {
	*entry
	id      int               // its switch, from 1
	files   map[string][]byte // the changed files
	bodies  map[string][]body // what of them differs, unless it is alone
	alone   string            // why it has no switch and is built by itself; empty if it has one
	verdict verdict
	detail  string
	said    []byte
}

// verdict is how an entry ended.
type verdict string

const (
	pending   verdict = ""
	caught    verdict = "caught"
	skipped   verdict = "skipped"
	unnoticed verdict = "UNNOTICED"
	broken    verdict = "BROKEN"
	stale     verdict = "STALE"
)

func (t *trial) end(v verdict, detail string, said []byte) {
	t.verdict, t.detail, t.said = v, detail, said
}

// prepare makes the entry's changes on the tree's files.
func (t *trial) prepare(root string) error {
	t.files, t.bodies = make(map[string][]byte), make(map[string][]body)
	originals := make(map[string][]byte)
	for _, c := range t.changes {
		text, ok := t.files[c.File]
		if !ok {
			var err error
			text, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(c.File)))
			if errors.Is(err, os.ErrNotExist) {
				t.end(stale, "there is no file "+c.File, nil)
				return nil
			} else if err != nil {
				return err
			}
			originals[c.File] = text
		}
		text, err := c.Replace(text)
		if err != nil {
			t.end(stale, err.Error(), nil)
			return nil
		}
		t.files[c.File] = text
	}
	for file, text := range t.files {
		original, err := parseSource(originals[file])
		if err != nil {
			return err
		}
		changed, err := parseSource(text)
		if err == nil {
			t.bodies[file], err = bodies(original, changed)
		}
		if err != nil {
			t.alone = fmt.Sprintf("%s: %v", file, err)
		}
	}
	return nil
}

// ofCopy finds in a compiler's words the change whose copy it objects to.
var ofCopy = regexp.MustCompile(`\bplanted([0-9]+)\.go:`)

// woven is the tree with a switch for each entry that can have one, and the test binaries that were built of it.
type woven struct {
	root, dir string
	trials    []*trial
	binaries  map[string]string // by folder
}

// build compiles the test binaries of all folders. An entry whose copies don't compile loses its switch.
func (w *woven) build(ctx context.Context) error {
	w.binaries = make(map[string]string)
	for _, t := range w.trials {
		w.binaries[t.folder] = ""
	}
	for {
		set, err := w.set()
		if err != nil {
			return err
		}
		again := false
		for folder := range w.binaries {
			binary := filepath.Join(w.dir, strings.ReplaceAll(folder, "/", "_")+".test")
			err := set.BuildTest(ctx, w.root, "./"+folder, w.dir, binary)
			if err == nil {
				w.binaries[folder] = binary
				continue
			}
			found := ofCopy.FindAllStringSubmatch(err.Error(), -1)
			if found == nil || ctx.Err() != nil {
				return err
			}
			for _, m := range found {
				id, _ := strconv.Atoi(m[1])
				w.trials[id-1].alone = "with the others it doesn't compile"
			}
			again = true
			break
		}
		if !again {
			return nil
		}
	}
}

func (w *woven) set() (*mutants.Set, error) {
	changes := make(map[string]map[int][]body)
	for _, t := range w.trials {
		if t.verdict != pending || t.alone != "" {
			continue
		}
		for file, list := range t.bodies {
			if changes[file] == nil {
				changes[file] = make(map[int][]body)
			}
			changes[file][t.id] = list
		}
	}
	files := make(map[string][]byte)
	for file, of := range changes {
		text, err := os.ReadFile(filepath.Join(w.root, filepath.FromSlash(file)))
		if err != nil {
			return nil, err
		}
		s, err := parseSource(text)
		if err != nil {
			return nil, err
		}
		files[file] = s.weave(of)
	}
	return mutants.Woven(files, len(w.trials)), nil
}
