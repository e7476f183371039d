package tcp

import (
	"bufio"
	"net"
	"sync"

	"hast/actors"
	"hast/wire"
)

const (
	// readBuffer is how much is read at once, in bytes.
	readBuffer = 256 << 10
	// batchFrames and batchBytes (of payload) bound what goes into one *FramesIn.
	batchFrames = 64
	batchBytes  = 1 << 20
)

// inbound is the reader's own state: the frames that it has decoded and not yet delivered.
type inbound struct {
	frames []*wire.InFrame
	bytes  int
}

// framesIn is a message with room for a few frames, so that it is one piece of memory.
type framesIn struct {
	actors.FramesIn
	few [8]*wire.InFrame
}

// spareFrames are messages that no owner needs any more.
var spareFrames = sync.Pool{New: func() any { return new(framesIn) }}

// Recycle implements actors.Recycler. A message that had to take room for more frames keeps it.
func (m *framesIn) Recycle() {
	clear(m.Frames)
	m.FramesIn = actors.FramesIn{Frames: m.Frames[:0]}
	spareFrames.Put(m)
}

// source is the socket as the decoder's buffer sees it. It is read when the buffer is used up, and then
// only: that is the moment to deliver the frames that were complete in it.
type source struct{ c *conn }

func (s source) Read(p []byte) (int, error) {
	s.c.deliver()
	if !s.c.mayRead() {
		return 0, net.ErrClosed
	}
	return s.c.nc.Read(p)
}

// mayRead waits while reading is paused, and reports whether the connection still stands.
func (c *conn) mayRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.paused && !c.closing && !c.lingering {
		c.resume.Wait()
	}
	return !c.closing
}

// read is the reader: it decodes, verifies and decompresses.
func (c *conn) read() {
	d := wire.NewDecoder(wire.Limits{})
	r := bufio.NewReaderSize(source{c}, readBuffer)
	for {
		d.SetMaxPayload(c.maxPayload.Load())
		f, err := d.ReadFrame(r)
		if err != nil {
			c.deliver()
			c.readerEnded(err)
			return
		}
		c.in.frames = append(c.in.frames, f)
		c.in.bytes += len(f.Payload)
		if len(c.in.frames) == batchFrames || c.in.bytes >= batchBytes {
			c.deliver()
		}
	}
}

// deliver hands the decoded frames to the owner. While reading is paused it waits; once we have closed
// the connection, nobody wants them any more.
func (c *conn) deliver() {
	if len(c.in.frames) == 0 {
		return
	}
	c.mayRead()
	c.mu.Lock()
	o := c.owner
	unwanted := c.lingering || c.closing && c.err == nil
	c.mu.Unlock()
	if unwanted {
		for _, f := range c.in.frames {
			f.Release()
		}
	} else {
		m := spareFrames.Get().(*framesIn)
		if m.Frames == nil {
			m.Frames = m.few[:0]
		}
		m.Frames = append(m.Frames, c.in.frames...)
		m.Epoch, m.Conn, m.Home = o.Epoch, c, m
		c.n.tell(o.PID, &m.FramesIn)
	}
	clear(c.in.frames)
	c.in.frames, c.in.bytes = c.in.frames[:0], 0
}

func (c *conn) readerEnded(err error) {
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	c.fail(err)
}

func (c *conn) readerFailed(err error, stack []byte) {
	c.n.panicked(err, stack)
	c.readerEnded(err)
}
