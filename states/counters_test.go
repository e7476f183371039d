package states

import (
	"fmt"
	"testing"
)

// full is a record of which every field has a value that nothing else yields.
func full() Record {
	return Record{Resource: "shared", DataSize: 1 << 30, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 8192, ResUID: pair,
		LocalCnt: 5, RemoteCnt: 3, PrevRole: RolePrimary, Unfit: Outdated, LastSession: 11, TrySession: 12,
		Unclean: UncleanBegan | UncleanSent | UncleanReceived, Boot: "boot", Bad: NewExtentRuns(ExtentRun{First: 1, Count: 2})}
}

// raised is what any raise changes, and whether it makes a branch.
func raised(branch bool) func(*Record) {
	return func(r *Record) {
		r.LocalCnt, r.Unfit, r.Unclean, r.Branch = 6, Fit, UncleanBegan|UncleanRaised|UncleanSent, branch
	}
}

// TestCounterMoves says, move by move, which fields change; all others must stay.
func TestCounterMoves(t *testing.T) {
	peer := Copy{ResUID: pair, LocalCnt: 9, RemoteCnt: 4}
	for _, c := range []struct {
		name string
		move func(Record) Record
		want func(*Record)
	}{
		{"raised", func(r Record) Record { return Raised(r, UncleanBegan, ExtentRuns{}) },
			func(r *Record) {
				r.LocalCnt, r.Unfit, r.Unclean, r.Bad = 6, Fit, UncleanBegan|UncleanRaised|UncleanSent, ExtentRuns{}
			}},
		{"raised, and might lack what was received", func(r Record) Record { return Raised(r, UncleanBegan|UncleanReceived, r.Bad) }, raised(true)},
		{"raised, and might lack what wasn't flushed", func(r Record) Record { return Raised(r, UncleanBegan|UncleanRestarted, r.Bad) }, raised(true)},
		{"raised again after a power cut", func(r Record) Record {
			return Raised(r, UncleanBegan|UncleanRaised|UncleanRestarted, r.Bad)
		}, raised(false)},
		{"raised again, having been told to discard", func(r Record) Record {
			return Raised(r, UncleanBegan|UncleanRaised|UncleanReceived, r.Bad)
		}, raised(true)},
		{"raised again, a branch already", func(r Record) Record {
			r.Branch = true
			return Raised(r, UncleanBegan|UncleanRaised, r.Bad)
		}, raised(true)},
		{"fitted", func(r Record) Record { return Fitted(r, false) },
			func(r *Record) { r.Unfit, r.Unclean, r.Bad = Fit, UncleanBegan, ExtentRuns{} }},
		{"fitted, and received more since", func(r Record) Record { return Fitted(r, true) },
			func(r *Record) { r.Unfit, r.Unclean, r.Bad = Fit, UncleanBegan|UncleanReceived, ExtentRuns{} }},
		{"stopped", func(r Record) Record { return Stopped(r, UncleanSent) }, func(r *Record) { r.Unclean = UncleanSent }},
		{"equalised", func(r Record) Record { return Equalised(r, peer) },
			func(r *Record) {
				r.LocalCnt, r.RemoteCnt, r.Unfit, r.Unclean, r.Bad, r.WasPrimary = 4, 9, Fit, UncleanBegan, ExtentRuns{}, true
			}},
		{"paired, already ahead", func(r Record) Record { return Paired(r, peer) }, func(*Record) {}},
		{"paired, not ahead", func(r Record) Record { return Paired(r, Copy{RemoteCnt: 5}) },
			func(r *Record) { r.LocalCnt, r.RemoteCnt = 6, 0 }},
		{"adopted", func(r Record) Record { return Adopted(r, Copy{ResUID: 77, LocalCnt: 9, RemoteCnt: 4}) },
			func(r *Record) { r.ResUID, r.LocalCnt, r.RemoteCnt, r.Unfit = 77, 4, 8, Inconsistent }},
		{"adopted from a primary that never was alone", func(r Record) Record { return Adopted(r, Copy{ResUID: 77}) },
			func(r *Record) { r.ResUID, r.LocalCnt, r.RemoteCnt, r.Unfit = 77, 0, 0, Inconsistent }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := full()
			c.want(&want)
			if have := c.move(full()); have != want {
				t.Errorf("have %+v\nwant %+v", have, want)
			}
		})
	}
}

// TestMovesMeetTheVerdict: after each move the next handshake says what the move was for, with either
// node as primary (I19), for all counters that a pair can have.
func TestMovesMeetTheVerdict(t *testing.T) {
	check := func(t *testing.T, what string, p, s Record, want Verdict) {
		t.Helper()
		if have := Decide(CopyOf(&p), CopyOf(&s)); have != want {
			t.Errorf("%s: %v, want %v (%+v, %+v)", what, have, want, CopyOf(&p), CopyOf(&s))
		}
		if have := Decide(CopyOf(&s), CopyOf(&p)); have != mirror(want) {
			t.Errorf("%s, roles exchanged: %v, want %v (%+v, %+v)", what, have, mirror(want), CopyOf(&p), CopyOf(&s))
		}
	}
	raisedVerdict := map[Verdict]Verdict{
		VerdictEqual:          VerdictPrimaryAhead,
		VerdictPrimaryAhead:   VerdictPrimaryAhead,
		VerdictSecondaryAhead: VerdictSplitBrain,
		VerdictSplitBrain:     VerdictSplitBrain,
	}
	tried := 0
	for n := range uint64(4 * 4 * 4 * 4) {
		p := Record{ResUID: pair, LocalCnt: n % 4, RemoteCnt: n / 4 % 4}
		s := Record{ResUID: pair, LocalCnt: n / 16 % 4, RemoteCnt: n / 64}
		verdict := Decide(CopyOf(&p), CopyOf(&s))
		if verdict == VerdictImpossible {
			continue
		}
		tried++
		at := fmt.Sprintf("%+v %+v", CopyOf(&p), CopyOf(&s))
		raised := Raised(p, 0, ExtentRuns{})
		check(t, "raised from "+at, raised, s, raisedVerdict[verdict])
		if raised.LocalCnt <= s.RemoteCnt {
			t.Errorf("raised from %s: the secondary's remotecnt isn't exceeded", at)
		}
		equal := Equalised(p, CopyOf(&s))
		check(t, "equalised from "+at, equal, s, VerdictEqual)
		if again := Equalised(equal, CopyOf(&s)); again != equal {
			t.Errorf("equalised twice from %s: %+v, was %+v (I41)", at, again, equal)
		}
	}
	if tried != 100 {
		t.Errorf("%d pairs of counters are possible, want 100", tried)
	}
}

// TestFreshJoins follows a fresh secondary into the pair: once the primary's record is durable too, the
// primary is ahead until the copy has ended, however often it is cut.
func TestFreshJoins(t *testing.T) {
	for n := range uint64(16) {
		p := Record{ResUID: pair, LocalCnt: n % 4, RemoteCnt: n / 4}
		s := Record{}
		if v := Decide(CopyOf(&p), CopyOf(&s)); v != VerdictFresh {
			t.Fatalf("%+v: %v", CopyOf(&p), v)
		}
		told := Adopted(s, CopyOf(&p))
		if told.Unfit != Inconsistent {
			t.Errorf("%+v: a component without data is %v", CopyOf(&p), told.Unfit)
		}
		// The primary's record is durable first; after a cut here the secondary is as fresh as before.
		p = Paired(p, CopyOf(&told))
		if v := Decide(CopyOf(&p), CopyOf(&s)); v != VerdictFresh {
			t.Errorf("%+v, cut before the secondary's record: %v", CopyOf(&p), v)
		}
		s = told
		for _, what := range []string{"cut after the primary's record", "and again"} {
			if v := Decide(CopyOf(&p), CopyOf(&s)); v != VerdictPrimaryAhead {
				t.Errorf("%+v %+v, %s: %v", CopyOf(&p), CopyOf(&s), what, v)
			}
			if again := Paired(p, CopyOf(&s)); again != p {
				t.Errorf("paired twice: %+v, was %+v (I41)", again, p)
			}
		}
		p = Equalised(p, CopyOf(&s))
		if v := Decide(CopyOf(&p), CopyOf(&s)); v != VerdictEqual {
			t.Errorf("%+v %+v, copied: %v", CopyOf(&p), CopyOf(&s), v)
		}
	}
}
