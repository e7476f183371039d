package states

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

const pair = 0xfeed // the identity that both components of the tests' pair share

func counters(local, remote uint64) Copy {
	return Copy{ResUID: pair, LocalCnt: local, RemoteCnt: remote}
}

// mirror is the verdict on the same two components with the roles exchanged.
func mirror(v Verdict) Verdict {
	switch v {
	case VerdictPrimaryAhead:
		return VerdictSecondaryAhead
	case VerdictSecondaryAhead:
		return VerdictPrimaryAhead
	}
	return v
}

// TestDecideCells goes through all nine cells of HAST's table; each is reached from counters in the
// middle and at both ends of what 64 bits hold.
func TestDecideCells(t *testing.T) {
	const below, same, above = 0, 1, 2
	want := [3][3]Verdict{ // rows: SL against PR; columns: SR against PL
		below: {VerdictImpossible, VerdictImpossible, VerdictImpossible},
		same:  {VerdictPrimaryAhead, VerdictEqual, VerdictImpossible},
		above: {VerdictSplitBrain, VerdictSecondaryAhead, VerdictImpossible},
	}
	for _, base := range []uint64{0, 7, math.MaxUint64 - 2} {
		for sl := range 3 {
			for sr := range 3 {
				p := counters(base+1, base+1)
				s := counters(base+uint64(sl), base+uint64(sr))
				if have := Decide(p, s); have != want[sl][sr] {
					t.Errorf("primary %v secondary %v: %v, want %v", p, s, have, want[sl][sr])
				}
			}
		}
	}
}

// TestDecideExamples takes the examples of the original with the secondary at (3,3). Where it asks for
// a full copy in the direction of the roles, ours stops and asks.
func TestDecideExamples(t *testing.T) {
	s := counters(3, 3)
	for _, c := range []struct {
		local, remote uint64
		want          Verdict
	}{
		{2, 2, VerdictImpossible},
		{2, 3, VerdictImpossible},
		{2, 4, VerdictImpossible},
		{3, 2, VerdictSecondaryAhead},
		{3, 3, VerdictEqual},
		{3, 4, VerdictImpossible},
		{4, 2, VerdictSplitBrain},
		{4, 3, VerdictPrimaryAhead},
		{4, 4, VerdictImpossible},
	} {
		if have := Decide(counters(c.local, c.remote), s); have != c.want {
			t.Errorf("primary (%d,%d): %v, want %v", c.local, c.remote, have, c.want)
		}
	}
}

// TestDecideIdentity: the identity comes before the counters, whatever they are.
func TestDecideIdentity(t *testing.T) {
	for _, c := range []struct {
		name string
		p, s uint64
		want Verdict
	}{
		{"the secondary is new", pair, 0, VerdictFresh},
		{"the primary is new", 0, pair, VerdictForeign},
		{"both are new, and the primary has drawn no identity yet", 0, 0, VerdictForeign},
		{"two pairs", pair, pair + 1, VerdictForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			for n := range uint64(81) {
				p := Copy{ResUID: c.p, LocalCnt: n % 3, RemoteCnt: n / 3 % 3}
				s := Copy{ResUID: c.s, LocalCnt: n / 9 % 3, RemoteCnt: n / 27}
				if have := Decide(p, s); have != c.want {
					t.Errorf("primary %v secondary %v: %v, want %v", p, s, have, c.want)
				}
			}
		})
	}
}

// TestDecideIsSymmetric (I16): who is ahead doesn't change when the roles are exchanged.
func TestDecideIsSymmetric(t *testing.T) {
	for n := range uint64(5 * 5 * 5 * 5) {
		a, b := counters(n%5, n/5%5), counters(n/25%5, n/125)
		if ab, ba := Decide(a, b), Decide(b, a); ba != mirror(ab) {
			t.Errorf("%v as primary of %v: %v; exchanged: %v", a, b, ab, ba)
		}
	}
}

// TestRefused: a handshake goes on only with a verdict that names one side's data.
func TestRefused(t *testing.T) {
	goesOn := map[Verdict]SyncSource{
		VerdictFresh:          SourcePrimary,
		VerdictPrimaryAhead:   SourcePrimary,
		VerdictEqual:          SourcePrimary,
		VerdictSecondaryAhead: SourceSecondary,
	}
	for v := VerdictNone; v <= VerdictEqual; v++ {
		source, ok := goesOn[v]
		if v.Refused() == ok {
			t.Errorf("%v: refused is %v", v, v.Refused())
		}
		if ok && v.SyncSource() != source {
			t.Errorf("%v: source %v, want %v", v, v.SyncSource(), source)
		}
	}
}

// TestExplain: each refusal has a reason with the numbers that led to it, and one act that helps.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name         string
		p, s         Copy
		want, remedy string
	}{
		{"split-brain", counters(41, 12), counters(13, 40), "local=41 remote=12, secondary local=13 remote=40",
			"hastctl resolve --discard-mine"},
		{"impossible", counters(41, 12), counters(11, 40), "local=41 remote=12, secondary local=11 remote=40",
			"hastctl create"},
		{"foreign", Copy{ResUID: 51}, Copy{ResUID: 52}, "primary=51, secondary=52", "hastctl create"},
		{"foreign, the primary is new", Copy{}, Copy{ResUID: 52}, "just created", "the other one primary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Decide(c.p, c.s)
			if !v.Refused() {
				t.Fatalf("%v isn't refused", v)
			}
			reason, remedy := v.Explain(c.p, c.s)
			if !strings.Contains(reason, c.want) {
				t.Errorf("reason %q doesn't tell %q", reason, c.want)
			}
			if !strings.Contains(remedy, c.remedy) {
				t.Errorf("remedy %q doesn't tell %q", remedy, c.remedy)
			}
		})
	}
	for _, v := range []Verdict{VerdictFresh, VerdictSecondaryAhead, VerdictPrimaryAhead, VerdictEqual} {
		if reason, remedy := v.Explain(Copy{}, Copy{}); reason != "" || remedy != "" {
			t.Errorf("%v explains a refusal: %q, %q", v, reason, remedy)
		}
	}
}

// TestSource keeps the source of a dirty extent, per verdict, as a text that a human can judge, and
// holds it against the rules that must not depend on that text.
func TestSource(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s %-12s %-10s %s\n", "verdict", "same source", "extent", "copied from")
	for _, v := range []Verdict{VerdictFresh, VerdictSecondaryAhead, VerdictPrimaryAhead, VerdictEqual} {
		for n := range 4 {
			target, stale := Target{SameSource: n&2 != 0}, n&1 != 0
			have := Source(v, target, stale)
			fmt.Fprintf(&b, "%-16s %-12s %-10s %s\n", v, word(target.SameSource, "same"), word(stale, "stale"), have)
			switch {
			case have != SourcePrimary && have != SourceSecondary:
				t.Errorf("%v %+v: no side survives", v, target)
			case v == VerdictFresh && have != SourcePrimary:
				t.Errorf("%+v stale %v: a component without data is the source", target, stale)
			case v == VerdictSecondaryAhead && !target.SameSource && have != SourceSecondary:
				t.Errorf("%+v stale %v: the secondary's own writes are overwritten", target, stale)
			case v != VerdictFresh && stale && have != SourceSecondary:
				t.Errorf("%v %+v: content that isn't current overwrites what is (I11)", v, target)
			case v != VerdictSecondaryAhead && !stale && have != SourcePrimary:
				t.Errorf("%v %+v: content under the device would jump (I35)", v, target)
			}
		}
	}
	checkFile(t, filepath.Join("testdata", "source.golden"), b.String())
}

// word is a flag's name in a golden file, if it is set.
func word(set bool, name string) string {
	if set {
		return name
	}
	return "-"
}
