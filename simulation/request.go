package simulation

import (
	"bytes"
	"errors"
	"fmt"

	"hast/states"
)

// Request is one request that somebody made of a device by hand. The judge looks at it as at any other.
type Request struct {
	// Gen is the number that the judge gave to what a write writes; 0 for what writes nothing.
	Gen uint64

	done bool
	err  error
	data []byte
}

// ErrNoDevice says that there is no device, or that it went away before the answer.
var ErrNoDevice = errors.New("the device is not there")

// Do makes a request of the device at a machine and returns at once. Off and n are in bytes, whole
// sectors; a flush has neither. It fails if the machine shows no device to this client, or if that takes
// no more requests now.
func (c *Client) Do(at *Machine, op states.Op, off, n int64, fua bool) (*Request, error) {
	d := c.door
	if d == nil || d.boot.machine != at {
		return nil, fmt.Errorf("%v at %s: %w", op, at.name, ErrNoDevice)
	}
	io := &clientIO{op: op, off: off, n: n, fua: fua, asked: &Request{}}
	r := d.take(io)
	if r == nil {
		return nil, fmt.Errorf("%v at %s: the device takes no more requests now", op, at.name)
	}
	c.begin(io, r)
	d.send()
	io.asked.Gen = io.gen
	return io.asked, nil
}

// Done reports whether the request was answered, or never will be because its device went away.
func (r *Request) Done() bool { return r.done }

// Err is why the request failed, nil if it was answered with success.
func (r *Request) Err() error {
	if !r.done {
		return errors.New("there is no answer yet")
	}
	return r.err
}

// Data is what a read returned.
func (r *Request) Data() []byte { return r.data }

// answered ends the request; a nil one is nobody's.
func (r *Request) answered(err error, data []byte) {
	if r != nil {
		r.done, r.err, r.data = true, err, bytes.Clone(data)
	}
}

// Stamp says whose data a sector holds: the number of the write, and whether it is one at all. Zeroes and
// bytes that no client wrote are of write 0.
func Stamp(sector []byte) (gen uint64, zero, ok bool) {
	switch c := decode(sector); c.kind {
	case contentZero:
		return 0, true, true
	case contentForeign:
		return 0, false, true
	case contentStamp:
		return c.gen, false, true
	}
	return 0, false, false
}
