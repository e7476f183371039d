package activemap

import "fmt"

// Direction says which way an extent is copied.
type Direction uint8

// The directions of a copy.
const (
	// ToPeer: the own component is the source.
	ToPeer Direction = iota
	// FromPeer: the peer is the source.
	FromPeer
)

// String names the direction.
func (d Direction) String() string {
	if d == ToPeer {
		return "to peer"
	}
	return "from peer"
}

// MergeRemote adds the peer's dirty extents, as Inherit does, and returns how many were new. It only adds: writes in
// flight keep what they hold (A18). A map that is too short is refused, and nothing changes.
func (m *Map) MergeRemote(img []byte) (added uint32, err error) {
	if len(img) < m.want.Bytes() {
		return 0, fmt.Errorf("activemap: the peer's map of %d bytes is too short for %d extents, which take %d",
			len(img), m.extents, m.want.Bytes())
	}
	before := m.want.Count()
	for e := uint32(0); e < m.extents; e++ {
		if e%8 == 0 && img[e/8] == 0 {
			e += 7
			continue
		}
		if img[e/8]>>(e%8)&1 != 0 {
			m.Inherit(e)
		}
	}
	return m.want.Count() - before, nil
}

// MarkSlag says that the peer lacks content of a range: a copy to it will follow. A stale extent stays
// stale: its content comes from the peer, and would be copied both ways (stale-never-slag).
func (m *Map) MarkSlag(off, length uint64) {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		m.MarkSlagExtent(e)
	}
}

// MarkSlagExtent is MarkSlag for one extent.
func (m *Map) MarkSlagExtent(e uint32) {
	m.dirty(e)
	if !m.stale.Has(e) {
		m.slag.Set(e)
	}
}

// MarkStale says that the peer is the source of an extent, whatever was meant to be copied before.
func (m *Map) MarkStale(e uint32) {
	m.dirty(e)
	m.slag.Clear(e)
	m.stale.Set(e)
}

// ClearSync forgets what was to be copied, before a verdict says it anew. The extents stay dirty.
func (m *Map) ClearSync() {
	m.stale.Reset()
	m.slag.Reset()
}

// MarkBad says that the own copy of an extent isn't current. The owner makes it durable in the record.
func (m *Map) MarkBad(e uint32) {
	m.dirty(e)
	m.bad.Set(e)
}

// ClearBad says that the own copy is current again, and flushed.
func (m *Map) ClearBad(e uint32) { m.bad.Clear(e) }

// Stale reports whether an extent is to be copied from the peer, and read there until then.
func (m *Map) Stale(e uint32) bool { return m.stale.Has(e) }

// Slag reports whether an extent is to be copied to the peer.
func (m *Map) Slag(e uint32) bool { return m.slag.Has(e) }

// Bad reports whether the own copy of an extent isn't current.
func (m *Map) Bad(e uint32) bool { return m.bad.Has(e) }

// AnyBad reports whether the own copy of any extent isn't current.
func (m *Map) AnyBad() bool { return m.bad.Any() }

// ForEachStale calls f for each extent to be copied from the peer, in order.
func (m *Map) ForEachStale(f func(e uint32)) { m.stale.ForEach(f) }

// ForEachSlag calls f for each extent to be copied to the peer, in order.
func (m *Map) ForEachSlag(f func(e uint32)) { m.slag.ForEach(f) }

// ForEachBad calls f for each extent whose own copy isn't current, in order.
func (m *Map) ForEachBad(f func(e uint32)) { m.bad.ForEach(f) }

// NextSync returns the least extent to be copied that is not below from; behind the last one it begins
// again with the first. Not ok: nothing is left.
func (m *Map) NextSync(from uint32) (e uint32, dir Direction, ok bool) {
	if e, dir, ok = m.syncFrom(from); !ok && from > 0 {
		return m.syncFrom(0)
	}
	return e, dir, ok
}

func (m *Map) syncFrom(from uint32) (uint32, Direction, bool) {
	to, isSlag := m.slag.Next(from)
	back, isStale := m.stale.Next(from)
	if isSlag && (!isStale || to < back) {
		return to, ToPeer, true
	}
	return back, FromPeer, isStale
}

// HoldCopy keeps an extent dirty while a copy of it is in flight, whatever becomes of its marks (I10).
// A copy is no client's write: the keepdirty list doesn't hear of it.
func (m *Map) HoldCopy(e uint32) {
	if !m.want.Has(e) {
		panic("activemap: a copy of an extent that isn't dirty")
	}
	m.pins.hold(e)
}

// DropCopy lets go of what HoldCopy held, after Copied or after the copy failed (A4: the marks stay).
func (m *Map) DropCopy(e uint32) { m.pins.end(e) }

// Copied says that all of an extent was copied, while no write to it could land. The copy's writes were
// reported by Sent or Landed as they went; here the source counts as unflushed as well, because S may
// have given what is in its cache only. Not ok: the extent has got another mark meanwhile, and the copy
// counts for nothing.
func (m *Map) Copied(e uint32, dir Direction) (ok bool) {
	if dir == ToPeer {
		return m.slag.Clear(e)
	}
	if !m.stale.Clear(e) {
		return false
	}
	m.MarkUnflushed(P, e)
	m.MarkUnflushed(S, e)
	return true
}

// SlagBytes and StaleBytes are the sizes of the extents that are to be copied to the peer, and from it.
func (m *Map) SlagBytes() uint64  { return m.bytes(m.slag) }
func (m *Map) StaleBytes() uint64 { return m.bytes(m.stale) }

// SyncBytes is how much of the device is to be copied, both ways together.
func (m *Map) SyncBytes() uint64 { return m.bytes(m.slag) + m.bytes(m.stale) }
