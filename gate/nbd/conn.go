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
