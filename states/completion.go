package states

// Claim is what an ok-answer to a write promises; it, not the configured mode, decides what is owed
// afterwards (correctness 1, I29).
type Claim uint8

// The claims.
const (
	ClaimNone Claim = iota
	// ClaimBoth: written on both components.
	ClaimBoth
	// ClaimReceived: written here, in the secondary's process, which will apply it.
	ClaimReceived
	// ClaimSent: written here, queued to the secondary in order.
	ClaimSent
	// ClaimLocal: written here; the secondary is absent or behind, and the counter says so.
	ClaimLocal
	// ClaimSource: written on the secondary, which holds the current copy.
	ClaimSource
	// ClaimRemote: this node's component failed it, and durably that is known; written on the secondary.
	ClaimRemote
)

var claimNames = [...]string{"none", "both", "received", "sent", "local", "source", "remote"}

// String names the claim.
func (c Claim) String() string { return enumName(claimNames[:], int(c)) }

// Part is how far one component is with a request.
type Part uint8

// The stages of a part.
const (
	// PartNone: never handed to this component.
	PartNone Part = iota
	// PartPending: handed over, nothing heard.
	PartPending
	// PartReceived: the secondary holds it in memory (memsync's first answer).
	PartReceived
	// PartDone: done, by the component's final answer.
	PartDone
	// PartFailed: the component answered an error.
	PartFailed
	// PartLost: the session ended before the final answer; what became of it is unknown.
	PartLost
)

var partNames = [...]string{"none", "pending", "received", "done", "failed", "lost"}

// String names the stage.
func (p Part) String() string { return enumName(partNames[:], int(p)) }

// Final reports that nothing more will be heard of the part.
func (p Part) Final() bool { return p == PartNone || p >= PartDone }

// WriteState is all that the answer to a write depends on, at one moment.
type WriteState struct {
	Mode   Mode
	Local  Part
	Remote Part
	// Alone: there is no session now that the secondary has confirmed.
	Alone bool
	// Raised: the counter was raised in this alone period, durably.
	Raised bool
	// Behind: this primary is the target of a copy: the secondary is ahead until counters are equal,
	// or the write touches an extent that isn't current here.
	Behind bool
	// PeerBehind: localcnt exceeds what the secondary holds as remotecnt: it lacks something until the
	// counters are equal again, whatever it has written.
	PeerBehind bool
	// Slag: of an extent that the write touches, the secondary lacks something else, or may.
	Slag bool
	// Recorded: durably it is known of all extents that the write touches that this node's copy of them
	// isn't current (I37).
	Recorded bool
}

// Action is what to do about a write now.
type Action uint8

// The actions.
const (
	// Wait for the next thing to happen to the request.
	Wait Action = iota
	// Answer ok with the claim.
	Answer
	// Raise the counter durably, then ask again.
	Raise
	// Fail answers an error.
	Fail
	// RecordBad has the record say that this node's copy isn't current, once the secondary has flushed what
	// it holds of the extents (rules bad-mark, bad-flush), then ask again. If that can't be: Fail.
	RecordBad
)

var actionNames = [...]string{"wait", "answer", "raise", "fail", "record"}

// String names the action.
func (a Action) String() string { return enumName(actionNames[:], int(a)) }

// CompleteWrite decides the answer to a write, a delete or a zeroing. It is the only place that does
// (I2, I3, I29): each ok comes with the claim that is true at this moment.
//
// An error is given only when nothing on this node may apply the write any more: it means "perhaps
// applied, settled now", never "perhaps later".
func CompleteWrite(w WriteState) (Action, Claim) {
	if w.Local == PartPending {
		return Wait, ClaimNone
	}
	if w.Local != PartDone {
		return completeFailed(w)
	}
	if w.Behind {
		// The current copy is the secondary's: without it nothing can be promised.
		switch {
		case w.Alone, w.Remote == PartFailed, w.Remote == PartLost, w.Remote == PartNone:
			return Fail, ClaimNone
		case w.Remote == PartDone && w.Recorded:
			return Answer, ClaimRemote // it may be here as well, but this copy counts for nothing
		case w.Remote == PartDone:
			return Answer, ClaimSource
		}
		return Wait, ClaimNone
	}
	if w.Alone || w.Remote == PartFailed || w.Remote == PartLost || w.Remote == PartNone {
		// Alone now, even if the final answer had come before (rule downgrade).
		if !w.Raised && (w.Alone || !w.PeerBehind) {
			return Raise, ClaimNone
		}
		return Answer, ClaimLocal
	}
	if w.PeerBehind {
		if w.Remote == PartDone {
			return Answer, ClaimLocal
		}
		return Wait, ClaimNone
	}
	switch {
	case w.Remote == PartDone:
		return Answer, ClaimBoth
	case w.Mode == Async:
		return Answer, ClaimSent
	case w.Mode == MemSync && w.Remote == PartReceived:
		return Answer, ClaimReceived
	}
	return Wait, ClaimNone
}

// completeFailed decides about a write that this node's component has failed. The secondary's copy alone
// is enough if it lacks nothing else of the extent, and if no restart of this node can forget that its own
// copy isn't current (I37). Whatever the counters say: a bad extent is the secondary's under every verdict.
func completeFailed(w WriteState) (Action, Claim) {
	switch {
	case !w.Remote.Final() && !w.Alone:
		return Wait, ClaimNone
	case w.Alone, w.Slag, w.Remote != PartDone:
		return Fail, ClaimNone
	case !w.Recorded:
		return RecordBad, ClaimNone
	}
	return Answer, ClaimRemote
}

// FlushState is all that the answer to a flush depends on.
type FlushState struct {
	Local, Remote Part
	Alone         bool
	Raised        bool
	Behind        bool
	// PeerLacks: the secondary misses, or hasn't flushed, something that was answered before the flush.
	PeerLacks bool
	// PeerLags: of this, it misses something, which is to be copied.
	PeerLags bool
	// PeerBehind: as in WriteState.
	PeerBehind bool
	// Lone: a write waits for it whose claim is local. The counters that said so may have become equal since.
	Lone bool
}

// FlushClaim is what the answer to a flush promises: both components flushed, or, with ClaimLocal, this one
// did, whatever a secondary did that is behind; ClaimSource: both did, and the secondary's is the current copy. ClaimRemote: the secondary's
// did, and this node's counts for nothing of what it should have covered.
func FlushClaim(f FlushState) Claim {
	switch {
	case f.Remote != PartDone || f.Alone || f.PeerBehind:
		return ClaimLocal
	case f.Local != PartDone:
		return ClaimRemote
	case f.Behind:
		return ClaimSource
	}
	return ClaimBoth
}

// AnswersDurable reports whether the answer to a write that has a claim waits for a flush of both sides: the client
// demands it (fua), or the secondary owes the write, too, and its record names an extent of it as bad (sole). It has the
// write, but until its record says otherwise the next handshake takes the extent from here, and a loss of power here would
// take what was answered, though the secondary's copy outlived it (I31).
func AnswersDurable(c Claim, fua, sole bool) bool {
	return fua || sole && (c == ClaimBoth || c == ClaimReceived || c == ClaimSource)
}

// ClaimAfterFlush is what the answer to a write with FUA promises, which had a claim when it was written and
// waited for a flush: if both sides have flushed by then as equals, what kept it from being both may be over.
// The counters became equal (I19); or the own component has got the write back, and the record says so:
// then bad, that it or the record calls an extent of the write not current here, is false (I37).
func ClaimAfterFlush(written, flushed Claim, bad bool) Claim {
	if flushed == ClaimBoth && (written == ClaimLocal || written == ClaimRemote && !bad) {
		return ClaimBoth
	}
	return written
}

// CompleteFlush decides the answer to a flush: ok only if every copy that counts as up to date flushed
// (the original answers ok if one did: A33).
func CompleteFlush(f FlushState) Action {
	switch {
	case f.Local == PartPending:
		return Wait
	case f.Local == PartFailed:
		return Fail
	case f.Remote == PartPending && !f.Alone:
		return Wait
	case f.Remote == PartDone && !f.Alone && f.PeerLags && !f.PeerBehind && !f.Behind:
		// Counters say that the secondary is no worse, so it owes what it lacks (rule flush-lag).
		return Wait
	case f.Remote == PartDone && !f.Alone:
		return Answer
	case f.Behind:
		return Fail
	case (f.PeerLacks || f.Lone) && !f.Raised:
		return Raise
	}
	return Answer
}
