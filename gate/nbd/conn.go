package nbd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"hast/states"
)

// handshakeLimit bounds a handshake, from the first byte to transmission.
const handshakeLimit = 10 * time.Second

// maxUnread is how many replies a client may have coming before no more of its requests are read. It is
// not below maxCredits, so that a client that reads can use all credits.
const maxUnread = 4096

// socketBuffer is what is asked of the kernel for replies under way, in bytes. It gives what its own
// limit allows.
const socketBuffer = 2 << 20

var (
	errDisconnect = errors.New("the client disconnected")
	errGone       = errors.New("the connection is gone")
	errWithdrawn  = errors.New("the device was withdrawn")
)

// conn is one client's connection. Its reader goroutine runs serve; the connection ends when the reader
// has ended and every command has its reply written or dropped.
type conn struct {
	door *door
	nc   *net.UnixConn
	in   *intake
	out  outbox

	refs atomic.Int32  // the reader, and each command without a written reply
	over chan struct{} // closed when refs is 0: the writer ends
	gone chan struct{} // closed when the connection can take no reply any more
	fall sync.Once     // closes gone
	room chan struct{} // of capacity 1: refs came down to maxUnread

	// These belong to the reader.
	queuer  queuer
	batch   *batch // requests not yet sent to the gate
	pending int    // how many
	filling *slot  // a slot that nobody else knows yet

	deferred bool // belongs to turns: Flush is due
}

func newConn(d *door, nc *net.UnixConn) (*conn, error) {
	c := &conn{door: d, nc: nc, in: newIntake(nc, intakeSize)}
	c.over, c.gone, c.room = make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	c.queuer = queuer{make(chan *slot, 1), c.gone}
	c.refs.Store(1)
	return c, c.out.init(nc, c.done, c.fail)
}

// serve is the reader goroutine.
func (c *conn) serve() {
	defer c.unhold()
	defer c.leave()
	_ = c.nc.SetWriteBuffer(socketBuffer)
	_ = c.nc.SetDeadline(time.Now().Add(handshakeLimit))
	if c.door.closing.Load() { // Close may have set its deadline before
		return
	}
	if err := negotiate(c.door.export, c.in, c.nc); err != nil {
		c.door.log.Debug("NBD handshake failed", "reason", err)
		return
	}
	_ = c.nc.SetDeadline(time.Time{})
	if c.door.closing.Load() {
		return
	}
	c.door.clients.Add(1)
	defer c.door.clients.Add(-1)
	c.door.log.Debug("NBD client connected")
	err := c.transmit()
	c.door.log.Debug("NBD client left", "reason", err)
}

// leave ends the reader's part, also when it panicked: what is complete goes to the gate, and the slot
// that was being filled goes back.
func (c *conn) leave() {
	if s := c.filling; s != nil {
		c.filling = nil
		c.door.credits.give(s)
	}
	c.send()
}

// transmit reads requests until the client leaves or does what no client may.
func (c *conn) transmit() error {
	for {
		if c.in.held() < requestSize {
			c.send()
		}
		if !c.heard() {
			return errGone
		}
		b, err := c.in.peek(requestSize)
		if errors.Is(err, os.ErrDeadlineExceeded) && c.stayOn() {
			continue
		}
		if err == io.EOF {
			return errDisconnect
		}
		if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		h := parseHeader(b)
		c.in.lo += requestSize
		if h.magic != magicRequest {
			return fmt.Errorf("a request begins with %#x: the client has lost count of its bytes, or isn't one", h.magic)
		}
		if h.typ == cmdDisc {
			return errDisconnect
		}
		if err := c.request(&h); err != nil {
			return err
		}
	}
}

// heard waits while the client has too many replies to read. Most replies hold no credit, so that credits
// don't bound them.
func (c *conn) heard() bool {
	for c.refs.Load() > maxUnread {
		c.send()
		select {
		case <-c.room:
		case <-c.gone:
			return false
		}
	}
	return true
}

// stayOn says whether a reader whose deadline passed between two requests goes on: Close sets a deadline
// for clients that hang in the middle of a payload, but the others are still told ESHUTDOWN.
func (c *conn) stayOn() bool {
	_ = c.nc.SetReadDeadline(time.Time{})
	return !c.door.final.Load() // it is set before the last deadline
}

// request handles one request, up to its last byte. An error ends the connection.
func (c *conn) request(h *header) error {
	op, broken := c.door.export.check(h)
	if broken == nil && c.door.closing.Load() {
		broken = ruleShutdown
	}
	if broken != nil {
		if int64(c.in.held()) < h.payload() {
			c.send()
		}
		if err := c.in.skip(h.payload()); err != nil {
			return fmt.Errorf("reading past a refused payload: %w", err)
		}
		c.reject(h, broken)
		return nil
	}
	if int64(h.length) > partSize(op) {
		return c.cut(h, op)
	}
	return c.whole(h, op)
}

// reject answers a request that goes no further.
func (c *conn) reject(h *header, broken *rule) {
	c.door.log.Debug("NBD request refused", "command", h.typ, "flags", h.flags, "offset", h.offset, "length", h.length, "reason", broken.text)
	c.refs.Add(1)
	c.out.push(reply{head: replyHead(broken.errno, h.cookie)})
	c.out.flush()
}

// whole makes one request of the client's.
func (c *conn) whole(h *header, op states.Op) error {
	s := c.slot()
	if s == nil {
		return errGone
	}
	if op == states.OpWrite {
		if err := c.payload(s.mem[:h.length]); err != nil {
			return err
		}
	}
	// Only a write whose payload is complete is a request: a client that hangs holds up no Close.
	if !c.door.admit() {
		c.filling = nil
		c.door.credits.give(s)
		c.reject(h, ruleShutdown)
		return nil
	}
	cmd := &s.single
	cmd.conn, cmd.op, cmd.cookie = c, op, h.cookie
	cmd.data, cmd.slot, cmd.err = nil, nil, nil
	cmd.left.Store(1)
	s.holds.Store(1)
	if op == states.OpRead {
		cmd.data, cmd.slot = s.mem[:h.length], s
		s.holds.Store(2)
	}
	var buf []byte
	if op == states.OpRead || op == states.OpWrite {
		buf = s.mem[:h.length]
	}
	c.refs.Add(1)
	c.add(s, cmd, int64(h.offset), int64(h.length), buf, h.fua())
	return nil
}

// cut makes several requests of one that is longer than a request may be. Each part is sent before it
// is waited for the next one's slot, so that a request of any size needs one credit to get along.
func (c *conn) cut(h *header, op states.Op) error {
	size := partSize(op)
	length := int64(h.length)
	parts := int32((length + size - 1) / size)
	cmd := &command{conn: c, op: op, cookie: h.cookie}
	cmd.left.Store(parts)
	cmd.holds.Store(parts + 1)
	if op == states.OpRead {
		mem, err := c.door.assembly.take(int(length), c.send, c.gone)
		if err != nil {
			c.door.log.Warn("no memory for a large NBD read", "length", length, "error", err)
			c.reject(h, ruleMemory)
			return nil
		}
		if mem == nil {
			return errGone
		}
		cmd.mem, cmd.data = mem, mem[:length]
	}
	if !c.door.admit() {
		if cmd.mem != nil {
			c.door.assembly.give(cmd.mem)
		}
		if err := c.in.skip(h.payload()); err != nil {
			return fmt.Errorf("reading past a refused payload: %w", err)
		}
		c.reject(h, ruleShutdown)
		return nil
	}
	c.refs.Add(1)
	sent := int32(0)
	defer func() {
		if sent < parts {
			cmd.abort(parts - sent)
		}
	}()
	for at := int64(0); at < length; at += size {
		n := min(size, length-at)
		s := c.slot()
		if s == nil {
			return errGone
		}
		var buf []byte
		switch op {
		case states.OpRead:
			buf = cmd.mem[at : at+n]
		case states.OpWrite:
			buf = s.mem[:n]
			if err := c.payload(buf); err != nil {
				return err
			}
		}
		s.holds.Store(1)
		sent++
		c.add(s, cmd, int64(h.offset)+at, n, buf, h.fua())
	}
	return nil
}

// slot takes a credit, and waits for it once all that the reader has is with the gate. It is nil if the
// connection is lost meanwhile.
func (c *conn) slot() *slot {
	s := c.door.credits.take()
	if s == nil {
		c.send()
		s = c.door.credits.wait(&c.queuer)
	}
	c.filling = s
	return s
}

// payload reads a write's data, and doesn't keep other requests waiting for it.
func (c *conn) payload(buf []byte) error {
	if c.in.held() < len(buf) {
		c.send()
	}
	if err := c.in.full(buf); err != nil {
		return fmt.Errorf("reading the payload of a write: %w", err)
	}
	return nil
}

// add puts a request into the batch. The slot is the gate's from the next send on.
func (c *conn) add(s *slot, cmd *command, off, length int64, buf []byte, fua bool) {
	if c.batch == nil {
		c.batch = c.door.credits.newBatch()
	}
	s.cmd, s.batch, s.answered = cmd, c.batch, false
	r := &s.req
	r.Op, r.Off, r.Len, r.Buf, r.FUA, r.Err = cmd.op, off, length, buf, fua, nil
	c.batch.reqs[c.pending] = r
	c.pending++
	c.filling = nil
	if c.pending == maxBatch {
		c.send()
	}
}

// send hands the batch to the gate. The turn that handles it may run on this goroutine.
func (c *conn) send() {
	b := c.batch
	if b == nil {
		return
	}
	b.left.Store(int32(c.pending))
	b.msg.Epoch, b.msg.Reqs = c.door.owner.Epoch, b.reqs[:c.pending]
	c.batch, c.pending = nil, 0
	c.door.tell(c.door.owner.PID, &b.msg)
}

// Flush sends the replies that were gathered in a burst of turns.
func (c *conn) Flush() {
	c.deferred = false
	c.out.flush()
}

// done ends a reply that is written or dropped, and with it the command.
func (c *conn) done(r *reply) {
	r.drop()
	c.unhold()
}

// fail ends the connection at once: nobody hears its replies any more.
func (c *conn) fail(err error) {
	c.fall.Do(func() {
		c.door.log.Debug("NBD connection lost", "reason", err)
		close(c.gone)
		c.nc.Close()
	})
}

func (c *conn) unhold() {
	switch c.refs.Add(-1) {
	case maxUnread:
		select {
		case c.room <- struct{}{}:
		default:
		}
	case 0:
		c.nc.Close()
		close(c.over)
		c.door.forget(c)
	}
}
