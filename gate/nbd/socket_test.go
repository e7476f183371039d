package nbd

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"hast/actors"
)

// Sweep takes away what nobody answers on, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	listen := func(name string) *net.UnixListener {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at(name), Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		return l
	}
	listen("stale").Close()
	defer listen("served").Close()
	if err := os.WriteFile(at("file"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"stale": true, "served": false, "file": false, "nothing": false} {
		if got := Sweep(at(name)); got != want {
			t.Errorf("%s: removed is %v", name, got)
		}
		_, err := os.Lstat(at(name))
		if there := err == nil; there != (name == "served" || name == "file") {
			t.Errorf("%s: there is %v", name, there)
		}
	}
}

func TestListenAt(t *testing.T) {
	path := filepath.Join(filepath.Dir(socketPath(t)), "new", "dir", "sock")
	s, err := listenAt(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		mode os.FileMode
	}{{path, os.ModeSocket | 0o600}, {filepath.Dir(path), os.ModeDir | 0o700}} {
		if info, err := os.Lstat(c.path); err != nil || info.Mode() != c.mode {
			t.Errorf("%s has mode %v (%v), want %v", c.path, info.Mode(), err, c.mode)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("beside the socket there is %v (%v)", entries, err)
	}
	if _, err := listenAt(path); err == nil || !strings.Contains(err.Error(), "another process serves it") {
		t.Errorf("a socket in use: %v", err)
	}
	s.UnixListener.Close() // as if its process had been killed
	again, err := listenAt(path)
	if err != nil {
		t.Fatalf("a stale socket is not replaced: %v", err)
	}
	again.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file is still there")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Error("closing twice takes another's file")
	}
}

func TestListenAtRefuses(t *testing.T) {
	dir := filepath.Dir(socketPath(t))
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"", "absolute path"},
		{"relative", "absolute path"},
		{file, "not a socket"},
		{filepath.Join(file, "sock"), "not a directory"},
		{filepath.Join(dir, strings.Repeat("x", 150)), "longer than the system allows"},
	} {
		if s, err := listenAt(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, %v; want %q", c.path, s, err, c.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	good := actors.DoorSpec{Resource: "shared", Size: 1 << 20, Sector: 512, Socket: socketPath(t)}
	for _, c := range []struct {
		change func(*actors.DoorSpec)
		want   string
	}{
		{func(s *actors.DoorSpec) { s.Resource = "" }, "name"},
		{func(s *actors.DoorSpec) { s.Resource = strings.Repeat("x", 5000) }, "name"},
		{func(s *actors.DoorSpec) { s.Size = 0 }, "0 bytes"},
		{func(s *actors.DoorSpec) { s.Size = 1000 }, "1000 bytes"},
		{func(s *actors.DoorSpec) { s.Sector = 1000 }, "sector"},
		{func(s *actors.DoorSpec) { s.Sector = 0 }, "sector"},
		{func(s *actors.DoorSpec) { s.Credits = -1 }, "credits"},
		{func(s *actors.DoorSpec) { s.Credits = maxCredits + 1 }, "credits"},
		{func(s *actors.DoorSpec) { s.Socket = "x" }, "absolute"},
	} {
		spec := good
		c.change(&spec)
		g := &fakeGate{opened: make(chan *actors.DoorOpened, 1)}
		NewDoors(hclog.NewNullLogger(), g.tell).Open(actors.Owner{Epoch: testEpoch}, spec)
		m := <-g.opened
		if m.Epoch != testEpoch || m.Door != nil || m.Err == nil || !strings.Contains(m.Err.Error(), c.want) {
			t.Errorf("DoorOpened %+v, want an error about %q", m, c.want)
		}
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ export, socket, want string }{
		{"shared", "/run/hast/shared.sock", "nbd+unix:///shared?socket=/run/hast/shared.sock"},
		{"a b/c?", "/tmp/x y&z+%.sock", "nbd+unix:///a%20b%2Fc%3F?socket=/tmp/x%20y%26z%2B%25.sock"},
		{"", "/s", "nbd+unix:///?socket=/s"},
	} {
		got := URI(c.export, c.socket)
		if got != c.want {
			t.Errorf("URI %s, want %s", got, c.want)
		}
		if export, socket, err := ParseURI(got); export != c.export || socket != c.socket || err != nil {
			t.Errorf("%s parses as %q, %q, %v", got, export, socket, err)
		}
	}
	for _, bad := range []string{"", "nbd://host/x", "nbd+unix:///x", "nbd+unix://host/x?socket=/s", "nbd+unix:///x?socket=%zz", "nbd+unix://%zz"} {
		if export, socket, err := ParseURI(bad); err == nil {
			t.Errorf("%q parses as %q, %q", bad, export, socket)
		}
	}
}
