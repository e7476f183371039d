package nbd

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// Many clients with requests small and giant share few credits, and all get along.
func TestCreditsShared(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%v", late), func(t *testing.T) {
			g, d, socket := newGate(t, 16<<20, 3)
			g.do(func() { g.late = late })
			stop := make(chan struct{})
			var releaser, clients sync.WaitGroup
			if late {
				releaser.Go(func() {
					for {
						select {
						case <-stop:
							return
						case <-g.arrived:
							g.release()
						}
					}
				})
			}
			for i := range 4 {
				c := dial(t, socket)
				for j := range 2 {
					clients.Go(func() {
						size := []int{512, 4096, 1 << 20, 300 << 10}[i]
						base := int64(i)*(4<<20) + int64(j)*(2<<20)
						for k := range 8 {
							want := pattern(size, uint64(i*100+j*10+k))
							if _, err := c.WriteAt(want, base, false); err != nil {
								t.Error(err)
								return
							}
							got := make([]byte, size)
							if _, err := c.ReadAt(got, base); err != nil || !bytes.Equal(got, want) {
								t.Errorf("client %d reads other bytes than it wrote (%v)", i, err)
								return
							}
						}
					})
				}
			}
			clients.Wait()
			close(stop)
			releaser.Wait()
			g.release()
			eventually(t, "all slots are free", d.home)
		})
	}
}

// A client beyond its credits is not read; under memsync and async an answer alone frees nothing.
func TestCreditsExhausted(t *testing.T) {
	g, d, socket := newGate(t, 1<<20, 2)
	g.do(func() { g.late = true })
	c := dial(t, socket)
	for range 2 {
		if _, err := c.WriteAt(make([]byte, 512), 0, false); err != nil {
			t.Fatal(err)
		}
	}
	third := make(chan error, 1)
	go func() {
		_, err := c.WriteAt(make([]byte, 512), 0, false)
		third <- err
	}()
	eventually(t, "the reader waits for a slot", func() bool {
		d.credits.mu.Lock()
		defer d.credits.mu.Unlock()
		return len(d.credits.waiting) == 1
	})
	select {
	case err := <-third:
		t.Fatalf("a third write was answered (%v) with two credits in use", err)
	default:
	}
	g.release()
	if err := <-third; err != nil {
		t.Fatal(err)
	}
	g.release()
	eventually(t, "all slots are free", d.home)
}

// What a client that vanishes leaves behind finishes, and its slots return.
func TestVanish(t *testing.T) {
	for name, c := range map[string]struct {
		typ    uint16
		length uint32
		send   int // bytes of payload that come
		parts  int // requests that reach the gate
	}{
		"mid-header":     {cmdWrite, 4096, -10, 0},
		"mid-write":      {cmdWrite, 4096, 1000, 0},
		"mid-big-write":  {cmdWrite, 1 << 20, 300 << 10, 2},
		"read":           {cmdRead, 4096, 0, 1},
		"big read":       {cmdRead, 1 << 20, 0, 3},
		"complete write": {cmdWrite, 4096, 4096, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g, d, socket := newGate(t, 4<<20, 3)
			g.do(func() { g.hold = true })
			nc := dialRaw(t, socket)
			b := rawRequest(c.typ, 0, 1, 0, c.length)
			b = append(b, make([]byte, max(c.send, 0))...)
			if _, err := nc.Write(b[:len(b)+min(c.send, 0)]); err != nil {
				t.Fatal(err)
			}
			g.await(t, c.parts)
			nc.Close()
			if c.parts == 3 { // the reader waits for a slot, not for its client
				g.letGo()
			}
			eventually(t, "the client is gone", func() bool { return d.Clients() == 0 })
			g.letGo()
			eventually(t, "all slots are free", d.home)
			eventually(t, "the connection is forgotten", func() bool {
				d.mu.Lock()
				defer d.mu.Unlock()
				return len(d.conns) == 0
			})
			other := dial(t, socket)
			if _, err := other.ReadAt(make([]byte, 4096), 0); err != nil {
				t.Errorf("the next client fares ill: %v", err)
			}
		})
	}
}

// A client that reads late gets its replies in order, and whole.
func TestSlowClient(t *testing.T) {
	g, d, socket := newGate(t, 4<<20, 64)
	disk := pattern(4<<20, 3)
	g.do(func() { copy(g.disk, disk) })
	nc := dialRaw(t, socket)
	const n, size = 64, 64 << 10
	var b []byte
	for i := range n {
		b = append(b, rawRequest(cmdRead, 0, uint64(i), uint64(i*size), size)...)
	}
	if _, err := nc.Write(b); err != nil {
		t.Fatal(err)
	}
	g.await(t, n)
	got := make([]byte, size)
	for i := range n {
		if errno, cookie := rawReply(t, nc); errno != 0 || cookie != uint64(i) {
			t.Fatalf("reply %d: errno %d for request %d", i, errno, cookie)
		}
		if _, err := io.ReadFull(nc, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, disk[i*size:(i+1)*size]) {
			t.Fatalf("reply %d carries other bytes", i)
		}
	}
	eventually(t, "all slots are free", d.home)
}

// A client that never reads its replies is not read for ever.
func TestUnreadReplies(t *testing.T) {
	_, d, socket := newGate(t, 1<<20, 4)
	nc := dialRaw(t, socket)
	b := bytes.Repeat(rawRequest(cmdFlush, 0, 1, 0, 0), 512)
	stuck := make(chan struct{})
	go func() {
		defer close(stuck)
		for {
			if _, err := nc.Write(b); err != nil {
				return
			}
		}
	}()
	eventually(t, "the client is not read any more", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for c := range d.conns {
			return c.refs.Load() > maxUnread
		}
		return false
	})
	nc.Close()
	<-stuck
	eventually(t, "the connection is forgotten", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.conns) == 0
	})
}

func TestTooManyConnections(t *testing.T) {
	_, d, socket := newGate(t, 1<<20, 4)
	for range maxConnections {
		dialRaw(t, socket)
	}
	eventually(t, "all are clients", func() bool { return d.Clients() == maxConnections })
	nc, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if n, err := nc.Read(make([]byte, 1)); err == nil {
		t.Errorf("one client too many gets %d bytes", n)
	}
}
