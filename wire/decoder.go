package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"hast/states"
)

// InFrame is a message that was received. It is its receiver's until Release.
type InFrame struct {
	// Version is the header's version byte, at most ProtocolVersion.
	Version uint8
	// NV are the message's fields, those of the payload included.
	NV NV
	// Payload is the data, verified and decompressed; nil if there is none or PayloadErr is set.
	Payload []byte
	// PayloadErr says why the payload cannot be used (a *PayloadError); the stream is still good.
	PayloadErr error
	// WireSize is how many bytes of payload came over the wire.
	WireSize uint32
	// Compression and Checksum are what the sender put the payload through.
	Compression states.Compression
	Checksum    states.Checksum

	pool        *pool
	store       []byte // what NV aliases
	wire, plain buffer
}

// Release gives the frame and all that it holds back for reuse. It may be called from any goroutine,
// once; nothing of the frame may be used afterwards.
func (f *InFrame) Release() {
	if f.pool != nil {
		f.pool.put(f)
	}
}

// Limits bound what a decoder takes memory for, in bytes. Zero for MaxNV is the default of the same name;
// zero for MaxPayload allows no payload.
type Limits struct{ MaxNV, MaxPayload uint32 }

// MaxPayload is the largest payload that we accept from a peer: what a stock node of FreeBSD 13 and
// later may send (hast-protocol 2.6).
const MaxPayload = 1 << 20

// Decoder turns a stream of bytes into frames. It has two ways in, to be used one or the other:
// ReadFrame for a host that can wait for bytes, Feed for one that gets them in pieces. Decoding is not
// safe for concurrent use; releasing frames is.
type Decoder struct {
	limits Limits
	pool   pool

	err    error // sticky: after it the stream's position is unknown
	header [headerSize]byte
	stage  stage
	have   int // bytes of the current stage that have come
	frame  *InFrame
	limit  uint32 // MaxPayload as it was when the frame's nv came
}

// stage is the part of a frame that comes next.
type stage uint8

const (
	stageHeader stage = iota
	stageNV
	stagePayload
)

// NewDecoder makes a decoder.
func NewDecoder(l Limits) *Decoder {
	if l.MaxNV == 0 {
		l.MaxNV = MaxNV
	}
	return &Decoder{limits: l}
}

// SetMaxPayload bounds the payloads of the frames whose nv has not come yet, in bytes.
func (d *Decoder) SetMaxPayload(n uint32) { d.limits.MaxPayload = n }

// part is the memory that the current stage fills.
func (d *Decoder) part() []byte {
	switch d.stage {
	case stageNV:
		return d.frame.store
	case stagePayload:
		return d.frame.wire.bytes
	}
	return d.header[:]
}

// advance is called when the current stage's part is full. It returns the frame if that completes it.
func (d *Decoder) advance() (*InFrame, error) {
	d.have = 0
	switch d.stage {
	case stageHeader:
		if err := d.gotHeader(); err != nil {
			return nil, err
		}
		d.stage = stageNV
		if len(d.frame.store) > 0 {
			return nil, nil
		}
		fallthrough
	case stageNV:
		if err := d.gotNV(); err != nil {
			return nil, err
		}
		if d.frame.WireSize > 0 {
			d.stage = stagePayload
			return nil, nil
		}
	case stagePayload:
		d.frame.unpack(d.limit)
	}
	f := d.frame
	d.frame, d.stage = nil, stageHeader
	return f, nil
}

// gotHeader checks the header and makes room for the nv.
func (d *Decoder) gotHeader() error {
	if v := d.header[0]; v > ProtocolVersion {
		return &VersionError{v}
	}
	size := binary.LittleEndian.Uint32(d.header[1:])
	if size > d.limits.MaxNV {
		return &LimitError{What: "nv", Size: uint64(size), Max: uint64(d.limits.MaxNV)}
	}
	f := d.pool.frame()
	f.Version = d.header[0]
	if uint64(cap(f.store)) < uint64(size) {
		f.store = make([]byte, size, max(int(size), 512))
	}
	f.store = f.store[:size]
	d.frame = f
	return nil
}

// gotNV validates the nv and makes room for the payload. One that exceeds the limit ends the stream: to
// drain it would be to let the peer decide what we read.
func (d *Decoder) gotNV() (err error) {
	f := d.frame
	if f.NV, err = ParseNV(f.store); err != nil {
		return err
	}
	if f.WireSize, err = payloadSize(f.NV); err != nil || f.WireSize == 0 {
		return err
	}
	d.limit = d.limits.MaxPayload
	if f.WireSize > d.limit {
		return &LimitError{What: "payload", Size: uint64(f.WireSize), Max: uint64(d.limit)}
	}
	f.wire = d.pool.buffer(int(f.WireSize))
	return nil
}

// fail makes err the answer to all further calls.
func (d *Decoder) fail(err error) error {
	if d.frame != nil {
		d.frame.Release()
		d.frame = nil
	}
	d.err = err
	return err
}

// Feed takes the next bytes of the stream, cut wherever they may be, and calls emit for each frame that
// they complete; the frame is emit's then. An error is final.
func (d *Decoder) Feed(p []byte, emit func(*InFrame)) error {
	if d.err != nil {
		return d.err
	}
	for len(p) > 0 {
		part := d.part()
		n := copy(part[d.have:], p)
		d.have += n
		p = p[n:]
		if d.have < len(part) {
			return nil
		}
		f, err := d.advance()
		if err != nil {
			return d.fail(err)
		}
		if f != nil {
			emit(f)
		}
	}
	return nil
}

// Finish tells that the stream that was fed has ended: nil if that was between two frames,
// io.ErrUnexpectedEOF if it was within one (the original takes what it has for whole, its defect A5).
func (d *Decoder) Finish() error {
	if d.err != nil {
		return d.err
	}
	if d.stage != stageHeader || d.have > 0 {
		return d.fail(io.ErrUnexpectedEOF)
	}
	return nil
}

// ReadFrame reads the next frame, and no byte more. An error is final: io.EOF if the stream ended
// between two frames, io.ErrUnexpectedEOF if it ended within one. The caller releases the frame.
func (d *Decoder) ReadFrame(r *bufio.Reader) (*InFrame, error) {
	if d.err != nil {
		return nil, d.err
	}
	for {
		n, err := io.ReadFull(r, d.part())
		if err != nil {
			if errors.Is(err, io.EOF) && (d.stage != stageHeader || n > 0) {
				err = io.ErrUnexpectedEOF
			}
			return nil, d.fail(err)
		}
		f, err := d.advance()
		if err != nil {
			return nil, d.fail(err)
		}
		if f != nil {
			return f, nil
		}
	}
}
