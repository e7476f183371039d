package activemap

// AnySlag reports whether anything is to be copied to the peer.
func (m *Map) AnySlag() bool { return m.slag.Any() }

// AnyStale reports whether anything is to be copied from the peer.
func (m *Map) AnyStale() bool { return m.stale.Any() }

// SlagIn reports whether an extent of a range is to be copied to the peer.
func (m *Map) SlagIn(off, length uint64) bool {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		if m.slag.Has(e) {
			return true
		}
	}
	return false
}

// StaleIn reports whether an extent of a range is to be copied from the peer.
func (m *Map) StaleIn(off, length uint64) bool {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		if m.stale.Has(e) {
			return true
		}
	}
	return false
}

// BusyBytes is how much of the device lies in extents that have something left to be done: a write in
// flight, or a copy. It is what status shows as dirty; bits that are merely kept, or not cleared yet,
// don't count.
func (m *Map) BusyBytes() uint64 {
	n := m.SyncBytes()
	for i := range m.pins.entries {
		p := &m.pins.entries[i]
		if p.count > 0 && !m.slag.Has(p.extent) && !m.stale.Has(p.extent) {
			_, length := m.Bounds(p.extent)
			n += length
		}
	}
	return n
}

// BadIn reports whether the own copy of an extent of a range isn't current.
func (m *Map) BadIn(off, length uint64) bool {
	if !m.bad.Any() {
		return false
	}
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		if m.bad.Has(e) {
			return true
		}
	}
	return false
}

// Inherit makes an extent dirty because the peer says that the components may differ there. Of one that wasn't, the own
// component may have in its cache only what it was given as the secondary, and a flush may have failed it: so it counts
// as unflushed, and stays dirty until a flush is good (I10, I38).
func (m *Map) Inherit(e uint32) {
	if !m.want.Has(e) {
		m.dirty(e)
		m.MarkUnflushed(P, e)
	}
}

// MarkSource says anew which side an extent is to be copied from: what was meant before is forgotten.
func (m *Map) MarkSource(e uint32, dir Direction) {
	m.dirty(e)
	if dir == FromPeer {
		m.slag.Clear(e)
		m.stale.Set(e)
		return
	}
	m.stale.Clear(e)
	m.slag.Set(e)
}

// Rest forgets which extents were written lately, the keepdirty list included, so that Sweep clears
// whatever both sides hold durably: after it a clean stop leaves nothing dirty (I33).
func (m *Map) Rest() {
	m.touched.Reset()
	m.before.Reset()
	for m.pins.tail != none {
		last := m.pins.tail
		m.pins.unlink(last)
		m.pins.drop(last)
	}
}

// AllBad reports whether the own copy of no extent of a range is current, as the record says.
func (m *Map) AllBad(off, length uint64) bool {
	if !m.bad.Any() {
		return false
	}
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		if !m.bad.Has(e) {
			return false
		}
	}
	return true
}

// BadBytes is how much of the device lies in extents whose own copy isn't current.
func (m *Map) BadBytes() uint64 { return m.bytes(m.bad) }

// AwayUnflushed reports whether the peer holds the current content of an extent, own copy not being current,
// and may not have flushed it.
func (m *Map) AwayUnflushed() bool {
	if !m.bad.Any() && !m.stale.Any() {
		return false
	}
	for w, ok := m.sides[S].un.NextWord(0); ok; w, ok = m.sides[S].un.NextWord(w + 1) {
		if m.sides[S].un.Word(w)&(m.bad.Word(w)|m.stale.Word(w)) != 0 {
			return true
		}
	}
	return false
}

// OwedUnflushed reports whether anything isn't flushed on the own component for which its copy counts.
func (m *Map) OwedUnflushed() bool {
	un := m.sides[P].un
	for w, ok := un.NextWord(0); ok; w, ok = un.NextWord(w + 1) {
		if un.Word(w)&^m.bad.Word(w) != 0 {
			return true
		}
	}
	return false
}
