package nbd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

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
