package actors

import (
	"hast/states"
	"hast/states/activemap"
	"hast/states/bitset"
)

// sessionPlan is what the copies of a new session depend on.
type sessionPlan struct {
	verdict   states.Verdict
	own, peer states.Marks
	reign     states.Reign
	lagS      *bitset.Set // what the secondary knows that it lacks
	theirs    []byte      // its map
	badS      states.ExtentRuns
}

// faulted reports that the secondary may have lost what it had answered.
func (p *sessionPlan) faulted() bool {
	return !p.peer.Known || p.peer.Crashed&(states.UncleanReceived|states.UncleanRestarted) != 0
}

// planCopies decides for each dirty extent which way it is to be copied, or that it merely isn't flushed,
// and what the secondary is told that it lacks (design 3.1). It is false if an extent has no current copy;
// then nothing was changed.
func (g *gate) planCopies(p *sessionPlan) bool {
	source := func(e uint32) (states.SyncSource, bool) {
		return states.SourceOf(p.verdict, p.own, p.peer, p.reign, states.ExtentMarks{Stale: g.amap.Stale(e),
			BadP: g.amap.Bad(e) || g.amap.Stale(e) && !g.forced && g.rec.Bad.Contains(uint64(e)), BadS: p.badS.Contains(uint64(e)),
			LagP: g.stand.lag.Has(e), LagS: p.lagS.Has(e)})
	}
	p.badS.ForEach(func(first, count uint64) {
		for e := first; e < first+count; e++ {
			g.amap.Inherit(uint32(e))
		}
	})
	fits := true
	g.amap.ForEachDirty(func(e uint32) {
		_, ok := source(e)
		fits = fits && ok
	})
	if !fits {
		return false
	}
	g.plans++
	same := g.met && !p.faulted()
	g.amap.ForEachDirty(func(e uint32) {
		from, _ := source(e)
		switch {
		case from == states.SourceSecondary:
			g.amap.MarkSource(e, activemap.FromPeer)
		case same && !g.amap.Slag(e) && !g.amap.Stale(e) && !bitOf(p.theirs, e) && !(p.peer.Crashed != 0 && g.amap.Unflushed(amapS, e)):
			// In this very reign the secondary got all of it, and lost nothing: it isn't flushed, no more. Of what a process that
			// died there had not flushed a failed flush may have told that process alone, and no later one proves it (I38).
			g.amap.MarkUnflushed(amapS, e)
		default:
			g.amap.MarkSource(e, activemap.ToPeer)
		}
	})
	g.planLag(p)
	return true
}

// planLag says what the secondary lacks of what was answered: never more (rule lack-only), because its
// other extents may be the only copy of an answered write after this node's loss of power.
func (g *gate) planLag(p *sessionPlan) {
	g.lag.Reset()
	all := p.verdict == states.VerdictFresh || p.verdict == states.VerdictPrimaryAhead || p.own.Sent
	switch {
	case g.met && p.faulted():
		all = true
	case g.met:
		g.lag.Or(g.lk)
		all = false
	case all:
	case p.peer.LagKnown:
		g.lag.Or(p.lagS)
	default:
		all = p.faulted()
	}
	g.amap.ForEachSlag(func(e uint32) {
		if all {
			g.lag.Set(e)
		}
	})
	for e, ok := g.lag.Next(0); ok; e, ok = g.lag.Next(e + 1) {
		if !g.amap.Slag(e) {
			g.lag.Clear(e)
			continue
		}
		g.lk.Set(e)
	}
}

// bitOf reads a bit of a map as it travels.
func bitOf(img []byte, e uint32) bool { return int(e/8) < len(img) && img[e/8]>>(e%8)&1 != 0 }
