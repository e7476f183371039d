package wire

import (
	"encoding/binary"
	"fmt"

	"hast/states"
)

// Names of the fields of requests and replies (hast-protocol 4).
const (
	fieldCmd      = "cmd"
	fieldSeq      = "seq"
	fieldOffset   = "offset"
	fieldLength   = "length"
	fieldMemsync  = "memsync"
	fieldReceived = "received"
	fieldError    = "error"
)

// firstOwnCmd is the lowest number of our own commands. A stock secondary dies of a number that it does
// not know, so they go to a peer with CapExtensions only.
const firstOwnCmd = 32

// Request is a message of the primary on connection 1. The data of a write is the frame's payload.
type Request struct {
	Cmd states.Op
	// Seq is echoed in the reply; never 0. The peer must not take it for unique (hast-protocol 4.3).
	Seq uint64
	// Offset is in bytes from the beginning of the data area.
	Offset uint64
	// Length is in bytes.
	Length uint64
	// Memsync asks for an early answer once the data of a write has been received.
	Memsync bool
}

// Fits reports whether the request lies within a device of size bytes; the sum cannot wrap around (the
// original's defect B5).
func (r *Request) Fits(size uint64) bool { return r.Length <= size && r.Offset <= size-r.Length }

// AppendRequest encodes r. OpZero has no number on the wire: it must have been turned into another
// operation before. On an error dst is returned as it was.
func AppendRequest(dst []byte, r *Request) ([]byte, error) {
	switch {
	case r.Cmd == states.OpKeepalive && r.Seq == 0:
		return AppendU8(dst, fieldCmd, uint8(r.Cmd)), nil
	case r.Cmd == states.OpKeepalive:
		// Ours, only to a peer with CapEcho.
		return AppendU64(AppendU8(dst, fieldCmd, uint8(r.Cmd)), fieldSeq, r.Seq), nil
	case r.Cmd < states.OpRead || r.Cmd > states.OpKeepalive && r.Cmd < firstOwnCmd:
		return dst, &FieldError{fieldCmd, fmt.Sprintf("is %d (%v), which has no place on the wire", uint8(r.Cmd), r.Cmd)}
	case r.Seq == 0:
		return dst, &FieldError{fieldSeq, "is 0, which no reply could be matched to"}
	}
	dst = AppendU8(dst, fieldCmd, uint8(r.Cmd))
	dst = AppendU64(dst, fieldSeq, r.Seq)
	dst = AppendU64(dst, fieldOffset, r.Offset)
	dst = AppendU64(dst, fieldLength, r.Length)
	if r.Memsync && r.Cmd == states.OpWrite {
		dst = AppendU8(dst, fieldMemsync, 1)
	}
	return dst, nil
}

// The fields of a request that a pass has seen.
const (
	sawCmd = 1 << iota
	sawSeq
	sawOffset
	sawLength
)

// DecodeRequest reads a request in one pass and without taking memory. A command that we do not know is
// no error, so that it can be answered; all others must have the fields that they need.
func DecodeRequest(nv NV) (Request, error) {
	var r Request
	var saw int
	for rest := nv; ; {
		name, typ, data, next, ok := rest.next()
		if !ok {
			break
		}
		rest = next
		var bit int
		var to *uint64
		switch string(name) {
		case fieldCmd:
			if saw&sawCmd != 0 {
				continue
			}
			if typ != TypeU8 || len(data) != 1 {
				return r, wrap("request", lackOf(nv, fieldCmd, "uint8"))
			}
			r.Cmd = states.Op(data[0])
			saw |= sawCmd
			continue
		case fieldMemsync:
			r.Memsync = true
			continue
		case fieldSeq:
			bit, to = sawSeq, &r.Seq
		case fieldOffset:
			bit, to = sawOffset, &r.Offset
		case fieldLength:
			bit, to = sawLength, &r.Length
		default:
			continue
		}
		if saw&bit != 0 {
			continue // The first of equal names wins.
		}
		if typ != TypeU64 || len(data) != 8 {
			return r, wrap("request", lackOf(nv, string(name), "uint64"))
		}
		*to = binary.LittleEndian.Uint64(data)
		saw |= bit
	}
	return r, requireFields(&r, saw)
}

// requireFields names the first field that the command needs and does not have.
func requireFields(r *Request, saw int) error {
	need := 0
	switch r.Cmd {
	case states.OpRead, states.OpWrite, states.OpDelete:
		need = sawSeq | sawOffset | sawLength
	case states.OpFlush:
		need = sawSeq
	}
	lack := (need | sawCmd) &^ saw
	for _, f := range [...]struct {
		bit  int
		name string
	}{{sawCmd, fieldCmd}, {sawSeq, fieldSeq}, {sawOffset, fieldOffset}, {sawLength, fieldLength}} {
		if lack&f.bit != 0 {
			return wrap("request", &FieldError{f.name, "is missing"})
		}
	}
	return nil
}
