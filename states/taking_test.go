package states

import "testing"

func TestTaking(t *testing.T) {
	r := full()
	r.Unclean |= UncleanRestarted
	want := r
	want.Bad = NewExtentRuns(ExtentRun{1, 2}, ExtentRun{7, 1})
	want.Unclean = UncleanBegan | UncleanSent
	if got, ok := Taking(r, ExtentRun{7, 1}); !ok || got != want {
		t.Errorf("%v %+v, want %+v", ok, got, want)
	}
	var many []ExtentRun
	for n := range uint64(MaxExtentRuns + 1) {
		many = append(many, ExtentRun{2 * n, 1})
	}
	if got, ok := Taking(r, many...); ok || got != r {
		t.Errorf("extents that the record has no room for: %v %+v", ok, got)
	}
}

// TestConfirmed: which marks of a former end a confirmed session makes void at the secondary.
func TestConfirmed(t *testing.T) {
	const old = UncleanBegan | UncleanSent | UncleanReceived | UncleanRestarted | UncleanRaised
	const lost = UncleanBegan | UncleanReceived | UncleanRestarted | UncleanRaised
	for _, c := range []struct {
		name    string
		c       Confirming
		left    Unclean
		primary bool
		settled bool
	}{
		{"equal, and named", Confirming{Verdict: VerdictEqual, Named: true}, UncleanBegan | UncleanRaised, false, true},
		{"equal, named, and it lacks something", Confirming{Verdict: VerdictEqual, Named: true, Lacks: true}, lost, false, false},
		{"equal, not named", Confirming{Verdict: VerdictEqual}, old, true, false},
		{"it is ahead", Confirming{Verdict: VerdictSecondaryAhead}, UncleanBegan | UncleanRaised, false, true},
		{"it is ahead, but not of its bad extents", Confirming{Verdict: VerdictSecondaryAhead, Lacks: true}, lost, false, false},
		{"the primary is ahead, and says that it leads", Confirming{Verdict: VerdictPrimaryAhead, Named: true, Lacks: true}, UncleanBegan | UncleanRaised, false, true},
		{"the primary is ahead", Confirming{Verdict: VerdictPrimaryAhead}, lost, false, false},
		{"fresh", Confirming{Verdict: VerdictFresh, Named: true}, old, true, false},
	} {
		r := full()
		r.Unclean, r.WasPrimary = old, true
		want := r
		want.LastSession, want.TrySession, want.Unclean, want.WasPrimary = 20, 0, c.left, c.primary
		c.c.Session = 20
		if got, settled := Confirmed(r, c.c); got != want || settled != c.settled {
			t.Errorf("%s: %v %+v, want %+v", c.name, settled, got, want)
		}
	}
}

func TestLeading(t *testing.T) {
	r := full()
	r.Branch = true
	want := r
	want.Branch = false
	if got := Leading(r); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestCountsLack(t *testing.T) {
	for v := VerdictNone; v <= VerdictEqual; v++ {
		for n := range 12 {
			own, lacks, sent := Fitness(n>>2), n&1 != 0, n&2 != 0
			if got, want := CountsLack(v, own, lacks, sent), v == VerdictEqual && own == Fit && lacks && !sent; got != want {
				t.Errorf("%v, own %v, lacks %v, sent %v: %v", v, own, lacks, sent, got)
			}
		}
	}
}
