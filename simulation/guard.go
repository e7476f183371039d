package simulation

import (
	"bytes"

	"hast/states"
)

// guard watches the two components of a pair at every sector that lands, and holds them against the maps
// that would be left if both nodes died now, by a kill or a power cut:
//
//   - sectors that differ, or would after a power cut of either, lie in an extent that is dirty in one of
//     the durable maps (I8); a bit is cleared only when nothing in its extent differs any more (I10);
//   - what lands on the primary's component lies in an extent that is dirty in its own map (I9).
//
// Before the two components are paired there is nothing to agree on.
type guard struct {
	world  *World
	client *Client
	record states.Record
	disks  [2]*Platter
	paired bool
	// writtenOnly is for metaflush off: the rules hold for the written images, and nobody may cut the
	// power then (X12).
	writtenOnly bool
}

// guardPair sets a guard over two components that were formatted alike.
func guardPair(w *World, c *Client, r states.Record, a, b *Platter) {
	g := &guard{world: w, client: c, record: r, disks: [2]*Platter{a, b}}
	a.guard, b.guard = g, g
}

// images are what a sector held before something landed on it.
type images struct {
	written, durable [SectorSize]byte
	same             bool // it reads now as it did before
}

// wantsOld reports whether landed must know what was at an offset of the component before.
func (g *guard) wantsOld(at int64) bool {
	return uint64(at) >= states.MapOffset && uint64(at) < g.record.LocalOff
}

// landed checks what one sector's landing changed.
func (g *guard) landed(p *Platter, sector int64, old *images) {
	at := uint64(sector) * SectorSize
	if g.disks[0].other || g.disks[1].other {
		return // one of them isn't what the pair began with
	}
	switch {
	case at < states.MapOffset:
		g.paired = g.paired || g.nowPaired()
	case at < g.record.LocalOff:
		g.mapLanded(p, at, old)
	default:
		g.dataLanded(p, at-g.record.LocalOff, old.same)
	}
}

// nowPaired reports whether both components carry the same identity, durably.
func (g *guard) nowPaired() bool {
	a, errA := g.disks[0].Record()
	b, errB := g.disks[1].Record()
	return errA == nil && errB == nil && a.ResUID != 0 && a.ResUID == b.ResUID
}

// mapLanded looks at the extents whose bit is not safe any more. A bit is safe if it is set in both
// images: then neither a kill nor a power cut loses it.
func (g *guard) mapLanded(p *Platter, at uint64, old *images) {
	if !g.paired {
		return
	}
	extents := states.Extents(g.record.DataSize, g.record.ExtentSize)
	for i := range uint64(SectorSize) {
		safe := p.written[at+i] & p.durable[at+i]
		lost := old.written[i] & old.durable[i] &^ safe
		if lost == 0 && old.written[i] == p.written[at+i] {
			continue
		}
		for bit := range uint64(8) {
			e := (at+i-states.MapOffset)*8 + bit
			if e >= extents {
				break
			}
			if lost>>bit&1 == 1 {
				g.checkExtent(p, e)
			}
			if ghost := g.client.ghost; ghost != nil && (old.written[i]^p.written[at+i])>>bit&1 == 1 {
				if p.written[at+i]>>bit&1 == 1 {
					ghost.marked(ghost.of(p), e, "became dirty")
				} else {
					ghost.cleaned(e)
				}
			}
		}
	}
}

func (g *guard) checkExtent(p *Platter, e uint64) {
	g.world.checked(ruleI10)
	if ghost := g.client.ghost; ghost != nil {
		n := int64(g.record.ExtentSize / SectorSize)
		first := int64(e) * n
		ghost.crashNow(first, min(n, int64(len(ghost.done))-first))
	}
	if g.dirty(g.disks[0], e) || g.dirty(g.disks[1], e) {
		return
	}
	if ghost := g.client.ghost; ghost != nil && (ghost.sides[0].fresh() || ghost.sides[1].fresh() || ghost.mistaken) {
		return // it gets everything, whatever any map says; or it is none of the two that the map is about
	}
	first := e * uint64(g.record.ExtentSize)
	for off := first; off < min(first+uint64(g.record.ExtentSize), g.record.DataSize); off += SectorSize {
		if why := g.differ(off); why != "" {
			g.world.violate(ruleI10, p.machine.name, int64(off/SectorSize), "extent %d was cleared, but the sector %s", e, why)
			return
		}
	}
}

// dataLanded looks at one sector of data. same: it reads as before, and was written once more because a failed flush may
// have lost it. No data moved (I9), and what a power cut would leave of it the maps had to cover before (I8).
func (g *guard) dataLanded(p *Platter, off uint64, same bool) {
	if off >= g.record.DataSize {
		g.world.violate(ruleSeam, p.machine.name, NoSector, "a write behind the data area, at %d", off)
		return
	}
	e := off / uint64(g.record.ExtentSize)
	d := g.client.door
	serves := d != nil && d.boot.machine == p.machine
	if serves {
		g.world.checked(ruleI9)
	}
	if serves && !same && !g.dirty(p, e) {
		g.world.violate(ruleI9, p.machine.name, int64(off/SectorSize), "data landed on the primary, but extent %d is not durably dirty there", e)
		return
	}
	g.world.checked(ruleI8)
	if !g.paired || g.dirty(g.disks[0], e) || g.dirty(g.disks[1], e) {
		return
	}
	if why := g.differ(off); why != "" {
		g.world.violate(ruleI8, p.machine.name, int64(off/SectorSize), "data landed in extent %d, which is clean on both, and the sector %s", e, why)
	}
}

// dirty reports whether an extent's bit is safely set in a component's map, or its record says that the extent isn't
// current, or a state file says so of the whole component.
func (g *guard) dirty(p *Platter, e uint64) bool {
	// The map comes first: most of what is asked for is dirty in it, and to look at the record takes longer.
	at := g.mapByte(e)
	bits := p.written[at]
	if !g.writtenOnly {
		bits &= p.durable[at]
	}
	if bits>>(e%8)&1 == 1 || p.machine.ledger[g.record.Resource] != nil {
		return true // in the map, or the whole component is known to be no current copy
	}
	rec, err := p.Record()
	return err == nil && rec.Bad.Contains(e)
}

// mapByte is where in a component the byte with an extent's bit is.
func (g *guard) mapByte(e uint64) uint64 { return states.MapOffset + e/8 }

// differ says how a sector differs between the components, or would after a power cut; empty if not.
func (g *guard) differ(off uint64) string {
	at := g.record.LocalOff + off
	if n := int64(at / SectorSize); g.disks[0].Tainted(n) || g.disks[1].Tainted(n) || g.client.ghost != nil && g.client.ghost.void {
		return "" // silently damaged, which no map can know
	}
	sector := func(image []byte) []byte { return image[at : at+SectorSize] }
	a, b := g.disks[0], g.disks[1]
	switch {
	case a.tainted.has(int64(at/SectorSize)) || b.tainted.has(int64(at/SectorSize)):
		return "" // nothing is demanded of what a disk has silently damaged
	case !bytes.Equal(sector(a.written), sector(b.written)):
		return "differs"
	case g.writtenOnly:
		return ""
	case !bytes.Equal(sector(a.written), sector(a.durable)):
		return "is not durable on " + a.machine.name
	case !bytes.Equal(sector(b.written), sector(b.durable)):
		return "is not durable on " + b.machine.name
	}
	return ""
}
