package wire

import (
	"bytes"
	"encoding/binary"

	"hast/states"
)

const (
	// lzfThreshold is both the length that a payload must exceed for lzf to be tried, and the number of
	// bytes that the stream must save; else the payload goes as it is (hast-protocol 2.5).
	lzfThreshold = 1024
	// lengthPrefix is the u32 original length that opens every compressed payload.
	lengthPrefix = 4
)

// isZero reports whether b holds nothing but zero bytes. It compares whole pages, so that data which is
// not zero costs the look at one page at most.
func isZero(b []byte) bool {
	for len(b) > len(zeroes) {
		if !bytes.Equal(b[:len(zeroes)], zeroes[:]) {
			return false
		}
		b = b[len(zeroes):]
	}
	return bytes.Equal(b, zeroes[:len(b)])
}

// compress returns what of p goes over the wire under c, and how it was compressed: CompressionNone when
// it goes as it is. The result is p, or memory of the encoder that holds until Reset.
//
// As in the original, lzf includes hole. The original asserts that the length of a hole is a multiple
// of 8, so none is made of another length.
func (e *Encoder) compress(c states.Compression, p []byte) ([]byte, states.Compression) {
	if c != states.CompressionHole && c != states.CompressionLZF {
		return p, states.CompressionNone
	}
	if len(p)%8 == 0 && isZero(p) {
		out := e.take(lengthPrefix)
		return binary.LittleEndian.AppendUint32(out, uint32(len(p))), states.CompressionHole
	}
	if c != states.CompressionLZF || len(p) <= lzfThreshold || uint64(len(p)) >= 1<<31 {
		return p, states.CompressionNone
	}
	limit := len(p) - lzfThreshold
	out := e.take(lengthPrefix + limit)
	if e.lzf == nil {
		e.lzf = new(lzfTable)
	}
	out, ok := e.lzf.compress(binary.LittleEndian.AppendUint32(out, uint32(len(p))), p, limit)
	if !ok {
		e.giveBack(lengthPrefix + limit)
		return p, states.CompressionNone
	}
	e.giveBack(lengthPrefix + limit - len(out))
	return out, states.CompressionLZF
}

// decompressed looks at a compressed payload and returns the length that it says it has after
// decompression, bounded by limit bytes, before memory is taken for it (the original's defect B4).
func decompressed(c states.Compression, p []byte, limit uint32) (uint32, error) {
	// A hole is exactly its length; an LZF stream has at least one byte.
	if (c == states.CompressionHole) != (len(p) == lengthPrefix) || len(p) < lengthPrefix {
		return 0, errInvalidSize(uint64(len(p)))
	}
	n := binary.LittleEndian.Uint32(p)
	if n == 0 || n > limit {
		return 0, errInvalidSize(uint64(n))
	}
	return n, nil
}

// decompress fills dst, whose length is what decompressed said.
func decompress(c states.Compression, dst, p []byte) error {
	if c == states.CompressionHole {
		clear(dst)
		return nil
	}
	if err := lzfDecompress(dst, p[lengthPrefix:]); err != nil {
		return &PayloadError{Reason: "Unable to decompress.", Err: err}
	}
	return nil
}
