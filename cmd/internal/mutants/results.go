package mutants

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
)

// results is a file in which a hunt keeps what it has found out, a line each, so that another one with the
// same source and options goes on where it was.
type results struct {
	mu      sync.Mutex
	file    *os.File
	facts   []fact
	reports map[string]*Report
}

// line is one line of the file: the first one says whose results they are.
type line struct {
	Key    string  `json:"key,omitempty"`
	Fact   *fact   `json:"fact,omitempty"`
	Report *Report `json:"report,omitempty"`
}

// key tells hunts apart that must not share results: by the woven source and by what is tried.
func (h *Hunt) key() string {
	sum := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(h.Set.files)) {
		fmt.Fprintf(sum, "%s %d\n", name, len(h.Set.files[name]))
		_, _ = sum.Write(h.Set.files[name])
	}
	fmt.Fprintln(sum, h.Bases, h.Seeds, h.Head, h.Profile, h.Scenarios, h.Tests)
	return fmt.Sprintf("%016x", sum.Sum64())
}

// openResults reads the file, or makes it. A last line that was cut off is dropped; a file of another hunt is
// refused.
func openResults(path, key string) (*results, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	r := &results{file: f, reports: make(map[string]*Report)}
	whole, err := r.read(key)
	if err == nil {
		if err = f.Truncate(whole); err == nil {
			_, err = f.Seek(whole, io.SeekStart)
		}
	}
	if err == nil && whole == 0 {
		err = r.add(line{Key: key})
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// read takes in the file's lines and returns where the last whole one ends.
func (r *results) read(key string) (whole int64, err error) {
	in := bufio.NewReader(r.file)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		switch {
		case n == 1 && l.Key != key:
			return 0, errors.New("these are the results of another source or of other options: name another file, or remove this one")
		case l.Fact != nil:
			r.facts = append(r.facts, *l.Fact)
		case l.Report != nil:
			r.reports[l.Report.Name] = l.Report
		}
		whole += int64(len(text))
	}
}

func (r *results) add(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(append(text, '\n'))
	return err
}

func (r *results) close() error { return r.file.Close() }
