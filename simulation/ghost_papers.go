package simulation

import (
	"errors"

	"hast/states"
	"hast/wire"
)

// papers are what a component says about itself: its record, as it is written and as it is durable, and the
// ghost's own count of alone periods that goes with it.
type papers struct {
	written1, kept1 paper
	touched         bool // an operation changed some of it since it was read
	// vv counts the alone periods of both sides that are wholly contained here.
	vv    [2]uint32
	older pastPaper // what stood before the last change
	sure  pastPaper // the last record that was in all places, before the last change
	// insisted: since the counters were equal it went on alone because its administrator had insisted.
	insisted bool
	whole    uint64    // the newest record that was durable in all places
	raised   uint64    // the world's step of the last durable raise
	counted  uint64    // the world's step of the last answer that hung on it: alone, or in this side's stead of the primary's
	unraised pastPaper // what stood before the last raise
	left     uint64    // the world's step at which the client last lost this node's device
	// heard: this node's process has decided a verdict that finds it behind. told: and it owes to know so durably.
	heard, told bool
	// split is the other side's count when a split-brain was found last; nil if none stands.
	split *[2]uint32
}

// pastPaper is a record that stood once, and the count of alone periods that went with it.
type pastPaper struct {
	number uint64
	rec    states.Record
	vv     [2]uint32
}

// stoodBefore reports whether a record says what an older one did.
func (p *pastPaper) stoodBefore(r states.Record) bool {
	r.PrevRole = p.rec.PrevRole
	return p.number > 0 && r == p.rec
}

// isBack reports whether a record says what an older one did but for how its role ended. One that a session or a
// synchronization has changed since does not.
func (p *pastPaper) isBack(r states.Record) bool {
	r.Unclean = p.rec.Unclean
	return p.stoodBefore(r)
}

// paper is the record that an opener would find in one of a component's images.
type paper struct {
	rec    states.Record
	number uint64
	err    error
	// whole is the number of a write that is in all places, 0 if there is none. damaged: a place holds something
	// that is neither a record nor the torn write of one.
	whole   uint64
	damaged bool
}

var errTooSmall = errors.New("the component is too small")

// readPaper finds the record as a node does that opens the component.
func (g *ghost) readPaper(image []byte) paper {
	if uint64(len(image)) < g.record.LocalOff+g.record.DataSize {
		return paper{err: errTooSmall}
	}
	var st states.Stored
	st.Block = wire.FindBlock(image[:states.MetadataSize], nil)
	offs, ok := g.record.CopyOffsets()
	for i := range st.Slots {
		if ok {
			st.Slots[i] = wire.FindCopy(image[offs[i]:offs[i]+states.CopySlot], offs[i], g.record.Resource, nil)
		}
	}
	c, err := st.Choose()
	p := paper{rec: c.Record, number: c.Number, err: err, whole: st.Block.Number}
	for _, place := range []states.StoredCopy{st.Block, st.Slots[0], st.Slots[1]} {
		p.damaged = p.damaged || place.State == states.CopyDamaged
		if place.State != states.CopyAbsent {
			p.whole = min(p.whole, place.Number)
		}
	}
	return p
}

// paperTouched notes that a sector in front of the data has changed.
func (s *side) paperTouched(at int64) {
	off := uint64(at) * SectorSize
	if off >= states.MapOffset && off < states.MapOffset+s.ghost.record.MapSize() {
		return
	}
	s.touched = true
}

// readPapers looks at both images anew.
func (s *side) readPapers() {
	s.touched = false
	s.written1 = s.ghost.readPaper(s.p.written)
	s.kept1 = s.ghost.readPaper(s.p.durable)
}

// blank reports whether what lies there now is no component of a pair.
func (s *side) blank() bool {
	now := s.ghost.readPaper(s.p.written)
	return now.err != nil || now.rec.ResUID == 0
}

// away reports whether it is durably known that a sector is not current here: its extent is bad, or the other side's
// counter is ahead.
func (s *side) away(sector int64) bool {
	return s.outcounted() || s.paired() && s.disowns(sector)
}

// paired reports whether both components are of one pair.
func (s *side) paired() bool {
	own, its := &s.kept1, &s.other().kept1
	return own.err == nil && its.err == nil && own.rec.ResUID != 0 && its.rec.ResUID == own.rec.ResUID
}

// outcounted reports whether it is durably known that the other side is ahead.
func (s *side) outcounted() bool {
	return s.paired() && s.other().kept1.rec.LocalCnt > s.kept1.rec.RemoteCnt
}

// fresh reports whether the component was never paired.
func (s *side) fresh() bool { return s.kept1.err != nil || s.kept1.rec.ResUID == 0 }

// strangers reports that the two components are no pair, or not yet.
func (g *ghost) strangers() bool {
	return g.sides[0].fresh() || g.sides[1].fresh() || g.sides[0].kept1.rec.ResUID != g.sides[1].kept1.rec.ResUID
}

// behind reports whether the other side contains alone periods that this one lacks.
func (s *side) behind(o *side) bool { return o.vv[0] > s.vv[0] || o.vv[1] > s.vv[1] }

// ended is after an operation on a component has ended.
func (g *ghost) ended(p *Platter) {
	s := g.of(p)
	if s.touched {
		g.reread(s)
	}
}

// reread looks at a component's record again.
func (g *ghost) reread(s *side) {
	before := s.kept1
	g.changes++
	s.readPapers()
	g.checkPaper(s, before, s.kept1)
	g.moved(s, before, s.kept1)
	if s.kept1.number != before.number {
		g.crashNow(0, int64(len(g.done)))
	}
	g.disowned(s, before, s.kept1)
}

// moved keeps the count of alone periods: what is durable counts.
func (g *ghost) moved(s *side, before, now paper) {
	o := s.other()
	if now.err != nil || before.err != nil {
		g.fullCopy()
		return
	}
	if before.rec.ResUID != now.rec.ResUID {
		g.fullCopy()
	}
	if now.number < before.number {
		// A write of the record that had not ended is gone again.
		if s.older.number <= now.number {
			s.vv = s.older.vv
		} else {
			g.restored = true
		}
		return
	}
	if before.whole == before.number {
		s.sure = pastPaper{before.number, before.rec, s.vv}
	}
	if now.number > before.number {
		s.older = pastPaper{before.number, before.rec, s.vv}
	}
	b, n := &before.rec, &now.rec
	if b.LocalCnt == n.LocalCnt && b.RemoteCnt == n.RemoteCnt && b.ResUID == n.ResUID {
		if now.number != before.number {
			g.maybeEqual(s)
		}
		return
	}
	// A copy that is given up (resolve --discard-mine) may come out with equal counters, too. That is no end of a
	// synchronization: the same record says that it isn't current, and the next verdict copies to it.
	equal := n.LocalCnt == o.kept1.rec.RemoteCnt && n.RemoteCnt == o.kept1.rec.LocalCnt && !o.fresh() && n.ResUID == o.kept1.rec.ResUID && n.Unfit == states.Fit
	switch {
	case b.ResUID == 0 && n.ResUID != 0 && !o.fresh(): // it has joined the other one's pair
		// What a former component of its place wrote alone counts for the other side. What this one writes alone comes
		// on top of that: the other side never had it.
		s.vv = [2]uint32{}
		s.vv[s.n] = o.vv[s.n]
		s.forgive()
	case n.ResUID == 0 && b.ResUID != 0:
		s.vv = [2]uint32{}
	case s.split == nil && before.whole != before.number && s.sure.stoodBefore(*n):
		// A raise, or an equalising, that failed on its way to all places, and that nothing was answered on: the record
		// before it was written once more.
		s.vv = s.sure.vv
	case s.split == nil && s.counted < s.raised && s.unraised.isBack(*n) && n.LocalCnt < b.LocalCnt && s.vv[s.n] > 0:
		// A raise that is in all places, and that nothing was answered on: the flush behind it may have failed, and the record
		// before it was written once more. A secondary does so, too, that couldn't count in its primary's stead. The counters
		// may be equal by that, as they were before; no synchronization has ended.
		s.vv[s.n]--
	case equal:
		g.equalised(s)
	case n.LocalCnt+1 == b.LocalCnt && s.split == nil && s.vv[s.n] > 0 && (before.whole != before.number || s == g.reign.server && s.counted < s.raised):
		// A raise that nothing was answered on, and that failed: on the way to all places, or with the flush behind them,
		// which a disk may fail after all is durable.
		s.vv[s.n]--
	case n.LocalCnt < b.LocalCnt:
		g.discarded(s)
	case n.RemoteCnt > b.RemoteCnt:
		g.preferred(s)
	case n.LocalCnt > b.LocalCnt:
		s.vv[s.n]++
		s.unraised = pastPaper{before.number, before.rec, s.vv}
		s.insisted = s.insisted || s.forced
		g.world.checked(ruleI17)
		if s.knowsBehind() && !s.forced && s == g.reign.server && !s.m.stock {
			g.violate(ruleI17, s, NoSector, "it goes on alone, and is behind")
		}
		s.heard, s.told = false, false
		s.raised = g.world.steps
		if s == g.reign.server && g.client.door != nil {
			// A period of its own has begun, answered or not: what the other side alone has of an earlier one, a tail that
			// was only sent, is left behind, and makes no split-brain (I14).
			g.settle()
		}
		if g.reign.server == o && g.client.door != nil && s.askedToCount() {
			g.stoodIn(s)
		}
	case n.LocalCnt == b.LocalCnt && (n.RemoteCnt == b.RemoteCnt || o.fresh()): // an identity, or a former peer forgotten
	default:
		g.violate(ruleI19, s, NoSector, "localcnt and remotecnt went from %d, %d to %d, %d, which no table says", b.LocalCnt, b.RemoteCnt, n.LocalCnt, n.RemoteCnt)
	}
}

// discarded is when a component has given up what it wrote alone: an administrator has chosen, who had been told of a
// split-brain (X11).
func (g *ghost) discarded(s *side) {
	if s.split == nil {
		g.violate(ruleI19, s, NoSector, "localcnt went back, and there was no split-brain")
		return
	}
	for i, n := range s.split {
		s.vv[i] = min(s.vv[i], n)
	}
	s.forgive()
	s.split = nil
}

// preferred is when a component has given up what the other one wrote alone.
func (g *ghost) preferred(s *side) {
	if s.split == nil {
		g.violate(ruleI19, s, NoSector, "remotecnt rose by itself, and there was no split-brain")
		return
	}
	for i, n := range s.split {
		s.vv[i] = max(s.vv[i], n)
	}
	s.other().forgive()
	s.split = nil
}

// forgive ends all debts: the side's branch is discarded.
func (s *side) forgive() {
	clear(s.owed)
	clear(s.kept)
	clear(s.received)
	s.flushed, s.inOrder = len(s.ghost.log), len(s.ghost.log)
	s.ghost.fullCopy()
}

// equalised is when the counters have become equal: both sides must be, durably (I19).
func (g *ghost) equalised(s *side) {
	o := s.other()
	g.world.checked(ruleI19)
	for at := range s.written {
		v := s.written[at]
		if s.m.stock {
			break // the original has nothing flushed for that (correctness 4.6)
		}
		if s.durable[at] != v || o.written[at] != v || o.durable[at] != v {
			if inv := g.judge.writes[g.writer(int64(at), v)].inv; s.excused(int64(at), inv) || o.excused(int64(at), inv) {
				continue
			}
			g.violate(ruleI19, s, int64(at), "the counters became equal; %s has %s, durable %s, and %s has %s, durable %s", s.name(), g.judge.describe(v),
				g.judge.describe(s.durable[at]), o.name(), g.judge.describe(o.written[at]), g.judge.describe(o.durable[at]))
			break
		}
	}
	for i := range s.vv {
		s.vv[i] = max(s.vv[i], o.vv[i])
	}
	o.vv = s.vv
	for _, x := range g.sides {
		x.heard, x.told, x.insisted = false, false, false
	}
	s.split, o.split = nil, nil
	g.checkClean(0, int64(len(g.done)))
	g.allOwed()
}

// maybeEqual is when a record was written in a session without a change of its counters: if both components
// hold the same durably, both owe it from now on.
func (g *ghost) maybeEqual(s *side) {
	o := s.other()
	if s.vv != o.vv || g.strangers() || g.link.at == nil {
		return
	}
	for at := range s.written {
		if v := s.written[at]; s.durable[at] != v || o.written[at] != v || o.durable[at] != v {
			return
		}
	}
	g.allOwed()
}

// allOwed is when both components hold all that was answered, durably: whoever has lost something before owes it
// again.
func (g *ghost) allOwed() {
	for at := range g.done {
		most := g.sides[0].floor(int64(at))
		if f := g.sides[1].floor(int64(at)); f.inv > most.inv {
			most = f
		}
		for _, s := range g.sides {
			if !g.older(int64(at), s.durable[at], most) {
				s.owed[at], s.kept[at], s.received[at] = most, most, most
			}
		}
	}
	for _, s := range g.sides {
		s.flushed = len(g.log)
		s.tailed = false
	}
}

// checkPaper: the record that an opener would find after a power cut never goes back (I20).
func (g *ghost) checkPaper(s *side, before, now paper) {
	g.world.checked(ruleI20)
	switch {
	case now.damaged: // by a fault of the disk: what else is there must do
	case before.err == nil && now.err != nil:
		g.violate(ruleI20, s, NoSector, "after a power cut no copy of the record could be read: %v", now.err)
	case now.number < s.whole:
		g.violate(ruleI20, s, NoSector, "after a power cut the record would be number %d, and %d was durable in all places", now.number, s.whole)
	}
	s.whole = max(s.whole, now.whole)
}
