package states

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestStrangers(t *testing.T) {
	for _, c := range []struct {
		name string
		p, s Marks
		want bool
	}{
		{"same last session", Marks{Known: true, LastSession: 5}, Marks{Known: true, LastSession: 5}, false},
		{"cut before the secondary confirmed", Marks{Known: true, LastSession: 6}, Marks{Known: true, LastSession: 5, TrySession: 6}, false},
		{"cut before the primary heard", Marks{Known: true, LastSession: 5}, Marks{Known: true, LastSession: 5, TrySession: 6}, false},
		{"the roles were exchanged in between", Marks{Known: true, LastSession: 5, TrySession: 6}, Marks{Known: true, LastSession: 6}, false},
		{"an older copy of itself", Marks{Known: true, LastSession: 7}, Marks{Known: true, LastSession: 5}, true},
		{"two tries in common are none when both are 0", Marks{Known: true, LastSession: 7}, Marks{Known: true, LastSession: 5, TrySession: 0}, true},
		{"never in a session", Marks{Known: true}, Marks{Known: true, LastSession: 5}, false},
		{"a stock node", Marks{}, Marks{Known: true, LastSession: 5}, false},
	} {
		if got := strangers(c.p, c.s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := strangers(c.s, c.p); got != c.want {
			t.Errorf("%s, exchanged: %v (I16)", c.name, got)
		}
	}
}

// everyMarks calls do for the marks that can come from an open component.
func everyMarks(do func(Marks)) {
	do(Marks{})
	for n := range 64 {
		m := Marks{Known: true, Sent: n&1 != 0, WasPrimary: n&2 != 0, LagKnown: n&4 != 0}
		m.Crashed = [...]Unclean{0, UncleanBegan, UncleanBegan | UncleanSent, UncleanBegan | UncleanReceived,
			UncleanBegan | UncleanRestarted, UncleanBegan | UncleanSent | UncleanRestarted,
			UncleanBegan | UncleanReceived | UncleanRestarted, UncleanBegan | UncleanSent | UncleanReceived}[n>>3]
		do(m)
	}
}

// TestRank keeps the ranks as a text, and holds them against what must be true of them all.
func TestRank(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %-8s %-11s %s\n", "crashed", "lag", "", "rank, and where it lags")
	everyMarks(func(m Marks) {
		if m.Sent {
			return // it doesn't count here
		}
		known := "stock"
		if m.Known {
			known = word(m.LagKnown, "known")
		}
		fmt.Fprintf(&b, "%-8d %-8s %-11s %d %d\n", m.Crashed, known, word(m.WasPrimary, "was primary"), m.Rank(false), m.Rank(true))
		if m.Known && m.Crashed == UncleanBegan && m.Rank(false) != 0 {
			t.Error("a killed process lost nothing that was written (rule boot-id)")
		}
		if m.Rank(true) < m.Rank(false) {
			t.Errorf("%+v: better where it lacks something", m)
		}
	})
	checkFile(t, filepath.Join("testdata", "rank.golden"), b.String())
}

// TestSourceOf holds each source of every state against the rules of which it is made.
func TestSourceOf(t *testing.T) {
	seen := map[string]int{}
	everyMarks(func(p Marks) {
		everyMarks(func(s Marks) {
			for _, v := range []Verdict{VerdictFresh, VerdictSecondaryAhead, VerdictPrimaryAhead, VerdictEqual} {
				for n := range 128 {
					r := Reign{Served: n&1 != 0, Again: n&2 != 0}
					e := ExtentMarks{Stale: n&4 != 0, BadP: n&8 != 0, BadS: n&16 != 0, LagP: n&32 != 0, LagS: n&64 != 0}
					checkSource(t, v, p, s, r, e, seen)
				}
			}
		})
	})
	for _, what := range []string{"primary true", "secondary true", "undef false"} {
		if seen[what] == 0 {
			t.Errorf("never %s", what)
		}
	}
}

func checkSource(t *testing.T, v Verdict, p, s Marks, r Reign, e ExtentMarks, seen map[string]int) {
	t.Helper()
	from, ok := SourceOf(v, p, s, r, e)
	seen[from.String()+map[bool]string{true: " true", false: " false"}[ok]]++
	wrong := func(why string) {
		t.Helper()
		t.Errorf("%v p=%+v s=%+v %+v %+v: %v %v: %s", v, p, s, r, e, from, ok, why)
	}
	faulted := s.Crashed&(UncleanReceived|UncleanRestarted) != 0
	switch {
	case v == VerdictFresh && from == SourceSecondary:
		wrong("a component without data is the source")
	case ok && from == SourcePrimary && e.BadP && !r.Again && v != VerdictSecondaryAhead:
		wrong("a component that failed the extent is its source (I37)")
	case ok && from == SourceSecondary && e.BadS && !e.Stale && !e.BadP:
		wrong("a component that failed the extent is its source (I37)")
	case v == VerdictSecondaryAhead && !r.Again && !e.BadS && from == SourcePrimary:
		wrong("what the secondary wrote alone is overwritten")
	case v == VerdictPrimaryAhead && !e.Stale && !e.BadP && from == SourceSecondary:
		wrong("what the primary wrote alone is overwritten")
	case ok && e.Stale && !faulted && !e.BadP && v != VerdictFresh && v != VerdictSecondaryAhead && from == SourcePrimary:
		wrong("content that isn't current overwrites what is (I11)")
	case v == VerdictEqual && r.Served && !e.Stale && !e.BadP && from == SourceSecondary:
		wrong("content under the device jumps (I35)")
	case v == VerdictEqual && !r.Served && !e.Stale && !e.BadP && !e.BadS && ok && p.Rank(e.LagP) > s.Rank(e.LagS) && from == SourcePrimary:
		wrong("the copy that may lack more is the source (I2)")
	}
}

// TestSurvivorIsTheSource is A30 and its kin: who copies whom after an end that wasn't clean, with equal
// counters and a primary that has not served since.
func TestSurvivorIsTheSource(t *testing.T) {
	alive := Marks{Known: true, LagKnown: true}
	crash := func(u Unclean) Marks {
		return Marks{Known: true, Crashed: UncleanBegan | u, Sent: u&UncleanSent != 0, WasPrimary: true}
	}
	for _, c := range []struct {
		name string
		p, s Marks
		lagS bool
		want SyncSource
	}{
		{"power loss of P, S alive: A30", crash(UncleanRestarted), alive, false, SourceSecondary},
		{"the same where S was told that it lacks something", crash(UncleanRestarted), alive, true, SourcePrimary},
		{"P killed: it lost nothing", crash(0), alive, false, SourcePrimary},
		{"async: the tail is on P alone", crash(UncleanSent | UncleanRestarted), alive, false, SourcePrimary},
		{"power loss of P, S killed with writes received", crash(UncleanRestarted), Marks{Known: true, Crashed: UncleanBegan | UncleanReceived}, false, SourceSecondary},
		{"P killed with writes received, power loss of S (rule fit-peer)", Marks{Known: true, Crashed: UncleanBegan | UncleanReceived}, crash(UncleanRestarted), false, SourcePrimary},
		{"power loss of both, P with writes received", Marks{Known: true, Crashed: UncleanBegan | UncleanReceived | UncleanRestarted}, crash(UncleanRestarted), false, SourceSecondary},
		{"power loss of P, stock S", crash(UncleanRestarted), Marks{}, false, SourcePrimary},
		{"roles exchanged: the former primary lost power", alive, crash(UncleanRestarted), false, SourcePrimary},
		{"roles exchanged, async: the former primary has the tail", Marks{Known: true, LagKnown: true},
			Marks{Known: true, LagKnown: true, Sent: true, WasPrimary: true}, false, SourceSecondary},
	} {
		if from, ok := SourceOf(VerdictEqual, c.p, c.s, Reign{}, ExtentMarks{LagS: c.lagS}); from != c.want || !ok {
			t.Errorf("%s: from %v, %v", c.name, from, ok)
		}
	}
}

// TestBranchIsSplitBrain: a secondary that might have lacked what was answered and went on alone has made
// a branch, if the former primary still has all of its own.
func TestBranchIsSplitBrain(t *testing.T) {
	ahead := Copy{ResUID: pair, LocalCnt: 1, Marks: Marks{Known: true, Branch: true}}
	for _, c := range []struct {
		name  string
		other Marks
		want  Verdict
	}{
		{"killed, with its writes", Marks{Known: true, Crashed: UncleanBegan, Dirty: true}, VerdictSplitBrain},
		{"lost power", Marks{Known: true, Crashed: UncleanBegan | UncleanRestarted, Dirty: true}, VerdictPrimaryAhead},
		{"wrote nothing", Marks{Known: true, Crashed: UncleanBegan}, VerdictPrimaryAhead},
		{"a stock node", Marks{Dirty: true}, VerdictPrimaryAhead},
	} {
		if got := Decide(ahead, Copy{ResUID: pair, Marks: c.other}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		want := c.want
		if want == VerdictPrimaryAhead {
			want = VerdictSecondaryAhead
		}
		if got := Decide(Copy{ResUID: pair, Marks: c.other}, ahead); got != want {
			t.Errorf("%s, roles exchanged: %v (I16)", c.name, got)
		}
	}
}

// Only two components that both are as they were created, but for what the primary's map says, are spared the
// full copy.
func TestFreshAsZeroes(t *testing.T) {
	zeroed := Marks{Known: true, Zeroed: true}
	for _, c := range []struct {
		v    Verdict
		p, s Marks
		want bool
	}{
		{VerdictFresh, zeroed, zeroed, true},
		{VerdictFresh, zeroed, Marks{Known: true}, false},
		{VerdictFresh, Marks{Known: true}, zeroed, false},
		{VerdictFresh, zeroed, Marks{Zeroed: true}, false},
		{VerdictPrimaryAhead, zeroed, zeroed, false},
		{VerdictEqual, zeroed, zeroed, false},
	} {
		if got := FreshAsZeroes(c.v, c.p, c.s); got != c.want {
			t.Errorf("%v %+v %+v: %v", c.v, c.p, c.s, got)
		}
	}
	if r := Adopted(Record{Zeroed: true}, Copy{}); r.Zeroed {
		t.Error("a component that joins a pair says that it was in no session")
	}
}
