package simulation

import (
	"hast/states"
)

// What an answer with success promises, held against both components at that very step.

// checkWrite holds the answer to a write against its claim (I29, I3, I19).
func (g *ghost) checkWrite(s *side, io *clientIO) {
	if io.written == states.ClaimNone {
		return
	}
	g.world.checked(ruleI29)
	w := &g.judge.writes[io.gen]
	o := s.other()
	d := debt{inv: w.inv}
	owe := g.owers(s, io.written)
	first, n := io.off/SectorSize, io.n/SectorSize
	for at := first; at < first+n; at++ {
		if g.tainted(at) {
			continue
		}
		here := owe[s.n] && !s.disowns(at)
		if here && g.older(at, s.written[at], d) {
			g.violate(ruleI29, s, at, "write %d was answered as %v, but here is %s", io.gen, io.written, g.judge.describe(s.written[at]))
			return
		}
		if io.fua && here && g.older(at, s.durable[at], d) && !s.excused(at, d.inv) {
			g.violate(ruleI3, s, at, "durable write %d was answered, but durable here is %s", io.gen, g.judge.describe(s.durable[at]))
			return
		}
		if !owe[o.n] || o.lostPower >= w.inv {
			continue
		}
		holds := !g.older(at, o.written[at], d)
		if io.written == states.ClaimReceived {
			holds = holds || o.died >= w.inv || !g.older(at, o.memory[at], d)
		}
		if !holds {
			g.violate(ruleI29, s, at, "write %d was answered as %v, but %s has %s", io.gen, io.written, o.name(), g.judge.describe(o.written[at]))
			return
		}
		if io.fua && io.durable != states.ClaimLocal && g.older(at, o.durable[at], d) {
			g.violate(ruleI3, s, at, "durable write %d was answered as %v, but durable on %s is %s", io.gen, io.written, o.name(), g.judge.describe(o.durable[at]))
			return
		}
	}
	switch io.written {
	case states.ClaimLocal:
		g.checkLocal(s, io)
	case states.ClaimRemote:
		g.checkRemote(s, io)
	case states.ClaimSent:
		if s.m.stock {
			return // the original bounds no tail, and its record has no word for it
		}
		g.checkTail(s, io)
		if s.kept1.err == nil && s.kept1.rec.Unclean&states.UncleanSent == 0 {
			g.violate(ruleI29, s, first, "write %d was answered as sent, and the record doesn't say so durably", io.gen)
		}
	}
}

// checkLocal: what is answered alone is in a durably dirty extent, and the counter says so (I19); a copy that
// isn't current answers nothing alone (I17).
func (g *ghost) checkLocal(s *side, io *clientIO) {
	o := s.other()
	s.counted = g.world.steps
	g.world.checked(ruleI19)
	own, its := &s.kept1, &o.kept1
	if own.err != nil {
		return
	}
	at := io.off / SectorSize
	// One with FUA may have been copied, flushed on both sides and cleared while it waited for its flush.
	if !io.fua && !s.p.guard.dirty(s.p, uint64(io.off)/uint64(g.record.ExtentSize)) {
		g.violate(ruleI29, s, at, "write %d was answered as local, but its extent isn't durably dirty", io.gen)
	}
	paired := own.rec.ResUID != 0 && its.err == nil && its.rec.ResUID == own.rec.ResUID
	switch {
	case paired && own.rec.LocalCnt <= its.rec.RemoteCnt:
		g.violate(ruleI19, s, at, "write %d was answered as local with localcnt %d, while the other side knows of %d", io.gen, own.rec.LocalCnt, its.rec.RemoteCnt)
	case paired && g.link.confirmed && g.link.longGone(g.world) && s.raised < max(g.link.began, g.reign.started):
		// A session that was never confirmed ended no period. A node that is on its way to a device may raise before it
		// opens, if a handshake that then breaks off is what demands it.
		g.violate(ruleI19, s, at, "write %d was answered as local, and the counter was not raised in this alone period", io.gen)
	}
	g.world.checked(ruleI17)
	if own.rec.Unfit != states.Fit {
		g.violate(ruleI17, s, at, "write %d was answered by a copy alone that is %v", io.gen, own.rec.Unfit)
	}
}

// checkRemote: what the secondary alone has is durably known not to be current here: the record names the extent as
// bad, or the secondary's counter was raised at this node's word (I37).
func (g *ghost) checkRemote(s *side, io *clientIO) {
	g.world.checked(ruleI37)
	s.other().counted = g.world.steps
	own, its := &s.kept1, &s.other().kept1
	if own.err != nil || its.err != nil || s.m.ledger[g.record.Resource] != nil {
		return
	}
	extent := uint64(g.record.ExtentSize)
	for e := uint64(io.off) / extent; e <= uint64(io.off+io.n-1)/extent; e++ {
		if !own.rec.Bad.Contains(e) && its.rec.LocalCnt <= own.rec.RemoteCnt && !g.durableHere(s, io, int64(e*extent), int64((e+1)*extent)) {
			g.violate(ruleI37, s, int64(e*extent/SectorSize), "write %d was answered as remote, and no durable record says that extent %d isn't current here", io.gen, e)
			return
		}
	}
}

// durableHere reports that this component holds durably what a write wrote between two offsets. Then no record is
// owed that says otherwise, though the answer claims the other copy alone: a write that waits for its flush may have
// been copied back and flushed meanwhile, and the record that forgets it may be on its way, of which nobody knows yet
// which one the next start finds.
func (g *ghost) durableHere(s *side, io *clientIO, from, to int64) bool {
	d := debt{inv: g.judge.writes[io.gen].inv}
	for at := max(from, io.off) / SectorSize; at < min(to, io.off+io.n)/SectorSize; at++ {
		if g.older(at, s.durable[at], d) {
			return false
		}
	}
	return true
}

// checkFlush: what was answered before a flush was invoked is durable wherever it is owed (I3). The ghost has
// taken the answer already.
func (g *ghost) checkFlush(s *side, io *clientIO) {
	g.world.checked(ruleI3)
	for _, x := range g.sides {
		if x != s && x.lostPower >= io.inv {
			continue
		}
		for at, v := range x.durable {
			if k := x.kept[at]; k.since == g.judge.tick && g.older(int64(at), v, k) && !x.excused(int64(at), k.inv) {
				g.violate(ruleI3, x, int64(at), "a flush was answered as %v, but durable is %s", io.durable, g.judge.describe(v))
				return
			}
		}
	}
}

// checkFresh: a read returns nothing that is older than what the server, or the peer that it is with, owed when
// the read was invoked (I13).
func (g *ghost) checkFresh(s *side, sector int64, v valueID, inv uint64) {
	g.world.checked(ruleI13)
	end := g.ends(sector, v)
	for _, x := range g.sides {
		if x != s && !g.link.of(s) {
			continue
		}
		if f := x.floor(sector); f.inv > end && f.since < inv && !g.readDamaged(sector, inv) {
			g.violate(ruleI13, s, sector, "a read returned %s, which is older than what %s owes (%d)", g.judge.describe(v), x.name(), f.inv)
			return
		}
	}
}
