package states

// The room between activemap and data ends in two slots that hold copies of the record (docs/metadata.md).
const (
	// CopySlot is the size of a slot in bytes.
	CopySlot = 32 << 10
	// CopySlots is the number of slots.
	CopySlots = 2
	// copyAlign is what a slot's offset is a multiple of in bytes: the largest usual physical sector, so
	// that the write of one slot never touches another's sectors.
	copyAlign = 4096
)

// CopyOffsets is where the slots of the record's component begin, in bytes. Without ok there are none: the
// layout is FreeBSD's, in which the data follows the map at once. There must be room for a second map
// between the map and the slots, so that a map of a stock node, rounded to whatever sectors, stays below
// them.
func (r *Record) CopyOffsets() (offs [CopySlots]uint64, ok bool) {
	return copyOffsets(r.LocalOff, MapBytes(r.DataSize, r.ExtentSize))
}

func copyOffsets(localoff, mapbytes uint64) (offs [CopySlots]uint64, ok bool) {
	if localoff%copyAlign != 0 || localoff < MapOffset+CopySlots*CopySlot || localoff-MapOffset-CopySlots*CopySlot < 2*mapbytes {
		return offs, false
	}
	return SlotsBelow(localoff), true
}

// SlotsBelow is where the slots are if the data area begins at localoff, in bytes, which is large enough.
func SlotsBelow(localoff uint64) (offs [CopySlots]uint64) {
	for i := range offs {
		offs[i] = localoff - uint64(CopySlots-i)*CopySlot
	}
	return offs
}

// searchedUnits is how many beginnings of the data area SlotSearch tries one by one.
const searchedUnits = 64

// SlotSearch lists where the data area of a component of media bytes can begin, in ascending order, in
// bytes: where to look for copies of the record when the metadata block, which tells, is lost. The list is
// never long: each of the first searchedUnits whole LayoutUnits, and what Layout gives for every size of an
// extent.
func SlotSearch(media uint64) []uint64 {
	var all []uint64
	for n := uint64(1); n <= searchedUnits && n*LayoutUnit < media; n++ {
		all = append(all, n*LayoutUnit)
	}
	for extent := uint32(1 << 30); extent >= LayoutGrain; extent >>= 1 {
		if localoff, _, _, err := Layout(media, extent); err == nil && (len(all) == 0 || localoff > all[len(all)-1]) {
			all = append(all, localoff)
		}
	}
	return all
}
