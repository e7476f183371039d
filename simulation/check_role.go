package simulation

import (
	"hast/actors"
	"hast/states"
)

// roleTold is when a node answers a command for a role: a role that is left has let go of the device, of all requests and
// of what it had handed to its disk, and its writes are durable (I26); a secondary has applied what it received (I36).
func (w *World) roleTold(told *roleAnswers, list []actors.RoleAnswer) {
	b, role := told.boot, told.role
	for _, a := range list {
		if a.Unknown || a.Reason != "" || role == states.RolePrimary || b.dead || told.overtaken(a.Name) {
			continue
		}
		for _, c := range w.clients {
			if c.ghost != nil && c.resource == a.Name && (c.ghost.sides[0].m == b.machine || c.ghost.sides[1].m == b.machine) {
				c.ghost.roleLeft(c.ghost.at(b.machine), b, role)
			}
		}
	}
}

func (g *ghost) roleLeft(s *side, b *boot, role states.Role) {
	s.forced = s.insists
	if role == states.RoleInit {
		g.checkApplied(s, "its role has ended")
	}
	g.world.checked(ruleI26)
	for _, d := range b.doors {
		if d.spec.Resource == g.client.resource {
			g.violate(ruleI26, s, NoSector, "it says that it is %v, and its device is open", role)
		}
	}
	if g.void || g.world.diskFailed() || g.world.effects[FaultPanic] > 0 || s.p.halted() || s.p.slow > 1 {
		return // a component that fails, is stuck, or is so slow that it is taken for that stays behind until it has ended
	}
	for _, t := range s.p.tasks {
		if t.writes() && t.handle.boot == b && t.submitted < s.closed && uint64(t.off) >= g.record.LocalOff {
			g.violate(ruleI26, s, NoSector, "it says that it is %v, and a write from before is under way at its disk: %s", role, describe(t.op))
			return
		}
	}
	if s.closed <= s.demoted {
		return // it wasn't primary
	}
	s.demoted = g.world.steps
	for at, v := range s.written {
		if v != s.durable[at] && !g.tainted(int64(at)) && s.p.volatile.has(int64(at)+int64(g.record.LocalOff/SectorSize)) &&
			s.p.stamps[int64(at)+int64(g.record.LocalOff/SectorSize)] <= s.closedAt {
			g.violate(ruleI26, s, int64(at), "it says that it is %v, and what it wrote as primary isn't durable: %s", role, g.judge.describe(v))
			return
		}
	}
}

// deviceGone is when a device of a side has gone away.
func (g *ghost) deviceGone(m *Machine) {
	s := g.at(m)
	s.closed, s.closedAt, s.forced = g.world.steps, s.p.writes, s.insists
}
