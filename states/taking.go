package states

// Once a handshake has decided who is whose source, both records say what follows from it, durably, before the first
// client's request goes to both. Else the next handshake, after whatever crash, would decide anew by marks that are
// older than what was copied and answered since: with equal counters the wrong one of two crashed copies could win
// (I31).

// Taking is the record of a primary that takes extents from a secondary under equal counters. They count as bad until
// they are copied and flushed, whatever crashes meanwhile. What this copy may have lost by an earlier end is among
// them, or nobody has it; so that end's marks are void.
//
// It is false if the record has no room to name just these extents: then it stays as it was, and so do the
// secondary's marks.
func Taking(r Record, away ...ExtentRun) (Record, bool) {
	set, ok := r.exactly(append(r.Bad.list(), away...))
	if !ok {
		return r, false
	}
	r.Bad = set
	r.Unclean &^= UncleanReceived | UncleanRestarted
	return r, true
}

// Leading is the record of a primary whose secondary has learnt, durably, that it is behind. Whether this copy had made
// a branch was asked for that verdict; it can't be another one any more, whatever the secondary's marks say later.
func Leading(r Record) Record {
	r.Branch = false
	return r
}

// CountsLack reports that a primary raises its counter in a handshake that found equal counters, because the secondary
// lacks something that was answered: else, after this one's loss of power, marks alone would have to tell which copy
// has more. Answers for what was only sent make this copy the source in any case. A copy that isn't current counts nothing
// (I17).
func CountsLack(v Verdict, own Fitness, lacks, sent bool) bool {
	return v == VerdictEqual && own == Fit && lacks && !sent
}

// Confirming is what a secondary knows when its primary confirms a session.
type Confirming struct {
	// Session is the session's identity.
	Session uint64
	Verdict Verdict
	// Named: the primary's record says what follows from the verdict (Taking, Leading).
	Named bool
	// Lacks: this copy lacks something that was answered.
	Lacks bool
}

// Confirmed is the secondary's record then. Answers that were given here for what was only sent make it nobody's
// source any more: under equal counters the primary's record names what it takes from here, under others the counters
// say it until both copies are equal. What an unclean end left is settled as well, unless this copy lacks something and
// no counter says so.
func Confirmed(r Record, c Confirming) (confirmed Record, settled bool) {
	r.LastSession, r.TrySession = c.Session, 0
	switch {
	case c.Verdict == VerdictEqual && c.Named:
		settled = !c.Lacks
	case c.Verdict == VerdictSecondaryAhead:
		settled = !c.Lacks
	case c.Verdict == VerdictPrimaryAhead:
		settled = c.Named
	default:
		return r, false
	}
	r.Unclean &^= UncleanSent
	r.WasPrimary = false
	if settled {
		r.Unclean &^= UncleanReceived | UncleanRestarted
	}
	return r, settled
}
