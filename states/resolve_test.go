package states

import (
	"strings"
	"testing"
)

// splits calls do for every pair of small records that are in split-brain, of both kinds: by counters, and
// by a branch.
func splits(do func(a, b Record, ma, mb Marks)) {
	for n := range 4 * 4 * 4 * 4 {
		for bits := range 128 {
			a := Record{ResUID: pair, LocalCnt: uint64(n % 4), RemoteCnt: uint64(n / 4 % 4), Branch: bits&1 != 0}
			b := Record{ResUID: pair, LocalCnt: uint64(n / 16 % 4), RemoteCnt: uint64(n / 64), Branch: bits&2 != 0}
			if bits&64 != 0 {
				a.Unclean = UncleanBegan | UncleanRestarted
			}
			ma := Marks{Known: true, Branch: a.Branch, Dirty: bits&4 != 0, WasPrimary: bits&8 != 0, LagKnown: bits&16 != 0, Crashed: a.Unclean}
			mb := Marks{Known: true, Branch: b.Branch, Dirty: bits&4 != 0, WasPrimary: bits&32 != 0, LagKnown: bits&16 == 0}
			if Decide(copyWith(a, ma), copyWith(b, mb)) == VerdictSplitBrain {
				do(a, b, ma, mb)
				do(b, a, mb, ma)
			}
		}
	}
}

func copyWith(r Record, m Marks) Copy {
	c := CopyOf(&r)
	c.Marks = m
	return c
}

// After either resolution the copy that is kept is the source of every extent, whichever node becomes
// primary, and the discarded one is never promoted alone.
func TestResolvedEndsEverySplitBrain(t *testing.T) {
	seen := 0
	check := func(what string, kept, gone Record, mk, mg Marks) {
		t.Helper()
		seen++
		mk.Branch, mg.Branch = kept.Branch, gone.Branch
		k, g := copyWith(kept, mk), copyWith(gone, mg)
		verdict := Decide(k, g)
		if verdict.Refused() {
			t.Fatalf("%s: kept %+v, gone %+v: %v", what, k, g, verdict)
		}
		if from, ok := SourceOf(verdict, mk, mg, Reign{}, ExtentMarks{}); !ok || from != SourcePrimary {
			t.Errorf("%s: kept %+v primary, gone %+v: %v, from %v %v", what, k, g, verdict, from, ok)
		}
		verdict = Decide(g, k)
		if from, ok := SourceOf(verdict, mg, mk, Reign{}, ExtentMarks{}); !ok || from != SourceSecondary {
			t.Errorf("%s: gone %+v primary, kept %+v: %v, from %v %v", what, g, k, verdict, from, ok)
		}
	}
	splits(func(v, k Record, mv, mk Marks) {
		gone := Resolved(v, DiscardMine, copyWith(k, mk))
		mg := mv
		mg.Crashed, mg.LagKnown = mg.Crashed|gone.Unclean, false
		check("discard", k, gone, mk, mg)
		c := Candidate{Fitness: gone.Unfit, Crashed: mg.Crashed}
		if how, _, _ := Promote(PeerRefused, c); how != PromoteRefuse {
			t.Errorf("%+v was given up and is promoted alone", gone)
		}
		check("keep", Resolved(k, KeepMine, copyWith(v, mv)), v, mk, mv)
	})
	if seen < 1000 {
		t.Errorf("only %d resolutions were looked at", seen)
	}
}

// A resolution changes counters and marks of the one record, and nothing that says where data are.
func TestResolvedKeepsTheRest(t *testing.T) {
	r := Record{Resource: "r", DataSize: 1 << 20, ExtentSize: 4096, LocalOff: 8192, ResUID: pair, LocalCnt: 3, RemoteCnt: 2,
		LastSession: 5, TrySession: 6, Bad: NewExtentRuns(ExtentRun{1, 2}), Branch: true}
	for _, how := range []Resolution{DiscardMine, KeepMine} {
		got := Resolved(r, how, counters(4, 1))
		back := got
		back.LocalCnt, back.RemoteCnt, back.Unfit, back.Unclean, back.Branch = r.LocalCnt, r.RemoteCnt, r.Unfit, r.Unclean, r.Branch
		if back != r || got == r {
			t.Errorf("%v: %+v became %+v", how, r, got)
		}
	}
	inconsistent := Record{Unfit: Inconsistent}
	if got := Resolved(inconsistent, DiscardMine, counters(1, 0)); got.Unfit != Inconsistent {
		t.Errorf("a copy that is partly overwritten became %v", got.Unfit)
	}
}

func TestMayResolve(t *testing.T) {
	good := Resolving{How: DiscardMine, Role: RoleSecondary, Heard: true, Own: counters(4, 2), Peer: counters(3, 3)}
	for _, c := range []struct {
		name           string
		change         func(q *Resolving)
		reason, remedy string
	}{
		{"discard", func(*Resolving) {}, "", ""},
		{"keep", func(q *Resolving) { q.How = KeepMine }, "", ""},
		{"no such way", func(q *Resolving) { q.How = 7 }, "no way", "--discard-mine"},
		{"serving", func(q *Resolving) { q.Role = RolePrimary }, "is serving", "role secondary shared"},
		{"init", func(q *Resolving) { q.Role = RoleInit }, "no role", "role secondary shared"},
		{"connected", func(q *Resolving) { q.Session = true }, "connected", "explain"},
		{"never met", func(q *Resolving) { q.Heard = false }, "hasn't heard", "meet"},
		{"no split-brain", func(q *Resolving) { q.Peer = counters(2, 3) }, "no split-brain: the verdict is secondary-ahead", "explain"},
		{"keep an outdated copy", func(q *Resolving) { q.How, q.Fitness = KeepMine, Outdated }, "outdated", "--discard-mine"},
		{"discard an outdated copy", func(q *Resolving) { q.Fitness = Outdated }, "", ""},
	} {
		q := good
		if c.name == "no split-brain" {
			q.Own, c.change = counters(2, 2), func(q *Resolving) { q.Peer = counters(3, 2) }
		}
		c.change(&q)
		reason, remedy := MayResolve(q, "shared")
		if !strings.Contains(reason, c.reason) || !strings.Contains(remedy, c.remedy) || (reason == "") != (c.reason == "") || (reason == "") != (remedy == "") {
			t.Errorf("%s: %q, %q", c.name, reason, remedy)
		}
	}
}

// The counters of a resolution, by themselves: discarding leaves the copy behind what the peer counts, keeping ahead of it.
func TestResolvedCounters(t *testing.T) {
	for _, c := range []struct {
		how                               Resolution
		local, remote, peerLocal, peerRem uint64
		wantLocal, wantRemote             uint64
	}{
		{DiscardMine, 5, 5, 3, 2, 2, 2},
		{DiscardMine, 5, 1, 3, 2, 2, 1},
		{DiscardMine, 5, 4, 0, 2, 2, 4},
		{KeepMine, 5, 1, 3, 2, 5, 3},
		{KeepMine, 1, 1, 3, 2, 3, 3},
	} {
		r := Resolved(Record{LocalCnt: c.local, RemoteCnt: c.remote, Branch: true}, c.how, Copy{LocalCnt: c.peerLocal, RemoteCnt: c.peerRem})
		if r.LocalCnt != c.wantLocal || r.RemoteCnt != c.wantRemote || r.Branch {
			t.Errorf("%v of %d/%d beside %d/%d: %d/%d, not %d/%d", c.how, c.local, c.remote, c.peerLocal, c.peerRem, r.LocalCnt, r.RemoteCnt,
				c.wantLocal, c.wantRemote)
		}
	}
}
