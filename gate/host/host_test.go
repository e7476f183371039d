package host

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"hast/actors"
)

func TestLogHandler(t *testing.T) {
	for _, c := range []struct {
		level hclog.Level
		log   func(*slog.Logger)
		want  string
	}{
		{hclog.Info, func(l *slog.Logger) { l.Info("actor system started") }, ""},
		{hclog.Debug, func(l *slog.Logger) { l.Info("[DeadLetter]", "pid", "x") }, ""},
		{hclog.Debug, func(l *slog.Logger) { l.Info("started", "id", 7) }, "[DEBUG] test: started: id=7\n"},
		{hclog.Info, func(l *slog.Logger) { l.With("a", "b").Error("lost", "c", 1) }, "[ERROR] test: lost: a=b c=1\n"},
		{hclog.Info, func(l *slog.Logger) { l.WithGroup("g").Warn("odd") }, "[WARN]  test.g: odd\n"},
	} {
		var out strings.Builder
		h := hclog.New(&hclog.LoggerOptions{Name: "test", Level: c.level, Output: &out, DisableTime: true})
		c.log(slog.New(logHandler{h}))
		if out.String() != c.want {
			t.Errorf("logged %q, want %q", out.String(), c.want)
		}
	}
}

func TestClock(t *testing.T) {
	h := New(Options{})
	got := make(chan any, 1)
	exec := h.Exec.Executor("clock")
	pid := h.System.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if s, ok := ctx.Message().(string); ok {
			got <- s
		}
	}, exec.Options()...))
	before := h.Clock.Now()
	h.Clock.TellAfter(time.Hour, pid, "late").Stop()
	h.Clock.TellAfter(time.Millisecond, pid, "soon")
	if m := <-got; m != "soon" {
		t.Errorf("got %v", m)
	}
	if passed := h.Clock.Now() - before; passed < time.Millisecond {
		t.Errorf("the message came after %v, asked for 1ms", passed)
	}
	if h.Rand.Uint64() == h.Rand.Uint64() && h.Rand.Uint64() == h.Rand.Uint64() {
		t.Error("chance repeats itself")
	}
}

func TestHooks(t *testing.T) {
	type told struct {
		pid *actor.PID
		msg any
	}
	got := make(chan told, 8)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The program that takes long ends when the log has said so.
	h := newHooks(hclog.New(&hclog.LoggerOptions{Output: &onWord{word: "still runs", do: func() {
		if err := os.WriteFile(fifo, []byte("end\n"), 0); err != nil {
			t.Error(err)
		}
	}}}), func(pid *actor.PID, msg any) { got <- told{pid, msg} })
	h.patience = time.Millisecond
	o := actors.Owner{PID: &actor.PID{Id: "owner"}, Epoch: 9}
	out := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		name string
		argv []string
		err  string
	}{
		{"works", []string{"/bin/sh", "-c", `echo "$0 $1" > ` + out, "role", "r0"}, ""},
		{"status", []string{"/bin/sh", "-c", "exit 3"}, "exec program /bin/sh: exit status 3"},
		{"missing", []string{"/nonexistent/hook"}, "no such file"},
		{"empty", nil, "no exec program"},
		{"long", []string{"/bin/sh", "-c", "read line <" + fifo}, ""},
	} {
		h.Run(o, c.argv)
		m := <-got
		done, ok := m.msg.(*actors.HookDone)
		if !ok || m.pid != o.PID || done.Epoch != 9 || len(done.Argv) != len(c.argv) {
			t.Fatalf("%s: answer %#v to %v", c.name, m.msg, m.pid)
		}
		if (done.Err == nil) != (c.err == "") || done.Err != nil && !strings.Contains(done.Err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", c.name, done.Err, c.err)
		}
	}
	if b, err := os.ReadFile(out); string(b) != "role r0\n" {
		t.Errorf("the program wrote %q, %v", b, err)
	}
}

// onWord is a log that does something at the first line with a word.
type onWord struct {
	word string
	do   func()
	once sync.Once
}

func (w *onWord) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.word) {
		w.once.Do(w.do)
	}
	return len(p), nil
}

func TestHooksBounded(t *testing.T) {
	got := make(chan any, 1)
	h := newHooks(hclog.NewNullLogger(), func(_ *actor.PID, msg any) { got <- msg })
	for range hooksWaiting {
		h.waiting <- struct{}{}
	}
	h.Run(actors.Owner{PID: &actor.PID{}}, []string{"/bin/true"})
	if m := (<-got).(*actors.HookDone); m.Err != errHooksBusy {
		t.Errorf("error %v, want %v", m.Err, errHooksBusy)
	}
}

// What is opened for an actor that is gone gets closed.
func TestOrphans(t *testing.T) {
	h := New(Options{})
	path := filepath.Join(t.TempDir(), "component")
	if err := os.WriteFile(path, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := make(chan *actors.DiskClosed, 1)
	keep := make(chan actors.Disk, 1)
	gone := h.System.NewLocalPID("nobody")
	exec := h.Exec.Executor("orphans")
	pid := h.System.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *actors.DiskOpened:
			// It is locked until the other one, which nobody owns, has been closed.
			if m.Err != nil {
				h.Disks.Open(actors.Owner{PID: ctx.Self(), Exec: exec}, path, 1)
				return
			}
			keep <- m.Disk
			m.Disk.Close(actors.Owner{PID: ctx.Self(), Exec: exec})
		case *actors.DiskClosed:
			closed <- m
		}
	}, exec.Options()...))
	h.Disks.Open(actors.Owner{PID: gone, Exec: exec}, path, 1)
	h.Disks.Open(actors.Owner{PID: pid, Exec: exec}, path, 1)
	if <-keep == nil {
		t.Error("opened without a disk")
	}
	if m := <-closed; m.Epoch != 0 {
		t.Errorf("closed with epoch %d", m.Epoch)
	}
}
