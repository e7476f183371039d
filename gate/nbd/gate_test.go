package nbd

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/turn"
	"hast/states"
	"hast/wire"
)

// patience bounds waits that only a bug makes long.
const patience = 20 * time.Second

// fakeGate stands for the gate actor and its executor: it has a device in memory.
type fakeGate struct {
	turn     sync.Mutex // one turn at a time
	disk     []byte
	flushers []turn.Flusher
	fail     func(r *actors.Request) error // what becomes of a request
	hold     bool                          // requests are kept in held
	late     bool                          // requests are answered at once, and released by release
	held     []*actors.Request
	answered []*actors.Request
	sizes    []int64 // Len of each request, in order
	fua      int     // requests with FUA
	arrived  chan int

	opened chan *actors.DoorOpened
	closed chan *actors.DoorClosed
}

func (g *fakeGate) Options() []actor.PropsOption { return nil }
func (g *fakeGate) Begin() bool                  { return false }
func (g *fakeGate) End()                         {}
func (g *fakeGate) Defer(f turn.Flusher)         { g.flushers = append(g.flushers, f) }

// tell is how the door's messages arrive.
func (g *fakeGate) tell(_ *actor.PID, msg any) {
	switch m := msg.(type) {
	case *actors.DoorOpened:
		g.opened <- m
	case *actors.DoorClosed:
		g.closed <- m
	case *actors.Requests:
		g.do(func() {
			if m.Epoch != testEpoch {
				panic(fmt.Sprintf("requests of epoch %d", m.Epoch))
			}
			for _, r := range m.Reqs {
				if g.sizes != nil {
					g.sizes = append(g.sizes, r.Len)
				}
				if r.FUA {
					g.fua++
				}
				if g.hold {
					g.held = append(g.held, r)
				} else {
					g.answer(r)
				}
			}
			select {
			case g.arrived <- len(g.sizes):
			default:
			}
		})
	default:
		panic(fmt.Sprintf("unexpected message %T", msg))
	}
}

// do runs a turn, and flushes.
func (g *fakeGate) do(f func()) {
	g.turn.Lock()
	defer g.turn.Unlock()
	f()
	for _, f := range g.flushers {
		f.Flush()
	}
	g.flushers = g.flushers[:0]
}

func (g *fakeGate) answer(r *actors.Request) {
	r.Err = nil
	if g.fail != nil {
		r.Err = g.fail(r)
	}
	if r.Err == nil {
		switch r.Op {
		case states.OpRead:
			copy(r.Buf, g.disk[r.Off:])
		case states.OpWrite:
			copy(g.disk[r.Off:], r.Buf)
		case states.OpDelete, states.OpZero:
			clear(g.disk[r.Off : r.Off+r.Len])
		}
	}
	r.To.Answered(r)
	if g.late {
		g.answered = append(g.answered, r)
	} else {
		r.To.Released(r)
	}
}

// letGo answers what was held, and holds no more.
func (g *fakeGate) letGo() {
	g.do(func() {
		g.hold = false
		for _, r := range g.held {
			g.answer(r)
		}
		g.held = nil
	})
}

// forget stops counting requests, for benchmarks.
func (g *fakeGate) forget() { g.do(func() { g.sizes = nil }) }

// release releases what was answered.
func (g *fakeGate) release() {
	g.do(func() {
		for _, r := range g.answered {
			r.To.Released(r)
		}
		g.answered = nil
	})
}

// await waits until n requests have arrived in all.
func (g *fakeGate) await(t testing.TB, n int) {
	t.Helper()
	deadline := time.After(patience)
	for {
		g.turn.Lock()
		have := len(g.sizes)
		g.turn.Unlock()
		if have >= n {
			return
		}
		select {
		case <-g.arrived:
		case <-deadline:
			t.Fatalf("%d requests arrived, want %d", have, n)
		}
	}
}

const testEpoch = 7

// newGate opens a door to a device of size bytes, at a socket of its own.
func newGate(t testing.TB, size int64, credits int) (*fakeGate, *door, string) {
	t.Helper()
	g := &fakeGate{
		disk: make([]byte, size), sizes: []int64{}, arrived: make(chan int, 1),
		opened: make(chan *actors.DoorOpened, 1), closed: make(chan *actors.DoorClosed, 2),
	}
	socket := socketPath(t)
	o := actors.Owner{Exec: g, Epoch: testEpoch}
	spec := actors.DoorSpec{Resource: "shared", Provider: "hast0", Size: size, Sector: 512, Socket: socket, Credits: credits}
	NewDoors(hclog.NewNullLogger(), g.tell).Open(o, spec)
	opened := <-g.opened
	if opened.Err != nil {
		t.Fatal(opened.Err)
	}
	d := opened.Door.(*door)
	t.Cleanup(func() { g.do(d.Abandon) })
	return g, d, socket
}

// socketPath is a path for a socket that is short enough, other than those of t.TempDir.
func socketPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nbd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func dial(t testing.TB, socket string) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := Dial(ctx, socket, "shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// dialRaw shakes hands and returns the bare connection.
func dialRaw(t testing.TB, socket string) net.Conn {
	t.Helper()
	nc, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if _, err := choose(newIntake(nc, 4096), nc, ""); err != nil {
		t.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return nc
}

// eventually waits for what has no channel to wait on.
func eventually(t testing.TB, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !reached() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it did not come true: %s", what)
		}
	}
}

// home says whether all slots are free.
func (d *door) home() bool {
	d.credits.mu.Lock()
	defer d.credits.mu.Unlock()
	return len(d.credits.free) == len(d.credits.slots)
}

// bare says whether the slots' memory was given back.
func (d *door) bare() bool {
	d.credits.mu.Lock()
	defer d.credits.mu.Unlock()
	return d.credits.mem == nil
}

// wait returns the DoorClosed, and checks that it is one.
func (g *fakeGate) wait(t testing.TB) {
	t.Helper()
	select {
	case m := <-g.closed:
		if m.Epoch != testEpoch {
			t.Errorf("DoorClosed of epoch %d, want %d", m.Epoch, testEpoch)
		}
	case <-time.After(patience):
		t.Fatal("no DoorClosed")
	}
	select {
	case <-g.closed:
		t.Fatal("a second DoorClosed")
	default:
	}
}

var errTest = fmt.Errorf("testing: %w", wire.ENOSPC)

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
