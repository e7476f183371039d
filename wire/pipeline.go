package wire

import (
	"fmt"
	"math"

	"hast/states"
)

// The fields that the payload pipeline adds to a message, in this order (hast-protocol 2.2). The
// receiver obeys them and not its own configuration.
const (
	fieldCompression = "compression"
	fieldChecksum    = "checksum"
	fieldHash        = "hash"
	fieldSize        = "size"
)

// PayloadError says why the payload of a frame cannot be used. The frame itself was read whole, so the
// stream goes on behind it.
type PayloadError struct {
	// Reason is worded as the original's log messages are.
	Reason string
	// Err is the detail, if there is one.
	Err error
}

func (e *PayloadError) Error() string {
	if e.Err != nil {
		return e.Reason + " (" + e.Err.Error() + ")"
	}
	return e.Reason
}

func (e *PayloadError) Unwrap() error { return e.Err }

func errInvalidSize(n uint64) error {
	return &PayloadError{Reason: fmt.Sprintf("Unable to decompress (invalid size: %d).", n)}
}

// appendPayload runs the sending pipeline: compress, checksum over the compressed bytes, size. It
// appends the fields to dst and returns the bytes that go over the wire behind them.
func (e *Encoder) appendPayload(dst []byte, f *OutFrame) (nv, body []byte, err error) {
	if len(f.Payload) == 0 {
		return dst, nil, nil
	}
	if uint64(len(f.Payload)) > math.MaxUint32 {
		return dst, nil, &LimitError{What: "payload", Size: uint64(len(f.Payload)), Max: math.MaxUint32}
	}
	body, how := e.compress(f.Compression, f.Payload)
	if how != states.CompressionNone {
		dst = AppendStr(dst, fieldCompression, how.String())
	}
	dst = appendHash(dst, f.Checksum, body)
	return AppendU32(dst, fieldSize, uint32(len(body))), body, nil
}

// payloadSize is the number of bytes that follow the nv on the wire. A size of another type than u32 is
// an error: the original would read it as "no payload" and lose the stream.
func payloadSize(nv NV) (uint32, error) {
	n, ok := nv.U32(fieldSize)
	if !ok && nv.Has(fieldSize) {
		return 0, lackOf(nv, fieldSize, "uint32")
	}
	return n, nil
}

// compressionOf reads how the payload of a message is compressed.
func compressionOf(nv NV) (states.Compression, error) {
	typ, word, ok := nv.find(fieldCompression)
	if !ok {
		return states.CompressionNone, nil
	}
	if typ != TypeStr {
		return states.CompressionNone, &PayloadError{Reason: "Field compression is not a string."}
	}
	switch word = word[:len(word)-1]; string(word) {
	case "hole":
		return states.CompressionHole, nil
	case "lzf":
		return states.CompressionLZF, nil
	}
	return states.CompressionNone, &PayloadError{
		Reason: fmt.Sprintf("Unknown compression algorithm '%s'.", printable(word)),
	}
}

// unpack runs the receiving pipeline over the bytes of a payload as they came off the wire: verify,
// then decompress into a buffer of the pool, at most limit bytes. What goes wrong is f.PayloadErr, and
// there is no payload then.
func (f *InFrame) unpack(limit uint32) {
	f.Payload = f.wire.bytes
	f.Checksum, f.PayloadErr = verifyHash(f.NV, f.Payload)
	if f.PayloadErr == nil {
		f.Compression, f.PayloadErr = compressionOf(f.NV)
	}
	if f.PayloadErr == nil && f.Compression != states.CompressionNone {
		f.PayloadErr = f.inflate(limit)
	}
	if f.PayloadErr != nil {
		f.Payload = nil
	}
}

func (f *InFrame) inflate(limit uint32) error {
	n, err := decompressed(f.Compression, f.Payload, limit)
	if err != nil {
		return err
	}
	f.plain = f.pool.buffer(int(n))
	if err := decompress(f.Compression, f.plain.bytes, f.wire.bytes); err != nil {
		return err
	}
	f.Payload = f.plain.bytes
	return nil
}
