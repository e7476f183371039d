package wire

import "encoding/binary"

// Reply is a message of the secondary on connection 2. The data of a read is the frame's payload.
type Reply struct {
	// Seq is the request's.
	Seq uint64
	// Received marks the early answer to a memsync write: the data has come, nothing is written yet.
	Received bool
	// Error is FreeBSD's number of an error (see Errno); 0 is success.
	Error int16
}

// Err is the reply's error as a Go error: nil, or an Errno.
func (r *Reply) Err() error {
	if r.Error == 0 {
		return nil
	}
	return Errno(r.Error)
}

// AppendReply encodes r.
func AppendReply(dst []byte, r *Reply) []byte {
	dst = AppendU64(dst, fieldSeq, r.Seq)
	if r.Received {
		dst = AppendI8(dst, fieldReceived, 1)
	}
	if r.Error != 0 {
		dst = AppendI16(dst, fieldError, r.Error)
	}
	return dst
}

// DecodeReply reads a reply in one pass and without taking memory.
func DecodeReply(nv NV) (Reply, error) {
	var r Reply
	var sawSeq, sawError bool
	for rest := nv; ; {
		name, typ, data, next, ok := rest.next()
		if !ok {
			break
		}
		rest = next
		switch string(name) {
		case fieldSeq:
			if sawSeq {
				continue
			}
			if typ != TypeU64 || len(data) != 8 {
				return r, wrap("reply", lackOf(nv, fieldSeq, "uint64"))
			}
			r.Seq, sawSeq = binary.LittleEndian.Uint64(data), true
		case fieldReceived:
			r.Received = true
		case fieldError:
			if sawError {
				continue
			}
			if typ != TypeI16 || len(data) != 2 {
				return r, wrap("reply", lackOf(nv, fieldError, "int16"))
			}
			r.Error, sawError = int16(binary.LittleEndian.Uint16(data)), true
		}
	}
	if !sawSeq {
		return r, wrap("reply", &FieldError{fieldSeq, "is missing"})
	}
	return r, nil
}
