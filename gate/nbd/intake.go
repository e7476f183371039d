package nbd

import "io"

// intakeSize is how much of a client's stream is read ahead, in bytes: the small requests of a deep
// queue arrive by one system call.
const intakeSize = 256 << 10

// directSize is from how many missing bytes on a payload is read to where it belongs, rather than by way
// of the buffer. Below it, reading ahead saves more than the copy costs.
const directSize = 32 << 10

// intake reads a client's stream. It is a bufio.Reader that reads all but small payloads to where they
// belong even when it has room for them, and that knows what it holds.
type intake struct {
	src    io.Reader
	buf    []byte
	lo, hi int // buf[lo:hi] has been read and not been consumed
}

func newIntake(src io.Reader, size int) *intake { return &intake{src: src, buf: make([]byte, size)} }

// held is how many bytes can be had without a system call.
func (in *intake) held() int { return in.hi - in.lo }

// fill reads once, at least one byte unless there is an error.
func (in *intake) fill() error {
	if in.lo > 0 { // what is left is part of a header, so that this costs nothing
		in.hi = copy(in.buf, in.buf[in.lo:in.hi])
		in.lo = 0
	}
	n, err := readSome(in.src, in.buf[in.hi:])
	in.hi += n
	return err
}

// peek returns the next n bytes, of which it consumes none; n is at most the buffer's size. io.EOF says
// that the stream ended before the first, io.ErrUnexpectedEOF that it ended among them.
func (in *intake) peek(n int) ([]byte, error) {
	for in.held() < n {
		if err := in.fill(); err != nil {
			if err == io.EOF && in.held() > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return in.buf[in.lo : in.lo+n], nil
}

// next is peek, and consumes the bytes. They are valid until the next call.
func (in *intake) next(n int) ([]byte, error) {
	b, err := in.peek(n)
	if err == nil {
		in.lo += n
	}
	return b, err
}

// full fills p.
func (in *intake) full(p []byte) error {
	for {
		n := copy(p, in.buf[in.lo:in.hi])
		in.lo += n
		p = p[n:]
		if len(p) == 0 {
			return nil
		}
		var err error
		if len(p) >= directSize {
			n, err = readSome(in.src, p)
			p = p[n:]
		} else {
			err = in.fill()
		}
		if err != nil && len(p) > 0 {
			return truncated(err)
		}
	}
}

// skip consumes n bytes.
func (in *intake) skip(n int64) error {
	for {
		k := min(n, int64(in.held()))
		in.lo += int(k)
		n -= k
		if n == 0 {
			return nil
		}
		if err := in.fill(); err != nil {
			return truncated(err)
		}
	}
}

// maxIdleReads is how many reads of nothing are put up with: a reader may return 0 bytes and no error.
const maxIdleReads = 100

func readSome(src io.Reader, p []byte) (int, error) {
	for range maxIdleReads {
		n, err := src.Read(p)
		if n > 0 {
			return n, nil // an error comes again with the next read
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

func truncated(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
