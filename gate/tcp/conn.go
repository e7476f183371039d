package tcp

import (
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"hast/actors"
	"hast/gate/spawn"
	"hast/gate/turn"
	"hast/wire"
)

// lingerLimit is how long CloseAfterSend may take.
const lingerLimit = time.Second

// conn is a connection. Its mutex guards all but what belongs to the reader; it is never held while a
// message is sent, because sending may run turns.
type conn struct {
	n           *Network
	nc          *net.TCPConn
	raw         syscall.RawConn
	peer, local string
	maxPayload  atomic.Uint32

	mu    sync.Mutex
	owner actors.Owner
	owned bool
	exec  turn.Executor

	// Reading.
	paused  bool
	resume  *sync.Cond // the reader may go on, or has to end
	started bool       // the reader was
	reading bool       // it has not ended
	in      inbound

	// Writing.
	fill     *batch // what is sent next
	free     *batch // memory for the next fill
	deferred bool   // a Flush is due
	sending  bool   // a batch is being sent, by a Flush or by the writer
	owing    int    // notes are about to be sent
	out      outbound

	// The end.
	lingering bool
	timer     *time.Timer
	closing   bool
	err       error // why; nil for our own Close
	told      bool  // *ConnClosed was
}

var (
	_ actors.Conn  = (*conn)(nil)
	_ turn.Flusher = (*conn)(nil)
)

func newConn(n *Network, nc *net.TCPConn) (*conn, error) {
	raw, err := nc.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := nc.SetNoDelay(true); err != nil {
		return nil, err
	}
	c := &conn{
		n: n, nc: nc, raw: raw, exec: turn.Now{}, fill: &batch{},
		peer: nc.RemoteAddr().String(), local: nc.LocalAddr().String(),
	}
	c.maxPayload.Store(actors.MaxRequest)
	c.resume = sync.NewCond(&c.mu)
	c.out.try = c.try
	return c, nil
}

// Own implements actors.Conn.
func (c *conn) Own(o actors.Owner) {
	c.mu.Lock()
	c.owner, c.owned, c.exec = o, true, turn.Of(o.Exec)
	start := !c.started && !c.closing
	if start {
		c.started, c.reading = true, true
	}
	c.mu.Unlock()
	if start {
		spawn.Go("reader of "+c.peer, c.readerFailed, c.read)
	}
	c.settle()
}

// SetReading implements actors.Conn.
func (c *conn) SetReading(on bool) {
	c.mu.Lock()
	c.paused = !on
	c.mu.Unlock()
	if on {
		c.resume.Broadcast()
	}
}

// SetMaxPayload implements actors.Conn. Until the first call it is actors.MaxRequest.
func (c *conn) SetMaxPayload(n uint32) { c.maxPayload.Store(n) }

// Peer implements actors.Conn.
func (c *conn) Peer() string { return c.peer }

// Local implements actors.Conn.
func (c *conn) Local() string { return c.local }

// Send implements actors.Conn.
func (c *conn) Send(f *wire.OutFrame, note any) {
	c.mu.Lock()
	if c.told {
		o := c.owner
		c.mu.Unlock()
		if note != nil {
			c.n.tell(o.PID, note) // a note always comes back
		}
		return
	}
	if note != nil {
		c.fill.notes = append(c.fill.notes, note)
	}
	if c.closing || c.lingering {
		// The note comes back with those of the other frames that were not sent.
		c.mu.Unlock()
		return
	}
	err := c.fill.add(f)
	first := err == nil && !c.deferred
	c.deferred = c.deferred || first
	exec := c.exec
	c.mu.Unlock()
	if err != nil {
		c.fail(err)
	} else if first {
		exec.Defer(c)
	}
}

// Close implements actors.Conn.
func (c *conn) Close() { c.fail(nil) }

// CloseAfterSend implements actors.Conn. After the last frame the peer is told that no more come, and
// what it still sends is thrown away until it closes as well: to close a socket with unread data would
// reset the connection, and the peer might lose what we sent last.
func (c *conn) CloseAfterSend() {
	c.mu.Lock()
	if c.closing || c.lingering {
		c.mu.Unlock()
		return
	}
	c.lingering = true
	c.timer = time.AfterFunc(c.n.linger, func() { spawn.Guard("linger", c.n.panicked, c.Close) })
	c.resume.Broadcast()
	write := !c.sending
	if write {
		c.take()
	}
	c.mu.Unlock()
	if write {
		c.spawnWriter()
	}
}

// fail ends the connection, for the first reason that is given; nil is that we want it.
func (c *conn) fail(err error) {
	c.mu.Lock()
	if !c.closing {
		c.closing = true
		if !c.lingering {
			c.err = err
		}
		if c.timer != nil {
			c.timer.Stop()
		}
		c.nc.Close()
		c.resume.Broadcast()
	}
	c.mu.Unlock()
	c.settle()
}

// settle tells the owner, once, that the connection is gone, when nothing of it is left.
func (c *conn) settle() {
	c.mu.Lock()
	if !c.closing || c.told || !c.owned || c.reading || c.sending || c.owing > 0 {
		c.mu.Unlock()
		return
	}
	c.told = true
	last, o, exec, err := c.fill, c.owner, c.exec, c.err
	c.fill, c.free = &batch{}, nil
	c.mu.Unlock()
	held := exec.Begin()
	for _, note := range last.notes {
		c.n.tell(o.PID, note)
	}
	c.n.tell(o.PID, &actors.ConnClosed{Epoch: o.Epoch, Conn: c, Err: err})
	if held {
		exec.End()
	}
}

// caught turns a panic of a Flush into the end of the connection.
func (c *conn) caught(reason any) {
	err := spawn.Caught("connection to "+c.peer, reason)
	c.n.panicked(err, debug.Stack())
	c.fail(err)
}
