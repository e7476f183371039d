package activemap

import "math/bits"

// Clearable reports whether nothing in the map keeps an extent dirty: no write in flight, not in the
// keepdirty list, not written lately, not to be copied, not bad, flushed on both sides (I10). Whether
// the two nodes are in a session is the caller's to know: without one nothing is cleared.
func (m *Map) Clearable(e uint32) bool {
	return m.candidates(e/64)>>(e%64)&1 != 0 && !m.pins.held(e)
}

// candidates are the bits of a word that no set keeps dirty.
func (m *Map) candidates(w uint32) uint64 {
	p, s := &m.sides[P], &m.sides[S]
	return m.want.Word(w) &^ (m.stale.Word(w) | m.slag.Word(w) | m.bad.Word(w) | p.un.Word(w) | s.un.Word(w) |
		m.touched.Word(w) | m.before.Word(w))
}

// Tick ends a period of coarse time, whose length is the owner's choice. An extent that was written in
// this period or the one before isn't cleared: else a hot set larger than keepdirty would have each of
// its bits cleared and set again, at a map write each.
func (m *Map) Tick() {
	m.touched, m.before = m.before, m.touched
	m.touched.Reset()
}

// Sweep clears up to max extents in memory that may be cleared, and returns how many; the next write
// carries them to the disk. It goes on where it last stopped. The caller makes sure that the nodes are
// in a session which S has confirmed.
func (m *Map) Sweep(max int) (cleared int) {
	at, wrapped := m.sweepAt, false
	end := at
	for cleared < max {
		w, ok := m.want.NextWord(at)
		if !ok {
			if wrapped {
				break
			}
			at, wrapped = 0, true
			continue
		}
		if wrapped && w >= end {
			break
		}
		cleared += m.sweepWord(w, max-cleared)
		at = w + 1
	}
	if at >= m.want.Words() {
		at = 0
	}
	m.sweepAt = at
	return cleared
}

func (m *Map) sweepWord(w uint32, max int) (cleared int) {
	for rest := m.candidates(w); rest != 0 && cleared < max; rest &= rest - 1 {
		e := w*64 + uint32(bits.TrailingZeros64(rest))
		if m.pins.held(e) {
			continue
		}
		m.want.Clear(e)
		m.changed.Set(w)
		cleared++
	}
	return cleared
}
