package states

import "testing"

func TestMustWithdraw(t *testing.T) {
	whole, killed, cut := Marks{Known: true}, Marks{Known: true, Crashed: UncleanBegan | UncleanReceived},
		Marks{Known: true, Crashed: UncleanBegan | UncleanRestarted}
	for _, c := range []struct {
		name  string
		v     Verdict
		r     Reign
		s     Marks
		stale bool
		must  bool
	}{
		{"nothing was served", VerdictSecondaryAhead, Reign{}, cut, true, false},
		{"the secondary is ahead", VerdictSecondaryAhead, Reign{Served: true}, whole, false, true},
		{"a stock one, too", VerdictSecondaryAhead, Reign{Served: true}, Marks{}, false, true},
		{"it was the source before", VerdictSecondaryAhead, Reign{Served: true, Again: true}, whole, true, false},
		{"the source lost power", VerdictSecondaryAhead, Reign{Served: true, Again: true}, cut, true, true},
		{"the source lost its memory", VerdictEqual, Reign{Served: true}, killed, true, true},
		{"a stock source tells nothing", VerdictSecondaryAhead, Reign{Served: true, Again: true}, Marks{}, true, false},
		{"all was copied by then", VerdictEqual, Reign{Served: true}, cut, false, false},
		{"the secondary merely was away", VerdictEqual, Reign{Served: true}, whole, false, false},
		{"this primary is ahead", VerdictPrimaryAhead, Reign{Served: true}, cut, false, false},
	} {
		if why := MustWithdraw(c.v, c.r, c.s, c.stale); (why != "") != c.must {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

func TestMayDemote(t *testing.T) {
	for _, c := range []struct {
		clients int
		force   bool
		may     bool
	}{{0, false, true}, {0, true, true}, {1, false, false}, {3, true, true}} {
		reason, remedy := MayDemote(c.clients, c.force)
		if (reason == "") != c.may || (remedy == "") != c.may {
			t.Errorf("%d clients, force %v: %q, %q", c.clients, c.force, reason, remedy)
		}
	}
}
