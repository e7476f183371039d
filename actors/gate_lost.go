package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// A flush of the own component that failed is final (I38): a disk tells of a lost write once, and the next
// flush, which is good, says nothing about what the first one should have covered. That counts as failed
// writes of these extents: the secondary's copy is the current one, and they are copied back from it
// (gate_bad.go). Those that the secondary lacks, or all of them without one, are rewritten: they are copied to
// the peer once more, and each chunk to the own component as well. Until either is done no flush is answered
// with success, and their bits stay.
//
// The resource knows of them, over roles; after the end of the process they are dirty like others.

// errRewrite ends a copy whose first chunks may be lost, so that it begins again.
var errRewrite = fmt.Errorf("a flush failed meanwhile: %w", wire.EAGAIN)

// forgetClean drops what was cleared since: as a secondary, this node got all of it anew.
func (g *gate) forgetClean() {
	//house:ordered each is looked at by itself
	for e := range g.res.lost {
		if !g.amap.Dirty(e) {
			delete(g.res.lost, e)
		}
	}
}

// distrust marks all that the own component has not flushed as lost there, and what it is about to write: a
// part of that may have been in its cache already.
func (g *gate) distrust() {
	doubt := func(e uint32) {
		switch {
		case g.amap.Bad(e), g.alone() && g.amap.Stale(e):
		case g.alone() || g.amap.Slag(e) || g.res.lost[e]:
			g.lose(e)
		default:
			g.ail.wanted.Set(e)
			g.ail.doubted.Set(e)
		}
	}
	g.amap.ForEachDirty(func(e uint32) {
		if g.amap.Unflushed(amapP, e) {
			doubt(e)
		}
	})
	for r := g.all.head; r != nil; r = r.flow.next {
		if r.flow.local == states.PartPending && r.Op.Changes() {
			first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
			for e := first; e <= last; e++ {
				doubt(e)
			}
		}
	}
	if g.flushing != nil {
		g.flushing.doubt = len(g.res.lost) > 0
		g.flushing.disowns = g.ail.doubted.Any()
	}
	for _, c := range append([]*extentCopy(nil), g.copies...) {
		if c.err = errRewrite; c.left == 0 {
			g.endCopy(c)
		}
	}
	g.moreToCopy()
}

// lose notes that an extent has to be rewritten.
func (g *gate) lose(e uint32) {
	if g.res.lost == nil {
		g.res.lost = make(map[uint32]bool)
	}
	g.amap.MarkSlagExtent(e)
	g.res.lost[e] = true
}

// loseDoubted gives up on taking from the secondary what a flush has lost here.
func (g *gate) loseDoubted() {
	if g.ail.doubted.Any() {
		g.ail.doubted.ForEach(g.lose)
		g.ail.doubted.Reset()
		g.moreToCopy()
	}
}

// believed reports whether a turn that could be answered with success may be. One during which extents were
// lost waits until they are rewritten, and then flushes once more; alone, there is no rewriting, and it
// fails.
func (g *gate) believed(t *flushTurn) bool {
	switch {
	case !t.doubt || len(t.reqs) == 0 || t.err != nil:
		return true
	case len(g.res.lost) == 0:
		g.flushWait = append(t.reqs, g.flushWait...)
		g.startFlush(&flushTurn{drains: t.drains, barrier: t.barrier, forSync: t.forSync})
		return false
	case g.alone():
		t.err = fmt.Errorf("an earlier flush of the local component failed, and what it lost can't be rewritten without the peer: %w", wire.EIO)
		return true
	}
	return false
}
