package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"hast/states"
)

// The form of a copy of the record (docs/metadata.md), all numbers little-endian. Head and tail stay as
// they are in every later version, so that a copy can be told to be whole by who can't read it.
//
//	 0  magic               "HASTcopy"
//	 8  major, minor        16 bits each; another major has another meaning
//	12  length              32 bits: of the copy in bytes, with head and tail
//	16  number              64 bits: of the write, counted from 1
//	24  offset              64 bits: of the copy on its component, in bytes
//	32  fields              an nv: those of FreeBSD's block, and ours
//	-12 number              64 bits: again; another one was torn
//	-4  checksum            32 bits: CRC-32C of all before it
const (
	copyMagic = "HASTcopy"
	copyMajor = 1
	copyMinor = 0
	copyHead  = 32
	copyTail  = 12
	// MaxCopy is the largest copy in bytes. What follows it in its slot is left to later versions.
	MaxCopy = 28 << 10
	// copyGrain is what a written copy is padded to, in bytes: whole physical sectors.
	copyGrain = 4096
)

// CopyError says why bytes are not the copy that should be in a place.
type CopyError struct {
	State states.CopyState
	// Reason is what was found and what was expected; empty if State says all.
	Reason string
}

// Error says the state, and the reason if there is one.
func (e *CopyError) Error() string {
	if e.Reason == "" {
		return "metadata copy is " + e.State.String()
	}
	return "metadata copy is " + e.State.String() + ": " + e.Reason
}

func badCopy(s states.CopyState, format string, args ...any) error {
	return &CopyError{s, fmt.Sprintf(format, args...)}
}

// EncodeCopy makes the copy of a record with this number that lies at off bytes on the component, padded
// with zeroes to whole sectors of 4096 bytes.
func EncodeCopy(r *states.Record, number, off uint64) ([]byte, error) {
	if err := checkRecord(r); err != nil {
		return nil, wrap("metadata copy", err)
	}
	if number == 0 {
		return nil, errors.New("metadata copy: number 0 means that there is none")
	}
	b := make([]byte, copyHead, 2*copyGrain)
	copy(b, copyMagic)
	binary.LittleEndian.PutUint16(b[8:], copyMajor)
	binary.LittleEndian.PutUint16(b[10:], copyMinor)
	binary.LittleEndian.PutUint64(b[16:], number)
	binary.LittleEndian.PutUint64(b[24:], off)
	b = appendRecord(b, r)
	if len(b)+copyTail > MaxCopy {
		return nil, fmt.Errorf("metadata copy: the record takes %d bytes, a copy has %d", len(b), MaxCopy-copyTail)
	}
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)+copyTail))
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return append(b, make([]byte, (copyGrain-len(b)%copyGrain)%copyGrain)...), nil
}

// DecodeCopy reads the copy at the beginning of b, which was read at off bytes of the component of a
// resource; an empty resource is any. The error is a *CopyError.
func DecodeCopy(b []byte, off uint64, resource string) (rec states.Record, number uint64, err error) {
	if isZero(b[:min(len(b), MaxCopy)]) {
		return rec, 0, &CopyError{State: states.CopyBlank}
	}
	if len(b) < copyHead+copyTail || !BeginsAsCopy(b) {
		return rec, 0, badCopy(states.CopyDamaged, "it doesn't begin as a copy does")
	}
	length := binary.LittleEndian.Uint32(b[12:])
	if length < copyHead+copyTail || length > MaxCopy || int(length) > len(b) {
		return rec, 0, badCopy(states.CopyDamaged, "its length is given as %d bytes", length)
	}
	b = b[:length]
	number = binary.LittleEndian.Uint64(b[16:])
	if sum := binary.LittleEndian.Uint32(b[length-4:]); crc32.Checksum(b[:length-4], castagnoli) != sum {
		if again := binary.LittleEndian.Uint64(b[length-copyTail:]); again != number {
			return rec, 0, badCopy(states.CopyTorn, "it begins as number %d and ends otherwise", number)
		}
		return rec, 0, badCopy(states.CopyDamaged, "its checksum doesn't fit")
	}
	if own := binary.LittleEndian.Uint64(b[24:]); own != off {
		return rec, 0, badCopy(states.CopyMisplaced, "it lies at byte %d and was written for byte %d", off, own)
	}
	if major := binary.LittleEndian.Uint16(b[8:]); major != copyMajor {
		return rec, 0, badCopy(states.CopyNewer, "its format is version %d, this program knows version %d; use the program that wrote it, or a later one",
			major, copyMajor)
	}
	if number == 0 {
		return rec, 0, badCopy(states.CopyDamaged, "it has number 0")
	}
	nv, err := ParseNV(b[copyHead : length-copyTail])
	if err == nil {
		rec, err = readRecord(nv)
	}
	if err != nil {
		return states.Record{}, 0, badCopy(states.CopyDamaged, "%v", err)
	}
	if offs, ok := rec.CopyOffsets(); !ok || off != offs[0] && off != offs[1] {
		return states.Record{}, 0, badCopy(states.CopyMisplaced, "it lies at byte %d, and says that the data begin at %d", off, rec.LocalOff)
	}
	if resource != "" && rec.Resource != resource {
		return states.Record{}, 0, badCopy(states.CopyOther, "it belongs to %q", printable([]byte(rec.Resource)))
	}
	return rec, number, nil
}

// BeginsAsCopy reports whether b begins as a copy does, whole or not.
func BeginsAsCopy(b []byte) bool {
	return len(b) >= len(copyMagic) && string(b[:len(copyMagic)]) == copyMagic
}

// WrittenAt reports whether b begins as a copy does that was written for off, whole or not.
func WrittenAt(b []byte, off uint64) bool {
	return len(b) >= copyHead && BeginsAsCopy(b) && binary.LittleEndian.Uint64(b[24:]) == off
}

// FindCopy says what is in a slot at off bytes of a resource's component, given what a read of it
// yielded.
func FindCopy(slot []byte, off uint64, resource string, readErr error) states.StoredCopy {
	if readErr != nil {
		return states.StoredCopy{State: states.CopyUnreadable, Why: readErr.Error()}
	}
	rec, number, err := DecodeCopy(slot, off, resource)
	var bad *CopyError
	if errors.As(err, &bad) {
		return states.StoredCopy{State: bad.State, Why: bad.Reason}
	}
	return states.StoredCopy{State: states.CopyGood, Number: number, Record: rec}
}
