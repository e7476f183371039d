package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// A flush of the own component that failed is final (I38). It counts as failed writes of the extents that it
// should have covered: the secondary's copy is the current one, and they are copied back from it
// (gate_bad.go). What the secondary lacks, or all of it without one, is nowhere else: localdisk writes it anew
// from what the component still returns (localdisk_heal.go).

// errRewrite ends a copy whose first chunks may be lost, so that it begins again.
var errRewrite = fmt.Errorf("a flush failed meanwhile: %w", wire.EAGAIN)

// distrust is after a flush of the own component that failed: it looks at all that wasn't flushed, and at what
// is about to be written, because a part of that may have been in the cache already.
func (g *gate) distrust() {
	doubt := func(e uint32) {
		if !g.alone() && !g.amap.Bad(e) && !g.amap.Slag(e) && !g.sole.Contains(uint64(e)) {
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
		g.flushing.disowns = g.ail.doubted.Any()
	}
	for _, c := range append([]*extentCopy(nil), g.copies...) {
		if c.err = errRewrite; c.left == 0 {
			g.endCopy(c)
		}
	}
	g.moreToCopy()
}

// loseDoubted gives up on taking from the secondary what a flush has lost here.
func (g *gate) loseDoubted() {
	if g.ail.doubted.Any() {
		g.ail.doubted.ForEach(g.amap.MarkSlagExtent)
		g.ail.doubted.Reset()
		g.moreToCopy()
	}
}
