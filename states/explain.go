package states

import (
	"fmt"
	"strings"
)

// Side is one node's copy as it is explained to people.
type Side struct {
	Copy
	// Heard: there is something to tell; of the peer there may be nothing.
	Heard   bool
	Fitness Fitness
	// Dirty, Bad and Lag are bytes in extents of the kind.
	Dirty, Bad, Lag uint64
}

// Situation is a pair as one of its nodes sees it.
type Situation struct {
	Own, Peer Side
	// Size is the size of the device in bytes.
	Size uint64
	// Role is this node's, as it is held.
	Role  Role
	Reign Reign
	// Session: the nodes are connected. On a primary ToPeer and FromPeer are then the bytes that are still to
	// be copied, each way.
	Session          bool
	ToPeer, FromPeer uint64
	// Tail is how many bytes were answered under async that the peer hasn't confirmed.
	Tail uint64
	// Reason and Remedy are those of the status; empty if nothing is wrong.
	Reason, Remedy string
}

// Transfer is something that is to be copied.
type Transfer struct {
	// FromPeer: into this node; else from it.
	FromPeer bool
	// Bytes in extents. It is the most that it may be, unless Exact.
	Bytes uint64
	Exact bool
	// Row is the row of the table by which these extents have their source.
	Row SourceRow
}

// Explanation is what a Situation amounts to, in words.
type Explanation struct {
	// Verdict is the row of the verdict's table that applies; VerdictNone if the peer's copy isn't known.
	Verdict Verdict
	// Says is the verdict in words, of this node and its peer.
	Says string
	// Copies is what will be copied, or would be once the nodes are connected.
	Copies []Transfer
	// Unsourced is in how many bytes of extents neither side holds a current copy.
	Unsourced uint64
	// Lost has a sentence for each thing that is lost, or may be.
	Lost []string
	// Act is the one act that helps.
	Act string
}

// Explain says what a situation is, what it leads to, and what helps.
func Explain(s Situation) Explanation {
	e := Explanation{Act: s.Remedy}
	if !s.Peer.Heard {
		e.Says = "this node hasn't heard of its peer's copy since it was started, so nothing can be compared"
		if s.Tail > 0 {
			e.Lost = append(e.Lost, tailLost(s.Tail))
		}
		e.act("let the nodes meet: hastd on both, one of them primary, the other secondary")
		return e
	}
	primary := s.ownIsPrimary()
	p, q := &s.Own, &s.Peer
	if !primary {
		p, q = q, p
	}
	e.Verdict = Decide(p.Copy, q.Copy)
	e.Says = s.says(e.Verdict, primary)
	if e.Verdict.Refused() {
		e.refused(&s)
		return e
	}
	e.copies(&s, p, q, primary)
	e.lost(&s)
	switch {
	case e.Unsourced > 0 && !s.Session:
		e.act("bring back what holds those extents, or 'hastctl role --force primary' on the node whose copy is to be kept as it is")
	case len(e.Copies) == 0 && s.Session:
		e.act("none is needed")
	case s.Session:
		e.act("none is needed: the copy goes on by itself")
	default:
		e.act("connect the nodes: hastd on both, one of them primary, the other secondary")
	}
	return e
}

func (e *Explanation) act(text string) {
	if e.Act == "" {
		e.Act = text
	}
}

// ownIsPrimary says as whose copy the own one is looked at. The verdict doesn't depend on roles (I16), but
// a copy that was just created can only be the secondary's.
func (s *Situation) ownIsPrimary() bool {
	switch {
	case s.Own.ResUID == 0 || s.Peer.ResUID == 0:
		return s.Own.ResUID != 0 || s.Role == RolePrimary
	case s.Role == RoleSecondary:
		return false
	}
	return true
}

// says puts a verdict in words.
func (s *Situation) says(v Verdict, primary bool) string {
	ahead, behind := "this node", "the peer"
	if (v == VerdictSecondaryAhead) == primary {
		ahead, behind = behind, ahead
	}
	switch v {
	case VerdictFresh:
		if primary {
			return "the peer's component was just created: it gets everything from this node"
		}
		return "this node's component was just created: it gets everything from the peer"
	case VerdictForeign:
		return "the components don't belong together: each was paired with another one, or both are new"
	case VerdictBackInTime:
		return "the components have no session in common: one of them is an older copy of itself"
	case VerdictImpossible:
		return "a counter is lower than the other node remembers it: one of the components is an older copy of itself"
	case VerdictSplitBrain:
		return "split-brain: both nodes were changed alone, so each has what the other one lacks. Nothing is copied until somebody chooses"
	case VerdictEqual:
		return "neither node was changed alone: what is dirty was under way, or isn't flushed"
	}
	return ahead + " was changed alone, " + behind + " wasn't"
}

// refused says what a verdict costs that allows no session.
func (e *Explanation) refused(s *Situation) {
	if e.Verdict == VerdictSplitBrain {
		// The remedy of the status names one of the two ways; both are told here.
		e.Act = "'hastctl resolve --discard-mine' on the node whose changes are to go, or --keep-mine on the other one, as secondary"
		e.Lost = append(e.Lost,
			fmt.Sprintf("if this node's changes are discarded: at most %d bytes in its dirty extents", s.Own.Dirty),
			fmt.Sprintf("if the peer's changes are discarded: at most %s in its dirty extents", atPeer(&s.Peer)))
		if s.Own.Bad > 0 {
			e.Lost = append(e.Lost, fmt.Sprintf("if this node's copy is kept: %d bytes in extents that its own component failed still come from the peer", s.Own.Bad))
		}
		return
	}
	e.Lost = append(e.Lost, "nothing as long as nothing is created anew: both components stay as they are")
	_, remedy := e.Verdict.Explain(s.Own.Copy, s.Peer.Copy)
	e.act(remedy)
}

func atPeer(p *Side) string {
	if !p.Marks.Known {
		return "an unknown number of bytes"
	}
	return fmt.Sprintf("%d bytes", p.Dirty)
}

// copies says what goes where: exactly while a primary is connected, else the most that it may be.
func (e *Explanation) copies(s *Situation, p, q *Side, primary bool) {
	row := func(x ExtentMarks) (SourceRow, SyncSource) {
		return SourceRowOf(e.Verdict, p.Marks, q.Marks, s.Reign, x)
	}
	if s.Session && s.Role == RolePrimary {
		for _, t := range []Transfer{{Bytes: s.ToPeer, Exact: true}, {Bytes: s.FromPeer, Exact: true, FromPeer: true}} {
			t.Row, _ = row(ExtentMarks{Stale: t.FromPeer})
			if t.Bytes > 0 {
				e.Copies = append(e.Copies, t)
			}
		}
		return
	}
	if s.Session {
		return // only the primary knows; the status has it there
	}
	add := func(bytes uint64, exact bool, x ExtentMarks) {
		if bytes == 0 {
			return
		}
		r, from := row(x)
		if r == SourceNoCopy {
			e.Unsourced += bytes
			return
		}
		e.Copies = append(e.Copies, Transfer{FromPeer: (from == SourceSecondary) == primary, Bytes: bytes, Exact: exact, Row: r})
	}
	if e.Verdict == VerdictFresh {
		size := s.Size
		if FreshAsZeroes(e.Verdict, p.Marks, q.Marks) {
			size = p.Dirty
		}
		add(size-min(p.Bad, size), true, ExtentMarks{})
		add(p.Bad, true, ExtentMarks{BadP: true})
		return
	}
	add(min(p.Dirty+q.Dirty, s.Size), p.Dirty == 0 || q.Dirty == 0, ExtentMarks{})
	add(p.Bad, true, ExtentMarks{BadP: true})
	add(q.Bad, true, ExtentMarks{BadS: true})
}

// lost says what the copies overwrite, and what only one node has.
func (e *Explanation) lost(s *Situation) {
	if s.Tail > 0 {
		e.Lost = append(e.Lost, tailLost(s.Tail))
	}
	if e.Unsourced > 0 {
		e.Lost = append(e.Lost, fmt.Sprintf("%d bytes in extents of which neither node holds a current copy", e.Unsourced))
	}
	if s.Session || e.Verdict == VerdictFresh {
		return
	}
	for _, t := range e.Copies {
		who, side := "the peer", &s.Peer
		if t.FromPeer {
			who, side = "this node", &s.Own
		}
		switch {
		case t.Row == SourceByBad || side.Dirty == 0:
		case side.Marks.Sent:
			e.Lost = append(e.Lost, fmt.Sprintf("what %s answered under async and the other one never got: at most %d bytes in its dirty extents", who, side.Dirty))
		default:
			e.Lost = append(e.Lost, fmt.Sprintf("what %s was writing, and never answered, when the nodes parted: it is overwritten in at most %d bytes of dirty extents", who, side.Dirty))
		}
	}
}

func tailLost(n uint64) string {
	return fmt.Sprintf("%d bytes were answered under async that the peer hasn't confirmed: they are lost if this node is", n)
}

// Words says what the bits of an unclean end mean.
func (u Unclean) Words() string {
	var all []string
	for _, b := range []struct {
		bit  Unclean
		text string
	}{
		{UncleanBegan, "no clean stop"},
		{UncleanSent, "some answers were for what was only sent"},
		{UncleanReceived, "as secondary it acknowledged what it may not have applied, or was new"},
		{UncleanRaised, "it had gone on alone"},
		{UncleanRestarted, "the machine was started anew since, what wasn't flushed may be gone"},
	} {
		if u&b.bit != 0 {
			all = append(all, b.text)
		}
	}
	if all == nil {
		return "clean"
	}
	return strings.Join(all, "; ")
}

// Words says why a row of the table names the side that it does.
func (r SourceRow) Words() string {
	return [...]string{"neither node holds a current copy", "the other component is new", "the target took over before what was new at its source",
		"the source was changed alone", "the target knew before that it isn't current", "the target's component failed these extents",
		"clients have seen the source's content", "the source lacks less of what was answered, or nothing",
		"the source alone has answers that were given for what was only sent", "both are equally good, and the source was primary last"}[min(int(r), len(sourceRowNames)-1)]
}
