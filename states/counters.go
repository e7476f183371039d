package states

// How the counters move (I19). Each function yields the record to be made durable; none changes its
// argument.

// Raised is the record of a component that begins to be changed alone. Once per alone period and
// process, whatever the peer's counter was (rule raise-each; the original's A10), durable before the
// first answer that depends on it.
func Raised(r Record) Record {
	r.LocalCnt++
	r.Unfit = Fit
	return r
}

// Equalised is the primary's record when both components are equal, and flushed: the counters take the
// values that the secondary told in this session.
func Equalised(r Record, peer Copy) Record {
	r.LocalCnt, r.RemoteCnt = peer.RemoteCnt, peer.LocalCnt
	r.Unfit = Fit
	return r
}

// Paired is the primary's record once a fresh secondary was found: "only we have the data", so that
// the pair's next handshake knows who does, even if the copy is cut short.
func Paired(r Record, peer Copy) Record {
	if r.LocalCnt <= peer.RemoteCnt {
		r.LocalCnt = peer.RemoteCnt + 1
	}
	return r
}

// Adopted is the record of a fresh secondary that joins a primary's pair. It is written only when the
// primary's own record says that it alone has the data (Paired), which its first request proves: until
// then the component stays fresh, so that a cut anywhere is followed by another full copy. Its own map is
// all ones by then.
func Adopted(r Record, primary Copy) Record {
	r.ResUID = primary.ResUID
	r.LocalCnt, r.RemoteCnt = primary.RemoteCnt, max(primary.LocalCnt, 1)-1
	r.Unfit = Inconsistent
	return r
}

// Fitness says whether a copy may be promoted (I17).
type Fitness uint8

// The grades of fitness, with their numbers in metadata.
const (
	// Fit: nothing is known to be missing.
	Fit Fitness = 0
	// Outdated: the other side holds newer data; this one is as it was at some earlier moment.
	Outdated Fitness = 1
	// Inconsistent: partly overwritten by a copy that hasn't ended: it never was like this.
	Inconsistent Fitness = 2
)

var fitnessNames = [...]string{"fit", "outdated", "inconsistent"}

// String names the grade.
func (f Fitness) String() string { return enumName(fitnessNames[:], int(f)) }
