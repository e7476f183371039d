package states

// GivingUp is what a primary whose component fails as a whole must know before it asks its secondary to
// count, and map, in its stead (x_raise).
type GivingUp struct {
	// Alone: there is no session that the secondary has confirmed.
	Alone bool
	// Knows: the secondary speaks x_raise. Ledger: towards one that doesn't, this node's host can remember it.
	Knows, Ledger bool
	// PeerBehind: the counters say that the secondary lacks something.
	PeerBehind bool
	// PeerLacks: the secondary lacks content of some extent, or may, whatever the counters say.
	PeerLacks bool
}

// Refusal says why the component can't be given up, and so its errors are the clients'; empty if it can.
// Only a secondary that lacks nothing can stand in for it.
func (g GivingUp) Refusal() string {
	switch {
	case g.Alone:
		return "there is no secondary"
	case !g.Knows && !g.Ledger:
		return "the secondary can't stand in for it"
	case g.PeerBehind, g.PeerLacks:
		return "the secondary lacks something that was written"
	}
	return ""
}

// RaisedForPeer is the record of a secondary that counts in its primary's stead: the primary's component is
// no current copy any more, and can't say so itself. It is false if this copy may lack something, and so
// can't stand in.
func RaisedForPeer(r Record) (Record, bool) {
	if r.Unfit != Fit || !r.Bad.IsEmpty() || r.ResUID == 0 {
		return r, false
	}
	r.LocalCnt++
	return r, true
}

// SameComponent reports that a record, read from a component that comes back, is the one that its node knows, but
// for what a last write may have changed in the list of its bad extents.
func SameComponent(found, known *Record) bool {
	f, k := *found, *known
	f.Bad, k.Bad = ExtentRuns{}, ExtentRuns{}
	f.Unfit, k.Unfit = Fit, Fit
	f.PrevRole, k.PrevRole = RoleUndef, RoleUndef
	return f == k
}
