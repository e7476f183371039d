package host

import (
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/wire"
)

// end is an actor at one end of a connection: it answers each frame with another, so that many go back
// and forth between the executors of two resources.
type end struct {
	h       *actors.Host
	exec    actors.Executor
	conn    actors.Conn
	out     wire.OutFrame
	payload []byte
	left    int // frames to receive before it closes
	first   int // frames to begin with
	closed  chan error
}

func (e *end) Receive(ctx actor.Context) {
	o := actors.Owner{PID: ctx.Self(), Exec: e.exec, Epoch: 1}
	switch m := ctx.Message().(type) {
	case actors.Conn:
		e.conn = m
		m.Own(o)
		for range e.first {
			e.send()
		}
	case *actors.FramesIn:
		for _, f := range m.Frames {
			f.Release()
			if e.left--; e.left == 0 {
				e.conn.Close()
			}
			e.send()
		}
	case *actors.ConnClosed:
		e.closed <- m.Err
	}
}

func (e *end) send() {
	e.out.NV = wire.AppendU64(e.out.Scratch[:0], "seq", uint64(e.left))
	e.out.Version, e.out.Payload = 1, e.payload
	e.conn.Send(&e.out, nil)
}

// link plays n frames of the given payload, so many at a time, and the same number of small ones back.
func link(t testing.TB, n, depth, payload int) {
	h := New(Options{})
	conns := make(chan actors.Conn, 2)
	control := h.Exec.Executor("control")
	var stop actors.Listener
	node := h.System.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		o := actors.Owner{PID: ctx.Self(), Exec: control}
		switch m := ctx.Message().(type) {
		case *actor.Started:
			h.Net.SetPeers([]string{"127.0.0.1"})
			h.Net.Listen(o, "127.0.0.1:0")
		case *actors.Listening:
			if m.Err != nil {
				t.Error(m.Err)
				close(conns)
				return
			}
			stop = m.Listener
			h.Net.Dial(o, actors.DialSpec{Remote: stop.(interface{ Addr() string }).Addr(), Timeout: time.Minute})
		case *actors.Dialed:
			conns <- m.Conn
		case *actors.Accepted:
			conns <- m.Conn
		}
	}, control.Options()...))
	ends := [2]*end{{left: n, first: depth, payload: make([]byte, payload)}, {left: -1}}
	for i, e := range ends {
		e.h, e.exec, e.closed = h, h.Exec.Executor(fmt.Sprint("resource ", i)), make(chan error, 1)
		conn, ok := <-conns
		if !ok {
			return
		}
		pid := h.System.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return e }, e.exec.Options()...))
		h.Tell(pid, conn)
	}
	if b, ok := t.(*testing.B); ok {
		b.ResetTimer()
	}
	if err := <-ends[0].closed; err != nil {
		t.Errorf("our own close has the reason %v", err)
	}
	if err := <-ends[1].closed; err == nil {
		t.Error("the peer's close has no reason")
	}
	stop.Close()
	h.System.Root.Stop(node)
}

// The executors, their flushes and the connections work together.
func TestLink(t *testing.T) { link(t, 5000, 32, 4096) }

func BenchmarkLink(b *testing.B) {
	for _, depth := range []int{1, 32} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			b.ReportAllocs()
			link(b, b.N, depth, 4096)
		})
	}
}
