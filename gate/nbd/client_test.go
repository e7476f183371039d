package nbd

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// A server that goes away, or talks nonsense, fails requests under way and those to come; nothing hangs.
func TestClientFailure(t *testing.T) {
	for _, c := range []struct{ name, reply, want string }{
		{"hangs up", "", "the server closed it"},
		{"nonsense", strings.Repeat("nonsense", 2), "a reply begins with"},
		{"unknown cookie", "\x67\x44\x66\x98\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x63", "not under way"},
		{"half the data", "\x67\x44\x66\x98\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01data", "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := socketPath(t)
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				nc, err := l.Accept()
				if err != nil {
					return
				}
				defer nc.Close()
				in := newIntake(nc, 4096)
				if negotiate(testExport, in, nc) != nil {
					return
				}
				if _, err := in.next(requestSize); err == nil {
					_, _ = io.WriteString(nc, c.reply)
				}
			}()
			client := dial(t, path)
			for range 2 {
				if _, err := client.ReadAt(make([]byte, 512), 0); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("ReadAt: %v, want %q", err, c.want)
				}
			}
		})
	}
}

func TestClientClose(t *testing.T) {
	g, d, socket := newGate(t, 1<<20, 4)
	g.do(func() { g.hold = true })
	c := dial(t, socket)
	if c.Size() != 1<<20 || c.MinimumBlock() != 512 {
		t.Errorf("size %d, minimum block %d", c.Size(), c.MinimumBlock())
	}
	failed := make(chan error)
	go func() { failed <- c.Flush() }()
	g.await(t, 1)
	c.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a request under way: %v", err)
	}
	if err := c.Flush(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a request after Close: %v", err)
	}
	eventually(t, "the client is gone", func() bool { return d.Clients() == 0 })
	g.letGo()
	eventually(t, "all slots are free", d.home)
}

func TestDialRefuses(t *testing.T) {
	_, _, socket := newGate(t, 1<<20, 4)
	if _, err := Dial(context.Background(), socket, "other"); err == nil || !strings.Contains(err.Error(), `there is \"shared\"`) {
		t.Errorf("another export: %v", err)
	}
	if _, err := Dial(context.Background(), socket+"x", "shared"); err == nil {
		t.Error("a socket that isn't there can be dialled")
	}
	// A server that accepts and says nothing.
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		cancel()
		_, _ = nc.Read(make([]byte, 1))
	}()
	if _, err := Dial(ctx, path, "shared"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Dial: %v", err)
	}
}
