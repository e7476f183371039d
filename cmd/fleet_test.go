package cmd_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/cmd/internal/lossydisk"
	"hast/gate/control"
	"hast/wire"
)

// fleet is what a script has under way: the hastd of each node, and a client that writes.
type fleet struct {
	nodes  map[string]*running
	load   *load
	link   *link
	traces map[string]*tracing
	boots  map[string]int // of nodes on lossy disks: how often their machines were started
}

// running is a hastd in the foreground. done closes when it has ended, and then err says how.
type running struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

type fleetKey struct{}

func fleetOf(ts *testscript.TestScript) *fleet { return ts.Value(fleetKey{}).(*fleet) }

// pairs numbers the pairs of this process, each of which has addresses of its own.
var pairs atomic.Int32

// loopback gives two addresses of this machine that no other pair has, where there are enough of them.
// So every node listens on HAST's own port, which the kernel gives to no outgoing connection.
func loopback() (a, b string) {
	if runtime.GOOS != "linux" {
		return "127.0.0.1", "127.0.0.2"
	}
	n, pid := 2*int(pairs.Add(1))%250, os.Getpid()
	net := fmt.Sprintf("127.%d.%d.", 1+pid>>8%254, pid&0xff)
	return fmt.Sprint(net, n+1), fmt.Sprint(net, n+2)
}

const pairText = `
on a { control $WORK/ctl.a
	listen $A }
on b { control $WORK/ctl.b
	listen $B }
resource shared {
	on a { local $WORK/a.img
		source $HA
		remote $B }
	on b { local $WORK/b.img
		source $HB
		remote $A }
}
`

// pair SIZE [STATEMENT...]: makes hast.conf for nodes a and b and one resource, shared, with those
// statements for all; sets A and B to their addresses, HA and HB to their hosts; and makes a component of
// that many bytes for each, full of garbage that differs, with metadata (SIZE 0: none is made).
func pair(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "pair size [statement...]")
	ha, hb := loopback()
	for name, value := range map[string]string{"HA": ha, "HB": hb, "A": ha + ":8457", "B": hb + ":8457"} {
		ts.Setenv(name, value)
	}
	text := os.Expand(strings.Join(args[1:], "\n")+pairText, ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs("hast.conf"), []byte(text), 0o600))
	for i, node := range []string{"a", "b"} {
		if args[0] == "0" {
			return
		}
		garbage(ts, false, []string{node + ".img", args[0], fmt.Sprint(i + 1)})
		ts.Check(ts.Exec("hastctl", "create", "-c", "hast.conf", "-n", node, "shared"))
	}
}

// start NODE...: starts the hastd of each node and waits until it answers. Its log is NODE.log.
func start(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "start node...")
	for _, node := range args {
		startOne(ts, node)
	}
}

func startOne(ts *testscript.TestScript, node string) {
	program, err := exec.LookPath("hastd")
	ts.Check(err)
	log, err := os.OpenFile(ts.MkAbs(node+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer log.Close()
	cmd := exec.Command(program, "-F", "-c", "hast.conf", "-n", node, "-P", "pid."+node)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), log, log
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "WORK="+ts.Getenv("WORK"), bootVariable+"="+fleetOf(ts).boot(node))
	ts.Check(cmd.Start())
	p := &running{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		if fleetOf(ts).boots[node] > 0 {
			// Who waits for a stuck disk can't die.
			_, _ = lossydisk.Tell(ts.MkAbs(node+".img.ctl"), "unstick")
		}
		<-p.done
	})
	fleetOf(ts).nodes[node] = p
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		if _, err := control.Call(ts.MkAbs("ctl."+node), wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{wire.ControlAll}}, patience); err == nil {
			return
		}
		select {
		case <-again.C:
		case <-p.done:
			ts.Fatalf("hastd of node %s ended: %v\n%s", node, p.err, logs(ts))
		case <-deadline:
			ts.Fatalf("hastd of node %s doesn't answer\n%s", node, logs(ts))
		}
	}
}

// node finds a hastd that runs.
func (f *fleet) node(ts *testscript.TestScript, name string) *running {
	p := f.nodes[name]
	if p == nil {
		ts.Fatalf("node %s doesn't run", name)
	}
	return p
}

// end waits for the end of a hastd that was sent a signal.
func (f *fleet) end(ts *testscript.TestScript, name string) error {
	p := f.node(ts, name)
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("hastd of node %s doesn't end\n%s", name, logs(ts))
	}
	delete(f.nodes, name)
	return p.err
}

// kill9 NODE...: kills the hastds of all these nodes, one right after the other.
func kill(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "kill9 node...")
	f := fleetOf(ts)
	for _, node := range args {
		ts.Check(f.node(ts, node).cmd.Process.Kill())
	}
	for _, node := range args {
		var ended *exec.ExitError
		if err := f.end(ts, node); !errors.As(err, &ended) {
			ts.Fatalf("hastd of node %s ended before it was killed: %v\n%s", node, err, logs(ts))
		}
	}
}

// shutdown NODE...: ends hastds as an operator does; they must exit with 0.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "shutdown node...")
	f := fleetOf(ts)
	for _, node := range args {
		ts.Check(f.node(ts, node).cmd.Process.Signal(syscall.SIGTERM))
		if err := f.end(ts, node); err != nil {
			ts.Fatalf("hastd of node %s: %v\n%s", node, err, logs(ts))
		}
	}
}

// freeze NODE, thaw NODE: stop a hastd in its tracks, and let it go on.
func freeze(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "freeze node")
	ts.Check(fleetOf(ts).node(ts, args[0]).cmd.Process.Signal(syscall.SIGSTOP))
}

func thaw(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "thaw node")
	ts.Check(fleetOf(ts).node(ts, args[0]).cmd.Process.Signal(syscall.SIGCONT))
}

// ctl NODE SUBCOMMAND ARG...: is hastctl on that node.
func ctl(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] ctl node subcommand [argument...]")
	}
	err := ts.Exec("hastctl", append([]string{args[1], "-c", "hast.conf", "-n", args[0]}, args[2:]...)...)
	var failed *exec.ExitError
	switch {
	case neg && err == nil:
		ts.Fatalf("succeeded, but must fail\n%s", logs(ts))
	case neg && !errors.As(err, &failed), !neg && err != nil:
		ts.Fatalf("hastctl: %v\n%s%s", err, ts.ReadFile("stderr"), logs(ts))
	}
}

// logs is the end of what the hastds have logged.
func logs(ts *testscript.TestScript) string {
	const most = 3000
	var all strings.Builder
	files, _ := filepath.Glob(ts.MkAbs("*.log"))
	for _, path := range files {
		text, _ := os.ReadFile(path)
		text = text[max(0, len(text)-most):]
		fmt.Fprintf(&all, "--- the end of %s\n%s", filepath.Base(path), text)
	}
	return all.String()
}
