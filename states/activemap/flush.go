package activemap

import "hast/states/bitset"

// Side is one of the two components, as the primary sees them.
type Side uint8

// The sides: P is the primary's own component, S the peer's.
const (
	P Side = iota
	S
)

// Flush is a flush under way, as FlushStart began it. The zero value is none.
type Flush struct {
	side  Side
	epoch uint64
}

// side is what one component has not flushed.
type side struct {
	un    *bitset.Set // written or sent, not covered by a good flush since
	cover *bitset.Set // part of un that the flush under way covers
	epoch uint64      // of the last flush begun, or given up
	busy  bool
}

// Landed says that a write of the range has been answered by the own component: a flush that began
// before doesn't cover it.
func (m *Map) Landed(off, length uint64) { m.unflushed(P, off, length) }

// Sent says that a write of the range is on its way to the peer. It is said at send time, not when the
// reply comes: a reply that is late must not hide what a flush sent before it didn't cover.
func (m *Map) Sent(off, length uint64) { m.unflushed(S, off, length) }

func (m *Map) unflushed(s Side, off, length uint64) {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		m.MarkUnflushed(s, e)
	}
}

// MarkUnflushed says that a side holds content of a dirty extent that may be in its cache only.
func (m *Map) MarkUnflushed(s Side, e uint32) {
	if !m.want.Has(e) {
		panic("activemap: data was written to an extent that isn't dirty (I9)")
	}
	m.sides[s].un.Set(e)
	m.sides[s].cover.Clear(e)
}

// FlushStart says that a flush of a side is on its way: it covers what has landed there, or was sent
// there, before. One flush a side may be under way; the owner lets requests share it.
func (m *Map) FlushStart(s Side) Flush {
	d := &m.sides[s]
	if d.busy {
		panic("activemap: a flush of this side is under way")
	}
	d.busy = true
	d.epoch++
	d.cover.CopyFrom(d.un)
	return Flush{side: s, epoch: d.epoch}
}

// Flushing reports whether a flush of a side is under way.
func (m *Map) Flushing(s Side) bool { return m.sides[s].busy }

// FlushDone says how a flush ended. A good one clears what it covered; after a failed one all stays
// unflushed, and the owner turns it into slag or bad (I38). It is false, and nothing happens, for a
// flush that FlushReset gave up (session-epoch).
func (m *Map) FlushDone(f Flush, ok bool) bool {
	d := &m.sides[f.side]
	if !d.busy || f.epoch != d.epoch {
		return false
	}
	d.busy = false
	if ok {
		d.un.AndNot(d.cover)
	}
	d.cover.Reset()
	return true
}

// FlushReset gives up the flush under way, if any: its session is over, its answer counts for nothing.
// What it would have covered stays unflushed.
func (m *Map) FlushReset(s Side) {
	d := &m.sides[s]
	d.busy = false
	d.epoch++
	d.cover.Reset()
}

// Unflushed reports whether an extent isn't flushed on a side.
func (m *Map) Unflushed(s Side, e uint32) bool { return m.sides[s].un.Has(e) }

// AnyUnflushed reports whether anything isn't flushed on a side.
func (m *Map) AnyUnflushed(s Side) bool { return m.sides[s].un.Any() }

// UnflushedBytes is how much of the device isn't flushed on a side.
func (m *Map) UnflushedBytes(s Side) uint64 { return m.bytes(m.sides[s].un) }

// FailPeerUnflushed turns what isn't flushed on S into what it lacks, after a flush of it that failed: no later
// good one says anything of it (I38). An extent whose current content is S's stays unflushed: nobody can copy it
// there.
func (m *Map) FailPeerUnflushed() {
	d := &m.sides[S]
	d.cover.Reset()
	d.un.ForEach(func(e uint32) {
		if !m.stale.Has(e) && !m.bad.Has(e) {
			m.MarkSlagExtent(e)
			d.un.Clear(e)
		}
	})
}
