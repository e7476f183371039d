package cmd_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/states"
)

// tracing is a strace of a node.
type tracing struct {
	cmd     *exec.Cmd
	rec     states.Record
	bitmap  []byte // the activemap when it began
	display string // path of what strace wrote
}

// traceWord is the word trace:
//
//	trace start NODE...    lets strace look at what hastd asks the kernel to do with the component
//	trace stop NODE...     ends that
//	trace ordered NODE...  wants that each extent was written to only when its bit of the map had been
//	                       written and synced (I9), and that the map was written at all
//	trace synced N NODE... wants that data was written, that the last of it was synced, and that there were at
//	                       least N syncs of data that was written since the one before
func traceWord(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "trace start|stop|ordered|synced node...")
	f, nodes, least := fleetOf(ts), args[1:], 0
	if args[0] == "synced" {
		var err error
		least, err = strconv.Atoi(args[1])
		ts.Check(err)
		nodes = args[2:]
	}
	for _, node := range nodes {
		if args[0] == "start" {
			f.traces[node] = startTrace(ts, node)
			continue
		}
		t := f.traces[node]
		if t == nil {
			ts.Fatalf("node %s isn't traced", node)
		}
		switch args[0] {
		case "stop":
			ts.Check(t.cmd.Process.Signal(os.Interrupt))
			_ = t.cmd.Wait() // it ends as one that was interrupted
		case "ordered", "synced":
			seen := newTraced(t)
			for line := range strings.Lines(ts.ReadFile(t.display)) {
				ts.Check(seen.line(strings.TrimRight(line, "\n")))
			}
			ts.Logf("node %s: %d writes of data, %d of the map", node, seen.data, seen.maps)
			switch {
			case seen.data == 0:
				ts.Fatalf("node %s wrote no data", node)
			case args[0] == "synced" && (seen.covered != seen.data || seen.syncs < least):
				ts.Fatalf("node %s: %d of %d writes of data were synced, %d times", node, seen.covered, seen.data, seen.syncs)
			case args[0] == "ordered" && seen.maps == 0:
				ts.Fatalf("node %s didn't write its map", node)
			case args[0] == "ordered" && len(seen.early) > 0:
				ts.Fatalf("node %s: data came before the durable map: %s", node, strings.Join(seen.early, "; "))
			}
		default:
			ts.Fatalf("unknown: trace %s", args[0])
		}
	}
}

func startTrace(ts *testscript.TestScript, node string) *tracing {
	t := &tracing{rec: recordOf(ts, node), display: "strace." + node}
	t.bitmap = make([]byte, states.MapBytes(t.rec.DataSize, t.rec.ExtentSize))
	f, err := os.Open(ts.MkAbs(node + ".img"))
	ts.Check(err)
	defer f.Close()
	_, err = f.ReadAt(t.bitmap, states.MapOffset)
	ts.Check(err)
	pid := fleetOf(ts).node(ts, node).cmd.Process.Pid
	t.cmd = exec.Command("strace", "-f", "-y", "-xx", "-s", "65536", "-e", "signal=none", "-o", ts.MkAbs(t.display),
		"-e", "trace=write,pwrite64,writev,pwritev,pwritev2,fallocate,fsync,fdatasync,sync_file_range", "-p", fmt.Sprint(pid))
	said, err := t.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(t.cmd.Start())
	ts.Defer(func() {
		_ = t.cmd.Process.Kill()
		_ = t.cmd.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), " attached") {
			return t
		}
	}
	ts.Fatalf("strace can't attach to hastd of node %s", node)
	return nil
}

// traced goes through the calls on one component, in the order in which they began and ended.
type traced struct {
	of               *tracing
	written, durable []byte              // the map, as it is known
	open             map[string]diskCall // by thread
	ended            int                 // writes of data that have ended

	data, maps int
	early      []string // writes of data that came before their bits
	covered    int      // writes of data that a good sync has covered
	syncs      int      // good syncs that covered some more
}

// diskCall is a write or a sync of the component.
type diskCall struct {
	name    string
	content []byte // of a write, or the beginning of it
	length  int64
	off     int64
	seen    []byte // by a sync: the map as it was written when it began
	ended   int
}

func newTraced(t *tracing) *traced {
	return &traced{of: t, written: append([]byte(nil), t.bitmap...), durable: append([]byte(nil), t.bitmap...), open: map[string]diskCall{}}
}

// The forms of a line of strace -f -y -xx: a call on a file with all or the beginning of it, and its end.
var (
	callLine   = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<((?:\\x[0-9a-f]{2}|[^>])*)>(.*)$`)
	pwriteArgs = regexp.MustCompile(`^, "((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?, (\d+), (\d+)`)
	endOfCall  = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
	result     = regexp.MustCompile(`= (-?\d+)(?: E[A-Z]+ .*)?$`)
)

func (t *traced) line(line string) error {
	if m := endOfCall.FindStringSubmatch(line); m != nil {
		c, ok := t.open[m[1]]
		if !ok {
			return nil
		}
		delete(t.open, m[1])
		return t.end(c, line)
	}
	m := callLine.FindStringSubmatch(line)
	if m == nil || !strings.HasSuffix(unescape(m[3]), ".img") {
		return nil
	}
	c := diskCall{name: m[2]}
	switch c.name {
	case "pwrite64":
		a := pwriteArgs.FindStringSubmatch(m[4])
		if a == nil {
			return fmt.Errorf("a call that can't be read: %.200s", line)
		}
		c.content = []byte(unescape(a[1]))
		c.length, _ = strconv.ParseInt(a[2], 10, 64)
		c.off, _ = strconv.ParseInt(a[3], 10, 64)
		if c.off >= int64(t.of.rec.LocalOff) {
			t.begin(c)
		}
	case "fsync", "fdatasync":
		c.seen, c.ended = append([]byte(nil), t.written...), t.ended
	default:
		return fmt.Errorf("the component is changed by a call that isn't looked at: %.200s", line)
	}
	if strings.HasSuffix(line, "<unfinished ...>") {
		t.open[m[1]] = c
		return nil
	}
	return t.end(c, line)
}

// begin is the beginning of a write of data.
func (t *traced) begin(c diskCall) {
	t.data++
	at, extent := c.off-int64(t.of.rec.LocalOff), int64(t.of.rec.ExtentSize)
	for e := at / extent; e*extent < at+c.length; e++ {
		if t.durable[e/8]&(1<<(e%8)) == 0 {
			t.early = append(t.early, fmt.Sprintf("%d bytes at %d, extent %d", c.length, at, e))
		}
	}
}

// end is the end of a call, with its result.
func (t *traced) end(c diskCall, line string) error {
	m := result.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("a call without a result: %.200s", line)
	}
	switch {
	case c.name != "pwrite64":
		if m[1] == "0" {
			t.durable = c.seen
			if c.ended > t.covered {
				t.covered = c.ended
				t.syncs++
			}
		}
	case c.off >= int64(t.of.rec.LocalOff):
		t.ended++
	case c.off >= states.MapOffset && c.off < states.MapOffset+int64(len(t.written)):
		t.maps++
		copy(t.written[c.off-states.MapOffset:], c.content)
	}
	return nil
}

// unescape reads strace's \x forms.
func unescape(s string) string {
	if !strings.HasPrefix(s, `\x`) {
		return s
	}
	b := make([]byte, 0, len(s)/4)
	for i := 0; i+4 <= len(s); i += 4 {
		n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
		if err != nil {
			return s
		}
		b = append(b, byte(n))
	}
	return string(b)
}
