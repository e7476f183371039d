package provider

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hast/wire"
)

func component(t *testing.T, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "component")
	if err := os.WriteFile(path, bytes.Repeat([]byte{0xa5}, size), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string, opt Options) *Provider {
	t.Helper()
	p, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func wantErrno(t *testing.T, err error, want wire.Errno, text string) {
	t.Helper()
	var n wire.Errno
	if !errors.As(err, &n) || n != want || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %v and %q in it", err, want, text)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want wire.Errno
		text string
	}{
		{filepath.Join(dir, "missing"), wire.ENOENT, "missing"},
		{dir, wire.EFTYPE, "regular file"},
		{fifo, wire.EFTYPE, "regular file"},
		{filepath.Join(dir, "fifo", "x"), wire.ENOTDIR, "fifo/x"},
	} {
		_, err := Open(c.path, Options{})
		wantErrno(t, err, c.want, c.text)
	}
}

func TestLock(t *testing.T) {
	path := component(t, 8192)
	p, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Size() != 8192 || p.Sector() != 512 || p.Path() != path || p.Unlocked() != nil {
		t.Errorf("opened as %+v", p)
	}
	_, err = Open(path, Options{})
	wantErrno(t, err, wire.EBUSY, path+": in use by another process")
	open(t, path, Options{ReadOnly: true, NoLock: true})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, Options{})
}

func TestReadWrite(t *testing.T) {
	path := component(t, 64<<10)
	p := open(t, path, Options{})
	data := bytes.Repeat([]byte("hast"), 1024)
	if n, err := p.WriteAt(data, 8192); n != len(data) || err != nil {
		t.Fatalf("wrote %d: %v", n, err)
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(data)+2)
	if _, err := p.ReadAt(got, 8191); err != nil {
		t.Fatal(err)
	}
	if got[0] != 0xa5 || !bytes.Equal(got[1:len(got)-1], data) || got[len(got)-1] != 0xa5 {
		t.Error("what was written is not what is read")
	}
	ro := open(t, path, Options{ReadOnly: true, NoLock: true})
	_, err := ro.WriteAt(data, 0)
	wantErrno(t, err, wire.EBADF, "write")
}

// A component that shrinks under us gives an error, not stale bytes.
func TestShrunk(t *testing.T) {
	path := component(t, 8192)
	p := open(t, path, Options{})
	if err := os.Truncate(path, 6000); err != nil {
		t.Fatal(err)
	}
	n, err := p.ReadAt(make([]byte, 4096), 4096)
	if n != 6000-4096 {
		t.Errorf("read %d bytes, want what is there", n)
	}
	wantErrno(t, err, wire.EIO, "has shrunk")
}

func TestZero(t *testing.T) {
	const size = 1 << 20
	for _, c := range []struct{ off, length int64 }{{0, 0}, {0, size}, {4096, 512}, {511, 700001}, {size - 1, 1}} {
		p := open(t, component(t, size), Options{})
		if err := p.Zero(c.off, c.length); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size)
		if _, err := p.ReadAt(got, 0); err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte{0xa5}, size)
		clear(want[c.off : c.off+c.length])
		if !bytes.Equal(got, want) {
			t.Errorf("zeroing %d bytes at %d went wrong", c.length, c.off)
		}
	}
}
