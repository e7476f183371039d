package simulation

import (
	"testing"

	"hast/states"
)

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
			h := handPlayed(t)
			s, o := h.g.sides[0], h.g.sides[1]
			off := int64(h.p.Record.LocalOff)
			o.p.Put(off, s.p.Written()[off:off+int64(h.p.Record.DataSize)])
			o.look()
			s.kept1.rec.ResUID, o.kept1.rec.ResUID = 1, 1
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

// TestRaiseThatIsTakenBack: a raise that was written in part only, and failed, is no alone period once the record before
// it was written again; one that was whole can't be taken back like that.
func TestRaiseThatIsTakenBack(t *testing.T) {
	for _, whole := range []bool{false, true} {
		h := handPlayed(t)
		s, o := h.g.sides[0], h.g.sides[1]
		s.kept1.rec.ResUID, o.kept1.rec.ResUID = 1, 1
		first := s.kept1
		raised := first
		raised.number++
		raised.rec = states.Raised(first.rec, 0, states.ExtentRuns{})
		raised.whole = first.number
		want := ""
		if whole {
			raised.whole, want = raised.number, "I19"
		}
		again := first
		again.number = raised.number + 1
		s.kept1 = raised
		h.g.moved(s, first, raised)
		if s.vv != [2]uint32{1, 0} {
			t.Errorf("after the raise it contains %v", s.vv)
		}
		h.land(h.p.A, h.ask(states.OpWrite, false))
		s.kept1 = again
		h.g.moved(s, raised, again)
		h.finds(t, want)
		if !whole && s.vv != [2]uint32{} {
			t.Errorf("the raise was taken back, and it contains %v", s.vv)
		}
	}
}
