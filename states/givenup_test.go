package states

import "testing"

// TestGivingUp asks for every input: only a secondary that lacks nothing, and knows how, stands in.
func TestGivingUp(t *testing.T) {
	for n := range 32 {
		g := GivingUp{Ledger: n&16 != 0, Alone: n&8 != 0, Knows: n&4 != 0, PeerBehind: n&2 != 0, PeerLacks: n&1 != 0}
		may := !g.Alone && (g.Knows || g.Ledger) && !g.PeerBehind && !g.PeerLacks
		if have := g.Refusal(); (have == "") != may {
			t.Errorf("%+v: %q", g, have)
		}
	}
}

// TestRaisedForPeer: the next verdict takes the secondary's copy, whoever is primary then, and a copy that
// may lack something is never raised.
func TestRaisedForPeer(t *testing.T) {
	p := Record{ResUID: 7, LocalCnt: 3, RemoteCnt: 5}
	s := Record{ResUID: 7, LocalCnt: 5, RemoteCnt: 3}
	up, ok := RaisedForPeer(s)
	if !ok || up.LocalCnt != 6 || up.RemoteCnt != 3 {
		t.Fatalf("%v: %+v", ok, up)
	}
	if v := Decide(CopyOf(&p), CopyOf(&up)); v != VerdictSecondaryAhead {
		t.Errorf("the failed component's node as primary: %v", v)
	}
	if v := Decide(CopyOf(&up), CopyOf(&p)); v != VerdictPrimaryAhead {
		t.Errorf("the other one as primary: %v", v)
	}
	for _, r := range []Record{{ResUID: 7, Unfit: Outdated}, {ResUID: 7, Unfit: Inconsistent}, {}, {ResUID: 7, Bad: NewExtentRuns(ExtentRun{1, 1})}} {
		if up, ok := RaisedForPeer(r); ok || up != r {
			t.Errorf("%+v was raised: %+v", r, up)
		}
	}
}

// TestSameComponent: an older copy of it has other counters, or another session; one that was created anew has no
// identity.
func TestSameComponent(t *testing.T) {
	known := Record{Resource: "shared", ResUID: 7, LocalCnt: 3, RemoteCnt: 5, LastSession: 9}
	later := known
	later.Bad, later.Unfit, later.PrevRole = NewExtentRuns(ExtentRun{1, 2}), Inconsistent, RolePrimary
	if !SameComponent(&known, &known) || !SameComponent(&later, &known) {
		t.Error("it doesn't know itself")
	}
	for _, change := range []func(*Record){
		func(r *Record) { r.ResUID = 0 }, func(r *Record) { r.LocalCnt = 2 }, func(r *Record) { r.RemoteCnt = 4 },
		func(r *Record) { r.LastSession = 8 }, func(r *Record) { r.DataSize = 512 },
	} {
		other := known
		if change(&other); SameComponent(&other, &known) {
			t.Errorf("%+v is taken for %+v", other, known)
		}
	}
}
