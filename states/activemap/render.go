package activemap

import (
	"fmt"
	"strings"
)

// Render pictures the map in one line for tests and traces: each stretch of extents with the same marks
// once, clean ones not at all. The letters: w dirty in memory, d on disk, fN in flight, k keepdirty,
// t written lately, < stale, > slag, b bad, p and s not flushed on P and S, P and S covered by a flush
// under way. "0-3[wd] 7[wf1kt]" reads: 0 to 3 are dirty, durably; 7 is being written and not durable yet.
func (m *Map) Render() string {
	var b strings.Builder
	for e := uint32(0); e < m.extents; {
		marks := m.marks(e)
		first := e
		for e++; e < m.extents && m.marks(e) == marks; {
			e++
		}
		if marks == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if e-1 == first {
			fmt.Fprintf(&b, "%d[%s]", first, marks)
		} else {
			fmt.Fprintf(&b, "%d-%d[%s]", first, e-1, marks)
		}
	}
	if b.Len() == 0 {
		return "clean"
	}
	return b.String()
}

func (m *Map) marks(e uint32) string {
	var b strings.Builder
	mark := func(on bool, letter string) {
		if on {
			b.WriteString(letter)
		}
	}
	mark(m.want.Has(e), "w")
	mark(m.disk.Has(e), "d")
	if n := m.InFlight(e); n > 0 {
		fmt.Fprintf(&b, "f%d", n)
	}
	i := m.pins.slots[m.pins.slot(e)]
	mark(i != 0 && m.pins.entries[i-1].kept, "k")
	mark(m.touched.Has(e) || m.before.Has(e), "t")
	mark(m.stale.Has(e), "<")
	mark(m.slag.Has(e), ">")
	mark(m.bad.Has(e), "b")
	mark(m.sides[P].un.Has(e), "p")
	mark(m.sides[P].cover.Has(e), "P")
	mark(m.sides[S].un.Has(e), "s")
	mark(m.sides[S].cover.Has(e), "S")
	return b.String()
}
