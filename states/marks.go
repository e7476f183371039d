package states

// Marks are what two nodes of ours tell each other beyond counters (docs/protocol.md). The zero value is
// a stock node's: nothing is known.
type Marks struct {
	// Known: the node keeps marks.
	Known bool
	// LastSession is the last session that the component was in, TrySession one that it drew and has not
	// seen confirmed; 0 is none.
	LastSession, TrySession uint64
	// Crashed is what an unclean end left: the record's bits at open, and whether the machine was started
	// anew since.
	Crashed Unclean
	// Sent: some answers of the component's last reign were given for what was only sent.
	Sent bool
	// Branch: it went on alone though it might have lacked what was answered.
	Branch bool
	// WasPrimary: it was the primary's when the pair was last in sync.
	WasPrimary bool
	// LagKnown: the component knows which extents of it lack something answered.
	LagKnown bool
	// Dirty: it holds dirty extents of its own, as a primary does.
	Dirty bool
	// Zeroed: it was created as zeroes, and has been in no session.
	Zeroed bool
}

// FreshAsZeroes reports that a fresh secondary needs no full copy: both components were created as zeroes, and
// what the primary changed since, its map says, because alone no bit is cleared. As soon as a session begins
// neither record says so any more, durably: a map that was cleared in one says nothing about a third component.
func FreshAsZeroes(v Verdict, p, s Marks) bool {
	return v == VerdictFresh && p.Known && s.Known && p.Zeroed && s.Zeroed
}

// strangers reports that two components of one pair, both of which were in sessions, have none in common
// (rule session-check).
func strangers(p, s Marks) bool {
	if !p.Known || !s.Known || p.LastSession == 0 || s.LastSession == 0 {
		return false
	}
	same := func(a, b uint64) bool { return a != 0 && a == b }
	return !same(p.LastSession, s.LastSession) && !same(p.LastSession, s.TrySession) &&
		!same(p.TrySession, s.LastSession) && !same(p.TrySession, s.TrySession)
}

// branched reports that the side ahead went on alone though it might have lacked answered writes, while
// the other one still has them: it was primary and lost nothing (rule branch).
func branched(ahead, other Marks) bool {
	return ahead.Branch && other.Known && other.Crashed&(UncleanReceived|UncleanRestarted) == 0 && other.Dirty
}

// Rank says how much a copy of one extent may lack when the counters are equal; the lower one is the
// source. lags: the copy knows that it lacks something answered in this extent.
//
//	0  lacks nothing that was answered, or says exactly where (and not here); also a killed process,
//	   which loses nothing that was written; also async's crashed primary: its tail is nowhere else
//	1  as secondary it acknowledged writes that it may not have applied, and its process was killed: it has all
//	   that was flushed, and what it has written
//	2  its machine lost power: what was not flushed may be gone
//	3  both; a stock node
//	4  it knows that it lacks something here
func (m Marks) Rank(lags bool) int {
	switch {
	case !m.Known:
		return 3
	case m.LagKnown && !(m.WasPrimary && m.Crashed != 0):
		// Whatever happened before, it has been told since what it lacks. A crashed former primary was
		// told only what the other side knows.
		if lags {
			return 4
		}
		return 0
	case m.Crashed&UncleanReceived != 0 && m.Crashed&UncleanRestarted != 0:
		return 3
	case m.Crashed&UncleanReceived != 0:
		return 1
	case m.Crashed&UncleanSent != 0:
		return 0
	case m.Crashed&UncleanRestarted != 0:
		return 2
	}
	return 0
}

// Reign is what the primary knows of its own reign when it asks for the source of an extent.
type Reign struct {
	// Served: something of this reign was answered, so its content must not jump (I35).
	Served bool
	// Again: in this reign the primary was the target of this secondary already, whose localcnt hasn't
	// changed since: there is nothing new there (rule keep-stale).
	Again bool
}

// ExtentMarks are the marks of one extent.
type ExtentMarks struct {
	Stale bool // the primary knew before that it isn't current here
	BadP  bool // the primary's component failed it
	BadS  bool // the secondary's component failed it
	LagP  bool // the primary's copy, from its time as secondary, lacks something answered here
	LagS  bool // the secondary's does
}
