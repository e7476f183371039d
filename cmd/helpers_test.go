package cmd_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long await tries; the machine may be busy with other tests.
const patience = 30 * time.Second

// helpers are the words that our scripts have beside testscript's own.
var helpers = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"await":    await,
	"blackout": blackout,
	"bytes":    fileBytes,
	"code":     code,
	"ctl":      ctl,
	"daemon":   daemon,
	"device":   device,
	"disk":     disk,
	"expand":   expand,
	"fails":    fails,
	"flushed":  flushed,
	"freeze":   freeze,
	"garbage":  garbage,
	"hold":     hold,
	"kill9":    kill,
	"link":     linkWord,
	"load":     loadWord,
	"lossy":    lossy,
	"mapbits":  mapbits,
	"mapfirst": mapFirst,
	"mode":     mode,
	"open":     openDevice,
	"opened":   openedDevice,
	"pair":     pair,
	"peer":     peer,
	"ports":    ports,
	"refuser":  refuser,
	"same":     same,
	"sectors":  sectorsWord,
	"shrink":   shrink,
	"shutdown": stop,
	"signal":   signalTo,
	"start":    start,
	"status":   status,
	"thaw":     thaw,
	"trace":    traceWord,
	"truncate": truncate,
	"watch":    watch,
}

// positive refuses "!" for words that have no negation, and a wrong number of arguments.
func positive(ts *testscript.TestScript, neg bool, args []string, least int, usage string) {
	if neg {
		ts.Fatalf("unsupported: ! %s", usage)
	}
	if len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

// await PATTERN PROGRAM ARG...: runs the program again and again until its output, or what it says on
// stderr, matches the pattern.
func await(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "await pattern program [argument...]")
	pattern, err := regexp.Compile(`(?m)` + args[0])
	ts.Check(err)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		// Whether the program succeeds is no matter: who waits for a daemon may come too early.
		_ = ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if pattern.MatchString(out) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%s doesn't say %q in %v, but:\n%s", strings.Join(args[1:], " "), args[0], patience, out)
		}
	}
}

// wait waits until something has come about.
func wait(ts *testscript.TestScript, otherwise string, done func() bool) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%s\n%s", otherwise, logs(ts))
		}
	}
}

// code N PROGRAM ARG...: runs the program and wants that exit code.
func code(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "code number program [argument...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code is %d, want %d; stdout:\n%sstderr:\n%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// truncate FILE SIZE: makes a file of that many bytes, all holes.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "truncate file size")
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	ts.Check(f.Truncate(size))
}

// bytes FILE OFFSET LENGTH zero|VALUE: says whether all those bytes are of that value; with a "=" behind
// it, the value is written there first.
func fileBytes(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 && len(args) != 5 {
		ts.Fatalf("usage: [!] bytes file offset length value [=]")
	}
	var n [3]int64
	for i := range n {
		var err error
		n[i], err = strconv.ParseInt(args[i+1], 0, 64)
		ts.Check(err)
	}
	want := bytes.Repeat([]byte{byte(n[2])}, int(n[1]))
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	defer f.Close()
	if len(args) == 5 {
		_, err := f.WriteAt(want, n[0])
		ts.Check(err)
		return
	}
	got := make([]byte, n[1])
	_, err = f.ReadAt(got, n[0])
	ts.Check(err)
	if same := bytes.Equal(got, want); same == neg {
		ts.Fatalf("bytes of %s from %d on: all %#x is %v", args[0], n[0], n[2], same)
	}
}

// mode FILE BITS: wants those permission bits, in octal.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "mode file bits")
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("mode of %s is %s, want %s", args[0], got, args[1])
	}
}

// hold FILE: locks a file, as one does that uses it, until the script ends.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "hold file")
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	ts.Defer(func() { f.Close() })
}

// expand FILE...: replaces $NAME and ${NAME} in files by the script's variables.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "expand file...")
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// ports A B: sets each of two variables to an address to listen on, and HA and HB to their hosts. Each has a
// host of its own, because peers are told apart by their addresses; no other script has it, and the port is
// HAST's own, so nobody else takes it between now and the daemon's start.
func ports(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "ports name name")
	a, b := loopback()
	for i, host := range []string{a, b} {
		ts.Setenv(args[i], host+":8457")
		ts.Setenv("H"+args[i], host)
	}
}

// signals are those that a script may send.
var signals = map[string]syscall.Signal{
	"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL,
}

// signal NAME PIDFILE: sends a signal to the process whose number is in the file.
func signalTo(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "signal name pidfile")
	s, ok := signals[args[0]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[0])
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, s))
}

// daemon PIDFILE: ends the process that the file names when the script ends, however it does.
func daemon(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "daemon pidfile")
	path := ts.MkAbs(args[0])
	ts.Defer(func() {
		text, err := os.ReadFile(path)
		if err != nil {
			return // It has ended, and has taken its file away.
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}
