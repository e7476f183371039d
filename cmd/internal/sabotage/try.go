package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"hast/cmd/internal/mutants"
)

// patience is how long a test may take before it counts as hanging, which is a failure like another one.
const patience = "5m"

// outcome is that of one run of a test binary.
type outcome struct {
	passed bool
	said   []byte
}

// run runs an entry's test with a binary, and with the switch id thrown (0 for none).
func (t *trial) run(ctx context.Context, root, binary string, id int) (outcome, error) {
	args := append([]string{"-test.v", "-test.count=1", "-test.timeout=" + patience}, t.args...)
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir = filepath.Join(root, filepath.FromSlash(t.folder))
	c.Env = append(os.Environ(), mutants.Env+"="+strconv.Itoa(id))
	// A test that falls leaves the processes behind that it has started; they are of its group.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 10 * time.Second
	said, err := c.CombinedOutput()
	if c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	}
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	case err == nil:
		return outcome{true, said}, nil
	case errors.As(err, &failed) || errors.Is(err, exec.ErrWaitDelay):
		return outcome{false, said}, nil
	}
	return outcome{}, err
}

// baselines find out, once for each test, whether it runs and passes without a change.
type baselines struct {
	mu   sync.Mutex
	seen map[string]*baseline
}

type baseline struct {
	once sync.Once
	err  error
	// What the entries of this test end with; pending if the test can be used.
	verdict verdict
	detail  string
	said    []byte
}

func (b *baselines) of(test string) *baseline {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = make(map[string]*baseline)
	}
	if b.seen[test] == nil {
		b.seen[test] = &baseline{}
	}
	return b.seen[test]
}

// judge reads what a test that was run without a change has said.
func (b *baseline) judge(t *trial, o outcome) {
	switch {
	case !o.passed:
		b.verdict, b.detail, b.said = stale, "the test fails without the change: "+t.test, o.said
	case bytes.Contains(o.said, []byte("--- SKIP: ")):
		b.verdict, b.detail, b.said = skipped, "the test can't run here: "+t.test, o.said
	case !ran(o.said, t.depth()):
		b.verdict, b.detail = stale, "there is no such test: "+t.test
	}
}

// ran reports whether a test of that depth was run, going by what a test binary says with -test.v.
func ran(said []byte, depth int) bool {
	for line := range strings.Lines(string(said)) {
		if name, ok := strings.CutPrefix(line, "=== RUN "); ok && strings.Count(name, "/")+1 >= depth {
			return true
		}
	}
	return false
}

// try carries out one entry.
func (w *woven) try(ctx context.Context, t *trial, known *baselines) error {
	if t.verdict != pending {
		return nil
	}
	b := known.of(t.test)
	b.once.Do(func() {
		var o outcome
		if o, b.err = t.run(ctx, w.root, w.binaries[t.folder], 0); b.err == nil {
			b.judge(t, o)
		}
	})
	switch {
	case b.err != nil:
		return b.err
	case b.verdict != pending:
		t.end(b.verdict, b.detail, b.said)
		return nil
	}
	binary, id := w.binaries[t.folder], t.id
	if t.alone != "" {
		dir := filepath.Join(w.dir, strconv.Itoa(t.id))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		binary, id = filepath.Join(dir, "alone.test"), 0
		if err := mutants.Woven(t.files, 0).BuildTest(ctx, w.root, "./"+t.folder, dir, binary); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.end(broken, "with the change the code does not compile", []byte(err.Error()))
			return nil
		}
	}
	o, err := t.run(ctx, w.root, binary, id)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", t.name, err)
	case o.passed:
		t.end(unnoticed, "the test still passes: "+t.test, nil)
	default:
		t.end(caught, "", nil)
	}
	return nil
}
