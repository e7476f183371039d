package simulation

import (
	"fmt"

	"hast/states"
)

// I31, crash-now: if both nodes died at this step, by a kill or by a loss of power of either or both, what is durable
// then, put through the shipped decisions with either node as primary, must name a source for every sector that isn't
// older than what either component owes; or refuse. That clean extents are equal is I8 and I10 at the same steps.

// outlook is what would follow one kind of death, with one node as primary.
type outlook struct {
	lost       [2]bool // power, by side
	p, s       *side
	verdict    states.Verdict
	pm, sm     states.Marks
	prec, srec *states.Record
	refused    bool
}

// outlooks are all that could follow a death of both now.
func (g *ghost) outlooks() []outlook {
	list := g.ahead[:0]
	for kind := range 4 {
		lost := [2]bool{kind&1 != 0, kind&2 != 0}
		if kind > 0 && g.sides[0].p.guard.writtenOnly {
			break // nobody may cut the power of nodes that don't flush their maps (X12)
		}
		for primary := range 2 {
			list = append(list, g.outlook(lost, g.sides[primary]))
		}
	}
	return list
}

func (g *ghost) outlook(lost [2]bool, p *side) outlook {
	s := p.other()
	l := outlook{lost: lost, p: p, s: s}
	pp, sp := p.paperAfter(lost[p.n]), s.paperAfter(lost[s.n])
	if pp.err != nil || sp.err != nil {
		l.refused = true
		return l
	}
	l.prec, l.srec = &pp.rec, &sp.rec
	l.pm, l.sm = p.marksAfter(l.prec, lost[p.n]), s.marksAfter(l.srec, lost[s.n])
	pc, sc := states.CopyOf(l.prec), states.CopyOf(l.srec)
	pc.Marks, sc.Marks = l.pm, l.sm
	l.verdict = states.Decide(pc, sc)
	l.refused = l.verdict.Refused() || l.verdict == states.VerdictFresh && l.prec.Unfit != states.Fit
	return l
}

// marks are those of one side.
func (l *outlook) marks(x *side) *states.Marks {
	if x == l.p {
		return &l.pm
	}
	return &l.sm
}

// paperAfter is the record that the next process finds.
func (s *side) paperAfter(lost bool) *paper {
	if lost {
		return &s.kept1
	}
	return &s.written1
}

// marksAfter is what that process says of its copy.
func (s *side) marksAfter(r *states.Record, lost bool) states.Marks {
	m := states.Marks{Known: true, LastSession: r.LastSession, TrySession: r.TrySession, Crashed: r.Unclean,
		Sent: r.Unclean&states.UncleanSent != 0, Branch: r.Branch, WasPrimary: r.WasPrimary}
	if m.Crashed != 0 && (lost || r.Boot != s.bootName()) {
		m.Crashed |= states.UncleanRestarted
	}
	m.LagKnown = m.Crashed == 0
	m.Dirty = s.anyDirty()
	return m
}

// bootName is the identity of the machine's start, as its nodes are told.
func (s *side) bootName() string {
	if s.boot.name == "" || s.boot.starts != s.m.starts {
		s.boot.starts, s.boot.name = s.m.starts, fmt.Sprintf("%s-%d", s.m.name, s.m.starts)
	}
	return s.boot.name
}

// anyDirty reports whether a bit of the component's map is set, whatever a power cut keeps.
func (s *side) anyDirty() bool {
	g := s.ghost
	for i := range states.MapBytes(g.record.DataSize, g.record.ExtentSize) {
		if at := states.MapOffset + i; s.p.written[at]&s.p.durable[at] != 0 {
			return true
		}
	}
	return false
}

// crashNow checks some sectors.
func (g *ghost) crashNow(first, n int64) {
	if g.void || g.restored || g.strangers() || g.sides[0].m.stock || g.sides[1].m.stock {
		return
	}
	g.world.checked(ruleI31)
	g.ahead = g.ahead[:0]
	for at := first; at < first+n; at++ {
		if g.settledAlike(at) {
			continue
		}
		if len(g.ahead) == 0 {
			g.ahead = g.outlooks()
		}
		for i := range g.ahead {
			if l := &g.ahead[i]; !l.refused {
				g.survives(l, at)
			}
		}
	}
}

// settledAlike reports whether a sector is the same in all images, and what is owed: then it doesn't matter who dies.
func (g *ghost) settledAlike(sector int64) bool {
	a, b := g.sides[0], g.sides[1]
	v := a.written[sector]
	if v != b.written[sector] || v != a.durable[sector] || v != b.durable[sector] {
		return false
	}
	end := g.ends(sector, v)
	return a.owed[sector].inv <= end && b.owed[sector].inv <= end
}

// survives checks one sector after one kind of death.
func (g *ghost) survives(l *outlook, sector int64) {
	if g.tainted(sector) || g.sides[0].spoilt[sector] || g.sides[1].spoilt[sector] || g.sides[0].forced || g.sides[1].forced {
		return
	}
	e := uint64(sector) * SectorSize / uint64(g.record.ExtentSize)
	from := l.p
	badP, badS := l.prec.Bad.Contains(e), l.srec.Bad.Contains(e)
	if badP || badS || l.p.p.guard.dirty(l.p.p, e) || l.s.p.guard.dirty(l.s.p, e) {
		source, ok := states.SourceOf(l.verdict, l.pm, l.sm, states.Reign{}, states.ExtentMarks{BadP: badP, BadS: badS})
		if !ok {
			return
		}
		if source == states.SourceSecondary {
			from = l.s
		}
	}
	for _, x := range g.sides {
		owes := x.owed[sector]
		if l.lost[x.n] || x != from && owes.inv <= x.doubted {
			owes = x.kept[sector]
		}
		switch {
		case owes.inv == 0 || g.tainted(sector) || x.outcounted() || x.forgot(sector, owes.inv) || x.spoilt[sector]:
			// What it calls bad isn't excused: it owes nothing of that, unless it was answered since (rule sole-flush).
			continue
		case x != from && l.marks(from).Sent && (l.marks(from).Crashed&states.UncleanRestarted != 0 || from.tailed && owes.since <= from.lostPower):
			// Its tail may be nowhere else: so it is the source, whatever it has lost (correctness 2). A session that began
			// since may have made the mark of that loss void, and nothing else.
			continue
		}
		worst := from.written[sector]
		if d := from.durable[sector]; l.lost[from.n] && g.ends(sector, d) < g.ends(sector, worst) {
			worst = d
		}
		if g.older(sector, worst, owes) {
			g.violate(ruleI31, x, sector, "were both to die now (power lost: %s %v, %s %v; primary %s), the verdict would be %v and %s the source, which may have %s; owed here is what isn't older than %d; unclean ends %d and %d",
				g.sides[0].name(), l.lost[0], g.sides[1].name(), l.lost[1], l.p.name(), l.verdict, from.name(), g.judge.describe(worst), owes.inv, l.pm.Crashed, l.sm.Crashed)
			return
		}
	}
}
