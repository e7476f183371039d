package states

import "testing"

// TestReignEnded: what the record says of a reign that ended in order. What an earlier unclean end left stays, what the
// copy holds again is bad no more (rule bad-clear), and a copy that is behind says so (I17).
func TestReignEnded(t *testing.T) {
	both := NewExtentRuns(ExtentRun{First: 1, Count: 2})
	still := NewExtentRuns(ExtentRun{First: 2, Count: 1})
	for _, c := range []struct {
		name  string
		unfit Fitness // what the record said
		sent  bool    // some answers of the reign were given for what was only sent
		end   ReignEnd
		want  Unclean
		bad   ExtentRuns
		left  Fitness
	}{
		{"in order", Fit, false, ReignEnd{}, 0, still, Fit},
		{"what was sent has arrived", Fit, true, ReignEnd{}, 0, still, Fit},
		{"what was sent may be here only", Fit, true, ReignEnd{SentOnly: true}, UncleanSent, still, Fit},
		{"nothing was answered as sent", Fit, false, ReignEnd{SentOnly: true}, 0, still, Fit},
		{"unclean before", Fit, false, ReignEnd{Crashed: UncleanBegan | UncleanRestarted}, UncleanBegan | UncleanRestarted, still, Fit},
		{"unclean before, and what was sent may be here only", Fit, true, ReignEnd{Crashed: UncleanReceived, SentOnly: true},
			UncleanReceived | UncleanSent, still, Fit},
		{"by force", Outdated, false, ReignEnd{Forced: true}, 0, both, Outdated},
		{"behind", Fit, false, ReignEnd{Outdated: true}, 0, still, Outdated},
		{"behind, in the middle of a copy", Inconsistent, false, ReignEnd{Outdated: true}, 0, still, Inconsistent},
		{"marked before", Outdated, false, ReignEnd{}, 0, still, Outdated},
		{"a former process's cache is in doubt", Fit, false, ReignEnd{Doubted: true}, UncleanBegan, still, Fit},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := full()
			r.Unfit, r.Unclean, r.Bad = c.unfit, UncleanBegan|UncleanRaised, both
			if c.sent {
				r.Unclean |= UncleanSent
			}
			want := r
			want.Unfit, want.Unclean, want.Bad = c.left, c.want, c.bad
			regained, _ := Regained(r, ExtentRun{First: 2, Count: 1})
			if have := ReignEnded(r, regained, c.end); have != want {
				t.Errorf("have %+v\nwant %+v", have, want)
			}
		})
	}
}

// TestServiceEnded: what the record says of a secondary that ended in order: nothing of an unclean end, unless it may
// lack something. That answers of its own time as primary may be nowhere else is no unclean end, and stays (I31).
func TestServiceEnded(t *testing.T) {
	for _, c := range []struct {
		name  string
		unfit Fitness
		was   Unclean
		end   ServiceEnd
		want  Unclean
	}{
		{"in order", Fit, UncleanBegan | UncleanReceived, ServiceEnd{}, 0},
		{"in order, after an unclean end that was settled", Fit, UncleanBegan | UncleanRestarted, ServiceEnd{Crashed: UncleanBegan}, 0},
		{"its tail as primary may be here only", Fit, UncleanSent, ServiceEnd{}, UncleanSent},
		{"its tail may be here only, after a handshake without a session", Fit, UncleanBegan | UncleanSent, ServiceEnd{}, UncleanSent},
		{"a former process's cache is in doubt", Fit, UncleanBegan | UncleanSent, ServiceEnd{Doubted: true}, UncleanBegan | UncleanSent},
		{"it lacks something", Fit, UncleanBegan, ServiceEnd{Lacks: true}, UncleanBegan},
		{"it may lack something since an unclean end", Fit, UncleanBegan, ServiceEnd{Crashed: UncleanReceived, Lacks: true}, UncleanBegan | UncleanReceived},
		{"it is behind", Outdated, UncleanBegan | UncleanReceived, ServiceEnd{}, UncleanBegan | UncleanReceived},
		{"it is being copied to", Inconsistent, UncleanBegan, ServiceEnd{Crashed: UncleanRestarted}, UncleanBegan | UncleanRestarted},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := full()
			r.Unfit, r.Unclean = c.unfit, c.was
			want := r
			want.Unclean = c.want
			if have := ServiceEnded(r, c.end); have != want {
				t.Errorf("have %+v\nwant %+v", have, want)
			}
		})
	}
}

// TestCacheInDoubt: after an unclean end no flush proves anything of what was written before, unless the machine was
// started anew since (I38).
func TestCacheInDoubt(t *testing.T) {
	for _, c := range []struct {
		name       string
		unclean    Unclean
		boot, here string
		want       bool
	}{
		{"in order", 0, "one", "one", false},
		{"in order, and what was sent may be here only", UncleanSent, "one", "one", false},
		{"a process died", UncleanBegan, "one", "one", true},
		{"the machine was started anew", UncleanBegan, "one", "two", false},
		{"a process died on a machine that had lost power before", UncleanBegan | UncleanRestarted, "two", "two", true},
		{"nobody knows which start it was", UncleanBegan, "", "one", true},
		{"nobody knows which start this is", UncleanBegan, "one", "", true},
	} {
		if have := CacheInDoubt(&Record{Unclean: c.unclean, Boot: c.boot}, c.here); have != c.want {
			t.Errorf("%s: %v", c.name, have)
		}
	}
}
