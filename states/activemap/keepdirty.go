package activemap

import "fmt"

// pins knows the extents that are in flight and those that were written most recently, and takes memory
// for no others. Both are one table, because a write touches both. Entries keep their place, so that
// the list may link them by index; nothing allocates once the table has grown to its working size.
type pins struct {
	slots   []int32 // a hash table of entry numbers plus one, at most half full
	entries []pin
	free    int32 // the first unused entry, linked by next
	used    int
	kept    uint32 // length of the keepdirty list
	keep    uint32 // its bound
	head    int32  // most recently written
	tail    int32  // the next to go
}

// pin is one extent.
type pin struct {
	extent uint32
	count  uint32 // writes and copies in flight
	prev   int32  // towards the head
	next   int32
	kept   bool // in the keepdirty list
}

const none = -1

// fewest is the first size of the hash table, a power of two.
const fewest = 64

func (p *pins) init(keep uint32) {
	*p = pins{slots: make([]int32, fewest), free: none, keep: keep, head: none, tail: none}
}

// slot finds where an extent is, or where it would go.
func (p *pins) slot(extent uint32) int {
	mask := len(p.slots) - 1
	at := p.home(extent)
	for p.slots[at] != 0 && p.entries[p.slots[at]-1].extent != extent {
		at = (at + 1) & mask
	}
	return at
}

// home spreads neighbouring extents over the table (multiplicative hashing).
func (p *pins) home(extent uint32) int {
	return int(extent*0x9e3779b1>>7) & (len(p.slots) - 1)
}

func (p *pins) count(extent uint32) uint32 {
	if i := p.slots[p.slot(extent)]; i != 0 {
		return p.entries[i-1].count
	}
	return 0
}

// held reports whether a write holds the extent or the list keeps it.
func (p *pins) held(extent uint32) bool { return p.slots[p.slot(extent)] != 0 }

// begin counts a write, and makes the extent the most recently written one.
func (p *pins) begin(extent uint32) { p.touch(p.hold(extent)) }

// hold counts a write or a copy, and returns the extent's entry.
func (p *pins) hold(extent uint32) int32 {
	at := p.slot(extent)
	i := p.slots[at] - 1
	if i < 0 {
		i = p.insert(at, extent)
	}
	p.entries[i].count++
	return i
}

// end counts a write or a copy off; the extent stays as long as the list keeps it.
func (p *pins) end(extent uint32) {
	i := p.slots[p.slot(extent)] - 1
	if i < 0 || p.entries[i].count == 0 {
		panic(fmt.Sprintf("activemap: extent %d was ended more often than begun", extent))
	}
	p.entries[i].count--
	p.drop(i)
}

// touch moves an entry to the head of the list. What falls out at the tail is merely not kept any
// longer: its bit is cleared later, when all other reasons are gone too.
func (p *pins) touch(i int32) {
	if p.keep == 0 || p.head == i {
		return
	}
	if p.entries[i].kept {
		p.unlink(i)
	} else if p.kept == p.keep {
		last := p.tail
		p.unlink(last)
		p.drop(last)
	}
	e := &p.entries[i]
	e.kept, e.prev, e.next = true, none, p.head
	if p.head != none {
		p.entries[p.head].prev = i
	} else {
		p.tail = i
	}
	p.head = i
	p.kept++
}

func (p *pins) unlink(i int32) {
	e := &p.entries[i]
	if e.prev != none {
		p.entries[e.prev].next = e.next
	} else {
		p.head = e.next
	}
	if e.next != none {
		p.entries[e.next].prev = e.prev
	} else {
		p.tail = e.prev
	}
	e.kept = false
	p.kept--
}

func (p *pins) insert(at int, extent uint32) int32 {
	if 2*(p.used+1) > len(p.slots) {
		p.grow()
		at = p.slot(extent)
	}
	i := p.free
	if i == none {
		i = int32(len(p.entries))
		p.entries = append(p.entries, pin{})
	} else {
		p.free = p.entries[i].next
	}
	p.entries[i] = pin{extent: extent}
	p.slots[at] = i + 1
	p.used++
	return i
}

func (p *pins) grow() {
	old := p.slots
	p.slots = make([]int32, 2*len(old))
	for _, i := range old {
		if i != 0 {
			p.slots[p.slot(p.entries[i-1].extent)] = i
		}
	}
}

// drop takes an entry out when nothing needs it. The table has no marks for deleted slots: later
// entries of the same run move up instead, so that searches stay short for ever.
func (p *pins) drop(i int32) {
	if e := &p.entries[i]; e.count != 0 || e.kept {
		return
	}
	mask := len(p.slots) - 1
	gap := p.slot(p.entries[i].extent)
	p.entries[i].next, p.free = p.free, i
	p.used--
	p.slots[gap] = 0
	for at := (gap + 1) & mask; p.slots[at] != 0; at = (at + 1) & mask {
		home := p.home(p.entries[p.slots[at]-1].extent)
		if (at-home)&mask >= (at-gap)&mask {
			p.slots[gap], p.slots[at] = p.slots[at], 0
			gap = at
		}
	}
}
