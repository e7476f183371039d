package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// node is a node's stand-in: it knows one resource.
type node struct {
	status actors.Status
	// hold, if there is one, keeps role changes until it is closed.
	hold  chan struct{}
	asked chan any
}

func (n *node) tell(msg any) {
	if n.asked != nil {
		n.asked <- msg
	}
	switch m := msg.(type) {
	case *actors.SetRole:
		go func() {
			if n.hold != nil {
				<-n.hold
			}
			var out []actors.RoleAnswer
			for _, name := range m.Names {
				a := actors.RoleAnswer{Name: name, Before: states.RolePrimary, Unknown: name != n.status.Name}
				if m.Role == states.RolePrimary && !m.Force {
					a.Reason = "its copy is outdated"
				}
				out = append(out, a)
			}
			m.To.RolesSet(out)
		}()
	case *actors.QueryStatus:
		var out []actors.Status
		for _, name := range m.Names {
			if name == n.status.Name || name == wire.ControlAll {
				out = append(out, n.status)
			} else {
				out = append(out, actors.Status{Name: name, Unknown: true})
			}
		}
		m.To.Statuses(out)
	}
}

// recorded is the status that the original gave in its recorded answers.
func recorded() actors.Status {
	return actors.Status{
		Name: "disk0", Role: "primary", Status: "complete",
		Provider: "disk0", Local: "/var/hast/disks/node-a/d0.img",
		Remote: "tcp4://127.0.0.3:8551", Source: "tcp4://127.0.0.1",
		Replication: "memsync", Checksum: "none", Compression: "none",
		ExtentSize: 2097152, KeepDirty: 64, Reason: "of ours",
		Stats: actors.Stats{Reads: 1, Writes: 2, Deletes: 1, Flushes: 1, MapUpdates: 1, QueueIdle: 255},
	}
}

func start(t *testing.T, n *node) (path string, s *Server) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ctl")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s = Serve(l, n.tell, hclog.NewNullLogger())
	t.Cleanup(func() {
		select {
		case <-s.closing:
		default:
			s.Close()
		}
	})
	return path, s
}

// TestRecordedRequests sends what FreeBSD's hastctl sent, byte for byte, and compares the replies with
// the recorded ones. Where ours say more, in fields that hastctl doesn't know, that is taken away.
func TestRecordedRequests(t *testing.T) {
	primary := recorded()
	secondary, idle := primary, primary
	secondary.Role, secondary.Status = "secondary", ""
	idle.Role, idle.Status = "init", ""
	for _, c := range []struct {
		name   string
		status actors.Status
	}{
		{"ctl1", primary}, {"ctl2", primary}, {"ctl3", primary}, {"ctl4", primary},
		{"ctl6", primary}, {"ctl7", secondary}, {"ctl9", idle}, {"ctl10", idle},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, _ := start(t, &node{status: c.status})
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(read(t, c.name+".req.bin")); err != nil {
				t.Fatal(err)
			}
			got := decode(t, bufio.NewReader(conn))
			want := decode(t, bufio.NewReader(bytes.NewReader(read(t, c.name+".rep.bin"))))
			for i := range got.Resources {
				r := &got.Resources[i]
				r.JSON, r.ErrMsg = "", ""
				if r.Status != nil && r.Status.Worker != nil {
					if r.Status.WorkerPID != int32(os.Getpid()) {
						t.Errorf("worker is %d, want this process", r.Status.WorkerPID)
					}
					r.Status.WorkerPID = want.Resources[i].Status.WorkerPID
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t *testing.T, r *bufio.Reader) wire.ControlReply {
	t.Helper()
	frame, err := wire.NewDecoder(wire.Limits{MaxNV: wire.MaxControlNV}).ReadFrame(r)
	if err != nil {
		t.Fatal(err)
	}
	if frame.Version != 2 {
		t.Errorf("frame has version %d, want 2", frame.Version)
	}
	rep, err := wire.DecodeControlReply(frame.NV)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestCall(t *testing.T) {
	path, _ := start(t, &node{status: recorded()})
	for _, c := range []struct {
		name string
		req  wire.ControlRequest
		want wire.ControlReply
	}{
		{"role", wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RoleSecondary, Resources: []string{"disk0"}},
			wire.ControlReply{Resources: []wire.ControlResource{{Name: "disk0", Role: "primary"}}}},
		{"refused role", wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RolePrimary, Resources: []string{"disk0"}},
			wire.ControlReply{Resources: []wire.ControlResource{{Name: "disk0", Error: wire.ControlInvalid, ErrMsg: "its copy is outdated"}}}},
		{"forced role", wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RolePrimary, Force: true, Resources: []string{"disk0"}},
			wire.ControlReply{Resources: []wire.ControlResource{{Name: "disk0", Role: "primary"}}}},
		{"role of an unknown resource", wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RoleInit, Resources: []string{"x", "disk0"}},
			wire.ControlReply{Resources: []wire.ControlResource{unknown("x"), {Name: "disk0", Role: "primary"}}}},
		{"no resource", wire.ControlRequest{Cmd: wire.ControlStatus}, refusal(wire.ControlInvalid, "the request names no resource")},
		{"no such role", wire.ControlRequest{Cmd: wire.ControlSetRole, Role: 9, Resources: []string{"disk0"}}, refusal(wire.ControlInvalid, "role 9 is unknown")},
		{"no such command", wire.ControlRequest{Cmd: 77, Resources: []string{"disk0"}}, refusal(wire.ControlUnimplemented, "command 77 is unknown")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Call(path, c.req, patience)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestStatusDetail(t *testing.T) {
	want := recorded()
	path, _ := start(t, &node{status: want})
	rep, err := Call(path, wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{"all"}}, patience)
	if err != nil {
		t.Fatal(err)
	}
	var got actors.Status
	if err := json.Unmarshal([]byte(rep.Resources[0].JSON), &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSecondaryHasNoMap(t *testing.T) {
	s := recorded()
	s.Role, s.Dirty = "secondary", 4096
	w := resourceStatus(&s).Worker
	if w.Dirty != 0 || w.KeepDirty != 0 || w.ExtentSize != s.ExtentSize {
		t.Errorf("got dirty %d, keepdirty %d, extentsize %d", w.Dirty, w.KeepDirty, w.ExtentSize)
	}
}

// TestSlowClients has one client that waits for its role and one that says nothing; a third is served.
func TestSlowClients(t *testing.T) {
	n := &node{status: recorded(), hold: make(chan struct{}), asked: make(chan any, 8)}
	path, _ := start(t, n)
	silent, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	done := make(chan error, 1)
	go func() {
		_, err := Call(path, wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RoleInit, Resources: []string{"disk0"}}, patience)
		done <- err
	}()
	<-n.asked
	if _, err := Call(path, wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{"all"}}, patience); err != nil {
		t.Errorf("status during a role change: %v", err)
	}
	close(n.hold)
	if err := <-done; err != nil {
		t.Errorf("role change: %v", err)
	}
}

func TestCloseEndsWaiting(t *testing.T) {
	n := &node{status: recorded(), hold: make(chan struct{}), asked: make(chan any, 8)}
	defer close(n.hold)
	path, s := start(t, n)
	done := make(chan error, 1)
	go func() {
		_, err := Call(path, wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RoleInit, Resources: []string{"disk0"}}, patience)
		done <- err
	}()
	<-n.asked
	s.Close()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "answer of hastd") {
		t.Errorf("got %v, want the end of the connection", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("socket is still there: %v", err)
	}
	if _, err := Call(path, wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{"all"}}, patience); !errors.Is(err, ErrConnect) {
		t.Errorf("got %v, want ErrConnect", err)
	}
}

func TestGarbage(t *testing.T) {
	path, _ := start(t, &node{status: recorded()})
	for _, sent := range []string{"GET / HTTP/1.0\r\n\r\n", "\x02\xff\xff\xff\xff", "\x02\x10\x00\x00\x00", "\x02\x00\x00\x00\x00"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(sent)); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		frame, err := wire.NewDecoder(wire.Limits{}).ReadFrame(bufio.NewReader(conn))
		if err == nil {
			if rep, err := wire.DecodeControlReply(frame.NV); err != nil || rep.Error != wire.ControlInvalid {
				t.Errorf("%q: got %+v, %v", sent, rep, err)
			}
		}
		conn.Close()
	}
	if _, err := Call(path, wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{"all"}}, patience); err != nil {
		t.Errorf("afterwards nobody is served: %v", err)
	}
}

func TestCallTimesOut(t *testing.T) {
	n := &node{status: recorded(), hold: make(chan struct{})}
	defer close(n.hold)
	path, _ := start(t, n)
	_, err := Call(path, wire.ControlRequest{Cmd: wire.ControlSetRole, Role: states.RoleInit, Resources: []string{"disk0"}}, time.Millisecond)
	if err == nil || errors.Is(err, ErrConnect) {
		t.Errorf("got %v, want that there was no answer", err)
	}
}

func TestListen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ctl")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); mode.Perm() != 0o600 || mode&fs.ModeSocket == 0 {
		t.Errorf("mode is %v", mode)
	}
	if _, err := Listen(path); !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), path) {
		t.Errorf("second listener: got %v, want ErrRunning", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	again, err := Listen(path)
	if err != nil {
		t.Fatalf("stale socket isn't replaced: %v", err)
	}
	again.Close()

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("file: got %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("file was touched: %q, %v", b, err)
	}
	if _, err := Listen(filepath.Join(dir, "missing", "ctl")); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("missing directory: got %v", err)
	}
}
