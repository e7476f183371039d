package simulation

import (
	"time"

	"hast/config"
	"hast/states"
)

// What an answer as sent may run ahead of the secondary is bounded, in bytes and in time (I2).

// tailsMay notes what a configuration allows. Where it was more once it stays so: a node reads it some time after it
// is written.
func (w *World) tailsMay(c *config.Config) {
	for i := range c.Resources {
		r := &c.Resources[i]
		for _, client := range w.clients {
			if g := client.ghost; g != nil && client.resource == r.Name {
				g.tailMost, g.tailFor = max(g.tailMost, r.AsyncBound), max(g.tailFor, r.AsyncTime)
			}
		}
	}
}

// tailSlack is by how much an answer may be later than the bound of the tail's time says: a primary looks once a second,
// and its clock may be slow.
const tailSlack = 3 * time.Second

// checkTail is at an answer as sent: what was answered so before, in this session, and is not with the secondary's
// process yet, is no more than may be, and none of it is older. The primary counts more: what it has no reply to.
func (g *ghost) checkTail(s *side, io *clientIO) {
	if g.tailMost == 0 {
		return
	}
	g.world.checked(ruleI2)
	o := s.other()
	var bytes int64
	oldest := g.world.now
	for i := len(g.log) - 1; i >= 0; i-- {
		l := &g.log[i]
		if l.claim != states.ClaimSent || !g.lacking(o, l) {
			break // the secondary has taken in what came before, too, but for what was concurrent
		}
		bytes += g.judge.writes[l.gen].n * SectorSize
		oldest = l.at
	}
	if bytes > 0 && bytes+io.n > g.tailMost {
		g.violate(ruleI2, s, io.off/SectorSize, "write %d, of %d bytes, was answered as sent while %d bytes of others are not with %s, and %d may be", io.gen, io.n, bytes, o.name(), g.tailMost)
	}
	if age := g.world.now - oldest; age > g.tailFor+g.tailFor/10+tailSlack && !g.world.slept() {
		g.violate(ruleI2, s, io.off/SectorSize, "write %d was answered as sent while others were not with %s for %v, and may be so for %v", io.gen, o.name(), age, g.tailFor)
	}
}

// lacking reports whether a secondary's process has not taken in an answered write of the session that it is in.
func (g *ghost) lacking(o *side, l *ledger) bool {
	w := &g.judge.writes[l.gen]
	if o.m.stock && g.link.at == nil {
		return false // nothing confirms such a session before its first answer
	}
	if w.inv <= o.hearsSince || w.inv <= g.link.tick || o.died >= w.inv || o.lostPower >= w.inv || o.behind(o.other()) ||
		o.kept1.err != nil || o.kept1.rec.Unfit != states.Fit {
		return false
	}
	d := debt{inv: w.inv}
	for at := w.sector; at < w.sector+w.n; at++ {
		if g.older(at, o.memory[at], d) && g.older(at, o.written[at], d) && !g.tainted(at) {
			return true
		}
	}
	return false
}

// slept reports whether a node has stood still in this world, so that its timers came later than they should.
func (w *World) slept() bool {
	return w.effects[FaultPause]+w.effects[FaultHostSleep]+w.effects[FaultStarved]+w.effects[FaultPanic] > 0
}
