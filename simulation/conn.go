package simulation

import (
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"hast/actors"
	"hast/states"
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
	queue    queue[outgoing]
	head     []byte    // memory for heads of frames
	current  [2][]byte // head and body of the first frame, as far as its kernel hasn't taken them
	started  bool      // the first frame is encoded
	writing  bool      // a write event is due
	out      pipe
	decoder  *wire.Decoder
	received buffer // arrived, not read
	closing  bool   // a fin follows received
	ended    error  // why it is closed; nil for the own Close
	readDue  bool

	onWrite, onRead func()
	unheard         bool // no process here knows of it
	trickle         bool // its process reads a byte a second

	resource string // whose connection it is, once a hello has said so
	second   bool   // the second hello came by it
	// confirms: the first answer to a request, which confirms the session, is being read; confirmation brings it to the
	// node.
	confirms     bool
	confirmation *actors.FramesIn
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
		e.out.arriving = e.out.arrive
		e.onWrite, e.onRead = e.writeSome, e.readSome
		w.fabric.ends = append(w.fabric.ends, e)
		e.boot.ends = append(e.boot.ends, e)
		if w.effects[FaultPause]+w.effects[FaultHostSleep] == 0 { // the kernel of a process that stands still takes connections for it
			w.bounded(e.boot.machine, "connections", len(e.boot.ends), mostConnections)
		}
	}
	return x, y
}

// Own names who hears of the connection from now on. Who owns one that has ended before anybody did hears of
// that, as at the machine's edge.
func (e *end) Own(o actors.Owner) {
	first := !e.owned
	e.owner, e.owned = o, true
	if first && e.state == endClosed {
		e.tellClosed(e.ended)
		return
	}
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
	if e.boot.dead {
		return
	}
	if e.state == endClosed {
		if note != nil {
			e.boot.tell(e.owner.PID, note) // a note always comes back
		}
		return
	}
	e.world.outward()
	g := e.world.fabric.frame()
	g.CopyFrom(f)
	e.queue.push(outgoing{frame: g, sum: crc32.ChecksumIEEE(g.Payload), note: note})
	e.write()
}

// write makes the writer run soon.
func (e *end) write() {
	if e.writing || e.state == endClosed || e.queue.len() == 0 {
		return
	}
	e.writing = true
	e.world.after(between(e.world.chance.network, time.Microsecond, 30*time.Microsecond), e.boot, e.onWrite)
}

// writeSome hands bytes to the kernel until that takes no more.
func (e *end) writeSome() {
	e.writing = false
	for e.queue.len() > 0 && e.state != endClosed {
		if !e.started && !e.encode() {
			return
		}
		for i := range e.current {
			n := min(len(e.current[i]), socketBuffer-e.out.socket.len())
			e.out.socket.push(e.current[i][:n])
			e.current[i] = e.current[i][n:]
		}
		e.out.push()
		e.world.moment()
		if len(e.current[0])+len(e.current[1]) > 0 {
			if e.out.socket.len() < socketBuffer {
				continue
			}
			return // consumed calls again
		}
		e.sent()
	}
	if e.state == endDraining && e.queue.len() == 0 {
		e.finish(nil)
	}
}

func (e *end) encode() bool {
	head, body, err := e.encoder.AppendHead(e.head[:0], e.queue.first().frame)
	if err != nil {
		e.world.violate(ruleSeam, e.boot.machine.name, NoSector, "a frame that can't be encoded: %v", err)
		e.finish(err)
		return false
	}
	if e.queue.first().frame.Checksum != states.ChecksumNone {
		body = e.world.fabric.flip(e.boot.machine, e.peer.boot.machine, body)
	}
	e.head, e.current = head, [2][]byte{head, body}
	e.started = true
	return true
}

// sent ends the loan of the first frame.
func (e *end) sent() {
	g := e.queue.pop()
	e.started = false
	e.encoder.Reset()
	e.world.checked(ruleLoan)
	if crc32.ChecksumIEEE(g.frame.Payload) != g.sum {
		e.world.violate(ruleLoan, e.boot.machine.name, NoSector, "a payload was changed while it was on loan to a connection")
	}
	if g.note != nil {
		e.boot.tell(e.owner.PID, g.note)
	}
	g.frame.Reset()
	e.world.fabric.frames = append(e.world.fabric.frames, g.frame)
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
	case k.fin && e.unheard:
		e.boot.holes = drop(e.boot.holes, e)
		e.finishSilently()
	case k.fin:
		e.closing = true
		e.read()
	default:
		e.received.push(k.bytes)
		e.read()
	}
}

// read makes the reader run soon.
func (e *end) read() {
	if e.readDue || !e.owned || !e.reading || e.state == endClosed || e.boot.dead {
		return
	}
	if e.received.len() == 0 && !e.closing {
		return
	}
	e.readDue = true
	d := between(e.world.chance.network, time.Microsecond, 30*time.Microsecond)
	if e.trickle {
		d = trickleEvery
	}
	e.world.after(d, e.boot, e.onRead)
}

func (e *end) readSome() {
	e.readDue = false
	if e.state == endClosed {
		return
	}
	n := e.received.len()
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
	if e.trickle {
		n = 1
	} else if oneIn(e.world.chance.network, 4) {
		n = 1 + e.world.chance.network.IntN(n)
	}
	in := &actors.FramesIn{Epoch: e.owner.Epoch, Conn: e}
	err := e.decoder.Feed(e.received.first(n), func(f *wire.InFrame) {
		e.world.frameIn(e, f)
		in.Frames = append(in.Frames, f)
	})
	e.received.drop(n)
	e.peer.out.consumed(n)
	e.world.moment()
	if e.confirms {
		e.confirms, e.confirmation = false, in
	}
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
	if e.queue.len() == 0 {
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
	e.abandon(e.received.len() == 0)
	e.boot.ends = drop(e.boot.ends, e)
	e.ended = err
	e.tellClosed(err)
}

// tellClosed tells the owner that the connection has ended.
func (e *end) tellClosed(err error) {
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
	e.world.hungUp(e)
	e.state = endClosed
	for !e.boot.dead && e.queue.len() > 0 {
		if g := e.queue.pop(); g.note != nil {
			e.boot.tell(e.owner.PID, g.note)
		}
	}
	e.queue.clear()
	e.current, e.received = [2][]byte{}, buffer{}
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
		e.world.hungUp(e)
		e.state = endClosed
		return
	}
	e.received = buffer{}
	e.closing = false
	e.finish(err)
}
