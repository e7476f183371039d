package tcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// inbox is an actor to the seams: what it is told can be read from got.
type inbox struct {
	pid *actor.PID
	got chan any
}

// post brings messages to inboxes.
type post struct {
	mu    sync.Mutex
	boxes map[*actor.PID]*inbox
}

func (p *post) tell(to *actor.PID, msg any) {
	p.mu.Lock()
	b := p.boxes[to]
	p.mu.Unlock()
	b.got <- msg
}

func (p *post) box() *inbox {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &inbox{pid: &actor.PID{Id: fmt.Sprint(len(p.boxes))}, got: make(chan any, 4096)}
	p.boxes[b.pid] = b
	return b
}

func (b *inbox) owner(epoch uint64) actors.Owner { return actors.Owner{PID: b.pid, Epoch: epoch} }

func newPost() *post { return &post{boxes: map[*actor.PID]*inbox{}} }

// world is a network with a listener on the loopback interface.
type world struct {
	t    testing.TB
	n    *Network
	post *post
	node *inbox // who listens
	addr string
	stop actors.Listener
}

func newWorld(t testing.TB, peers ...string) *world {
	t.Helper()
	return newWorldWith(t, func(*Network) {}, peers...)
}

func newWorldWith(t testing.TB, change func(*Network), peers ...string) *world {
	t.Helper()
	w := &world{t: t, post: newPost()}
	w.n = NewNetwork(hclog.NewNullLogger(), w.post.tell)
	change(w.n)
	w.node = w.post.box()
	if peers == nil {
		peers = []string{"127.0.0.1"}
	}
	w.n.SetPeers(peers)
	w.n.Listen(w.node.owner(5), "tcp4://127.0.0.1:0")
	m := (<-w.node.got).(*actors.Listening)
	if m.Err != nil || m.Epoch != 5 || m.Addr != "tcp4://127.0.0.1:0" {
		t.Fatalf("listening: %+v", m)
	}
	w.stop = m.Listener
	w.addr = m.Listener.(*listener).Addr()
	t.Cleanup(w.stop.Close)
	return w
}

// pair connects two connections that nobody owns yet.
func (w *world) pair() (a, b actors.Conn) {
	w.t.Helper()
	dialer := w.post.box()
	w.n.Dial(dialer.owner(1), actors.DialSpec{Remote: w.addr, Source: "127.0.0.1", Timeout: 10 * time.Second})
	d := (<-dialer.got).(*actors.Dialed)
	if d.Err != nil || d.Epoch != 1 {
		w.t.Fatalf("dialed: %+v", d)
	}
	acc := (<-w.node.got).(*actors.Accepted)
	if acc.Epoch != 5 || len(acc.Remotes) != 1 || acc.Remotes[0] != "127.0.0.1" {
		w.t.Fatalf("accepted: %+v", acc)
	}
	if acc.Conn.Peer() != d.Conn.Local() || acc.Conn.Local() != d.Conn.Peer() {
		w.t.Errorf("the ends are called %s %s and %s %s", d.Conn.Local(), d.Conn.Peer(), acc.Conn.Local(), acc.Conn.Peer())
	}
	return d.Conn, acc.Conn
}

// raw connects a plain socket to a connection.
func (w *world) raw() (net.Conn, actors.Conn) {
	w.t.Helper()
	nc, err := net.Dial("tcp4", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { nc.Close() })
	return nc, (<-w.node.got).(*actors.Accepted).Conn
}

func frame(seq uint64, payload []byte) *wire.OutFrame {
	f := &wire.OutFrame{Version: 1, Payload: payload}
	f.NV = wire.AppendU64(f.Scratch[:0], "seq", seq)
	return f
}

// frames reads n frames; they come in order from first on.
func (b *inbox) frames(t testing.TB, first, n uint64, check func(seq uint64, payload []byte)) {
	t.Helper()
	for want := first; want < first+n; {
		m, ok := (<-b.got).(*actors.FramesIn)
		if !ok {
			t.Fatalf("want frames, got %+v", m)
		}
		for _, f := range m.Frames {
			seq, _ := f.NV.U64("seq")
			if seq != want || f.PayloadErr != nil {
				t.Fatalf("frame %d (%v) came, want %d", seq, f.PayloadErr, want)
			}
			check(seq, f.Payload)
			want++
			f.Release()
		}
	}
}

func (b *inbox) closed(t testing.TB, c actors.Conn, epoch uint64) error {
	t.Helper()
	m, ok := (<-b.got).(*actors.ConnClosed)
	if !ok || m.Conn != c || m.Epoch != epoch {
		t.Fatalf("want the end of the connection, got %+v", m)
	}
	return m.Err
}

// Frames of all sizes arrive in order, whatever they go through, and notes come back in order.
func TestFrames(t *testing.T) {
	for _, c := range []struct {
		how  string
		comp states.Compression
		sum  states.Checksum
	}{
		{"plain", states.CompressionNone, states.ChecksumNone},
		{"hole-crc32", states.CompressionHole, states.ChecksumCRC32},
		{"lzf-sha256", states.CompressionLZF, states.ChecksumSHA256},
	} {
		t.Run(c.how, func(t *testing.T) {
			const n = 400
			w := newWorld(t)
			a, b := w.pair()
			left, right := w.post.box(), w.post.box()
			a.Own(left.owner(7))
			b.Own(right.owner(8))
			payload := func(seq uint64) []byte {
				return bytes.Repeat([]byte{byte(seq)}, int(seq*seq*7919%(128<<10))*int(seq%3)/2)
			}
			go func() {
				f := frame(0, nil)
				for seq := range uint64(n) {
					f.NV = wire.AppendU64(f.Scratch[:0], "seq", seq)
					f.Payload, f.Compression, f.Checksum = payload(seq), c.comp, c.sum
					a.Send(f, seq)
				}
			}()
			right.frames(t, 0, n, func(seq uint64, p []byte) {
				if !bytes.Equal(p, payload(seq)) {
					t.Errorf("frame %d has the wrong payload", seq)
				}
			})
			for seq := range uint64(n) {
				if note := <-left.got; note != seq {
					t.Fatalf("note %v came, want %d", note, seq)
				}
			}
			a.Close()
			if err := left.closed(t, a, 7); err != nil {
				t.Errorf("our own close has the reason %v", err)
			}
			if err := right.closed(t, b, 8); err != io.EOF {
				t.Errorf("the peer's close has the reason %v, want EOF", err)
			}
		})
	}
}

// A stream that is cut anywhere gives the same frames; those complete come before the rest is there.
func TestCut(t *testing.T) {
	w := newWorld(t)
	nc, c := w.raw()
	box := w.post.box()
	c.Own(box.owner(1))
	var enc wire.Encoder
	var stream []byte
	for seq := range uint64(3) {
		head, body, err := enc.AppendHead(stream, frame(seq, bytes.Repeat([]byte{byte(seq)}, 100)))
		if err != nil {
			t.Fatal(err)
		}
		stream = append(head, body...)
	}
	one := len(stream) / 3
	none := func(uint64, []byte) {}
	write := func(p []byte) {
		if _, err := nc.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	for i := range one {
		write(stream[i : i+1])
	}
	box.frames(t, 0, 1, none)
	write(stream[one : len(stream)-1])
	box.frames(t, 1, 1, none)
	write(stream[len(stream)-1:])
	box.frames(t, 2, 1, none)
	write(stream[:one-1])
	nc.Close()
	if err := box.closed(t, c, 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a stream that ends within a frame: %v", err)
	}
}

func TestBadStream(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream []byte
		max    uint32
	}{
		{"version", []byte{9, 0, 0, 0, 0}, 1 << 20},
		{"nv too large", []byte{1, 255, 255, 255, 255}, 1 << 20},
		{"payload too large", func() []byte {
			h, b, _ := new(wire.Encoder).AppendHead(nil, frame(1, make([]byte, 5000)))
			return append(h, b...)
		}(), 4999},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			nc, conn := w.raw()
			box := w.post.box()
			conn.SetMaxPayload(c.max)
			conn.Own(box.owner(1))
			if _, err := nc.Write(c.stream); err != nil {
				t.Fatal(err)
			}
			if err := box.closed(t, conn, 1); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("reason %v", err)
			}
		})
	}
}

// flood sends until the socket and then the writer are stuck.
func flood(c actors.Conn, n int) {
	payload := make([]byte, 128<<10)
	for seq := range uint64(n) {
		c.Send(frame(seq, payload), seq)
	}
}

// While the peer doesn't read, frames queue; once it does, all come, in order. Pausing holds delivery.
func TestBackpressure(t *testing.T) {
	const n = 200 // of 128 KiB: more than the sockets' buffers take
	w := newWorld(t)
	a, b := w.pair()
	left, right := w.post.box(), w.post.box()
	b.SetReading(false)
	b.Own(right.owner(1))
	a.Own(left.owner(1))
	flood(a, n)
	a.(*conn).mu.Lock()
	stuck := a.(*conn).sending
	a.(*conn).mu.Unlock()
	if !stuck {
		t.Error("25 MiB went into a socket that nobody reads")
	}
	select {
	case m := <-right.got:
		t.Fatalf("%+v was delivered while reading was off", m)
	default:
	}
	b.SetReading(true)
	right.frames(t, 0, n, func(uint64, []byte) {})
	for seq := range uint64(n) {
		if note := <-left.got; note != seq {
			t.Fatalf("note %v, want %d", note, seq)
		}
	}
	b.Close()
	a.Close()
}

// Close unblocks a writer that is stuck and a reader that is paused. All notes come back, then the end.
func TestCloseWhileBlocked(t *testing.T) {
	const n = 200
	w := newWorld(t)
	a, b := w.pair()
	left, right := w.post.box(), w.post.box()
	b.SetReading(false)
	b.Own(right.owner(1))
	a.Own(left.owner(2))
	flood(a, n)
	a.Close()
	a.Close()
	// The end may come before this one, or behind it.
	a.Send(frame(n, nil), "closed")
	notes := map[any]bool{}
	var end *actors.ConnClosed
	for end == nil || !notes["closed"] {
		m := <-left.got
		if closed, ok := m.(*actors.ConnClosed); ok {
			end = closed
			for seq := range uint64(n) {
				if !notes[seq] {
					t.Errorf("the note of frame %d isn't there before the end", seq)
				}
			}
			continue
		}
		notes[m] = true
	}
	if end.Conn != a || end.Epoch != 2 || end.Err != nil {
		t.Errorf("our own close ends as %+v", end)
	}
	a.Send(frame(0, nil), "late")
	b.Close()
	if err := right.closed(t, b, 1); err != nil {
		t.Errorf("closing a paused connection: %v", err)
	}
	// A note always comes back, even for what was sent to a connection that was gone: who waits for its
	// payload would wait for ever.
	if m := <-left.got; m != "late" || len(left.got) != 0 {
		t.Errorf("after the end came %v, and %d more", m, len(left.got))
	}
}

// CloseAfterSend gives the peer all that was sent, even if the peer sent what nobody has read.
func TestCloseAfterSend(t *testing.T) {
	w := newWorld(t)
	a, b := w.pair()
	left, right := w.post.box(), w.post.box()
	a.SetReading(false)
	a.Own(left.owner(1))
	b.Own(right.owner(1))
	b.Send(frame(1, make([]byte, 4096)), nil)
	const n = 64
	go func() {
		flood(a, n)
		a.CloseAfterSend()
		a.CloseAfterSend()
		a.Send(frame(n, nil), "dropped")
	}()
	right.frames(t, 0, n, func(uint64, []byte) {})
	if err := right.closed(t, b, 1); err != io.EOF {
		t.Errorf("the peer sees %v, want EOF", err)
	}
	for seq := range uint64(n) {
		if note := <-left.got; note != seq {
			t.Fatalf("note %v, want %d", note, seq)
		}
	}
	if note := <-left.got; note != "dropped" {
		t.Fatalf("got %v, want the note of the frame that was not sent", note)
	}
	if err := left.closed(t, a, 1); err != nil {
		t.Errorf("reason %v", err)
	}
}

// A peer that neither reads nor closes holds a CloseAfterSend up for a bounded time.
func TestCloseAfterSendGivesUp(t *testing.T) {
	w := newWorldWith(t, func(n *Network) { n.linger = time.Millisecond })
	_, c := w.raw()
	box := w.post.box()
	c.Own(box.owner(1))
	c.Send(frame(1, nil), nil)
	c.CloseAfterSend()
	if err := box.closed(t, c, 1); err != nil {
		t.Errorf("reason %v", err)
	}
}

// Whoever takes a connection over hears of it from then on, under its own epoch.
func TestOwn(t *testing.T) {
	w := newWorld(t)
	a, b := w.pair()
	first, second, right := w.post.box(), w.post.box(), w.post.box()
	b.Own(right.owner(1))
	a.Own(first.owner(1))
	b.Send(frame(1, nil), nil)
	first.frames(t, 1, 1, func(uint64, []byte) {})
	a.Own(second.owner(2))
	b.Send(frame(2, nil), nil)
	second.frames(t, 2, 1, func(uint64, []byte) {})
	b.Close()
	if err := second.closed(t, a, 2); err != io.EOF {
		t.Errorf("reason %v", err)
	}
	third := w.post.box()
	c, d := w.pair()
	c.Close()
	c.Own(third.owner(3))
	if err := third.closed(t, c, 3); err != nil {
		t.Errorf("a connection closed before it was owned: %v", err)
	}
	d.Close()
}

// A frame that cannot be encoded ends the connection; its note comes back.
func TestBadFrame(t *testing.T) {
	w := newWorld(t)
	a, b := w.pair()
	box := w.post.box()
	a.Own(box.owner(1))
	a.Send(&wire.OutFrame{Version: 1}, "bad")
	if note := <-box.got; note != "bad" {
		t.Errorf("got %v, want the note", note)
	}
	if err := box.closed(t, a, 1); !errors.Is(err, wire.ErrEmptyNV) {
		t.Errorf("reason %v", err)
	}
	b.Close()
}
