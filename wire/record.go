package wire

import (
	"fmt"
	"math"
	"strings"

	"hast/states"
)

// Names of the fields of a record that no message has (hast-protocol 5.1), and of ours (docs/metadata.md).
const (
	fieldKeepDirty = "keepdirty"
	fieldLocalOff  = "offset"
	fieldPrevRole  = "prevrole"

	fieldUnfit      = "x_unfit"
	fieldLastSess   = "x_lastsession"
	fieldTrySess    = "x_trysession"
	fieldUnclean    = "x_unclean"
	fieldBoot       = "x_boot"
	fieldWasPrimary = "x_wasprimary"
	fieldBranch     = "x_branch"
	fieldTerm       = "x_term"
	fieldInSync     = "x_insync"
	fieldBad        = "x_bad"
	fieldZeroed     = "x_zeroed"
)

const (
	// minExtent is the smallest extent in bytes: one sector of the smallest size there is.
	minExtent = 512
	// maxExtents is the original's limit. It bounds the map in memory to 256 MiB.
	maxExtents uint64 = 1 << 31
)

// appendRecord appends the original's fields in its order, then ours, of which those that say nothing are
// left out: a record without them is the original's to the byte.
func appendRecord(b []byte, r *states.Record) []byte {
	b = AppendStr(b, fieldResource, r.Resource)
	b = AppendU64(b, fieldDataSize, r.DataSize)
	b = AppendU32(b, fieldExtentSize, r.ExtentSize)
	b = AppendU32(b, fieldKeepDirty, r.KeepDirty)
	b = AppendU64(b, fieldLocalOff, r.LocalOff)
	b = AppendU64(b, fieldResUID, r.ResUID)
	b = AppendU64(b, fieldLocalCnt, r.LocalCnt)
	b = AppendU64(b, fieldRemoteCnt, r.RemoteCnt)
	b = AppendStr(b, fieldPrevRole, r.PrevRole.String())
	b = appendSet8(b, fieldUnfit, uint8(r.Unfit))
	b = appendSet64(b, fieldLastSess, r.LastSession)
	b = appendSet64(b, fieldTrySess, r.TrySession)
	b = appendSet8(b, fieldUnclean, uint8(r.Unclean))
	if r.Boot != "" {
		b = AppendStr(b, fieldBoot, r.Boot)
	}
	b = appendSet8(b, fieldWasPrimary, bit(r.WasPrimary))
	b = appendSet8(b, fieldBranch, bit(r.Branch))
	b = appendSet8(b, fieldZeroed, bit(r.Zeroed))
	b = appendSet64(b, fieldTerm, r.Term)
	if r.InSync != 0 || r.Term != 0 {
		// Nobody in sync is something else than nothing known.
		b = AppendU8(b, fieldInSync, r.InSync)
	}
	return AppendBytes(b, fieldBad, r.Bad.Bytes())
}

func appendSet8(b []byte, name string, v uint8) []byte {
	if v == 0 {
		return b
	}
	return AppendU8(b, name, v)
}

func appendSet64(b []byte, name string, v uint64) []byte {
	if v == 0 {
		return b
	}
	return AppendU64(b, name, v)
}

func bit(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}

// readRecord reads a record's fields. Those that it does not know are ignored, an unknown word for the role
// becomes states.RoleUndef, an unknown grade of unfit the worst one.
func readRecord(nv NV) (states.Record, error) {
	r := fieldReader{nv: nv}
	rec := states.Record{
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
	rec.Unfit = min(states.Fitness(r.optU8(fieldUnfit)), states.Inconsistent)
	rec.LastSession, rec.TrySession = r.optU64(fieldLastSess), r.optU64(fieldTrySess)
	rec.Unclean = states.Unclean(r.optU8(fieldUnclean))
	rec.Boot = r.optStr(fieldBoot)
	rec.WasPrimary, rec.Branch = r.optU8(fieldWasPrimary) != 0, r.optU8(fieldBranch) != 0
	rec.Zeroed = r.optU8(fieldZeroed) != 0
	rec.Term, rec.InSync = r.optU64(fieldTerm), r.optU8(fieldInSync)
	bad := r.optBytes(fieldBad)
	if r.err != nil {
		return states.Record{}, r.err
	}
	if known, err := states.ParseRole(role); err == nil {
		rec.PrevRole = known
	}
	if err := checkRecord(&rec); err != nil {
		return states.Record{}, err
	}
	var err error
	if rec.Bad, err = states.ParseExtentRuns(bad, states.Extents(rec.DataSize, rec.ExtentSize)); err != nil {
		return states.Record{}, &FieldError{fieldBad, "can't be: " + err.Error()}
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
	if len(r.Boot) > states.MaxBoot {
		return &FieldError{fieldBoot, fmt.Sprintf("has %d bytes, at most %d are allowed", len(r.Boot), states.MaxBoot)}
	}
	if strings.IndexByte(r.Boot, 0) >= 0 {
		return &FieldError{fieldBoot, "contains a NUL"}
	}
	return nil
}
