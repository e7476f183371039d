package states

// How the counters move (I19). Each function yields the record to be made durable; none changes its
// argument.

// Raised is the record of a component that begins to be changed alone. Once per alone period and
// process, whatever the peer's counter was (rule raise-each; the original's A10), durable before the
// first answer that depends on it.
//
// crashed is what an unclean end of this component left: a copy that may lack what was answered makes a
// branch by going on alone. Once made it stays one, whatever later periods begin with. A power cut of a
// copy that had been raised already makes none: what it shared with the peer was flushed before that raise
// (rule raise-flush), and what it lost since was never the peer's.
// lacks are extents whose current content is the other side's: from now on the counters say that this
// copy is ahead, so the record says where it is not (rule raise-bad).
func Raised(r Record, crashed Unclean, lacks ExtentRuns) Record {
	r.LocalCnt++
	r.Bad = lacks
	r.Unfit = Fit
	r.Branch = r.Branch || crashed&UncleanReceived != 0 || crashed&(UncleanRestarted|UncleanRaised) == UncleanRestarted
	r.Unclean = UncleanBegan | UncleanRaised | r.Unclean&UncleanSent
	return r
}

// Equalised is the primary's record when both components are equal, and flushed: the counters take the
// values that the secondary told in this session.
func Equalised(r Record, peer Copy) Record {
	r.LocalCnt, r.RemoteCnt = peer.RemoteCnt, peer.LocalCnt
	r.Unfit, r.Unclean, r.Bad = Fit, UncleanBegan, ExtentRuns{}
	r.WasPrimary, r.Branch = true, false
	return r
}

// Fitted is the secondary's record when the primary says that the counters are equal: the copy is whole.
// received: it has acknowledged writes as received since the primary said so.
func Fitted(r Record, received bool) Record {
	r.Unfit, r.Unclean, r.Bad = Fit, UncleanBegan, ExtentRuns{}
	if received {
		r.Unclean |= UncleanReceived
	}
	r.WasPrimary, r.Branch = false, false
	return r
}

// Stopped is the record of a component whose role ends in order. left is what an earlier unclean end left,
// or the bits that must stay.
func Stopped(r Record, left Unclean) Record {
	r.Unclean = left
	return r
}

// ReignEnd is what a primary knows when its reign has ended in order, its last flush included.
type ReignEnd struct {
	Crashed  Unclean // what an earlier unclean end of this copy left; nothing has made up for it
	SentOnly bool    // what was answered as sent may be on this copy only
	Forced   bool    // the copy served though it was unfit: it has got nothing back
	Outdated bool    // it was found out that the secondary has what this copy lacks
	Doubted  bool    // no flush proves anything of what a former process wrote
}

// ReignEnded is the record that such a reign leaves. regained is the record without the bad extents that the copy
// holds again (Regained).
func ReignEnded(r, regained Record, e ReignEnd) Record {
	left := e.Crashed
	if e.SentOnly {
		left |= r.Unclean & UncleanSent
	}
	if !e.Forced {
		r = regained
	}
	if e.Doubted {
		left |= UncleanBegan
	}
	r = Stopped(r, left)
	if e.Outdated {
		r.Unfit = max(r.Unfit, Outdated)
	}
	return r
}

// ServiceEnd is what a secondary knows when its work has ended in order, its last flush included.
type ServiceEnd struct {
	Crashed Unclean // what an earlier unclean end of this copy left
	Lacks   bool    // it lacks something that was answered, or doesn't know whether it does
	Doubted bool    // no flush proves anything of what a former process wrote
}

// ServiceEnded is the record that a secondary's work leaves. Answers that this copy gave before, as primary, for what
// was only sent, may be nowhere else as long as no session has made up for them: they stay in the record.
func ServiceEnded(r Record, e ServiceEnd) Record {
	if e.Lacks || r.Unfit != Fit {
		return Stopped(r, r.Unclean|e.Crashed)
	}
	if e.Doubted {
		return Stopped(r, r.Unclean&UncleanSent|UncleanBegan)
	}
	return Stopped(r, r.Unclean&UncleanSent)
}

// Paired is the primary's record once a fresh secondary was found: "only we have the data", so that
// the pair's next handshake knows who does, even if the copy is cut short.
func Paired(r Record, peer Copy) Record {
	if r.LocalCnt <= peer.RemoteCnt {
		r.LocalCnt = peer.RemoteCnt + 1
	}
	if r.RemoteCnt > peer.LocalCnt {
		r.RemoteCnt = peer.LocalCnt // of a former component
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
	r.Unfit, r.Zeroed = Inconsistent, false
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
