package nbd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"hast/actors"
)

// Close answers what is outstanding, refuses the rest, hangs up, and only then is the door closed.
func TestClose(t *testing.T) {
	g, d, socket := newGate(t, 1<<20, 8)
	g.do(func() { g.hold = true })
	nc := dialRaw(t, socket)
	idle := dialRaw(t, socket)
	g.do(func() { copy(g.disk, "hello") })
	if _, err := nc.Write(rawRequest(cmdRead, 0, 1, 0, 512)); err != nil {
		t.Fatal(err)
	}
	g.await(t, 1)
	g.do(d.Close)
	g.do(d.Close)
	if _, err := nc.Write(rawRequest(cmdFlush, 0, 2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if errno, cookie := rawReply(t, nc); errno != ESHUTDOWN || cookie != 2 {
		t.Errorf("a request after Close: errno %d for %d, want ESHUTDOWN for 2", errno, cookie)
	}
	if _, err := net.Dial("unix", socket); err == nil {
		t.Error("a new client is let in after Close")
	}
	select {
	case <-g.closed:
		t.Fatal("DoorClosed before all is answered")
	default:
	}
	g.letGo()
	if errno, cookie := rawReply(t, nc); errno != 0 || cookie != 1 {
		t.Errorf("errno %d for %d, want 0 for 1", errno, cookie)
	}
	data := make([]byte, 512)
	if _, err := io.ReadFull(nc, data); err != nil || string(data[:5]) != "hello" {
		t.Errorf("data %q, %v", data[:5], err)
	}
	for _, c := range []net.Conn{nc, idle} {
		if _, err := c.Read(data); err != io.EOF {
			t.Errorf("after the last reply: %v, want EOF", err)
		}
	}
	g.wait(t)
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	eventually(t, "the buffers are gone", d.bare)
}

// A client that hangs in the middle of a payload does not keep a door open.
func TestCloseHangingWrite(t *testing.T) {
	for _, length := range []uint32{4096, 1 << 20} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			g, d, socket := newGate(t, 4<<20, 2)
			nc := dialRaw(t, socket)
			if _, err := nc.Write(append(rawRequest(cmdWrite, 0, 1, 0, length), make([]byte, length*3/4)...)); err != nil {
				t.Fatal(err)
			}
			g.await(t, int(length*3/4)/actors.MaxRequest)
			g.do(d.Close)
			// The wait for the client is cut short.
			d.mu.Lock()
			for c := range d.conns {
				_ = c.nc.SetReadDeadline(aLongTimeAgo)
			}
			d.mu.Unlock()
			g.wait(t)
			eventually(t, "the buffers are gone", d.bare)
		})
	}
}

// Abandon drops everything at once; what the gate still holds may come back later.
func TestAbandon(t *testing.T) {
	g, d, socket := newGate(t, 4<<20, 4)
	g.do(func() { g.hold = true })
	c := dial(t, socket)
	failed := make(chan error, 3)
	for _, size := range []int{512, 1 << 20} {
		go func() {
			_, err := c.ReadAt(make([]byte, size), 0)
			failed <- err
		}()
	}
	go func() {
		_, err := c.WriteAt(make([]byte, 300<<10), 0, false)
		failed <- err
	}()
	g.await(t, 4)
	g.do(d.Abandon)
	g.wait(t)
	for range 3 {
		if err := <-failed; err == nil {
			t.Error("a request succeeds after Abandon")
		}
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if d.bare() {
		t.Error("the buffers are gone while the gate has them")
	}
	g.letGo()
	eventually(t, "the buffers are gone", d.bare)
	g.do(d.Abandon)
	g.do(d.Close)
}

// A Close that can't end is overtaken by Abandon.
func TestAbandonWhileClosing(t *testing.T) {
	g, d, socket := newGate(t, 1<<20, 4)
	g.do(func() { g.hold = true })
	nc := dialRaw(t, socket)
	if _, err := nc.Write(rawRequest(cmdRead, 0, 1, 0, 512)); err != nil {
		t.Fatal(err)
	}
	g.await(t, 1)
	g.do(d.Close)
	g.do(d.Abandon)
	g.wait(t)
	g.letGo()
	eventually(t, "all slots are free", d.home)
}

// aLongTimeAgo is a deadline that has passed.
var aLongTimeAgo = time.Unix(1, 0)
