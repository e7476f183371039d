package cmd_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/cmd/internal/component"
	"hast/cmd/internal/lossydisk"
	"hast/states"
)

// needLossy skips a test where a lossy disk can't be mounted.
func needLossy(t *testing.T) {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("a lossy disk needs FUSE: %v", err)
	}
	f.Close()
	if os.Geteuid() != 0 {
		t.Skip("a lossy disk needs FUSE: only root may mount it without a helper")
	}
}

// TestLossy runs the scripts whose components are lossy disks.
func TestLossy(t *testing.T) {
	needLossy(t)
	p := scriptParams
	p.Dir = "testdata/lossy"
	testscript.Run(t, p)
}

// lossy NODE...: puts the component of each node, which is there, on a lossy disk.
func lossy(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "lossy node...")
	for _, node := range args {
		image := ts.MkAbs(node + ".img")
		program, err := exec.LookPath("lossydisk")
		ts.Check(err)
		cmd := exec.Command(program, image)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		ts.Check(err)
		out, err := cmd.StdoutPipe()
		ts.Check(err)
		ts.Check(cmd.Start())
		ts.Defer(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				ts.Logf("lossydisk %s: %v", image, err)
			}
		})
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "ok\n" {
			ts.Fatalf("lossydisk %s says %q, %v", image, line, err)
		}
		fleetOf(ts).boots[node] = 1
	}
}

// tellDisk gives a command to a node's lossy disk.
func tellDisk(ts *testscript.TestScript, node string, words ...string) string {
	said, err := lossydisk.Tell(ts.MkAbs(node+".img.ctl"), words...)
	ts.Check(err)
	return said
}

// disk NODE COMMAND...: tells a lossy disk what to do; see lossydisk.Usage.
func disk(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "disk node command...")
	if said := tellDisk(ts, args[0], args[1:]...); said != "" {
		ts.Logf("%s: %s", args[0], said)
	}
}

// blackout none|all|random SEED NODE...: the machines of these nodes lose power, all at once: hastd is gone
// in the middle of what it does, of what wasn't flushed so much is kept, and the machine's next start is
// another one.
func blackout(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 3, "blackout none|all|random seed node...")
	f, nodes := fleetOf(ts), args[2:]
	// A disk that is stuck does nothing more for a hastd that isn't dead yet. What waits for it can't die
	// before it is answered, which the power cut does.
	for _, node := range nodes {
		tellDisk(ts, node, "stick", "all")
	}
	for _, node := range nodes {
		ts.Check(f.node(ts, node).cmd.Process.Kill())
	}
	for _, node := range nodes {
		disk(ts, false, []string{node, "cut", args[0], args[1]})
	}
	for _, node := range nodes {
		var ended *exec.ExitError
		if err := f.end(ts, node); !errors.As(err, &ended) {
			ts.Fatalf("hastd of node %s ended before its power was cut: %v\n%s", node, err, logs(ts))
		}
		f.boots[node]++
	}
}

// watch NODE...: records what reaches the lossy disks of these nodes from now on.
func watch(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "watch node...")
	for _, node := range args {
		rec := recordOf(ts, node)
		tellDisk(ts, node, "watch", fmt.Sprint(states.MapOffset), fmt.Sprint(rec.LocalOff), fmt.Sprint(rec.ExtentSize))
	}
}

// operations gives what was recorded.
func operations(ts *testscript.TestScript, node string) []lossydisk.Op {
	var ops []lossydisk.Op
	ts.Check(json.Unmarshal([]byte(tellDisk(ts, node, "record")), &ops))
	return ops
}

// mapfirst NODE: wants that no write of data reached the node's disk before its extent was dirty in the
// durable activemap (I9), and that there were such writes.
func mapFirst(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "mapfirst node")
	data, maps := 0, 0
	rec := recordOf(ts, args[0])
	for i, op := range operations(ts, args[0]) {
		switch {
		case op.Kind != "write":
		case op.Early:
			ts.Fatalf("operation %d, a write of %d bytes at %d, came before its extents were durably dirty", i, op.Len, op.Off)
		case op.Off >= int64(rec.LocalOff):
			data++
		case op.Off >= states.MapOffset:
			maps++
		}
	}
	ts.Logf("%d writes of data, %d of the map", data, maps)
	if data == 0 || maps == 0 {
		ts.Fatalf("%d writes of data and %d of the map prove nothing", data, maps)
	}
}

// flushed NODE...: wants that the last write of data on each of these nodes is covered by a flush that
// came after it.
func flushed(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "flushed node...")
	for _, node := range args {
		data, covered := 0, false
		rec := recordOf(ts, node)
		for _, op := range operations(ts, node) {
			switch {
			case op.Kind == "write" && op.Off >= int64(rec.LocalOff):
				data, covered = data+1, false
			case op.Kind == "flush" && op.Errno == 0:
				covered = true
			}
		}
		if data == 0 || !covered {
			ts.Fatalf("node %s: %d writes of data, the last of them flushed: %v", node, data, covered)
		}
	}
}

// boot names the machine's start for a node on a lossy disk.
func (f *fleet) boot(node string) string {
	if n := f.boots[node]; n > 0 {
		return strings.Join([]string{node, fmt.Sprint(n)}, "-")
	}
	return ""
}

// recordOf reads what a node's component says about itself.
func recordOf(ts *testscript.TestScript, node string) states.Record {
	f, err := os.Open(ts.MkAbs(node + ".img"))
	ts.Check(err)
	defer f.Close()
	rec, err := component.Read(f)
	ts.Check(err)
	return rec
}
