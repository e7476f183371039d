package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Type codes of nv elements. The array of a type has the code of the type plus 8.
const (
	TypeI8      = 1
	TypeU8      = 2
	TypeI16     = 3
	TypeU16     = 4
	TypeI32     = 5
	TypeU32     = 6
	TypeI64     = 7
	TypeU64     = 8
	TypeU8Array = 10
	TypeStr     = 17
)

const (
	// nvHeader is the size of an element's header: type, name size, data size.
	nvHeader = 6
	// nvOrderFlag marks host byte order in the type byte. Nobody sends it; we read such an element as
	// little-endian, which is what the original's usual hosts would have meant.
	nvOrderFlag = 0x80
	// MaxName is the longest name of an element in bytes, without its NUL.
	MaxName = 254
)

// NV is a validated run of name/value elements, HAST's private encoding (hast-protocol 1). It aliases
// the bytes that it was parsed from. The zero value is an empty NV.
//
// Lookups follow the original: the first element with the name wins, and if its type is another than
// the one asked for, the lookup fails. They take no memory.
type NV []byte

// NVError says why bytes are not an nv.
type NVError struct {
	// Offset is where the bad element begins, in bytes from the start of the nv.
	Offset int
	// Reason is the broken rule.
	Reason string
}

func (e *NVError) Error() string {
	return fmt.Sprintf("bad nv element at byte %d: %s", e.Offset, e.Reason)
}

// ParseNV checks b as the original does and returns the elements, without the padding that may follow
// them. A zero byte where an element would begin ends the nv, so that a whole metadata block can be
// parsed. An error is a *NVError.
func ParseNV(b []byte) (NV, error) {
	for at := 0; at < len(b); {
		if b[at] == 0 {
			return NV(b[:at:at]), nil
		}
		n, reason := checkElement(b[at:])
		if reason != "" {
			return nil, &NVError{Offset: at, Reason: reason}
		}
		at += n
	}
	return NV(b[:len(b):len(b)]), nil
}

// checkElement returns the encoded size of the element at the start of b, or the rule that it breaks.
func checkElement(b []byte) (size int, reason string) {
	if len(b) < nvHeader+2 {
		return 0, "header is cut off"
	}
	typ, nameSize := b[0]&^nvOrderFlag, int(b[1])
	dataSize := uint64(binary.LittleEndian.Uint32(b[2:]))
	if typ == 0 || typ > TypeStr {
		return 0, "unknown type"
	}
	if nameSize < 2 {
		return 0, "name is empty"
	}
	if dataSize == 0 {
		return 0, "data is empty"
	}
	dataAt := nvHeader + pad8(nameSize)
	if dataAt > len(b) {
		return 0, "name is cut off"
	}
	if !isCString(b[nvHeader : nvHeader+nameSize]) {
		return 0, "name does not end at its only NUL"
	}
	if (dataSize+7)&^7 > uint64(len(b)-dataAt) {
		return 0, "data is cut off"
	}
	data := b[dataAt : dataAt+int(dataSize)]
	switch {
	case typ == TypeStr:
		if !isCString(data) {
			return 0, "string does not end at its only NUL"
		}
	case typ <= TypeU64:
		if len(data) != 1<<((typ-1)/2) {
			return 0, "number has another size than its type"
		}
	default:
		if len(data)%(1<<((typ-9)/2)) != 0 {
			return 0, "array size is not a multiple of its type's"
		}
	}
	return dataAt + pad8(len(data)), ""
}

func isCString(b []byte) bool {
	return len(b) > 0 && bytes.IndexByte(b, 0) == len(b)-1
}

func pad8(n int) int { return (n + 7) &^ 7 }

// next splits the first element off n. ok is false at the end, and where the bytes are no element at all:
// whoever makes an NV without ParseNV may find other values than were meant, but no panic.
func (n NV) next() (name []byte, typ byte, data []byte, rest NV, ok bool) {
	if len(n) < nvHeader+2 || n[0] == 0 {
		return nil, 0, nil, nil, false
	}
	nameSize, dataSize := int(n[1]), uint64(binary.LittleEndian.Uint32(n[2:]))
	dataAt := nvHeader + pad8(nameSize)
	if nameSize < 2 || dataSize == 0 || dataAt > len(n) || (dataSize+7)&^7 > uint64(len(n)-dataAt) {
		return nil, 0, nil, nil, false
	}
	end := dataAt + int(dataSize)
	return n[nvHeader : nvHeader+nameSize-1], n[0] &^ nvOrderFlag, n[dataAt:end:end], n[dataAt+pad8(int(dataSize)):], true
}

// find returns the first element that is called name.
func (n NV) find(name string) (typ byte, data []byte, ok bool) {
	for {
		elem, typ, data, rest, ok := n.next()
		if !ok {
			return 0, nil, false
		}
		if string(elem) == name {
			return typ, data, true
		}
		n = rest
	}
}

// Each calls f for every element in order until f returns false. name and data alias the nv.
func (n NV) Each(f func(name []byte, typ byte, data []byte) bool) {
	for {
		name, typ, data, rest, ok := n.next()
		if !ok || !f(name, typ, data) {
			return
		}
		n = rest
	}
}

// Has reports whether there is an element called name, of whatever type. Fields whose presence alone
// counts (virgin, received, memsync, wait) are asked for with it.
func (n NV) Has(name string) bool {
	_, _, ok := n.find(name)
	return ok
}

// number looks up an integer of type typ; want is the type's size in bytes.
func (n NV) number(name string, typ byte, want int) (v uint64, ok bool) {
	t, data, ok := n.find(name)
	if !ok || t != typ || len(data) != want {
		return 0, false
	}
	return littleEndian(data), true
}

// littleEndian is the value of an integer of 1, 2, 4 or 8 bytes.
func littleEndian(data []byte) uint64 {
	switch len(data) {
	case 1:
		return uint64(data[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(data))
	case 4:
		return uint64(binary.LittleEndian.Uint32(data))
	case 8:
		return binary.LittleEndian.Uint64(data)
	}
	return 0
}

// I8 looks up an int8.
func (n NV) I8(name string) (int8, bool) { v, ok := n.number(name, TypeI8, 1); return int8(v), ok }

// U8 looks up a uint8.
func (n NV) U8(name string) (uint8, bool) { v, ok := n.number(name, TypeU8, 1); return uint8(v), ok }

// I16 looks up an int16.
func (n NV) I16(name string) (int16, bool) { v, ok := n.number(name, TypeI16, 2); return int16(v), ok }

// U16 looks up a uint16.
func (n NV) U16(name string) (uint16, bool) {
	v, ok := n.number(name, TypeU16, 2)
	return uint16(v), ok
}

// I32 looks up an int32.
func (n NV) I32(name string) (int32, bool) { v, ok := n.number(name, TypeI32, 4); return int32(v), ok }

// U32 looks up a uint32.
func (n NV) U32(name string) (uint32, bool) {
	v, ok := n.number(name, TypeU32, 4)
	return uint32(v), ok
}

// I64 looks up an int64.
func (n NV) I64(name string) (int64, bool) { v, ok := n.number(name, TypeI64, 8); return int64(v), ok }

// U64 looks up a uint64.
func (n NV) U64(name string) (uint64, bool) { return n.number(name, TypeU64, 8) }

// Bytes looks up an array of uint8. The result aliases the nv.
func (n NV) Bytes(name string) ([]byte, bool) {
	t, data, ok := n.find(name)
	if !ok || t != TypeU8Array {
		return nil, false
	}
	return data, true
}

// StrBytes looks up a string and returns its bytes without the NUL, aliasing the nv.
func (n NV) StrBytes(name string) ([]byte, bool) {
	t, data, ok := n.find(name)
	if !ok || t != TypeStr || len(data) == 0 {
		return nil, false
	}
	return data[:len(data)-1], true
}

// Str looks up a string; it copies it.
func (n NV) Str(name string) (string, bool) {
	b, ok := n.StrBytes(name)
	return string(b), ok
}
