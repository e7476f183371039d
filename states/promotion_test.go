package states

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// everyPromotion calls do for each peer's answer and each candidate.
func everyPromotion(do func(PeerAnswer, Candidate)) {
	for peer := PeerSecondary; peer <= PeerNone; peer++ {
		for fit := Fit; fit <= Inconsistent; fit++ {
			for n := range 8 {
				for v := VerdictNone; v <= VerdictEqual; v++ {
					do(peer, Candidate{Fitness: fit, Withdrawn: n&4 != 0, Force: n&2 != 0, Waited: n&1 != 0, Verdict: v})
				}
			}
		}
	}
}

// TestPromotionTable keeps the whole table as a text that a human can judge: a row per peer and
// candidate, and in it the verdicts that lead to each decision.
func TestPromotionTable(t *testing.T) {
	type row struct {
		peer PeerAnswer
		c    Candidate // without its verdict
	}
	var rows []row
	by := map[row]map[Promotion][]string{}
	texts := map[string]bool{}
	var refusals []string
	everyPromotion(func(peer PeerAnswer, c Candidate) {
		decision, reason, remedy := Promote(peer, c)
		verdict := c.Verdict.String()
		c.Verdict = VerdictNone
		r := row{peer, c}
		if by[r] == nil {
			by[r] = map[Promotion][]string{}
			rows = append(rows, r)
		}
		by[r][decision] = append(by[r][decision], verdict)
		if text := reason + "\n    " + remedy + "\n"; reason != "" && !texts[text] {
			texts[text] = true
			refusals = append(refusals, text)
		}
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %-13s %-9s %-6s %-7s %s\n", "peer", "own copy", "withdrawn", "force", "waited", "decision: verdicts")
	for _, r := range rows {
		fmt.Fprintf(&b, "%-10s %-13s %-9s %-6s %-7s", r.peer, r.c.Fitness, word(r.c.Withdrawn, "withdrawn"), word(r.c.Force, "force"), word(r.c.Waited, "waited"))
		for p := PromoteSession; p <= PromoteRefuse; p++ {
			switch verdicts := by[r][p]; len(verdicts) {
			case 0:
			case int(VerdictEqual) + 1:
				fmt.Fprintf(&b, " %s: any;", promotionNames[p])
			default:
				fmt.Fprintf(&b, " %s: %s;", promotionNames[p], strings.Join(verdicts, ", "))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\nrefusals\n" + strings.Join(refusals, ""))
	checkFile(t, filepath.Join("testdata", "promotion.golden"), b.String())
}

// TestPromotionRules holds every decision against what must be true of all of them.
func TestPromotionRules(t *testing.T) {
	everyPromotion(func(peer PeerAnswer, c Candidate) {
		have, reason, remedy := Promote(peer, c)
		wrong := func(why string) {
			t.Helper()
			t.Errorf("peer %v, %+v: %v: %s", peer, c, promotionNames[have], why)
		}
		if (have == PromoteRefuse) != (reason != "" && remedy != "") || (reason == "") != (remedy == "") {
			wrong("a refusal, and only that, has a reason and a remedy")
		}
		if have == PromoteRefuse && c.Force {
			wrong("force doesn't help")
		}
		if have == PromoteSession && peer != PeerSecondary {
			wrong("there is nobody for a session")
		}
		if have == PromoteSession && c.Verdict != VerdictNone && c.Verdict.Refused() {
			wrong("this verdict allows no session")
		}
		if have == PromoteRetry && (peer != PeerPrimary || c.Waited) && (!c.Withdrawn || c.Fitness == Fit) {
			wrong("only a primary peer is waited for, and only so long, but by a copy that can't be served without one")
		}
		if have == PromoteRefuse && c.Withdrawn && peer > PeerPrimary {
			wrong("a device that was withdrawn comes back when its source does")
		}
		if have != PromoteAlone || c.Force {
			return
		}
		if c.Fitness != Fit {
			wrong("an unfit copy is served unasked (I17)")
		}
		if peer == PeerPrimary {
			wrong("a second primary unasked (I18)")
		}
		if peer == PeerSecondary {
			wrong("the secondary is left aside unasked")
		}
	})
}

// TestPromotionAgainstPrimary: even force first gives the peer its time (I18).
func TestPromotionAgainstPrimary(t *testing.T) {
	for _, c := range []struct {
		force, waited bool
		want          Promotion
	}{
		{false, false, PromoteRetry},
		{true, false, PromoteRetry},
		{false, true, PromoteRefuse},
		{true, true, PromoteAlone},
	} {
		have, _, _ := Promote(PeerPrimary, Candidate{Force: c.force, Waited: c.waited})
		if have != c.want {
			t.Errorf("force %v, waited %v: %v, want %v", c.force, c.waited, promotionNames[have], promotionNames[c.want])
		}
	}
}

// TestPromotionNamesTheVerdictsRemedy: a refusal tells what helps against the verdict, not only that something must.
func TestPromotionNamesTheVerdictsRemedy(t *testing.T) {
	for _, v := range []Verdict{VerdictForeign, VerdictBackInTime, VerdictImpossible, VerdictSplitBrain} {
		_, want := v.Explain(Copy{ResUID: 1}, Copy{ResUID: 2})
		if _, _, have := Promote(PeerSecondary, Candidate{Verdict: v, Remedy: want}); want == "" || !strings.HasPrefix(have, want) {
			t.Errorf("%v: %q, want %q", v, have, want)
		}
	}
}
