package wire

import (
	"fmt"
	"strings"
)

// FieldError says which field of a message is missing or has a type or a value that it must not have.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return fmt.Sprintf("field %q %s", e.Field, e.Reason) }

// lackOf tells a missing field from a mistyped one.
func lackOf(nv NV, name, want string) error {
	if nv.Has(name) {
		return &FieldError{name, "has another type than " + want}
	}
	return &FieldError{name, "is missing"}
}

// fieldReader looks up the fields of one message and keeps the first error.
type fieldReader struct {
	nv  NV
	err error
}

func (r *fieldReader) fail(name, want string) {
	if r.err == nil {
		r.err = lackOf(r.nv, name, want)
	}
}

func (r *fieldReader) reject(name, reason string) {
	if r.err == nil {
		r.err = &FieldError{name, reason}
	}
}

// u64 reads a field that must be there.
func (r *fieldReader) u64(name string) uint64 {
	v, ok := r.nv.U64(name)
	if !ok {
		r.fail(name, "uint64")
	}
	return v
}

// u32 reads a field that must be there.
func (r *fieldReader) u32(name string) uint32 {
	v, ok := r.nv.U32(name)
	if !ok {
		r.fail(name, "uint32")
	}
	return v
}

// u8 reads a field that must be there.
func (r *fieldReader) u8(name string) uint8 {
	v, ok := r.nv.U8(name)
	if !ok {
		r.fail(name, "uint8")
	}
	return v
}

// str reads a field that must be there.
func (r *fieldReader) str(name string) string {
	v, ok := r.nv.Str(name)
	if !ok {
		r.fail(name, "string")
	}
	return v
}

// optU64 reads a field that may be absent (0 then), but not of another type.
func (r *fieldReader) optU64(name string) uint64 {
	v, ok := r.nv.U64(name)
	if !ok && r.nv.Has(name) {
		r.fail(name, "uint64")
	}
	return v
}

// optU8 reads a field that may be absent (0 then), but not of another type.
func (r *fieldReader) optU8(name string) uint8 {
	v, ok := r.nv.U8(name)
	if !ok && r.nv.Has(name) {
		r.fail(name, "uint8")
	}
	return v
}

// optStr reads a field that may be absent (empty then), but not of another type.
func (r *fieldReader) optStr(name string) string {
	v, ok := r.nv.Str(name)
	if !ok && r.nv.Has(name) {
		r.fail(name, "string")
	}
	return v
}

// optBytes reads a field that may be absent (empty then), but not of another type. It aliases the nv.
func (r *fieldReader) optBytes(name string) []byte {
	v, ok := r.nv.Bytes(name)
	if !ok && r.nv.Has(name) {
		r.fail(name, "an array of uint8")
	}
	return v
}

// resource reads the name of a resource: not empty, and at most MaxResource bytes.
func (r *fieldReader) resource() string {
	name := r.str(fieldResource)
	if r.err == nil {
		r.err = checkResource(name)
	}
	return name
}

// MaxResource is the longest name of a resource in bytes; the original's buffer has room for it and
// its NUL.
const MaxResource = 254

func checkResource(name string) error {
	switch {
	case name == "":
		return &FieldError{fieldResource, "is empty"}
	case len(name) > MaxResource:
		return &FieldError{fieldResource, fmt.Sprintf("is %d bytes long, at most %d are allowed", len(name), MaxResource)}
	case strings.IndexByte(name, 0) >= 0:
		return &FieldError{fieldResource, "contains a NUL"}
	}
	return nil
}

// printable makes a word from outside fit for a log line: at most 32 bytes, no control characters.
func printable(word []byte) string {
	if len(word) > 32 {
		word = word[:32]
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, string(word))
}
