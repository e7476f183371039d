package states

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// explained are situations that reach every row of the verdict's table, and of the source's.
func explained() []struct {
	name string
	s    Situation
} {
	known := Marks{Known: true, LastSession: 5, LagKnown: true}
	side := func(local, remote uint64, m Marks, dirty uint64) Side {
		return Side{Copy: Copy{ResUID: pair, LocalCnt: local, RemoteCnt: remote, Marks: m}, Heard: true, Dirty: dirty}
	}
	with := func(f func(m *Marks)) Marks {
		m := known
		f(&m)
		return m
	}
	old := with(func(m *Marks) { m.LastSession = 4 })
	branch := with(func(m *Marks) { m.Branch = true })
	tail := with(func(m *Marks) { m.Sent = true })
	lastPrimary := with(func(m *Marks) { m.Sent, m.WasPrimary = true, true })
	crashed := Marks{Known: true, LastSession: 5, Crashed: UncleanBegan | UncleanReceived}
	restarted := Marks{Known: true, LastSession: 5, Crashed: UncleanBegan | UncleanRestarted}
	dirtyBranch := with(func(m *Marks) { m.Dirty = true })
	fresh := Side{Heard: true}
	primary := func(own, peer Side) Situation {
		return Situation{Own: own, Peer: peer, Size: 1 << 20, Role: RolePrimary}
	}
	bad := func(s Side) Side { s.Bad = 8192; return s }
	all := []struct {
		name string
		s    Situation
	}{
		{"nothing heard", Situation{Own: side(1, 0, known, 0), Tail: 4096}},
		{"fresh peer", primary(side(1, 0, known, 4096), fresh)},
		{"fresh here", Situation{Own: fresh, Peer: side(1, 0, known, 0), Size: 1 << 20, Role: RoleSecondary}},
		{"fresh peer, bad extents here", primary(bad(side(1, 0, known, 4096)), fresh)},
		{"both are new", Situation{Own: fresh, Peer: fresh, Role: RoleInit}},
		{"two pairs", primary(side(1, 0, known, 0), Side{Copy: Copy{ResUID: pair + 1}, Heard: true})},
		{"back in time", primary(side(1, 1, known, 0), side(1, 1, old, 0))},
		{"impossible", primary(side(1, 3, known, 0), side(1, 1, known, 0))},
		{"split-brain", primary(side(3, 1, known, 4096), side(2, 2, known, 12288))},
		{"split-brain by a branch, bad extents here", primary(bad(side(2, 1, branch, 4096)), side(1, 1, dirtyBranch, 12288))},
		{"split-brain with a stock node", primary(side(3, 1, known, 4096), side(2, 2, Marks{}, 0))},
		{"peer ahead", primary(side(1, 1, known, 4096), side(2, 1, known, 8192))},
		{"peer ahead, bad extents there", primary(side(1, 1, known, 0), bad(side(2, 1, known, 8192)))},
		{"peer ahead, its news taken over before", func() Situation {
			s := primary(side(1, 1, known, 4096), side(2, 1, known, 0))
			s.Reign.Again, s.Session, s.ToPeer, s.FromPeer = true, true, 4096, 8192
			return s
		}()},
		{"this node ahead, as secondary", func() Situation {
			s := primary(side(2, 1, known, 4096), side(1, 1, tail, 8192))
			s.Role = RoleSecondary
			return s
		}()},
		{"this node ahead", primary(side(2, 1, known, 4096), side(1, 1, known, 0))},
		{"this node ahead, bad extents here", primary(bad(side(2, 1, known, 4096)), side(1, 1, known, 0))},
		{"equal, connected, all copied", func() Situation {
			s := primary(side(1, 1, known, 4096), side(1, 1, known, 0))
			s.Session = true
			return s
		}()},
		{"equal, connected, stale here", func() Situation {
			s := primary(side(1, 1, known, 4096), side(1, 1, known, 0))
			s.Session, s.FromPeer, s.Reign.Served = true, 4096, true
			return s
		}()},
		{"equal, connected, seen from the secondary", func() Situation {
			s := primary(side(1, 1, known, 0), side(1, 1, known, 4096))
			s.Session, s.Role = true, RoleSecondary
			return s
		}()},
		{"equal, served", func() Situation {
			s := primary(side(1, 1, known, 4096), side(1, 1, known, 0))
			s.Reign.Served, s.Reason, s.Remedy = true, "the peer is silent", "start hastd there"
			return s
		}()},
		{"equal, after this node's crash as secondary", primary(side(1, 1, crashed, 4096), side(1, 1, known, 0))},
		{"equal, after both nodes' crash", primary(side(1, 1, crashed, 4096), side(1, 1, restarted, 0))},
		{"equal, an async tail there", primary(side(1, 1, known, 4096), side(1, 1, tail, 4096))},
		{"equal, an async tail here", primary(side(1, 1, tail, 4096), side(1, 1, known, 4096))},
		{"equal, tails on both, the peer was primary last", primary(side(1, 1, tail, 4096), side(1, 1, lastPrimary, 0))},
		{"equal", primary(side(1, 1, known, 4096), side(1, 1, known, 0))},
		{"equal and clean", primary(side(1, 1, known, 0), side(1, 1, known, 0))},
	}
	return all
}

// TestExplainSituations keeps what people are told as a text that they can judge, sees to it that every row
// of both tables is told, and holds it against the tables.
func TestExplainSituations(t *testing.T) {
	var b strings.Builder
	verdicts, rows := map[Verdict]bool{}, map[SourceRow]bool{}
	for _, c := range explained() {
		e := Explain(c.s)
		verdicts[e.Verdict] = true
		fmt.Fprintf(&b, "== %s: %v\n   %s\n", c.name, e.Verdict, e.Says)
		for _, x := range e.Copies {
			rows[x.Row] = true
			fmt.Fprintf(&b, "   copy from %s %d bytes exact=%v by %v: %s\n", word2(x.FromPeer, "the peer", "here"), x.Bytes, x.Exact, x.Row, x.Row.Words())
		}
		if e.Unsourced > 0 {
			rows[SourceNoCopy] = true
		}
		for _, l := range e.Lost {
			fmt.Fprintf(&b, "   lost: %s\n", l)
		}
		fmt.Fprintf(&b, "   act: %s\n", e.Act)
		if e.Says == "" || e.Act == "" {
			t.Errorf("%s: %+v says nothing", c.name, e)
		}
		if e.Verdict.Refused() && (len(e.Copies) > 0 || len(e.Lost) == 0 && c.s.Peer.Heard) {
			t.Errorf("%s: %v copies %v and loses %q", c.name, e.Verdict, e.Copies, e.Lost)
		}
		if e.Verdict == VerdictFresh && len(e.Copies) > 0 && e.Copies[0].FromPeer != (c.s.Own.ResUID == 0) {
			t.Errorf("%s: the new component is the source", c.name)
		}
	}
	for v := VerdictNone; v <= VerdictEqual; v++ {
		if !verdicts[v] {
			t.Errorf("%v is not explained", v)
		}
	}
	for r := SourceNoCopy; r <= SourceByLast; r++ {
		if !rows[r] {
			t.Errorf("source by %v is not explained", r)
		}
	}
	checkFile(t, filepath.Join("testdata", "explain.golden"), b.String())
}

func word2(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// Both nodes tell the same of one situation, with the sides exchanged (I16).
func TestExplainIsSymmetric(t *testing.T) {
	for _, c := range explained() {
		s := c.s
		if !s.Peer.Heard || s.Session || s.Reign.Served || s.Own.ResUID != s.Peer.ResUID {
			continue
		}
		there := Situation{Own: s.Peer, Peer: s.Own, Size: s.Size, Role: RoleSecondary}
		if s.Role == RoleSecondary {
			there.Role = RolePrimary
		}
		here, other := Explain(s), Explain(there)
		if here.Verdict != other.Verdict || len(here.Copies) != len(other.Copies) || here.Unsourced != other.Unsourced {
			t.Errorf("%s: %+v here, %+v there", c.name, here, other)
			continue
		}
		for i, x := range here.Copies {
			y := other.Copies[i]
			if y.FromPeer = !y.FromPeer; x != y {
				t.Errorf("%s: %+v here, %+v there", c.name, x, y)
			}
		}
	}
}

func TestUncleanWords(t *testing.T) {
	if got := Unclean(0).Words(); got != "clean" {
		t.Errorf("a clean stop is %q", got)
	}
	for bit, want := range map[Unclean]string{UncleanBegan: "clean stop", UncleanSent: "only sent", UncleanReceived: "not have applied", UncleanRestarted: "anew"} {
		if got := (bit | UncleanBegan).Words(); !strings.Contains(got, want) || !strings.Contains(got, "no clean stop") {
			t.Errorf("bit %d is %q", bit, got)
		}
	}
}
