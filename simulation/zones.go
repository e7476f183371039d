package simulation

import (
	"cmp"
	"slices"
	"sort"
)

// The judge's rules for reads are quick, and let some illegal histories pass: they forget in which order reads saw what
// they saw. So at the end of each reign the history of each sector is looked at once more, exactly: is there one order
// of its writes and reads that respects what preceded what, and in which each read returns the newest write? As each
// write has a value of its own, its zones tell (Gibbons and Korach, Testing Shared Memories, SIAM J. Comput. 26, 1997):
// a value's zone is what lies between the first end and the last beginning among its write and the reads of it. If the
// end comes first, the value was there for all of the time between: no two such zones overlap, and no other value's
// whole life lies within one.
//
// Zeroes are many writes' value. They are left out, with the reads of them, which makes no illegal history of a legal
// one; the quick rules look after them.

// zone is the write of a value to a sector in one reign, and the reads of it so far, in the judge's ticks.
type zone struct {
	gen    uint64
	first  uint64 // the first end of write and reads
	last   uint64 // the last beginning of them
	placed bool   // it took effect: it was answered with success, or read
}

// reigning is what the zones of a sector need beside its writes: since when they count, and the writes of which one
// was there then. No write is what no client wrote.
type reigning struct {
	zones []zone
	from  uint64
	old   []uint64
}

// historian hears what zones are made of, for a second opinion.
type historian interface {
	wrote(s int64, gen, inv uint64)
	ended(s int64, gen, at uint64, ok bool)
	read(s int64, gen, inv, at uint64)
	reign(s int64, old []uint64, after uint64)
}

// wroteZone is when a write to a sector is invoked.
func (j *Judge) wroteZone(s int64, gen, inv uint64) {
	if j.history != nil {
		j.history.wrote(s, gen, inv)
	}
	j.orders[s].zones = append(j.orders[s].zones, zone{gen: gen, first: never, last: inv})
}

// endZone is the end of a write: ok if it was answered with success; else it has taken effect till now, or never will.
func (j *Judge) endZone(s int64, gen uint64, ok bool) {
	if z := j.orders[s].zone(gen); z != nil {
		if j.history != nil {
			j.history.ended(s, gen, j.tick, ok)
		}
		z.first, z.placed = min(z.first, j.tick), z.placed || ok
	}
}

// readZone is the answer to a read that began at a tick and returned a write.
func (j *Judge) readZone(s int64, gen, inv uint64) {
	if j.history != nil {
		j.history.read(s, gen, inv, j.tick)
	}
	o := &j.orders[s]
	z := o.zone(gen)
	if z == nil {
		if gen != 0 && !slices.Contains(o.old, gen) {
			return // of an earlier reign, and not admitted in this one: the quick rules have said so
		}
		// What was there when the reign began was written by then.
		o.zones = append(o.zones, zone{gen: gen, first: o.from, last: o.from})
		z = &o.zones[len(o.zones)-1]
	}
	z.first, z.last, z.placed = min(z.first, j.tick), max(z.last, inv), true
}

func (o *reigning) zone(gen uint64) *zone {
	for i := len(o.zones) - 1; i >= 0; i-- {
		if o.zones[i].gen == gen {
			return &o.zones[i]
		}
	}
	return nil
}

// newReign judges what a sector's history was until a tick, and begins another one with writes of which one is there.
func (j *Judge) newReign(s int64, old []uint64, after uint64) {
	if j.history != nil {
		j.history.reign(s, old, after)
	}
	o := &j.orders[s]
	under := func(z zone) bool { return z.gen != 0 && j.writes[z.gen].inv > after }
	j.checkOrder(s, after)
	o.zones = slices.DeleteFunc(o.zones, func(z zone) bool { return !under(z) })
	o.from, o.old = after, append(o.old[:0], old...)
}

// Conclude judges the history of each sector since the last reign began: at the end of a run.
func (j *Judge) Conclude() {
	for s := range j.orders {
		j.checkOrder(int64(s), never)
	}
}

// checkOrder judges a sector's writes that were invoked until a tick, and the reads of them.
func (j *Judge) checkOrder(s int64, until uint64) {
	o := &j.orders[s]
	if len(o.zones) == 0 {
		return
	}
	j.world.checked(ruleI1)
	list := j.scratch[:0]
	for _, z := range o.zones {
		if z.placed && (z.gen == 0 || j.writes[z.gen].inv <= until) {
			list = append(list, z)
		}
	}
	j.scratch = list
	if a, b, ok := ordered(list); !ok {
		j.broken(ruleI1, s, "there is no order of all writes and reads since %d: write %d was there at %d and at %d, and write %d within (%d, %d)",
			o.from, a.gen, a.first, a.last, b.gen, b.first, b.last)
	}
}

// ordered reports whether there is an order of what zones tell of, and else two that have none. It sorts them.
func ordered(list []zone) (a, b zone, ok bool) {
	forward := 0
	for i, z := range list {
		if z.first < z.last {
			list[i], list[forward] = list[forward], z
			forward++
		}
	}
	spans, points := list[:forward], list[forward:]
	slices.SortFunc(spans, func(a, b zone) int { return cmp.Compare(a.first, b.first) })
	for i := 1; i < len(spans); i++ {
		if spans[i].first < spans[i-1].last {
			return spans[i-1], spans[i], false
		}
	}
	for _, p := range points {
		// The span that begins last before all that is known of this value has begun.
		i := sort.Search(len(spans), func(i int) bool { return spans[i].first >= p.last }) - 1
		if i >= 0 && p.first < spans[i].last {
			return spans[i], p, false
		}
	}
	return a, b, true
}
