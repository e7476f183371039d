package states

import "testing"

// Whatever is refused, or isn't as it should be, says why and which single act helps (L6).
func TestEveryRefusalNamesItsRemedy(t *testing.T) {
	told := func(what any, reason, remedy string) {
		t.Helper()
		if reason == "" || remedy == "" {
			t.Errorf("%+v: reason %q, remedy %q", what, reason, remedy)
		}
	}
	verdicts := []Verdict{VerdictNone, VerdictFresh, VerdictForeign, VerdictBackInTime, VerdictImpossible, VerdictSplitBrain,
		VerdictSecondaryAhead, VerdictPrimaryAhead, VerdictEqual}
	for _, v := range verdicts {
		for _, p := range []Copy{{}, {ResUID: 1, LocalCnt: 2}} {
			if reason, remedy := v.Explain(p, Copy{ResUID: 2}); v.Refused() && v != VerdictNone {
				told(v, reason, remedy)
			}
		}
	}
	refusals := 0
	for peer := PeerSecondary; peer <= PeerMyself; peer++ {
		for bits := range 1 << 7 {
			on := func(i int) bool { return bits>>i&1 != 0 }
			for _, v := range verdicts {
				c := Candidate{Fitness: Fitness(bits & 3 % 3), Bad: on(2), Force: on(3), Waited: on(4), Withdrawn: on(5), Verdict: v}
				if on(6) {
					c.Crashed = UncleanBegan | UncleanReceived
				}
				if decision, reason, remedy := Promote(peer, c); decision == PromoteRefuse {
					refusals++
					told([]any{peer, c}, reason, remedy)
				}
			}
		}
	}
	if refusals == 0 {
		t.Error("nothing is refused")
	}
	for a := PeerSecondary; a <= PeerMyself; a++ {
		told(a, "an answer", PeerRemedy(a, "shared"))
	}
	some := Plight{"why", "what"}
	either := func(on bool) Plight {
		if on {
			return some
		}
		return Plight{}
	}
	text := func(on bool) string {
		if on {
			return "the link went down"
		}
		return ""
	}
	for bits := range 1 << 8 {
		on := func(i int) bool { return bits>>i&1 != 0 }
		p := PrimaryState{Resource: "shared", Held: either(on(0)), NoPeer: on(1), Verdict: either(on(2)), Disk: either(on(3)),
			Session: on(4), Link: either(on(5)), Ended: text(on(6)), PeerFails: text(on(7)), Remaining: uint64(bits & 1)}
		told(p, p.Plight().Reason, p.Plight().Remedy)
		s := SecondaryState{Resource: "shared", Held: either(on(0)), Verdict: either(on(1)), Session: on(2), Ended: text(on(3)),
			DiskFailed: on(3) && on(4), Fitness: Fitness(bits >> 5 % 3)}
		if got := s.Plight(); got.Any() || !s.Session || s.Fitness != Fit {
			told(s, got.Reason, got.Remedy)
		}
	}
}
