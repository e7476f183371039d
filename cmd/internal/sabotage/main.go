// The program sabotage breaks the code on purpose, one change at a time, and demands that a test notices. The changes
// are in .ci/sabotage.txt, whose head explains the form.
//
//	go run ./cmd/internal/sabotage [--part K/N] [WORD]    from the top of the tree
//
// With a WORD only the entries whose name, files or test contain it are tried; --part takes every N-th, from the K-th on.
// The exit status is 1 if a change went unnoticed, doesn't compile, or no longer fits the code.
//
// Nothing in the tree is touched: changed files are compiled in place of the originals (the go command's -overlay
// option). Nearly all changes stay within functions, and all of these are in one build, as copies of their functions
// that switches lead to; so each test binary is built once, and run once for each of its entries. What is no such
// change is built by itself.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// listFile is where the list is, from the top of the tree.
const listFile = ".ci/sabotage.txt"

func main() {
	ctx, done := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer done()
	good, err := run(ctx, ".", os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sabotage:", err)
		os.Exit(64)
	}
	if !good {
		os.Exit(1)
	}
}

// run tries the wanted entries of the list of a tree and reports whether each was caught.
func run(ctx context.Context, root string, args []string, out io.Writer) (good bool, err error) {
	f := flag.NewFlagSet("sabotage", flag.ContinueOnError)
	part := f.String("part", "1/1", "only every N-th entry, from the K-th on: `K/N`")
	jobs := f.Int("jobs", runtime.NumCPU(), "how many tests run at once")
	if err := f.Parse(args); err != nil {
		return false, err
	}
	var k, n int
	if got, err := fmt.Sscanf(*part, "%d/%d", &k, &n); got != 2 || err != nil || n < 1 || k < 1 || k > n {
		return false, fmt.Errorf("--part %q is not K/N with K from 1 to N", *part)
	}
	if f.NArg() > 1 || *jobs < 1 {
		return false, errors.New("usage: sabotage [--part K/N] [--jobs N] [WORD]")
	}
	if root, err = filepath.Abs(root); err != nil {
		return false, err
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(listFile)))
	if err != nil {
		return false, fmt.Errorf("it is to be run from the top of the source tree: %w", err)
	}
	list, err := parse(listFile, string(text))
	if err != nil {
		return false, err
	}
	var wanted []*entry
	for i, e := range list {
		if i%n == k-1 && e.contains(f.Arg(0)) {
			wanted = append(wanted, e)
		}
	}
	if len(wanted) == 0 {
		return false, fmt.Errorf("no entry of %s contains %q", listFile, f.Arg(0))
	}
	return try(ctx, root, wanted, *jobs, out)
}

// contains reports whether an entry's name, files or test contain the word.
func (e *entry) contains(word string) bool {
	all := e.name + " " + e.test
	for _, c := range e.changes {
		all += " " + c.File
	}
	return strings.Contains(all, word)
}

// try builds what the entries need, tries them, and tells how each ended as it does.
func try(ctx context.Context, root string, wanted []*entry, jobs int, out io.Writer) (good bool, err error) {
	begin := time.Now()
	dir, err := os.MkdirTemp("", "hast-sabotage-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	w := &woven{root: root, dir: dir}
	for i, e := range wanted {
		t := &trial{entry: e, id: i + 1}
		if err := t.prepare(root); err != nil {
			return false, err
		}
		w.trials = append(w.trials, t)
	}
	if err := w.build(ctx); err != nil {
		return false, err
	}
	fmt.Fprintf(out, "%d test binaries are built (%d s)\n", len(w.binaries), int(time.Since(begin).Seconds()))
	var mu sync.Mutex
	var errs []error
	known := &baselines{}
	work := make(chan *trial)
	var wait sync.WaitGroup
	for range jobs {
		wait.Go(func() {
			for t := range work {
				from := time.Now()
				err := w.try(ctx, t, known)
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					t.tell(out, time.Since(from))
				}
				mu.Unlock()
			}
		})
	}
	for _, t := range w.trials {
		if ctx.Err() != nil {
			break
		}
		work <- t
	}
	close(work)
	wait.Wait()
	if len(errs) > 0 {
		return false, errors.Join(errs...)
	}
	return w.summary(out, time.Since(begin)), ctx.Err()
}

// tell writes how an entry ended, and for one that wasn't caught why, with the last lines of what its test said.
func (t *trial) tell(out io.Writer, took time.Duration) {
	fmt.Fprintf(out, "%-10s %s (%.1f s)\n", t.verdict, t.name, took.Seconds())
	if t.alone != "" {
		fmt.Fprintf(out, "           built by itself: %s\n", t.alone)
	}
	if t.detail != "" {
		fmt.Fprintf(out, "           %s:%d: %s\n", listFile, t.line, t.detail)
	}
	lines := bytes.Split(bytes.TrimSpace(t.said), []byte("\n"))
	for _, line := range lines[max(0, len(lines)-20):] {
		if len(line) > 0 {
			fmt.Fprintf(out, "           | %s\n", line)
		}
	}
}

// summary counts the verdicts and reports whether no entry failed.
func (w *woven) summary(out io.Writer, took time.Duration) (good bool) {
	count := make(map[verdict]int)
	for _, t := range w.trials {
		count[t.verdict]++
	}
	fmt.Fprintf(out, "\n%d changes", len(w.trials))
	for _, v := range []verdict{caught, skipped, unnoticed, broken, stale} {
		if count[v] > 0 || v == caught {
			fmt.Fprintf(out, ", %d %s", count[v], v)
		}
	}
	fmt.Fprintf(out, " (%d s)\n", int(took.Seconds()))
	return count[caught]+count[skipped] == len(w.trials)
}
