package simulation

import "hast/states"

// A component that has failed is remembered as no current copy (I37), of some extents or as a whole. From then
// on it owes nothing of them; the other side owes what it did, and has to hold that by then.

// disowns reports whether a component says of itself, durably, that its copy of a sector isn't current.
func (s *side) disowns(sector int64) bool {
	return s.kept1.err == nil && s.kept1.rec.Bad.Contains(uint64(sector)*SectorSize/uint64(s.ghost.record.ExtentSize))
}

// givenUp reports that the secondary counts in a component's stead, which was not taken back yet: what it still has
// in its hands may land (I30). It is taken back by a new opening, before which all of that has ended.
func (s *side) givenUp() bool { return s.gaveUp != nil && s.gaveUp == s.p.owner }

// disowned is when a record became durable: the extents that it names as bad are the other side's.
func (g *ghost) disowned(s *side, before, now paper) {
	if now.err != nil || now.number == before.number || now.rec.Bad.IsEmpty() {
		return
	}
	per := int64(g.record.ExtentSize / SectorSize)
	now.rec.Bad.ForEach(func(first, count uint64) {
		for at := int64(first) * per; at < min(int64(first+count)*per, int64(len(s.owed))); at++ {
			if !g.handOver(s, at) {
				return
			}
		}
	})
}

// raiseAtWord is the request of a primary that its secondary counts in its stead.
const raiseAtWord states.Op = 32

// askedToCount reports that the process that has this side's component open was asked to count in its primary's stead.
// What another one had begun to count of its own, and a repair of the record ends, is no such thing.
func (s *side) askedToCount() bool { return s.counts != nil && s.counts == s.p.owner }

// stoodIn is when a secondary has raised its counter at the word of its primary, whose component has failed.
func (g *ghost) stoodIn(s *side) {
	g.reign.behind = true // what it serves from now on is the secondary's
	o := s.other()
	o.gaveUp = o.p.owner
	for at := range s.owed {
		if !g.handOver(o, int64(at)) {
			return
		}
	}
}

// handOver passes on what a side owes of a sector. It is false if the other side doesn't hold that: durably,
// because from now on its copy is the only one (rule bad-flush).
func (g *ghost) handOver(s *side, at int64) bool {
	o := s.other()
	f := s.floor(at)
	if f.inv == 0 {
		return true
	}
	g.world.checked(ruleI37)
	s.owed[at], s.kept[at], s.received[at] = debt{}, debt{}, debt{}
	if o.lostPower >= f.inv || g.tainted(at) {
		return true // it may have held it, and lost it since
	}
	if o.m.stock && g.reign.server == o && !g.older(at, o.written[at], f) && g.older(at, o.durable[at], f) {
		// A primary of the original's manners writes what is bad here, and flushes nothing for that (correctness 4.6).
		if f.inv > o.owed[at].inv {
			o.owed[at] = f
		}
		return true
	}
	if g.older(at, o.durable[at], f) {
		g.violate(ruleI37, s, at, "its copy is given up, and durable on %s, whose copy is the current one, is %s", o.name(), g.judge.describe(o.durable[at]))
		return false
	}
	if f.inv > o.owed[at].inv {
		o.owed[at] = f
	}
	if f.inv > o.kept[at].inv {
		o.kept[at] = f
	}
	return true
}
