package nbd

import (
	"fmt"

	"hast/states"
)

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
	cmd.data, cmd.slot, cmd.err, cmd.others = nil, nil, nil, nil
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
	s.at = 0
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
		s.at = at
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
	s.cmd, s.batch, s.answered, s.given = cmd, c.batch, false, buf
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
