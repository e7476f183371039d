package wire

import (
	"encoding/binary"
	"strings"
)

// zeroes is padding, and what an all-zero payload is compared with.
var zeroes [4096]byte

// appendElement appends the header and the padded name of an element with dataSize bytes of data. A
// name longer than MaxName is cut: names are constants of this package, perhaps with an index.
func appendElement(dst []byte, typ byte, name string, dataSize int) []byte {
	if len(name) > MaxName {
		name = name[:MaxName]
	}
	dst = append(dst, typ, byte(len(name)+1))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(dataSize))
	dst = append(dst, name...)
	// The NUL and the padding. The original leaves heap garbage in the latter (its defect B7).
	return append(dst, zeroes[:pad8(len(name)+1)-len(name)]...)
}

// appendNumber appends an integer of size bytes (1, 2, 4 or 8), padded to 8.
func appendNumber(dst []byte, typ byte, name string, size int, v uint64) []byte {
	dst = appendElement(dst, typ, name, size)
	if size < 8 {
		v &= 1<<(8*size) - 1
	}
	return binary.LittleEndian.AppendUint64(dst, v)
}

// AppendI8 appends an int8 element.
func AppendI8(dst []byte, name string, v int8) []byte {
	return appendNumber(dst, TypeI8, name, 1, uint64(v))
}

// AppendU8 appends a uint8 element.
func AppendU8(dst []byte, name string, v uint8) []byte {
	return appendNumber(dst, TypeU8, name, 1, uint64(v))
}

// AppendI16 appends an int16 element.
func AppendI16(dst []byte, name string, v int16) []byte {
	return appendNumber(dst, TypeI16, name, 2, uint64(v))
}

// AppendU16 appends a uint16 element.
func AppendU16(dst []byte, name string, v uint16) []byte {
	return appendNumber(dst, TypeU16, name, 2, uint64(v))
}

// AppendI32 appends an int32 element.
func AppendI32(dst []byte, name string, v int32) []byte {
	return appendNumber(dst, TypeI32, name, 4, uint64(v))
}

// AppendU32 appends a uint32 element.
func AppendU32(dst []byte, name string, v uint32) []byte {
	return appendNumber(dst, TypeU32, name, 4, uint64(v))
}

// AppendI64 appends an int64 element.
func AppendI64(dst []byte, name string, v int64) []byte {
	return appendNumber(dst, TypeI64, name, 8, uint64(v))
}

// AppendU64 appends a uint64 element.
func AppendU64(dst []byte, name string, v uint64) []byte {
	return appendNumber(dst, TypeU64, name, 8, v)
}

// AppendStr appends a string element. A string ends at its first NUL, because the format has no way to
// carry one.
func AppendStr(dst []byte, name, s string) []byte {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	dst = appendElement(dst, TypeStr, name, len(s)+1)
	dst = append(dst, s...)
	return append(dst, zeroes[:pad8(len(s)+1)-len(s)]...)
}

// AppendBytes appends an array of uint8. An empty array has no encoding: nothing is appended then, and
// the field is absent.
func AppendBytes(dst []byte, name string, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	dst = appendElement(dst, TypeU8Array, name, len(b))
	dst = append(dst, b...)
	return append(dst, zeroes[:pad8(len(b))-len(b)]...)
}
