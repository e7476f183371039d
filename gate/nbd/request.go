package nbd

import (
	"encoding/binary"

	"hast/states"
)

// header is the fixed part of a client's request.
type header struct {
	magic  uint32
	flags  uint16
	typ    uint16
	cookie uint64
	offset uint64 // bytes
	length uint32 // bytes
}

// parseHeader decodes the requestSize bytes of b. It takes any bytes; check judges them.
func parseHeader(b []byte) header {
	return header{
		magic:  binary.BigEndian.Uint32(b),
		flags:  binary.BigEndian.Uint16(b[4:]),
		typ:    binary.BigEndian.Uint16(b[6:]),
		cookie: binary.BigEndian.Uint64(b[8:]),
		offset: binary.BigEndian.Uint64(b[16:]),
		length: binary.BigEndian.Uint32(b[24:]),
	}
}

// payload is how many bytes follow the header on the wire.
func (h *header) payload() int64 {
	if h.typ == cmdWrite {
		return int64(h.length)
	}
	return 0
}

// fua says whether the answer must wait until the change is durable. The flag is legal on commands that
// change nothing, and means nothing there.
func (h *header) fua() bool { return h.flags&cmdFUA != 0 }

// rule is a rule that a request broke.
type rule struct {
	errno Errno
	text  string
}

// The rules, in the order in which check looks at them.
var (
	ruleCommand   = &rule{EINVAL, "the command is unknown or was not offered"}
	ruleFlags     = &rule{EINVAL, "a command flag is unknown or was not offered"}
	ruleFlush     = &rule{EINVAL, "a flush has an offset or a length"}
	ruleEmpty     = &rule{EINVAL, "the length is zero"}
	ruleTooLong   = &rule{EOVERFLOW, "the length exceeds the maximum block size of 32 MiB"}
	rulePastEnd   = &rule{EINVAL, "the range reaches past the end of the device"}
	ruleNoSpace   = &rule{ENOSPC, "the range to write reaches past the end of the device"}
	ruleUnaligned = &rule{EINVAL, "offset and length are not multiples of the minimum block size"}
	ruleShutdown  = &rule{ESHUTDOWN, "the device is being withdrawn"}
	ruleMemory    = &rule{ENOMEM, "there is no memory for a read of that length"}
)

// check judges a request before anything else sees it. It returns what is asked of the device, or the
// first rule that is broken. A DISC is not a request and isn't judged here.
func (e *export) check(h *header) (states.Op, *rule) {
	var op states.Op
	legal := uint16(cmdFUA)
	switch h.typ {
	case cmdRead:
		op = states.OpRead
	case cmdWrite:
		op = states.OpWrite
	case cmdFlush:
		op = states.OpFlush
	case cmdTrim:
		op = states.OpDelete
	case cmdWriteZeroes:
		op = states.OpZero
		legal |= cmdNoHole
	default:
		return 0, ruleCommand
	}
	if h.flags&^legal != 0 {
		return 0, ruleFlags
	}
	if op == states.OpFlush {
		if h.offset != 0 || h.length != 0 {
			return 0, ruleFlush
		}
		return op, nil
	}
	if h.length == 0 {
		return 0, ruleEmpty
	}
	if (op == states.OpRead || op == states.OpWrite) && h.length > maxPayload {
		return 0, ruleTooLong
	}
	size := uint64(e.size)
	if h.offset > size || uint64(h.length) > size-h.offset {
		if op == states.OpWrite || op == states.OpZero {
			return 0, ruleNoSpace
		}
		return 0, rulePastEnd
	}
	if mask := uint64(e.sector - 1); h.offset&mask != 0 || uint64(h.length)&mask != 0 {
		return 0, ruleUnaligned
	}
	return op, nil
}
