package simulation

import (
	"hast/states"
)

// landed is after a sector of a component reads as something new. kept: what was there before has become
// durable on the way; damaged: that was silently damaged.
func (g *ghost) landed(p *Platter, at int64, kept, damaged bool) {
	s := g.of(p)
	sector, ok := g.sector(at)
	if !ok {
		return
	}
	if sector < 0 {
		s.paperTouched(at)
		return
	}
	if kept {
		s.durable[sector], s.spoilt[sector], s.forgotten[sector] = s.written[sector], damaged, 0
		g.note(sector, pastEvent{kind: pastDurable, side: int8(s.n), value: s.written[sector]})
	}
	old, v := s.written[sector], s.identify(p.written, sector)
	s.written[sector], s.landedAt[sector] = v, g.judge.tick
	g.note(sector, pastEvent{kind: pastWritten, side: int8(s.n), value: v})
	if s.copies(sector, old, v, damaged) {
		p.tainted.add(at)
		return
	}
	if damaged {
		s.healed[sector] = g.judge.tick
	}
	if v != old { // what is written once more as it was is nobody's invention
		g.checkOrigin(s, sector, v)
		g.passedOver(s, sector, v)
	}
	g.checkOwed(s, sector, old, v)
	g.checkLate(s, sector, old, v)
	if v != old {
		g.checkTarget(s, sector) // what is written once more as it was makes no mixture
	}
}

// settled is after a sector of a component has become durable.
func (g *ghost) settled(p *Platter, at int64) {
	s := g.of(p)
	sector, ok := g.sector(at)
	switch {
	case !ok:
	case sector < 0:
		s.paperTouched(at)
		g.mapSettled(at)
	default:
		s.durable[sector], s.forgotten[sector] = s.written[sector], 0
		s.spoilt[sector] = s.tainted(sector)
		g.note(sector, pastEvent{kind: pastDurable, side: int8(s.n), value: s.written[sector]})
	}
}

// checkOrigin: what lands was written to that very sector by a client, or was there before the first write (I5).
func (g *ghost) checkOrigin(s *side, sector int64, v valueID) {
	g.world.checked(ruleI5)
	switch {
	case v.isStray():
		g.violate(ruleI5, s, sector, "something landed that was never written to this sector")
	case v == zeroes:
		if z := &g.zeroed[sector]; z.gen == 0 && s.other().written[sector] != zeroes {
			g.violate(ruleI5, s, sector, "zeroes landed, and nobody has zeroed this sector")
		}
	}
}

// checkOwed: nothing that lands takes away what its component owes: an older write over a newer one, in
// whatever path, or a copy in the wrong direction (I6, I11).
func (g *ghost) checkOwed(s *side, sector int64, old, v valueID) {
	serves := g.reign.server == s && g.client.door != nil
	r := ruleI11
	if serves {
		r = ruleI6
	}
	g.world.checked(r)
	if g.older(sector, v, s.owed[sector]) && !g.older(sector, old, s.owed[sector]) {
		g.violate(r, s, sector, "%s landed over %s, which it owes", g.judge.describe(v), g.judge.describe(old))
	}
}

// checkLate: no write lands on the component of a primary after its answer, unless it comes back from the
// peer (I30).
func (g *ghost) checkLate(s *side, sector int64, old, v valueID) {
	if g.reign.server != s || g.client.door == nil || !v.isWrite() || v == old || s.givenUp() {
		return
	}
	g.world.checked(ruleI30)
	if w := &g.judge.writes[v]; w.end != never && w.end > g.reign.at && s.other().written[sector] != v {
		g.violate(ruleI30, s, sector, "%s landed after its answer", g.judge.describe(v))
	}
}

// checkTarget: a component that is behind is changed only when it says of itself, durably, that it is a
// mixture (I17).
func (g *ghost) checkTarget(s *side, sector int64) {
	o := s.other()
	if !s.knowsBehind() || s.fresh() || o.fresh() || !s.behind(o) {
		return
	}
	if s.m.stock {
		return // the original knows no marks
	}
	g.world.checked(ruleI17)
	if s.kept1.err == nil && s.kept1.rec.Unfit != states.Inconsistent {
		g.violate(ruleI17, s, sector, "data landed on a copy that is behind, but durably it calls itself %v", s.kept1.rec.Unfit)
	}
}
