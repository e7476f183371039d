package wire

import (
	"errors"
	"fmt"
	"math"

	"hast/states"
)

// Names of the fields of the metadata block that no message has (hast-protocol 5.1).
const (
	fieldKeepDirty = "keepdirty"
	fieldLocalOff  = "offset"
	fieldPrevRole  = "prevrole"
)

// ErrNoMetadata is what DecodeMetadata says to a block of zeroes: nothing was created there yet.
var ErrNoMetadata = errors.New("no HAST metadata: the block is blank")

const (
	// minExtent is the smallest extent in bytes: one sector of the smallest size there is.
	minExtent = 512
	// maxExtents is the original's limit. It bounds the map in memory to 256 MiB.
	maxExtents uint64 = 1 << 31
	// fieldUnfit is x_unfit of docs/protocol.md: the copy's fitness, absent when it is fit.
	fieldUnfit = "x_unfit"
)

// EncodeMetadata makes the metadata block, states.MetadataSize bytes: the record's fields in the
// original's order, then zeroes. It refuses a record that DecodeMetadata would refuse.
func EncodeMetadata(r *states.Record) ([]byte, error) {
	if err := checkRecord(r); err != nil {
		return nil, wrap("metadata", err)
	}
	b := make([]byte, 0, states.MetadataSize)
	b = AppendStr(b, fieldResource, r.Resource)
	b = AppendU64(b, fieldDataSize, r.DataSize)
	b = AppendU32(b, fieldExtentSize, r.ExtentSize)
	b = AppendU32(b, fieldKeepDirty, r.KeepDirty)
	b = AppendU64(b, fieldLocalOff, r.LocalOff)
	b = AppendU64(b, fieldResUID, r.ResUID)
	b = AppendU64(b, fieldLocalCnt, r.LocalCnt)
	b = AppendU64(b, fieldRemoteCnt, r.RemoteCnt)
	b = AppendStr(b, fieldPrevRole, r.PrevRole.String())
	if r.Unfit != states.Fit {
		// Ours, behind all of the original's fields; a stock node drops it at its next write.
		b = AppendU8(b, fieldUnfit, uint8(r.Unfit))
	}
	// The name has at most MaxResource bytes, so the fields never fill the block.
	return b[:states.MetadataSize], nil
}

// DecodeMetadata reads a metadata block of states.MetadataSize bytes. Fields that it does not know are
// ignored, an unknown word for the role becomes states.RoleUndef. ErrNoMetadata is a block of zeroes.
func DecodeMetadata(block []byte) (states.Record, error) {
	var rec states.Record
	if len(block) != states.MetadataSize {
		return rec, fmt.Errorf("metadata: block has %d bytes instead of %d", len(block), states.MetadataSize)
	}
	if isZero(block) {
		return rec, ErrNoMetadata
	}
	nv, err := ParseNV(block)
	if err != nil {
		return rec, fmt.Errorf("metadata: this is not a HAST component: %w", err)
	}
	r := fieldReader{nv: nv}
	rec = states.Record{
		Resource:   r.str(fieldResource),
		DataSize:   r.u64(fieldDataSize),
		ExtentSize: r.u32(fieldExtentSize),
		KeepDirty:  r.u32(fieldKeepDirty),
		LocalOff:   r.u64(fieldLocalOff),
		ResUID:     r.u64(fieldResUID),
		LocalCnt:   r.u64(fieldLocalCnt),
		RemoteCnt:  r.u64(fieldRemoteCnt),
	}
	role := r.str(fieldPrevRole)
	if r.err != nil {
		return states.Record{}, wrap("metadata", r.err)
	}
	if known, err := states.ParseRole(role); err == nil {
		rec.PrevRole = known
	}
	if unfit, ok := nv.U8(fieldUnfit); ok {
		rec.Unfit = min(states.Fitness(unfit), states.Inconsistent)
	}
	if err := checkRecord(&rec); err != nil {
		return states.Record{}, wrap("metadata", err)
	}
	return rec, nil
}

// checkRecord refuses sizes that cannot be: whoever computes with a record that passed needs no further
// checks against overflow.
func checkRecord(r *states.Record) error {
	if err := checkResource(r.Resource); err != nil {
		return err
	}
	if r.ExtentSize < minExtent || r.ExtentSize&(r.ExtentSize-1) != 0 {
		return &FieldError{fieldExtentSize, fmt.Sprintf("is %d, which is not a power of two of at least %d", r.ExtentSize, minExtent)}
	}
	if r.DataSize == 0 || r.DataSize > math.MaxInt64 {
		return &FieldError{fieldDataSize, fmt.Sprintf("is %d, which no device can have", r.DataSize)}
	}
	if r.LocalOff > math.MaxInt64-r.DataSize {
		return &FieldError{fieldLocalOff, fmt.Sprintf("is %d: with datasize %d the component would be larger than any", r.LocalOff, r.DataSize)}
	}
	if n := states.Extents(r.DataSize, r.ExtentSize); n > maxExtents {
		return &FieldError{fieldExtentSize, fmt.Sprintf("is %d: %d extents are too many, at most %d are possible", r.ExtentSize, n, maxExtents)}
	}
	// FreeBSD up to 10 rounded the map to bytes instead of words before it rounded to sectors; both
	// give the same area.
	if least := states.MapOffset + states.MapBytes(r.DataSize, r.ExtentSize); r.LocalOff < least {
		return &FieldError{fieldLocalOff, fmt.Sprintf("is %d, but metadata and activemap take %d bytes", r.LocalOff, least)}
	}
	return nil
}
