package nbd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"hast/gate/spawn"
)

// Client has an export open, by one connection. All of its methods may be called by any number of
// goroutines at once; their requests are under way together.
type Client struct {
	nc   net.Conn
	in   *intake
	info exportInfo

	wmu  sync.Mutex // a request and its payload go out together
	head [requestSize]byte
	vec  [2][]byte
	bufs net.Buffers

	mu      sync.Mutex
	calls   map[uint64]*call
	spare   []*call
	cookie  uint64
	failure error // why no request is sent any more
}

// call is a request under way.
type call struct {
	data []byte // where a read's data goes
	done chan error
}

// clientRange is the most bytes of one TRIM or WRITE_ZEROES; longer ones are cut. It leaves the u32 of
// the protocol a sector's multiple.
const clientRange = 1 << 30

// clientIntake is what a client reads ahead, in bytes.
const clientIntake = 64 << 10

// errClosed is what requests fail with after Close.
var errClosed = fmt.Errorf("NBD client: %w", net.ErrClosed)

// Dial connects to the server at socket and opens an export; "" is the server's default. ctx bounds the
// connection and the handshake. An error of the server is one of its own words.
func Dial(ctx context.Context, socket, export string) (*Client, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("NBD export %q: %w", export, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	in := newIntake(nc, clientIntake)
	info, err := choose(in, nc, export)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		nc.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("NBD export %q at %s: %w", export, socket, err)
	}
	c := &Client{nc: nc, in: in, info: info, calls: map[uint64]*call{}}
	spawn.Go("NBD client", func(err error, _ []byte) { c.end(err) }, func() { c.end(c.receive()) })
	return c, nil
}

// Size is the export's size in bytes.
func (c *Client) Size() int64 { return c.info.size }

// MinimumBlock is what offsets and lengths must be multiples of, in bytes.
func (c *Client) MinimumBlock() int { return int(c.info.minimum) }

// ReadAt reads len(p) bytes at off, as io.ReaderAt.
func (c *Client) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > c.info.size {
		return 0, fmt.Errorf("NBD read at %d: %w", off, EINVAL)
	}
	var end error
	if rest := c.info.size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	n, err := c.each(cmdRead, 0, off, int64(len(p)), int64(c.info.maximum), p)
	if err == nil {
		err = end
	}
	return int(n), err
}

// WriteAt writes p at off. With fua it is durable when WriteAt returns, else after the next Flush.
func (c *Client) WriteAt(p []byte, off int64, fua bool) (int, error) {
	n, err := c.each(cmdWrite, flagsOf(fua), off, int64(len(p)), int64(c.info.maximum), p)
	return int(n), err
}

// Flush makes durable all that was written, on any connection, and had returned before Flush began.
func (c *Client) Flush() error {
	return c.do(cmdFlush, 0, 0, 0, nil)
}

// Trim tells that n bytes at off are not needed any more.
func (c *Client) Trim(off, n int64, fua bool) error {
	_, err := c.each(cmdTrim, flagsOf(fua), off, n, clientRange, nil)
	return err
}

// WriteZeroes makes n bytes at off read as zeroes.
func (c *Client) WriteZeroes(off, n int64, fua bool) error {
	_, err := c.each(cmdWriteZeroes, flagsOf(fua), off, n, clientRange, nil)
	return err
}

// Close disconnects. Requests under way fail with an error that wraps net.ErrClosed.
func (c *Client) Close() error {
	c.refuse(errClosed)
	// A server that is stuck doesn't hear the farewell.
	_ = c.nc.SetWriteDeadline(time.Now().Add(time.Second))
	_ = c.send(header{typ: cmdDisc}, nil)
	if err := c.nc.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil // the server heard the farewell, and the receiving goroutine was the first to see that
}

// refuse makes later requests fail, for the first reason that there is.
func (c *Client) refuse(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
	}
}

// end is the end of the receiving goroutine, the only one that ends calls: as long as it runs it may
// write to what they read into.
func (c *Client) end(err error) {
	c.refuse(err)
	c.nc.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for cookie, cl := range c.calls {
		delete(c.calls, cookie)
		cl.done <- c.failure
	}
}

func flagsOf(fua bool) uint16 {
	if fua {
		return cmdFUA
	}
	return 0
}

// each makes as many requests as it takes, one after the other, and says how many bytes are done.
func (c *Client) each(typ, flags uint16, off, length, most int64, p []byte) (int64, error) {
	for at := int64(0); at < length; {
		n := min(most, length-at)
		var part []byte
		if p != nil {
			part = p[at : at+n]
		}
		if err := c.do(typ, flags, off+at, n, part); err != nil {
			return at, err
		}
		at += n
	}
	return length, nil
}

// do makes one request and waits for its reply.
func (c *Client) do(typ, flags uint16, off, length int64, p []byte) error {
	cl, cookie, err := c.enter(typ, p)
	if err != nil {
		return err
	}
	if err := c.send(header{flags: flags, typ: typ, cookie: cookie, offset: uint64(off), length: uint32(length)}, p); err != nil {
		c.refuse(fmt.Errorf("NBD connection: %w", err))
		c.nc.Close() // which ends all calls, also this one
	}
	err = <-cl.done
	c.mu.Lock()
	cl.data = nil
	c.spare = append(c.spare, cl)
	c.mu.Unlock()
	if _, refused := err.(Errno); refused {
		return fmt.Errorf("NBD command %d of %d bytes at %d: %w", typ, length, off, err)
	}
	return err
}

// enter makes a call known to the reader.
func (c *Client) enter(typ uint16, p []byte) (*call, uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return nil, 0, c.failure
	}
	var cl *call
	if n := len(c.spare); n > 0 {
		cl, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		cl = &call{done: make(chan error, 1)}
	}
	if typ == cmdRead {
		cl.data = p
	}
	c.cookie++
	c.calls[c.cookie] = cl
	return cl, c.cookie, nil
}

func (c *Client) send(h header, p []byte) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	b := binary.BigEndian.AppendUint32(c.head[:0], magicRequest)
	b = binary.BigEndian.AppendUint16(b, h.flags)
	b = binary.BigEndian.AppendUint16(b, h.typ)
	b = binary.BigEndian.AppendUint64(b, h.cookie)
	b = binary.BigEndian.AppendUint64(b, h.offset)
	b = binary.BigEndian.AppendUint32(b, h.length)
	if h.typ != cmdWrite {
		_, err := c.nc.Write(b)
		return err
	}
	c.vec = [2][]byte{b, p}
	c.bufs = c.vec[:]
	_, err := c.bufs.WriteTo(c.nc)
	return err
}

// receive reads replies until the connection ends.
func (c *Client) receive() error {
	for {
		b, err := c.in.next(replySize)
		if err != nil {
			if err == io.EOF {
				err = errors.New("the server closed it")
			}
			return fmt.Errorf("NBD connection: %w", err)
		}
		magic, errno, cookie := binary.BigEndian.Uint32(b), Errno(binary.BigEndian.Uint32(b[4:])), binary.BigEndian.Uint64(b[8:])
		if magic != magicSimple {
			return fmt.Errorf("NBD connection: a reply begins with %#x", magic)
		}
		c.mu.Lock()
		cl := c.calls[cookie]
		c.mu.Unlock()
		if cl == nil {
			return fmt.Errorf("NBD connection: a reply to request %d, which is not under way", cookie)
		}
		var result error
		if errno != 0 {
			result = errno
		} else if err := c.in.full(cl.data); err != nil {
			return fmt.Errorf("NBD connection: reading data: %w", err)
		}
		c.mu.Lock()
		delete(c.calls, cookie)
		c.mu.Unlock()
		cl.done <- result
	}
}
