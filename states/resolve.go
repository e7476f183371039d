package states

import "fmt"

// How an administrator ends a split-brain (design 13). One node's record changes, once and whole; the next
// handshake then finds the copy that is kept ahead, and both maps say what is to be copied.

// Resolution says whose changes survive.
type Resolution uint8

// The resolutions, with their numbers in the control protocol.
const (
	// DiscardMine: what this node wrote alone is given up.
	DiscardMine Resolution = 1
	// KeepMine: what the peer wrote alone is given up.
	KeepMine Resolution = 2
)

// String is the option of hastctl that asks for it.
func (r Resolution) String() string {
	return enumName([]string{"none", "discard-mine", "keep-mine"}, int(r))
}

// Resolved is the record of a copy once its administrator has chosen; other is the peer's as it was heard in
// a handshake that found the split-brain.
//
// To discard: localcnt goes back to what the peer knows, and the copy is outdated. It also counts as one
// that may lack what was answered: so it is neither promoted alone nor, should the counters come out equal,
// preferred to the copy that is kept.
// To keep: what the peer wrote alone counts as known, and this copy as ahead of it.
// Neither copy is a branch any more.
func Resolved(r Record, how Resolution, other Copy) Record {
	r.Branch = false
	if how == DiscardMine {
		r.LocalCnt = other.RemoteCnt
		if other.LocalCnt > 0 {
			r.RemoteCnt = min(r.RemoteCnt, other.LocalCnt-1)
		}
		r.Unfit = max(r.Unfit, Outdated)
		r.Unclean |= UncleanBegan | UncleanReceived
		return r
	}
	r.RemoteCnt = other.LocalCnt
	r.LocalCnt = max(r.LocalCnt, other.RemoteCnt+1)
	return r
}

// Resolving is what the decision on a resolution depends on.
type Resolving struct {
	How  Resolution
	Role Role // held now
	// Session: the peer's primary is being served.
	Session bool
	Heard   bool // a handshake has told the peer's copy
	Own     Copy
	Peer    Copy
	Fitness Fitness // of the own copy
}

// MayResolve says why a resolution is refused, with the one act that helps; both are empty if it isn't.
func MayResolve(q Resolving, resource string) (reason, remedy string) {
	switch {
	case q.How != DiscardMine && q.How != KeepMine:
		return fmt.Sprintf("%d is no way to resolve a split-brain", q.How), "say --discard-mine or --keep-mine"
	case q.Role == RolePrimary:
		return "this node is serving " + resource, "'hastctl role secondary " + resource + "' first, then the same again"
	case q.Role != RoleSecondary:
		return "this node has no role in " + resource + ", so its component isn't open",
			"'hastctl role secondary " + resource + "' first, then the same again"
	case q.Session:
		return "there is no split-brain: the nodes are connected", "none is needed; see 'hastctl explain " + resource + "'"
	case !q.Heard:
		return "this node hasn't heard from its peer since it was started, so it doesn't know of a split-brain",
			"let the nodes meet: one of them primary ('hastctl role --force primary " + resource + "' if it is refused), the other secondary"
	}
	if v := Decide(q.Own, q.Peer); v != VerdictSplitBrain {
		return "there is no split-brain: the verdict is " + v.String(), "see 'hastctl explain " + resource + "'"
	}
	if q.How == KeepMine && q.Fitness != Fit {
		return "this copy is " + q.Fitness.String() + " and can't be the one to keep", "keep the peer's: 'hastctl resolve " + resource + " --discard-mine' here"
	}
	return "", ""
}
