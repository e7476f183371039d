package simulation

import (
	"testing"

	"hast/states"
)

// alike makes the two components a pair that holds the same data.
func (h *playedGhost) alike() {
	s, o := h.g.sides[0], h.g.sides[1]
	off := int64(h.p.Record.LocalOff)
	o.p.Put(off, s.p.Written()[off:off+int64(h.p.Record.DataSize)])
	o.look()
	s.kept1.rec.ResUID, o.kept1.rec.ResUID = 1, 1
}

// TestCountersThatBecomeEqual: equal counters say that both components are equal (I19), unless the record that brings
// them gives a copy up, as its administrator has chosen after a split-brain: then it says that it isn't current, and
// owes nothing any more.
func TestCountersThatBecomeEqual(t *testing.T) {
	for _, tt := range []struct {
		name  string
		unfit states.Fitness
		split bool
		same  bool // both components hold the write, durably
		want  string
	}{
		{"both are equal", states.Fit, false, true, ""},
		{"they differ", states.Fit, false, false, "I19"},
		{"they differ, and there was a split-brain", states.Fit, true, false, "I19"},
		{"a copy was given up", states.Outdated, true, false, ""},
		{"a copy is given up without a split-brain", states.Outdated, false, false, "I19"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			s, o := h.g.sides[0], h.g.sides[1]
			h.alike()
			s.kept1.rec.LocalCnt, s.vv[0] = 1, 1
			io := h.ask(states.OpWrite, false)
			h.land(h.p.A, io)
			h.flush(h.p.A)
			if tt.same {
				h.land(h.p.B, io)
				h.flush(h.p.B)
			}
			if tt.split {
				heard := o.vv
				s.split = &heard
			}
			s.owed[0] = debt{io.inv, io.inv}
			before, now := s.kept1, s.kept1
			now.number++
			now.rec.LocalCnt, now.rec.Unfit = 0, tt.unfit
			s.kept1 = now
			h.g.moved(s, before, now)
			h.finds(t, tt.want)
			if tt.unfit != states.Fit && tt.split && (s.owed[0] != debt{} || s.vv != o.vv) {
				t.Errorf("it owes %v, and contains %v; %s contains %v", s.owed[0], s.vv, o.name(), o.vv)
			}
		})
	}
}

// TestStrangersAreNeverEqual: numbers that happen to be the same say nothing of components that are no pair (seed 511154).
func TestStrangersAreNeverEqual(t *testing.T) {
	for i, want := range []string{"I19", ""} {
		h := playGhost(t)
		s, o := h.g.sides[0], h.g.sides[1]
		h.land(h.p.A, h.ask(states.OpWrite, false))
		s.kept1.rec.ResUID, o.kept1.rec.ResUID = 1, uint64(1+i)
		o.kept1.rec.RemoteCnt = 1
		before, now := s.kept1, s.kept1
		now.number++
		now.rec.LocalCnt = 1
		h.g.moved(s, before, now)
		h.finds(t, want)
	}
}

// TestRecordThatIsTakenBack: a raise, or an equalising, that was written in part only, and failed, is none once the
// record before it was written again; one that was whole can't be taken back like that.
func TestRecordThatIsTakenBack(t *testing.T) {
	raise := func(r states.Record, _ *paper) states.Record { return states.Raised(r, 0, states.ExtentRuns{}) }
	equal := func(r states.Record, o *paper) states.Record { return states.Equalised(r, states.CopyOf(&o.rec)) }
	for _, tt := range []struct {
		name   string
		record func(r states.Record, other *paper) states.Record
		behind bool // the other side was changed alone before
		whole  bool
		want   string
	}{
		{"a raise", raise, false, false, ""},
		{"a whole raise", raise, true, true, "I19"},
		{"an equalising", equal, true, false, ""},
		{"a whole equalising", equal, true, true, "I19"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			s, o := h.g.sides[0], h.g.sides[1]
			h.alike()
			if tt.behind {
				o.kept1.rec.LocalCnt, o.vv[1] = 1, 1
			}
			first := s.kept1
			first.whole = first.number
			failed, again, vv := first, first, s.vv
			failed.number++
			failed.rec = tt.record(first.rec, &o.kept1)
			if tt.whole {
				failed.whole = failed.number
			}
			again.number = failed.number + 1
			s.kept1 = failed
			h.g.moved(s, first, failed)
			if s.vv == vv {
				t.Errorf("after the record it still contains %v", s.vv)
			}
			s.kept1 = again
			h.g.moved(s, failed, again)
			h.finds(t, tt.want)
			if !tt.whole && s.vv != vv {
				t.Errorf("it was taken back, and it contains %v instead of %v", s.vv, vv)
			}
		})
	}
}

// TestRaiseThatNothingWasAnsweredOn: a node may take back a raise, though it is in all places, as long as nothing was
// answered that hung on it: the flush behind it may have failed (seed 630171). A secondary that couldn't count in its
// primary's stead may so, too, and the counters may be equal by that, as before (seed 836517964575).
func TestRaiseThatNothingWasAnsweredOn(t *testing.T) {
	for _, tt := range []struct {
		name             string
		serves, answered bool
		ahead            uint64 // how often the other side was changed alone before
		other            bool   // what comes back says something else than the record before the raise
		want             string
	}{
		{"nothing was answered", true, false, 1, false, ""},
		{"a write was answered alone", true, true, 1, false, "I19"},
		{"a secondary can't count in its primary's stead", false, false, 1, false, ""},
		{"a secondary can't, and the counters were equal", false, false, 0, false, ""},
		{"something was answered on a secondary's count", false, true, 1, false, "I19"},
		{"something was answered, and the counters were equal", false, true, 0, false, "I19"},
		{"a secondary's counters become equal by another record", false, false, 0, true, "I19"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			s, o := h.g.sides[0], h.g.sides[1]
			h.alike()
			o.kept1.rec.LocalCnt, o.vv[1] = tt.ahead, uint32(tt.ahead)
			if tt.serves {
				h.g.reign.server = s
			}
			h.land(h.p.A, h.ask(states.OpWrite, false)) // which only one of the two has
			vv := s.vv
			first := s.kept1
			first.whole = first.number
			raised, again := first, first
			raised.number++
			raised.whole = raised.number
			raised.rec = states.Raised(first.rec, 0, states.ExtentRuns{})
			again.number = raised.number + 1
			again.rec.Unclean = states.UncleanBegan // its role has ended meanwhile
			if tt.other {
				again.rec.WasPrimary = !first.rec.WasPrimary
			}
			h.p.World.steps = 5
			s.kept1 = raised
			h.g.moved(s, first, raised)
			if h.p.World.steps = 6; tt.answered {
				s.counted = h.p.World.steps
			}
			s.kept1 = again
			h.g.moved(s, raised, again)
			h.finds(t, tt.want)
			if tt.want == "" && s.vv != vv {
				t.Errorf("it was taken back, and it contains %v instead of %v", s.vv, vv)
			}
		})
	}
}

// TestStateFileIsACauseToCopyAll: a node that takes away the file that says of its component that it is no current copy
// marks all of it (I33, seed 600472); one that had no such file has no cause.
func TestStateFileIsACauseToCopyAll(t *testing.T) {
	for _, tt := range []struct {
		name string
		had  bool
		want string
	}{{"there was a file", true, ""}, {"there was none", false, "I33"}} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			h.paired()
			clear(h.g.cause.by)
			if tt.had {
				h.p.A.keepFile(h.p.Record.Resource, []byte("given up"))
			}
			h.p.A.keepFile(h.p.Record.Resource, nil)
			h.g.marked(h.g.sides[0], 1, "became dirty")
			h.finds(t, tt.want)
		})
	}
}
