package wire

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// The LZF stream (hast-protocol 2.5, the format of liblzf 1.5): a control byte below 32 opens a literal
// run of that many bytes plus one; any other one is a reference back into the output, with its length
// in the upper three bits (7: one more length byte follows) and its distance in the lower five and the
// byte after.
const (
	lzfMaxLiteral  = 32
	lzfMaxDistance = 8192
	lzfMinMatch    = 3
	lzfMaxMatch    = 264
	lzfHashBits    = 14
)

var errLZF = errors.New("the LZF stream is damaged")

// lzfTable remembers where the encoder last saw three bytes. It is reused without being cleared: entries
// hold base plus position, and base grows past all of them with every call.
type lzfTable struct {
	last [1 << lzfHashBits]uint32
	base uint32
}

// compress appends the LZF encoding of src to dst as long as it fits into limit bytes. ok is false when
// it does not; the returned slice must not be used then. src must be shorter than 2 GiB.
func (t *lzfTable) compress(dst, src []byte, limit int) (out []byte, ok bool) {
	if uint64(t.base)+uint64(len(src))+1 > 1<<32-1 {
		*t = lzfTable{}
	}
	// Position p is stored as base+p+1, so that 0 (a fresh table) is below every valid entry.
	base := t.base + 1
	t.base += uint32(len(src)) + 1

	start, literals, pos := len(dst), 0, 0
	for pos+4 <= len(src) {
		word := binary.LittleEndian.Uint32(src[pos:])
		slot := &t.last[(word<<8)*2654435761>>(32-lzfHashBits)]
		seen := *slot
		*slot = base + uint32(pos)
		ref := int(seen) - int(base)
		if seen < base || pos-ref > lzfMaxDistance || (binary.LittleEndian.Uint32(src[ref:])^word)<<8 != 0 {
			pos++
			continue
		}
		if dst, ok = appendLiterals(dst, src[literals:pos], start, limit); !ok {
			return dst, false
		}
		n := lzfMinMatch + matchLen(src, ref+lzfMinMatch, pos+lzfMinMatch, lzfMaxMatch-lzfMinMatch)
		if len(dst)-start+3 > limit {
			return dst, false
		}
		dst = appendReference(dst, pos-ref, n)
		pos += n
		literals = pos
	}
	return appendLiterals(dst, src[literals:], start, limit)
}

// appendLiterals appends runs of at most 32 bytes, each behind its control byte.
func appendLiterals(dst, lit []byte, start, limit int) ([]byte, bool) {
	for len(lit) > 0 {
		n := min(len(lit), lzfMaxLiteral)
		if len(dst)-start+1+n > limit {
			return dst, false
		}
		dst = append(dst, byte(n-1))
		dst = append(dst, lit[:n]...)
		lit = lit[n:]
	}
	return dst, true
}

// appendReference appends a reference to n bytes (3 to 264) that lie distance bytes (1 to 8192) back.
func appendReference(dst []byte, distance, n int) []byte {
	far, length := distance-1, n-2
	if length < 7 {
		return append(dst, byte(far>>8)|byte(length<<5), byte(far))
	}
	return append(dst, byte(far>>8)|7<<5, byte(length-7), byte(far))
}

// matchLen is how many bytes from b on equal those from a on, at most most.
func matchLen(src []byte, a, b, most int) int {
	if rest := len(src) - b; rest < most {
		most = rest
	}
	n := 0
	for n+8 <= most {
		x := binary.LittleEndian.Uint64(src[a+n:]) ^ binary.LittleEndian.Uint64(src[b+n:])
		if x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		n += 8
	}
	for n < most && src[a+n] == src[b+n] {
		n++
	}
	return n
}

// lzfDecompress fills dst from an LZF stream. It is an error if the stream holds less or more than
// len(dst) bytes; dst is undefined then.
func lzfDecompress(dst, src []byte) error {
	in, out := 0, 0
	for in < len(src) {
		c := int(src[in])
		in++
		if c < 32 {
			n := c + 1
			if n > len(src)-in || n > len(dst)-out {
				return errLZF
			}
			copy(dst[out:], src[in:in+n])
			in += n
			out += n
			continue
		}
		n := c >> 5
		if n == 7 {
			if in >= len(src) {
				return errLZF
			}
			n += int(src[in])
			in++
		}
		n += 2
		if in >= len(src) {
			return errLZF
		}
		distance := ((c&31)<<8 | int(src[in])) + 1
		in++
		if distance > out || n > len(dst)-out {
			return errLZF
		}
		copyBack(dst[:out+n], out, distance)
		out += n
	}
	if out != len(dst) {
		return errLZF
	}
	return nil
}

// copyBack fills dst[at:] with the bytes that lie distance back. Source and target may overlap: the
// pattern repeats then, which copying in runs of at most the distance gives as well.
func copyBack(dst []byte, at, distance int) {
	for at < len(dst) {
		at += copy(dst[at:], dst[at-distance:at])
	}
}
