// Package activemap keeps, for a primary, which extents of a device may differ between the two
// components, and what of that is durable on the own one. It decides and does no I/O: the owner writes
// what NextWrite returns and reports how that went.
//
// A bit has two lives. In memory (want) it is set before a write goes anywhere and cleared late; on
// disk it is what the last writes made of it. Between the two is at most one map write, and whatever
// that write changes counts as clear while it is under way: so Durable never says yes too early, and a
// write that clears bits can't race with a client's write that needs them (I9, I10).
package activemap

import (
	"fmt"
	"math"

	"hast/states"
	"hast/states/bitset"
)

// MaxExtents is the largest number of extents of one device: 256 TiB in extents of 2 MiB. It bounds the
// memory of a map: a dozen sets of one bit per extent, 16 MiB each at this size.
const MaxExtents = 1 << 27

// Map is the activemap of one resource. It is not safe for use from two goroutines at once: its owner
// is one actor. Methods that take an offset and a length, both in bytes, want a range that is not empty
// and lies within the device, and panic otherwise: the owner has checked the request before.
type Map struct {
	size    uint64 // of the device, in bytes
	area    uint64 // of the map's room on disk, in bytes
	shift   uint8  // log2 of the extent size
	extents uint32

	want    *bitset.Set // bits that must be set on disk: dirty
	disk    *bitset.Set // bits that are set on disk, durably, and that no write under way clears
	changed *bitset.Set // words of want whose image on disk may be another
	writing bool        // a Write is under way
	write   Write       // its buffers, used again
	epoch   uint64      // of the last Write

	stale *bitset.Set // to be copied from the peer, and read there until then
	slag  *bitset.Set // to be copied to the peer
	bad   *bitset.Set // the own copy isn't current, the record says so
	sides [2]side     // what isn't flushed

	pins    pins        // extents in flight, and the keepdirty list
	touched *bitset.Set // extents written since the last Tick
	before  *bitset.Set // extents written between the last two Ticks
	sweepAt uint32      // the word where the next Sweep begins
}

// New makes the map of a device of size bytes in extents of extent bytes, a power of two, of which the
// keepdirty most recently written stay dirty. The map's room on disk is area bytes. All extents begin
// clean. The numbers come from a record, so what can't be right is an error.
func New(size uint64, extent, keepdirty uint32, area uint64) (*Map, error) {
	if size == 0 {
		return nil, fmt.Errorf("activemap: the device has no bytes; create it anew")
	}
	if extent == 0 || extent&(extent-1) != 0 {
		return nil, fmt.Errorf("activemap: extent size %d is not a power of two; create it anew", extent)
	}
	n := states.Extents(size, extent)
	if n > MaxExtents {
		return nil, fmt.Errorf("activemap: %d extents are more than %d; create it anew with larger extents", n, MaxExtents)
	}
	if need := (n + 7) / 8; area < need {
		return nil, fmt.Errorf("activemap: %d bytes have no room for %d extents, which take %d; create it anew", area, n, need)
	}
	m := &Map{size: size, area: area, extents: uint32(n)}
	for extent>>m.shift > 1 {
		m.shift++
	}
	for _, s := range []**bitset.Set{&m.want, &m.disk, &m.stale, &m.slag, &m.bad, &m.touched, &m.before} {
		*s = bitset.New(m.extents)
	}
	m.changed = bitset.New(m.want.Words())
	for i := range m.sides {
		m.sides[i] = side{un: bitset.New(m.extents), cover: bitset.New(m.extents)}
	}
	m.pins.init(keepdirty)
	return m, nil
}

// Load takes the image that the disk shows, at the time of opening, before anything else is done. It is
// refused if it is too short; what it holds beyond the last extent means nothing. None of its bits counts as
// durable: a flush of it may have failed, and then a later one, which is good, says nothing (I38). So the next
// write has them all.
func (m *Map) Load(img []byte) error {
	if err := m.want.LoadBytes(img); err != nil {
		return fmt.Errorf("activemap: %w", err)
	}
	m.disk.Reset()
	for w, ok := m.want.NextWord(0); ok; w, ok = m.want.NextWord(w + 1) {
		m.changed.Set(w)
	}
	return nil
}

// Extents is the number of extents.
func (m *Map) Extents() uint32 { return m.extents }

// Range returns the first and the last extent that a range touches.
func (m *Map) Range(off, length uint64) (first, last uint32) {
	if length == 0 || off >= m.size || length > m.size-off {
		panic(fmt.Sprintf("activemap: %d bytes at %d are not within %d", length, off, m.size))
	}
	return uint32(off >> m.shift), uint32((off + length - 1) >> m.shift)
}

// Bounds returns where an extent begins and how long it is, in bytes; the last may be short.
func (m *Map) Bounds(e uint32) (off, length uint64) {
	if e >= m.extents {
		panic(fmt.Sprintf("activemap: there is no extent %d of %d", e, m.extents))
	}
	off = uint64(e) << m.shift
	return off, min(uint64(1)<<m.shift, m.size-off)
}

// Begin makes a write's extents dirty and holds them so until End; it is called before the write is
// handed to a component or to the link (I9). It reports whether they are durably dirty already, as
// Durable does: if not, the write waits for a map write.
func (m *Map) Begin(off, length uint64) (durable bool) {
	first, last := m.Range(off, length)
	durable = true
	for e := first; e <= last; e++ {
		m.pins.begin(e)
		m.touched.Set(e)
		m.dirty(e)
		durable = durable && m.disk.Has(e)
	}
	return durable
}

// Durable reports whether all extents of a range are dirty on disk, durably, and will stay so.
func (m *Map) Durable(off, length uint64) bool {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		if !m.disk.Has(e) {
			return false
		}
	}
	return true
}

// End lets go of what one Begin held. It is called when both components' answers are final, good or
// not (A26); what failed was marked as slag or bad before.
func (m *Map) End(off, length uint64) {
	first, last := m.Range(off, length)
	for e := first; e <= last; e++ {
		m.pins.end(e)
		m.touched.Set(e)
	}
}

// InFlight is the number of writes and copies that hold an extent.
func (m *Map) InFlight(e uint32) uint32 { return m.pins.count(e) }

// Holds is how often extents are held: each by each write and copy of it.
func (m *Map) Holds() (n int) {
	for i := range m.pins.entries {
		n += int(m.pins.entries[i].count)
	}
	return n
}

// Pinned is the number of extents that a write or copy holds or that the keepdirty list keeps.
func (m *Map) Pinned() int { return m.pins.used }

// dirty sets a bit in memory, and has it written if the disk's isn't known to be set.
func (m *Map) dirty(e uint32) {
	if m.want.Set(e) && !m.disk.Has(e) {
		m.changed.Set(e / 64)
	}
}

// Dirty reports whether an extent is dirty in memory.
func (m *Map) Dirty(e uint32) bool { return m.want.Has(e) }

// DirtyBytes is how much of the device is dirty in memory.
func (m *Map) DirtyBytes() uint64 { return m.bytes(m.want) }

// ForEachDirty calls f for each dirty extent, in order; f may mark extents.
func (m *Map) ForEachDirty(f func(e uint32)) { m.want.ForEach(f) }

// AppendImage appends the dirty extents as the peer wants to see them: whole words, as the original.
func (m *Map) AppendImage(dst []byte) []byte {
	at := len(dst)
	dst = m.want.AppendBytes(dst)
	for (len(dst)-at)%8 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// bytes is how much of the device a set stands for.
func (m *Map) bytes(s *bitset.Set) uint64 {
	n := uint64(s.Count()) << m.shift
	if last := m.extents - 1; s.Has(last) {
		_, length := m.Bounds(last)
		n -= uint64(1)<<m.shift - length
	}
	if n > math.MaxInt64 {
		panic("activemap: a set stands for more than a device can hold")
	}
	return n
}
