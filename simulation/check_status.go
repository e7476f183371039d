package simulation

import (
	"hast/actors"
	"hast/states"
)

// Statuses are true (I27): each is held against the components and against the answers that clients had, at the step
// at which it was asked for and at the one at which it came: it was put together somewhere between the two.

// before is what a pair was like when a status was asked for.
type before struct {
	ghost   *ghost
	claims  [states.ClaimRemote + 1]uint64
	differ  []bool // by extent
	agreed  bool   // the pair was as one that is complete is
	changes uint64
}

// lookBefore notes how a resource's pair stands, for a status of a machine.
func (w *World) lookBefore(m *Machine, names []string) []before {
	var list []before
	for _, c := range w.clients {
		for _, name := range names {
			if c.ghost != nil && c.resource == name && c.ghost.tellsOf(m) {
				g := c.ghost
				list = append(list, before{g, g.claims, g.differing(g.at(m)), g.agreed(g.at(m)), g.changes})
			}
		}
	}
	return list
}

// tellsOf reports whether a machine's status can be held against something.
func (g *ghost) tellsOf(m *Machine) bool {
	return !g.void && !g.restored && !g.sides[0].m.stock && !g.sides[1].m.stock && (g.sides[0].m == m || g.sides[1].m == m)
}

// statusTold holds an answered status against what was seen before it and what is seen now.
func (w *World) statusTold(m *Machine, seen []before, s *actors.Status) {
	for i := range seen {
		if b := &seen[i]; b.ghost.client.resource == s.Name && b.ghost.tellsOf(m) {
			b.ghost.checkStatus(b.ghost.at(m), b, s)
		}
	}
}

func (g *ghost) checkStatus(s *side, b *before, t *actors.Status) {
	g.world.checked(ruleI27)
	if t.Status == "degraded" && t.Reason == "" {
		g.violate(ruleI27, s, NoSector, "a %s is degraded, and says no reason: role %s, link %s", t.State, t.Role, t.Link)
	}
	if t.Role != "primary" {
		return
	}
	// Neither before nor now, and nothing has happened in between that could have made it so for a moment.
	if t.Status == "complete" && !b.agreed && !g.agreed(s) && b.changes == g.changes {
		g.violate(ruleI27, s, NoSector, "a primary is complete; alone periods %v here, %v there; the secondary calls itself %v", s.vv, s.other().vv, s.other().kept1.rec.Unfit)
	}
	g.checkDirtyBytes(s, b, t)
	for c, told := range [...]uint64{states.ClaimBoth: t.Stats.ClaimBoth, states.ClaimReceived: t.Stats.ClaimReceived, states.ClaimSent: t.Stats.ClaimSent,
		states.ClaimLocal: t.Stats.ClaimLocal, states.ClaimSource: t.Stats.ClaimSource, states.ClaimRemote: t.Stats.ClaimRemote} {
		if told > g.claims[c] {
			g.violate(ruleI27, s, NoSector, "the status counts %d answers as %v; there were %d", told, states.Claim(c), g.claims[c])
		}
	}
}

// checkDirtyBytes: extents in which the components differ are counted as dirty.
func (g *ghost) checkDirtyBytes(s *side, b *before, t *actors.Status) {
	if b.differ == nil || t.Dirty == 0 && t.DataSize == 0 || t.State != string(states.RoleIsPrimary) || s.givenUp() {
		return
	}
	now := g.differing(s)
	least := uint64(0)
	for e, d := range now {
		if d && b.differ[e] {
			least += min(uint64(g.record.ExtentSize), g.record.DataSize-uint64(e)*uint64(g.record.ExtentSize))
		}
	}
	if t.Dirty+t.Bad < least && b.changes == g.changes {
		g.violate(ruleI27, s, NoSector, "%d bytes are dirty, and extents of %d bytes differ", t.Dirty, least)
	}
}

// differing are the extents in which both hold different data that clients wrote, and in which nothing is under way;
// nil if the primary needn't know: without a session, or beside a secondary that has died in it.
func (g *ghost) differing(s *side) []bool {
	o := s.other()
	if g.reign.server != s || g.client.door == nil || g.link.at == nil || o.died >= g.link.tick && o.died > 0 || o.lostPower >= g.link.tick && o.lostPower > 0 || g.strangers() {
		return nil
	}
	per := int64(g.record.ExtentSize / SectorSize)
	list := make([]bool, len(g.cause.by))
	for at, v := range s.written {
		if v != o.written[at] && (v.isWrite() || o.written[at].isWrite()) && !g.tainted(int64(at)) && !s.spoilt[at] && !o.spoilt[at] && !s.away(int64(at)) {
			list[int64(at)/per] = true
		}
	}
	for _, io := range g.client.busy {
		if io.op.Changes() {
			for e := io.off / int64(g.record.ExtentSize); e <= (io.off+io.n-1)/int64(g.record.ExtentSize); e++ {
				list[e] = false
			}
		}
	}
	return list
}

// agreed reports whether a pair may call itself complete: both contain the same alone periods, and the secondary
// doesn't call itself unfit.
func (g *ghost) agreed(s *side) bool {
	o := s.other()
	return !g.strangers() && s.vv == o.vv && o.kept1.err == nil && o.kept1.rec.Unfit == states.Fit
}
