package simulation

import (
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"hast/actors"
	"hast/wire"
)

var (
	errReset    = fmt.Errorf("connection reset by peer: %w", wire.ECONNRESET)
	errTimedOut = fmt.Errorf("connection timed out: %w", wire.ETIMEDOUT)
)

type endState uint8

const (
	endOpen endState = iota
	endDraining
	endClosed
)

// end is one node's end of a connection: an actors.Conn. Sending and receiving are events of their own,
// as they are goroutines of their own in the live node.
type end struct {
	world  *World
	boot   *boot
	peer   *end
	dialer bool
	local  string
	remote string

	state   endState
	owner   actors.Owner
	owned   bool
	reading bool

	encoder  wire.Encoder
	queue    []outgoing
	current  []byte // bytes of queue[0] that its kernel hasn't taken
	started  bool   // queue[0] is encoded
	writing  bool   // a write event is due
	out      pipe
	decoder  *wire.Decoder
	received []byte // arrived, not read
	closing  bool   // a fin follows received
	readDue  bool
}

// outgoing is a frame in a connection's queue.
type outgoing struct {
	frame *wire.OutFrame
	sum   uint32 // of the payload, as it was queued
	note  any
}

func newPair(a, b *boot, aAddr, bAddr string) (x, y *end) {
	w := a.world
	x = &end{world: w, boot: a, dialer: true, local: aAddr, remote: bAddr}
	y = &end{world: w, boot: b, local: bAddr, remote: aAddr}
	x.peer, y.peer = y, x
	for _, e := range []*end{x, y} {
		e.reading = true
		e.decoder = wire.NewDecoder(wire.Limits{MaxPayload: wire.MaxPayload})
		e.out = pipe{from: e, to: e.peer, window: 4<<10 + w.chance.network.IntN(256<<10)}
		w.fabric.ends = append(w.fabric.ends, e)
		e.boot.ends = append(e.boot.ends, e)
	}
	return x, y
}

// Own names who hears of the connection from now on.
func (e *end) Own(o actors.Owner) {
	e.owner, e.owned = o, true
	e.read()
}

// SetReading stops and resumes the delivery of frames.
func (e *end) SetReading(on bool) {
	e.reading = on
	e.read()
}

// SetMaxPayload bounds the payload of frames to come, in bytes.
func (e *end) SetMaxPayload(n uint32) { e.decoder.SetMaxPayload(n) }

// Peer and Local are the addresses.
func (e *end) Peer() string  { return e.remote }
func (e *end) Local() string { return e.local }

// Send queues a frame.
func (e *end) Send(f *wire.OutFrame, note any) {
	if e.boot.dead || e.state == endClosed {
		return
	}
	e.world.outward()
	g := new(wire.OutFrame)
	g.CopyFrom(f)
	e.queue = append(e.queue, outgoing{frame: g, sum: crc32.ChecksumIEEE(g.Payload), note: note})
	e.write()
}

// write makes the writer run soon.
func (e *end) write() {
	if e.writing || e.state == endClosed || len(e.queue) == 0 {
		return
	}
	e.writing = true
	e.world.after(between(e.world.chance.network, time.Microsecond, 30*time.Microsecond), e.boot, func() {
		e.writing = false
		e.writeSome()
	})
}

// writeSome hands bytes to the kernel until that takes no more.
func (e *end) writeSome() {
	for len(e.queue) > 0 && e.state != endClosed {
		if !e.started && !e.encode() {
			return
		}
		n := min(len(e.current), socketBuffer-len(e.out.socket))
		e.out.socket = append(e.out.socket, e.current[:n]...)
		e.current = e.current[n:]
		e.out.push()
		if len(e.current) > 0 {
			if len(e.out.socket) < socketBuffer {
				continue
			}
			return // consumed calls again
		}
		e.sent()
	}
	if e.state == endDraining && len(e.queue) == 0 {
		e.finish(nil)
	}
}

func (e *end) encode() bool {
	head, body, err := e.encoder.AppendHead(nil, e.queue[0].frame)
	if err != nil {
		e.world.violate(ruleSeam, e.boot.machine.name, NoSector, "a frame that can't be encoded: %v", err)
		e.finish(err)
		return false
	}
	e.current = append(head, body...)
	e.encoder.Reset()
	e.started = true
	return true
}

// sent ends the loan of the first frame.
func (e *end) sent() {
	g := e.queue[0]
	e.queue[0] = outgoing{}
	e.queue, e.started = e.queue[1:], false
	e.world.checked(ruleLoan)
	if crc32.ChecksumIEEE(g.frame.Payload) != g.sum {
		e.world.violate(ruleLoan, e.boot.machine.name, NoSector, "a payload was changed while it was on loan to a connection")
	}
	if g.note != nil {
		e.boot.tell(e.owner.PID, g.note)
	}
}

// arrived takes a packet from the network.
func (e *end) arrived(k packet) {
	switch {
	case k.reset:
		e.broken(errReset)
	case e.state == endClosed:
		// The process has closed: its kernel answers data with a reset.
		if len(k.bytes) > 0 {
			e.peer.out.dead = true
			e.out.launchReset()
		}
	case k.open:
		e.accept()
	case k.fin:
		e.closing = true
		e.read()
	default:
		e.received = append(e.received, k.bytes...)
		e.read()
	}
}

// read makes the reader run soon.
func (e *end) read() {
	if e.readDue || !e.owned || !e.reading || e.state == endClosed || e.boot.dead {
		return
	}
	if len(e.received) == 0 && !e.closing {
		return
	}
	e.readDue = true
	e.world.after(between(e.world.chance.network, time.Microsecond, 30*time.Microsecond), e.boot, func() {
		e.readDue = false
		e.readSome()
	})
}

func (e *end) readSome() {
	if e.state == endClosed {
		return
	}
	n := len(e.received)
	if n == 0 {
		if e.closing {
			err := e.decoder.Finish()
			if err == nil {
				err = io.EOF
			}
			e.finish(err)
		}
		return
	}
	if oneIn(e.world.chance.network, 4) {
		n = 1 + e.world.chance.network.IntN(n)
	}
	in := &actors.FramesIn{Epoch: e.owner.Epoch, Conn: e}
	err := e.decoder.Feed(e.received[:n], func(f *wire.InFrame) { in.Frames = append(in.Frames, f) })
	if e.received = e.received[n:]; len(e.received) == 0 {
		e.received = nil
	}
	e.peer.out.consumed(n)
	if len(in.Frames) > 0 {
		e.boot.tell(e.owner.PID, in)
	}
	if err != nil {
		e.finish(err)
		return
	}
	e.read()
}

// Close ends the connection. What its kernel has taken still goes out.
func (e *end) Close() { e.finish(nil) }

// CloseAfterSend ends the connection when all that is queued is with the kernel, or after a second.
func (e *end) CloseAfterSend() {
	if e.boot.dead || e.state != endOpen {
		return
	}
	if len(e.queue) == 0 {
		e.finish(nil)
		return
	}
	e.state = endDraining
	e.world.after(time.Second, e.boot, func() { e.finish(nil) })
}

// finish closes the end and tells its owner, once.
func (e *end) finish(err error) {
	if e.boot.dead || e.state == endClosed {
		return
	}
	e.abandon(len(e.received) == 0)
	e.boot.ends = drop(e.boot.ends, e)
	if !e.owned {
		return
	}
	owner := e.owner
	e.world.after(between(e.world.chance.network, time.Microsecond, 200*time.Microsecond), e.boot, func() {
		e.boot.tell(owner.PID, &actors.ConnClosed{Epoch: owner.Epoch, Conn: e, Err: err})
	})
}

// abandon lets the kernel close the connection: in order, or by a reset.
func (e *end) abandon(orderly bool) {
	e.state = endClosed
	e.queue, e.current, e.received = nil, nil, nil
	if orderly {
		e.out.ending = true
		e.out.push()
	} else {
		e.peer.out.dead = true
		e.out.launchReset()
	}
}

// broken ends the connection without a word to the peer.
func (e *end) broken(err error) {
	e.out.dead, e.peer.out.dead = true, true
	if e.state == endClosed || e.boot.dead {
		e.state = endClosed
		return
	}
	e.received = nil
	e.closing = false
	e.finish(err)
}
