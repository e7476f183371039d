package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"hast/states"
)

const (
	// ProtocolVersion is the version of the protocol that we speak, and the highest that a header may
	// carry: a stock node refuses a higher one, so extensions travel as fields (hast-protocol 14).
	ProtocolVersion = 2
	// headerSize is the length of a frame's header in bytes: version u8, nv size u32.
	headerSize = 5
	// MaxNV is the largest nv that we accept from a peer, in bytes; what we send is far smaller.
	MaxNV = 64 << 10
	// MaxControlNV is the same for the control socket, whose status replies hold every resource.
	MaxControlNV = 16 << 20
	// scratchSize is room for every request and reply: five elements of 22 bytes, and two of ours.
	scratchSize = 192
)

// ErrEmptyNV is what Encoder says to a frame without fields: the original dies of one (its defect B2).
var ErrEmptyNV = errors.New("a frame without fields must not be sent")

// VersionError is a frame of a version that we do not speak.
type VersionError struct{ Version uint8 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("unsupported protocol version %d, at most %d is spoken here", e.Version, ProtocolVersion)
}

// LimitError is a length that exceeds what its receiver takes.
type LimitError struct {
	What      string // "nv" or "payload"
	Size, Max uint64 // bytes
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s of %d bytes exceeds the limit of %d", e.What, e.Size, e.Max)
}

// OutFrame is a message to be sent. It may be reused for the next one with Reset.
type OutFrame struct {
	// Version is the header's version byte: that of the session, 1 before the first negotiation.
	Version uint8
	// NV are the encoded elements without those of the payload. It may alias Scratch:
	//
	//	f.NV, err = AppendRequest(f.Scratch[:0], &r)
	NV []byte
	// Payload is the data as it is; nil is none. It must not change until it was sent.
	Payload []byte
	// Compression and Checksum are what the payload goes through.
	Compression states.Compression
	Checksum    states.Checksum
	// Owner is the host's bookkeeping; the encoder does not look at it.
	Owner any
	// Scratch is room for the NV of a request or reply.
	Scratch [scratchSize]byte
}

// Reset empties the frame for its next use.
func (f *OutFrame) Reset() {
	f.Version, f.NV, f.Payload, f.Owner = 0, nil, nil, nil
	f.Compression, f.Checksum = states.CompressionNone, states.ChecksumNone
}

// CopyFrom makes f a copy of src that stays good when src is reused: its NV is copied, into f's own
// Scratch if it fits. The payload is shared. A host that queues frames needs this, because a plain
// assignment would leave f.NV in src.Scratch.
func (f *OutFrame) CopyFrom(src *OutFrame) {
	f.Version, f.Payload, f.Owner = src.Version, src.Payload, src.Owner
	f.Compression, f.Checksum = src.Compression, src.Checksum
	f.NV = append(f.Scratch[:0], src.NV...)
}

// Encoder turns frames into bytes. Several frames can be encoded into one head buffer and sent with one
// vectored write; then Reset makes the encoder's memory free for the next batch. In a steady state it
// allocates nothing. It is not safe for concurrent use. The zero value is ready.
type Encoder struct {
	lzf *lzfTable
	// arena is where compressed payloads of the current batch lie. It is replaced, never moved, when it
	// is full, so that bodies handed out stay where they are.
	arena []byte
}

// arenaSize is what the encoder takes for compressed payloads at a time, in bytes.
const arenaSize = 512 << 10

// AppendHead encodes a frame: it appends the header and the nv to dst, and returns the bytes that have to
// follow them on the wire: f.Payload itself, or memory of the encoder that is good until Reset, or nil.
// On an error dst comes back as it was.
func (e *Encoder) AppendHead(dst []byte, f *OutFrame) (head, body []byte, err error) {
	if f.Version > ProtocolVersion {
		return dst, nil, &VersionError{f.Version}
	}
	if len(f.NV) == 0 {
		return dst, nil, ErrEmptyNV
	}
	start := len(dst)
	head = append(dst, f.Version, 0, 0, 0, 0)
	head = append(head, f.NV...)
	head, body, err = e.appendPayload(head, f)
	if err != nil {
		return head[:start], nil, err
	}
	size := len(head) - start - headerSize
	if size > MaxControlNV {
		return head[:start], nil, &LimitError{What: "nv", Size: uint64(size), Max: MaxControlNV}
	}
	binary.LittleEndian.PutUint32(head[start+1:], uint32(size))
	return head, body, nil
}

// Reset ends a batch: bodies that AppendHead returned must not be used any more.
func (e *Encoder) Reset() {
	if cap(e.arena) > arenaSize {
		e.arena = nil
		return
	}
	e.arena = e.arena[:0]
}

// take returns an empty slice with room for n bytes that nobody else uses before Reset.
func (e *Encoder) take(n int) []byte {
	if cap(e.arena)-len(e.arena) < n {
		e.arena = make([]byte, 0, max(n, arenaSize))
	}
	at := len(e.arena)
	e.arena = e.arena[:at+n]
	return e.arena[at : at : at+n]
}

// giveBack returns the last n bytes of what was taken last.
func (e *Encoder) giveBack(n int) { e.arena = e.arena[:len(e.arena)-n] }
