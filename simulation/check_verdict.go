package simulation

import (
	"hast/states"
)

// Stepped is for the world's watchers; the ghost has no use for it.
func (g *ghost) Stepped(*Machine, string, string, states.State, states.Event) {}

// Faulted likewise.
func (g *ghost) Faulted(FaultKind) {}

// excused reports whether a second device may open while another one is: it is the same node's, or the two can't hear
// each other now (I18). What was is World.together's.
func (g *ghost) excused(first, second *door) bool {
	a, b := first.boot, second.boot
	f := g.world.fabric
	return a.machine == b.machine || f.blocked(a.machine, b.machine) || f.blocked(b.machine, a.machine) || a.still() || b.still()
}

// asked notes what an administrator asks of a node. Who brings nodes into service begins with the secondary, and asks
// each one once; a primary without a secondary has a reason to complain.
func (w *World) asked(m *Machine, resource string, role states.Role, force bool) {
	for _, c := range w.clients {
		if c.ghost != nil && c.resource == resource {
			s := c.ghost.at(m)
			w.meddled = w.meddled || force || s.asked != states.RoleUndef ||
				role == states.RolePrimary && s.other().asked != states.RoleSecondary
			s.asked = role
			s.insists = role == states.RolePrimary && (s.insists || force)
			s.forced = s.forced || s.insists // until that role has ended: what is under way still belongs to it
		}
	}
}

// Decided holds each verdict against the ghost's count of alone periods: incomparable is a split-brain (I14),
// comparable is the direction and never one (I15), and both nodes see the same (I16).
func (g *ghost) Decided(m *Machine, resource string, role states.Role, v states.Verdict, primary, secondary states.Copy) {
	if resource != g.client.resource || g.restored {
		return
	}
	own := g.at(m)
	if role == states.RolePrimary {
		g.maybeJump(own)
	}
	p, s := own, own.other()
	if role == states.RoleSecondary {
		p, s = s, p
	}
	if p.kept1.err != nil || s.kept1.err != nil || !current(p, primary) || !current(s, secondary) {
		return // of an attempt that is over: the counters have moved since
	}
	g.world.checked(ruleI14)
	g.world.checked(ruleI15)
	want, exact := g.relation(p, s)
	if !v.Refused() && v != states.VerdictFresh {
		g.learns(role, p, s)
	}
	switch {
	case !exact || v == want:
	case want == states.VerdictSplitBrain:
		g.violate(ruleI14, own, NoSector, "verdict %v as %v; both wrote alone: %s has %v, %s has %v", v, role, p.name(), p.vv, s.name(), s.vv)
	case v == states.VerdictSplitBrain && (primary.Marks.Branch || secondary.Marks.Branch) && g.mayLack(p, s):
		// The side ahead went on without what it had answered as a secondary (rule branch): it had lost that, or failed
		// to apply it, and its administrator insisted.
	default:
		g.violate(ruleI15, own, NoSector, "verdict %v as %v, and should be %v: %s has %v, %s has %v", v, role, want, p.name(), p.vv, s.name(), s.vv)
	}
	if v == states.VerdictSplitBrain {
		heard := own.other().vv
		own.split = &heard
	}
	if role == states.RoleSecondary {
		g.lastVerdict, g.lastCopies = v, [2]states.Copy{primary, secondary}
		return
	}
	g.world.checked(ruleI16)
	if c := g.lastCopies; sameCounters(c[0], primary) && sameCounters(c[1], secondary) && g.lastVerdict != v && v != states.VerdictFresh {
		g.violate(ruleI16, own, NoSector, "verdict %v; the secondary's was %v", v, g.lastVerdict)
	}
}

func sameCounters(a, b states.Copy) bool {
	return a.ResUID == b.ResUID && a.LocalCnt == b.LocalCnt && a.RemoteCnt == b.RemoteCnt
}

// current reports whether counters that were told are those that are durable.
func current(s *side, c states.Copy) bool { return sameCounters(states.CopyOf(&s.kept1.rec), c) }

// relation is the verdict that follows from the ghost's count; exact is false if it says nothing.
func (g *ghost) relation(p, s *side) (want states.Verdict, exact bool) {
	switch {
	case s.kept1.rec.ResUID == 0 && p.kept1.rec.ResUID != 0:
		return states.VerdictFresh, true
	case s.kept1.rec.ResUID != p.kept1.rec.ResUID || p.kept1.rec.ResUID == 0:
		return states.VerdictForeign, true
	case s.behind(p) && p.behind(s):
		return states.VerdictSplitBrain, true
	case s.behind(p):
		return states.VerdictPrimaryAhead, true
	case p.behind(s):
		return states.VerdictSecondaryAhead, true
	}
	return states.VerdictEqual, true
}

// mayLack reports whether one of the two has lost a process or its power, so that the side ahead may lack what it
// had answered.
func (g *ghost) mayLack(p, s *side) bool {
	return p.died+s.died+p.lostPower+s.lostPower > 0 || p.insisted || s.insisted
}
