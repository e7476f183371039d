package simulation

import "hast/states"

// A copy covers only what may differ (I33). The ghost keeps its own list of the extents for which there is a cause:
// those that a client has changed, or tried to, since both maps had them clean; and all of them where a component
// became another one, or its map could not be read.

// causes are those extents.
type causes struct{ by []bool }

// touch is when a client asks for a change.
func (g *ghost) touch(io *clientIO) {
	extent := int64(g.record.ExtentSize)
	for e := io.off / extent; e <= (io.off+io.n-1)/extent; e++ {
		g.cause.by[e] = true
	}
}

// fullCopy is when the whole device may have to be copied: another component, another pair.
func (g *ghost) fullCopy() {
	for e := range g.cause.by {
		g.cause.by[e] = true
	}
}

// marked is when a bit of a map was set, or an extent was copied, on a side.
func (g *ghost) marked(s *side, e uint64, what string) {
	if g.void || g.restored || g.strangers() || e >= uint64(len(g.cause.by)) || g.world.mapFailed() {
		return
	}
	if g.sides[0].m.stock || g.sides[1].m.stock {
		return // the original clears its map whenever it is told something, and sends what it has (correctness 4.6)
	}
	g.world.checked(ruleI33)
	if !g.cause.by[e] {
		g.violate(ruleI33, s, int64(e)*int64(g.record.ExtentSize)/SectorSize, "extent %d %s, and no request has touched it since both maps had it clean", e, what)
	}
}

// cleaned is when an extent's bit was cleared on a side: if it is clear on both, what is copied from now on needs a new
// cause. What has one are requests under way.
func (g *ghost) cleaned(e uint64) {
	for _, s := range g.sides {
		at := s.p.guard.mapByte(e)
		if (s.p.written[at]|s.p.durable[at])>>(e%8)&1 == 1 {
			return
		}
	}
	if e >= uint64(len(g.cause.by)) {
		return
	}
	g.cause.by[e] = false
	for _, io := range g.client.busy {
		if io.op.Changes() {
			g.touch(io)
		}
	}
}

// mapSettled is when a sector in front of the data became durable.
func (g *ghost) mapSettled(at int64) {
	off := at * SectorSize
	if off < int64(states.MapOffset) {
		return
	}
	first := (uint64(off) - states.MapOffset) * 8
	for e := first; e < min(first+8*SectorSize, uint64(len(g.cause.by))); e++ {
		if g.cause.by[e] {
			g.cleaned(e)
		}
	}
}

// mapFailed reports whether something may have made a map unreadable, or a node unsure of what is clean: then it copies
// more, and may.
func (w *World) mapFailed() bool {
	return w.diskFailed() || w.effects[FaultSectorTorn] > 0
}
