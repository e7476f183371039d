package wire

import "hast/states"

// The fields of marks (docs/protocol.md). Numbers that are 0 are sent all the same: absence would mean a
// node that keeps no marks.
const (
	fieldSession   = "x_session"
	fieldLag       = "x_lag"
	fieldDirty     = "x_dirty"
	fieldBadSize   = "x_badbytes"
	fieldOwnSize   = "x_datasize"
	fieldOwnExtent = "x_extentsize"
)

// appendMarks encodes what both sides tell of themselves. Bit 2 of x_unclean is the record's, the others
// tell of an end that wasn't clean: so 2 alone is no crash.
func appendMarks(dst []byte, m *states.Marks) []byte {
	unclean := m.Crashed &^ states.UncleanSent
	if m.Sent {
		unclean |= states.UncleanSent
	}
	dst = AppendU64(dst, fieldLastSess, m.LastSession)
	dst = AppendU64(dst, fieldTrySess, m.TrySession)
	dst = AppendU8(dst, fieldUnclean, uint8(unclean))
	dst = AppendU8(dst, fieldBranch, asU8(m.Branch))
	dst = AppendU8(dst, fieldWasPrimary, asU8(m.WasPrimary))
	return appendSet8(dst, fieldZeroed, asU8(m.Zeroed))
}

func asU8(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// marks reads them; a node that announced CapMarks must send them all.
func (r *fieldReader) marks() states.Marks {
	m := states.Marks{Known: true, LastSession: r.u64(fieldLastSess), TrySession: r.u64(fieldTrySess)}
	unclean := states.Unclean(r.u8(fieldUnclean))
	m.Branch, m.WasPrimary = r.u8(fieldBranch) != 0, r.u8(fieldWasPrimary) != 0
	m.Zeroed = r.optU8(fieldZeroed) != 0
	m.Sent = unclean&states.UncleanSent != 0
	if unclean&^states.UncleanSent != 0 {
		m.Crashed = unclean
	}
	return m
}

// appendTold encodes what people are told.
func appendTold(dst []byte, t *Told) []byte {
	return AppendU64(AppendU64(dst, fieldDirty, t.Dirty), fieldBadSize, t.Bad)
}

// told reads it; a node that doesn't tell has nothing to tell.
func (r *fieldReader) told() Told {
	return Told{Dirty: r.optU64(fieldDirty), Bad: r.optU64(fieldBadSize)}
}

// unfit reads the fitness; what isn't known is the worst.
func (r *fieldReader) unfit() states.Fitness {
	unfit, _ := r.nv.U8(fieldUnfit)
	return min(states.Fitness(unfit), states.Inconsistent)
}
