package tcp

import (
	"golang.org/x/sys/unix"

	"hast/gate/spawn"
)

// outbound is the state of a write. It belongs to whoever has set sending.
type outbound struct {
	b     *batch
	block bool
	err   error
	try   func(fd uintptr) bool // conn.try, bound once
}

// take makes what is queued the batch being sent. The mutex is held, and nothing is being sent.
func (c *conn) take() {
	c.sending = true
	c.out.b = c.fill
	c.fill, c.free = c.free, nil
	if c.fill == nil {
		c.fill = &batch{}
	}
}

// Flush implements turn.Flusher: it gives the socket what it takes at once. What it doesn't take, and
// what costs much to encode, is left to the writer.
func (c *conn) Flush() {
	sending := false
	defer func() {
		if r := recover(); r != nil {
			if sending {
				c.stopSending()
			}
			c.caught(r)
		}
	}()
	c.mu.Lock()
	c.deferred = false
	if c.sending || c.closing || c.fill.empty() {
		c.mu.Unlock()
		return
	}
	c.take()
	sending = true
	c.mu.Unlock()

	b := c.out.b
	if b.held == 0 {
		err := c.write(false)
		if err != nil || b.done() {
			c.tellNotes(b)
			c.mu.Lock()
			c.recycle(b)
			c.sending = false
			shut := c.lingering && !c.closing && c.fill.empty()
			c.mu.Unlock()
			sending = false
			switch {
			case err != nil:
				c.fail(err)
			case shut:
				c.shut()
			default:
				c.settle()
			}
			return
		}
	}
	sending = false
	c.spawnWriter()
}

func (c *conn) spawnWriter() {
	spawn.Go("writer of "+c.peer, func(err error, stack []byte) {
		c.n.panicked(err, stack)
		c.stopSending()
		c.fail(err)
	}, c.writeOn)
}

// stopSending is for a sender that panicked: its notes are among the last.
func (c *conn) stopSending() {
	c.mu.Lock()
	c.fill.notes = append(c.fill.notes, c.out.b.notes...)
	c.out.b.notes = nil
	c.sending = false
	c.mu.Unlock()
}

// writeOn is the writer: it writes the current batch and those queued meanwhile, and waits for the socket
// where it has to.
func (c *conn) writeOn() {
	for {
		b := c.out.b
		if err := c.write(true); err != nil {
			c.fail(err)
		}
		c.mu.Lock()
		if more := !c.closing && !c.fill.empty(); more {
			c.mu.Unlock()
			c.tellNotes(b)
			c.mu.Lock()
			c.recycle(b)
			if !c.closing {
				c.take()
				c.mu.Unlock()
				continue
			}
			b = &batch{}
		}
		// Sending ends before the notes are told: telling may run turns, and their frames shall not wait
		// for it.
		c.sending = false
		c.owing++
		shut := c.lingering && !c.closing
		c.mu.Unlock()
		if shut {
			c.shut()
		}
		c.tellNotes(b)
		c.mu.Lock()
		c.owing--
		c.recycle(b)
		c.mu.Unlock()
		c.settle()
		return
	}
}

// shut tells the peer that nothing more comes.
func (c *conn) shut() {
	err := c.nc.CloseWrite()
	c.mu.Lock()
	alone := !c.reading
	c.mu.Unlock()
	if err != nil || alone {
		c.fail(err)
	}
}

// recycle keeps the memory of a batch that was sent. The mutex is held.
func (c *conn) recycle(b *batch) {
	b.reset()
	if c.free == nil {
		c.free = b
	}
}

func (c *conn) tellNotes(b *batch) {
	if len(b.notes) == 0 {
		return
	}
	c.mu.Lock()
	o, exec := c.owner, c.exec
	c.mu.Unlock()
	held := exec.Begin()
	for _, note := range b.notes {
		c.n.tell(o.PID, note)
	}
	if held {
		exec.End()
	}
}

// write writes the current batch: all of it, or, unless block is set, what the socket takes.
func (c *conn) write(block bool) error {
	if err := c.out.b.prepare(); err != nil {
		return err
	}
	c.out.block, c.out.err = block, nil
	if err := c.raw.Write(c.out.try); err != nil {
		return err
	}
	return c.out.err
}

// try is called by the poller whenever the socket may take something; false makes it wait.
func (c *conn) try(fd uintptr) bool {
	o := &c.out
	for !o.b.done() {
		switch short, e := o.b.writev(fd); e {
		case 0:
			if short && !o.block {
				return true
			}
		case unix.EINTR:
		case unix.EAGAIN:
			return !o.block
		default:
			o.err = e
			return true
		}
	}
	return true
}
