package simulation

import (
	"hast/states"
)

// The content under an open device changes by its own writes only (I35): once a primary has served, and finds that the
// other copy is ahead, it serves nothing of that under the same device.

// maybeJump is when a primary compares the copies.
func (g *ghost) maybeJump(p *side) {
	d := g.client.door
	if d == nil || d.boot.machine != p.m || g.reign.server != p || !g.reign.settled || g.reign.behind {
		return
	}
	g.world.checked(ruleI35)
	if p.behind(p.other()) && !p.other().behind(p) {
		g.jump, g.jumpTick = d, g.judge.tick
	}
}

// checkJump looks at an answer by a device that is to be withdrawn.
func (g *ghost) checkJump(s *side, io *clientIO) {
	if g.jump == nil || g.jump != g.client.door || io.inv <= g.jumpTick && io.op == states.OpRead {
		return
	}
	g.world.checked(ruleI35)
	if io.written == states.ClaimSource {
		g.violate(ruleI35, s, io.off/SectorSize, "a write was answered as %v by a device that has shown an older copy", io.written)
	}
}

// checkJumpRead looks at a sector that was read by such a device.
func (g *ghost) checkJumpRead(s *side, sector int64, v valueID, inv uint64) {
	if g.jump == nil || g.jump != g.client.door || inv <= g.jumpTick || g.readDamaged(sector, inv) {
		return
	}
	if o := s.other(); v != s.written[sector] && v == o.written[sector] {
		g.violate(ruleI35, s, sector, "a read returned %s of the other copy, by a device that has shown %s", g.judge.describe(v), g.judge.describe(s.written[sector]))
	}
}
