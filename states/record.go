package states

// Record is the durable state of a component: what its metadata block says. One writer owns it, and
// each write of it is whole.
type Record struct {
	// Resource is the name of the resource that the component belongs to.
	Resource string
	// DataSize is the size of the replicated device in bytes.
	DataSize uint64
	// ExtentSize is the number of bytes that one bit of the activemap stands for; a power of two.
	ExtentSize uint32
	// KeepDirty is how many recently written extents stay dirty on disk.
	KeepDirty uint32
	// LocalOff is where the data area begins on the component, in bytes.
	LocalOff uint64
	// ResUID is the random identity that both components of a pair share; 0 means never paired.
	ResUID uint64
	// LocalCnt counts the periods in which this component was changed alone.
	LocalCnt uint64
	// RemoteCnt is the peer's LocalCnt as of the last completed synchronization.
	RemoteCnt uint64
	// PrevRole is the role at the time of the write; informational.
	PrevRole Role
	// Unfit says whether this copy is known not to be current. It is ours (x_unfit); a stock node drops
	// it at its next write, and equal counters make it void.
	Unfit Fitness
}

// MetadataSize is the size of HAST's metadata block, at offset 0 of a component, in bytes.
const MetadataSize = 4096

// MapOffset is where the activemap begins on a component, in bytes.
const MapOffset = MetadataSize

// MapSize is the size of the on-disk activemap area of this component in bytes: at most what the
// record leaves between the metadata block and the data, and never computed from the provider's size
// (the original's defect A6).
func (r *Record) MapSize() uint64 {
	need := MapBytes(r.DataSize, r.ExtentSize)
	room := r.LocalOff - MapOffset
	if room < need {
		return room
	}
	if rounded := (need + 4095) &^ 4095; rounded <= room {
		return rounded
	}
	return room
}

// Extents is the number of extents of a device of size bytes.
func Extents(size uint64, extent uint32) uint64 {
	if size == 0 || extent == 0 {
		return 0
	}
	return (size-1)/uint64(extent) + 1
}

// MapBytes is the length of the activemap of a device of size bytes, rounded up to whole 64-bit words
// as the original does.
func MapBytes(size uint64, extent uint32) uint64 {
	return (Extents(size, extent) + 63) / 64 * 8
}
