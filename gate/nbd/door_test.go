package nbd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// pattern is n bytes that tell their place.
func pattern(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n]
}

func TestReadWrite(t *testing.T) {
	for _, size := range []int{512, 4096, 128 << 10, 128<<10 + 512, 1 << 20, 5<<20 + 1536, 33 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			g, d, socket := newGate(t, 40<<20, 8)
			c := dial(t, socket)
			want := pattern(size, uint64(size))
			if n, err := c.WriteAt(want, 1024, true); n != size || err != nil {
				t.Fatalf("WriteAt: %d, %v", n, err)
			}
			g.do(func() {
				if !bytes.Equal(g.disk[1024:1024+size], want) {
					t.Error("the device holds other bytes than were written")
				}
			})
			got := make([]byte, size)
			if n, err := c.ReadAt(got, 1024); n != size || err != nil {
				t.Fatalf("ReadAt: %d, %v", n, err)
			}
			if !bytes.Equal(got, want) {
				t.Fatal("other bytes are read than were written")
			}
			writes := 0
			g.do(func() {
				for _, n := range g.sizes {
					if n > actors.MaxRequest {
						t.Errorf("a request of %d bytes", n)
					}
				}
				writes = len(g.sizes) / 2
				if g.fua != writes {
					t.Errorf("FUA on %d of %d parts", g.fua, writes)
				}
			})
			eventually(t, "all slots are free", d.home)
		})
	}
}

func TestTrimZeroFlush(t *testing.T) {
	const size = 40 << 20
	g, d, socket := newGate(t, size, 8)
	c := dial(t, socket)
	g.do(func() {
		for i := range g.disk {
			g.disk[i] = 0xa5
		}
	})
	if err := c.WriteZeroes(512, 33<<20, true); err != nil {
		t.Fatal(err)
	}
	if err := c.Trim(36<<20, 4096, false); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	g.do(func() {
		if want := []int64{16 << 20, 16 << 20, 1 << 20, 4096, 0}; !slices.Equal(g.sizes, want) {
			t.Errorf("requests of %v bytes, want %v", g.sizes, want)
		}
		if g.fua != 3 {
			t.Errorf("FUA on %d requests, want 3", g.fua)
		}
		if zeroes := bytes.Count(g.disk, []byte{0}); zeroes != 33<<20+4096 {
			t.Errorf("%d bytes are zero, want %d", zeroes, 33<<20+4096)
		}
	})
	eventually(t, "all slots are free", d.home)
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Errno
	}{
		{errTest, ENOSPC}, {wire.EPERM, EPERM}, {wire.EROFS, EPERM}, {wire.ENOMEM, ENOMEM}, {wire.EINVAL, EINVAL},
		{wire.EOVERFLOW, EOVERFLOW}, {wire.EOPNOTSUPP, ENOTSUP}, {wire.EIO, EIO}, {wire.ENXIO, EIO},
		{errors.New("no number"), EIO}, {nil, 0},
	} {
		if got := errnoOf(c.err); got != c.want {
			t.Errorf("%v becomes %d, want %d", c.err, got, c.want)
		}
	}
}

// A part that fails fails the whole, and a read that fails carries no data.
func TestFailedParts(t *testing.T) {
	g, d, socket := newGate(t, 8<<20, 4)
	g.do(func() {
		g.fail = func(r *actors.Request) error {
			if r.Off == 256<<10 {
				return errTest
			}
			return nil
		}
	})
	c := dial(t, socket)
	for _, size := range []int{4096, 1 << 20} {
		buf := make([]byte, size)
		off := int64(256<<10) * int64(min(1, 4096/size)) // of the large one, a later part
		if _, err := c.ReadAt(buf, off); !errors.Is(err, ENOSPC) {
			t.Errorf("ReadAt of %d: %v, want ENOSPC", size, err)
		}
		if _, err := c.WriteAt(buf, off, false); !errors.Is(err, ENOSPC) {
			t.Errorf("WriteAt of %d: %v, want ENOSPC", size, err)
		}
	}
	if _, err := c.ReadAt(make([]byte, 512), 0); err != nil {
		t.Errorf("the connection is out of step: %v", err)
	}
	eventually(t, "all slots are free", d.home)
}

// A refused write's payload is skipped, so that the next request is found.
func TestRefused(t *testing.T) {
	_, _, socket := newGate(t, 1<<20, 4)
	c := dial(t, socket)
	big := make([]byte, 512<<10)
	if _, err := c.WriteAt(big, 1<<20-4096, false); !errors.Is(err, ENOSPC) {
		t.Errorf("a write past the end: %v, want ENOSPC", err)
	}
	if _, err := c.WriteAt(big[:100], 0, false); !errors.Is(err, EINVAL) {
		t.Errorf("a write of 100 bytes: %v, want EINVAL", err)
	}
	if err := c.Trim(1<<20, 512, false); !errors.Is(err, EINVAL) {
		t.Errorf("a trim past the end: %v, want EINVAL", err)
	}
	if n, err := c.ReadAt(big[:1024], 1<<20-512); n != 512 || err != io.EOF {
		t.Errorf("a read across the end: %d, %v, want 512, EOF", n, err)
	}
}

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

func rawRequest(typ, flags uint16, cookie, off uint64, length uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, magicRequest)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = binary.BigEndian.AppendUint16(b, typ)
	b = binary.BigEndian.AppendUint64(b, cookie)
	b = binary.BigEndian.AppendUint64(b, off)
	return binary.BigEndian.AppendUint32(b, length)
}

// rawReply reads a reply's head.
func rawReply(t *testing.T, nc net.Conn) (Errno, uint64) {
	t.Helper()
	b := make([]byte, replySize)
	if _, err := io.ReadFull(nc, b); err != nil {
		t.Fatal(err)
	}
	if binary.BigEndian.Uint32(b) != magicSimple {
		t.Fatalf("a reply begins with % x", b[:4])
	}
	return Errno(binary.BigEndian.Uint32(b[4:])), binary.BigEndian.Uint64(b[8:])
}

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

// A request that is answered twice is the gate's bug, and is found.
func TestAnsweredTwice(t *testing.T) {
	g, d, socket := newGate(t, 1<<20, 4)
	g.do(func() { g.hold = true })
	nc := dialRaw(t, socket)
	if _, err := nc.Write(rawRequest(cmdFlush, 0, 1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	g.await(t, 1)
	mustPanic := func(what string, f func(*actors.Request)) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s is not noticed", what)
			}
		}()
		f(g.held[0])
	}
	g.do(func() {
		if g.held[0].Op != states.OpFlush {
			t.Errorf("the request is a %v", g.held[0].Op)
		}
		mustPanic("a release before the answer", d.Released)
		d.Answered(g.held[0])
		mustPanic("a second answer", d.Answered)
		d.Released(g.held[0])
	})
	rawReply(t, nc)
}

// aLongTimeAgo is a deadline that has passed.
var aLongTimeAgo = time.Unix(1, 0)
