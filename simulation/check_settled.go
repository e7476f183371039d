package simulation

import (
	"hast/states"
)

// What a read settles (I4), that trims and zeroes are writes (I12), and that what is clean is equal (I7).

// checkSettles: a read that returned a write in flight has made it a completed one, so the secondary must have it, too,
// as long as the primary is with it and the mode isn't async (I4b). From now on it is owed as its answer would owe it.
func (g *ghost) checkSettles(s *side, sector int64, gen uint64) {
	w := &g.judge.writes[gen]
	if w.end != never || g.mode == states.Async || !g.link.of(s) || w.inv <= g.link.tick {
		return // not in flight, or invoked before this session, which may have had to settle it
	}
	o := s.other()
	if g.tainted(sector) || o.lostPower >= w.inv || o.died >= w.inv || o.m.stock || s.behind(o) || s.disowns(sector) {
		return
	}
	g.world.checked(ruleI4)
	d := debt{w.inv, g.judge.tick}
	inProcess := !g.older(sector, o.memory[sector], d)
	if !inProcess && g.older(sector, o.written[sector], d) {
		g.violate(ruleI4, s, sector, "a read returned %s, which is in flight, and %s has %s", g.judge.describe(valueID(gen)), o.name(), g.judge.describe(o.written[sector]))
		return
	}
	if w.op != states.OpWrite || g.older(sector, s.written[sector], d) {
		return
	}
	if d.inv > s.owed[sector].inv {
		s.owed[sector] = d
	}
	switch {
	case !g.older(sector, o.written[sector], d):
		if d.inv > o.owed[sector].inv {
			o.owed[sector] = d
		}
	case d.inv > o.received[sector].inv:
		o.received[sector] = d
	}
}

// checkCleared: trims and zeroes are writes: what is answered alone is in a durably dirty extent, and after an answer
// for both, both hold the same (I12). Claims, counters and order are looked at as those of writes.
func (g *ghost) checkCleared(s *side, io *clientIO) {
	if io.op == states.OpWrite || io.written == states.ClaimNone {
		return
	}
	g.world.checked(ruleI12)
	w := &g.judge.writes[io.gen]
	o := s.other()
	for at := w.sector; at < w.sector+w.n; at++ {
		switch {
		case g.tainted(at) || g.overlaid(w, at, s.written[at]) || g.overlaid(w, at, o.written[at]) || g.underWay(at) || s.disowns(at) || o.disowns(at):
			continue
		case io.written == states.ClaimLocal:
			if e := uint64(at) * SectorSize / uint64(g.record.ExtentSize); !s.p.guard.dirty(s.p, e) {
				g.violate(ruleI12, s, at, "%v %d was answered as local, and extent %d isn't durably dirty", io.op, io.gen, e)
				return
			}
		case io.written == states.ClaimBoth && o.lostPower < w.inv && s.written[at] != o.written[at]:
			g.violate(ruleI12, s, at, "%v %d was answered as both, but here is %s, and %s has %s", io.op, io.gen,
				g.judge.describe(s.written[at]), o.name(), g.judge.describe(o.written[at]))
			return
		}
	}
}

// overlaid reports whether a value is that of a write that didn't precede the clearing, so that either may be there.
func (g *ghost) overlaid(clearing *written, sector int64, v valueID) bool {
	return v.isWrite() && g.ends(sector, v) > clearing.inv
}

// underWay reports whether a request that changes a sector has no answer.
func (g *ghost) underWay(sector int64) bool {
	off := sector * SectorSize
	for _, io := range g.client.busy {
		if io.op.Changes() && io.off <= off && off < io.off+io.n {
			return true
		}
	}
	return false
}

// checkClean: where no map is dirty and nothing is under way, both components hold the same (I7).
func (g *ghost) checkClean(first, n int64) {
	if g.void || g.strangers() || g.sides[0].m.stock || g.sides[1].m.stock {
		return
	}
	a, b := g.sides[0], g.sides[1]
	for at := first; at < first+n; at++ {
		e := uint64(at) * SectorSize / uint64(g.record.ExtentSize)
		if a.p.guard.dirty(a.p, e) || b.p.guard.dirty(b.p, e) || g.underWay(at) {
			continue
		}
		g.world.checked(ruleI7)
		if a.written[at] != b.written[at] && !g.tainted(at) && !a.spoilt[at] && !b.spoilt[at] {
			g.violate(ruleI7, nil, at, "extent %d is clean on both, and nothing is under way, but %s has %s, and %s has %s", e,
				a.name(), g.judge.describe(a.written[at]), b.name(), g.judge.describe(b.written[at]))
			return
		}
	}
}
