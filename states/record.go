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

	// What follows is ours: FreeBSD's metadata has no room for it, and a stock node's write makes it void.
	// The zero value of each means that nothing is known.

	// Unfit says whether this copy is known not to be current; equal counters make it void.
	Unfit Fitness
	// LastSession is the last session that this component was in; TrySession is one that it drew and that
	// was not confirmed yet. 0 is none. Two components of a pair that have none in common: one of them
	// went back in time (I16).
	LastSession, TrySession uint64
	// Unclean says what was under way that no clean stop ended.
	Unclean Unclean
	// Boot is the identity of the machine's start under which Unclean was written, at most MaxBoot bytes,
	// without NULs.
	Boot string
	// WasPrimary: this component was the primary's when the pair was last in sync.
	WasPrimary bool
	// Branch: this component went on alone though it might have lacked what was answered.
	Branch bool
	// Term is the reign that an arbiter granted last (I40).
	Term uint64
	// InSync says who was in sync in that term: bit 0 this node, bit 1 the peer. It says nothing while
	// Term is 0.
	InSync uint8
	// Zeroed: the data area was all zeroes when the component was created, and no session has begun since. So
	// it is zeroes wherever the map is clean, on this side; see FreshAsZeroes.
	Zeroed bool
	// Bad holds the extents whose own copy isn't current while the other side's is (I37). Too many runs are
	// widened, see ExtentRuns.
	Bad ExtentRuns
}

// Equal reports whether both records say the same. Records can be compared with == as well.
func (r Record) Equal(o Record) bool { return r == o }

// MaxBoot is the longest boot identity in bytes.
const MaxBoot = 64

// Unclean is a set of bits: why a component may hold less, or more, than its counters say. 0 is a clean
// stop.
type Unclean uint8

// The bits of Unclean, with their numbers in metadata.
const (
	// UncleanBegan: a reign or a session began.
	UncleanBegan Unclean = 1
	// UncleanSent: some answers were given for what was only sent.
	UncleanSent Unclean = 2
	// UncleanReceived: as secondary it acknowledged writes that were only received, or it was fresh.
	UncleanReceived Unclean = 4
	// UncleanRestarted: the machine was started anew since, so that what was not flushed may be gone.
	UncleanRestarted Unclean = 8
	// UncleanRaised: it was raised (Raised), and has neither been equal to the peer nor its secondary since.
	UncleanRaised Unclean = 16
)

// CacheInDoubt reports whether a process of this very start of the machine may have ended without order: a flush may
// have failed it, which the disk tells only once, so that the flushes of a later process prove nothing of what it
// wrote (I38). A machine that was started anew has no cache of it. boot is the identity of the machine's start, empty
// if it is unknown. That the record speaks of an earlier loss of power says nothing of the process that wrote it.
func CacheInDoubt(r *Record, boot string) bool {
	return r.Unclean&^UncleanSent != 0 && (boot == "" || r.Boot == "" || r.Boot == boot)
}

// MetadataSize is the size of HAST's metadata block, at offset 0 of a component, in bytes.
const MetadataSize = 4096

// MapOffset is where the activemap begins on a component, in bytes.
const MapOffset = MetadataSize

// MapSize is the size of the on-disk activemap area of this component in bytes: at most what the
// record leaves between the metadata block and the data, and never computed from the provider's size
// (the original's defect A6). It never reaches the slots of CopyOffsets.
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
