package wire

import (
	"errors"
	"fmt"
	"hash/crc32"

	"hast/states"
)

// ErrNoMetadata is what DecodeMetadata says to a block of zeroes: nothing was created there yet.
var ErrNoMetadata = errors.New("no HAST metadata: the block is blank")

const (
	// fieldNumber is x_copies of docs/metadata.md: the number of the write, which the copies have as well.
	fieldNumber = "x_copies"
	// fieldSum is x_sum: the CRC-32C of all that is before it; it is last.
	fieldSum = "x_sum"
	// sumSize is the length of that element in bytes.
	sumSize = 22
)

// MaxBlockRuns is how many runs of bad extents FreeBSD's block has room for; more are widened in it.
const MaxBlockRuns = states.BlockRuns

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// EncodeMetadata makes the metadata block of a component without copies, states.MetadataSize bytes: the
// record's fields in the original's order, ours, then zeroes. It refuses a record that DecodeMetadata
// would refuse.
func EncodeMetadata(r *states.Record) ([]byte, error) { return EncodeBlock(r, 0) }

// EncodeBlock makes the metadata block that goes with copies of the same number; 0 is none. A block with a
// number has a checksum, and is as good as a copy unless Bad has more than MaxBlockRuns runs. A stock
// node ignores both, and drops them at its next write, which tells who wrote last.
func EncodeBlock(r *states.Record, number uint64) ([]byte, error) {
	if err := checkRecord(r); err != nil {
		return nil, wrap("metadata", err)
	}
	narrow := *r
	narrow.Bad = r.Bad.Widened(MaxBlockRuns)
	b := appendRecord(make([]byte, 0, states.MetadataSize), &narrow)
	if number != 0 {
		b = AppendU64(b, fieldNumber, number)
		b = AppendU32(b, fieldSum, crc32.Checksum(b, castagnoli))
	}
	if len(b) > states.MetadataSize {
		return nil, fmt.Errorf("metadata: the record takes %d bytes, the block has %d", len(b), states.MetadataSize)
	}
	return append(b, make([]byte, states.MetadataSize-len(b))...), nil
}

// DecodeMetadata reads a metadata block of states.MetadataSize bytes, whoever wrote it. Fields that it
// does not know are ignored, an unknown word for the role becomes states.RoleUndef. ErrNoMetadata is a
// block of zeroes.
func DecodeMetadata(block []byte) (states.Record, error) {
	rec, _, err := DecodeBlock(block)
	return rec, err
}

// DecodeBlock reads what EncodeBlock makes. The number is 0 if a stock node wrote the block.
func DecodeBlock(block []byte) (rec states.Record, number uint64, err error) {
	if len(block) != states.MetadataSize {
		return rec, 0, fmt.Errorf("metadata: block has %d bytes instead of %d", len(block), states.MetadataSize)
	}
	if isZero(block) {
		return rec, 0, ErrNoMetadata
	}
	nv, err := ParseNV(block)
	if err != nil {
		return rec, 0, fmt.Errorf("metadata: this is not a HAST component: %w", err)
	}
	if number, err = checkSum(nv); err != nil {
		return rec, 0, wrap("metadata", err)
	}
	if rec, err = readRecord(nv); err != nil {
		return rec, 0, wrap("metadata", err)
	}
	return rec, number, nil
}

// checkSum returns the number of a block of ours, 0 of another's. One of the two fields without the other
// was damaged.
func checkSum(nv NV) (number uint64, err error) {
	if !nv.Has(fieldNumber) && !nv.Has(fieldSum) {
		return 0, nil
	}
	r := fieldReader{nv: nv}
	number, sum := r.u64(fieldNumber), r.u32(fieldSum)
	switch {
	case r.err != nil:
		return 0, r.err
	case number == 0:
		return 0, &FieldError{fieldNumber, "is 0, which no write has"}
	case crc32.Checksum(nv[:max(len(nv), sumSize)-sumSize], castagnoli) != sum:
		return 0, &FieldError{fieldSum, "doesn't fit: the block was torn or changed"}
	}
	return number, nil
}

// FindBlock says what FreeBSD's block is, given what a read of it yielded.
func FindBlock(block []byte, readErr error) states.StoredCopy {
	if readErr != nil {
		return states.StoredCopy{State: states.CopyUnreadable, Why: readErr.Error()}
	}
	rec, number, err := DecodeBlock(block)
	switch {
	case errors.Is(err, ErrNoMetadata):
		return states.StoredCopy{State: states.CopyBlank}
	case err != nil:
		return states.StoredCopy{State: states.CopyDamaged, Why: err.Error()}
	}
	nv, _ := ParseNV(block)
	return states.StoredCopy{State: states.CopyGood, Number: number, Record: rec, Frayed: !isZero(block[len(nv):])}
}
