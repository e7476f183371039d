// Package volatile follows what of a component's data may be in its cache only, and what a failed flush may
// have lost there. A disk tells of a lost write once: the flushes after it are good and say nothing of it, and
// a read may still show what was written (I38). So what the failed flush should have covered is written anew
// before another flush is believed, whoever asks for it and in whichever role.
package volatile

import (
	"fmt"

	"hast/states/bitset"
)

// MaxUnits bounds the memory of a Cache: five sets of so many bits, 2 MiB each.
const MaxUnits = 1 << 24

// Cache is what is known of one component's data. Offsets and lengths are in bytes from the beginning of the
// data. It is not safe for use from two goroutines at once.
type Cache struct {
	size  uint64
	shift uint8 // log2 of the unit that is followed as one

	un     *bitset.Set // written, not covered by a good flush since
	cover  *bitset.Set // part of un that the flush being followed covers
	lost   *bitset.Set // a flush failed it, and it was not written anew
	doubt  *bitset.Set // a flush may have failed it that another process was told of; see Doubt
	relied *bitset.Set // part of lost: it was only in doubt, and somebody relies on it
	follow uint64      // the flush that cover is of; 0: none
	turn   uint64      // of the last flush begun
	round  uint64      // how many flushes failed
}

// New makes the cache of size bytes of data, followed in units of at least unit bytes, a power of two. Units
// are larger where there would be more than MaxUnits of them.
func New(size, unit uint64) *Cache {
	if size == 0 || unit == 0 || unit&(unit-1) != 0 {
		panic(fmt.Sprintf("volatile: %d bytes in units of %d", size, unit))
	}
	c := &Cache{size: size}
	for unit>>c.shift > 1 || (size-1)>>c.shift >= MaxUnits {
		c.shift++
	}
	n := uint32((size-1)>>c.shift) + 1
	c.un, c.cover, c.lost, c.doubt, c.relied = bitset.New(n), bitset.New(n), bitset.New(n), bitset.New(n), bitset.New(n)
	return c
}

// Size is the number of bytes that are followed.
func (c *Cache) Size() uint64 { return c.size }

// Begin says that a change is handed to the component: some of it may be in the cache from now on. round is to
// be given back to End.
func (c *Cache) Begin(off, length uint64) (round uint64) {
	c.mark(off, length)
	return c.round
}

// Inherit says that somebody else, a former process, may have changed data and not flushed them.
func (c *Cache) Inherit(off, length uint64) { c.mark(off, length) }

// Doubt says that a former process changed data and died: it may have been told of a failed flush, so that no later
// flush proves anything of them. As long as nobody relies on them that doesn't matter.
func (c *Cache) Doubt(off, length uint64) {
	first, last := c.units(off, length)
	for u := first; u <= last; u++ {
		c.doubt.Set(u)
	}
}

// Doubted reports whether there is any doubt about data. Who relies on their being durable writes them anew.
func (c *Cache) Doubted(off, length uint64) bool {
	for u, last := c.units(off, length); u <= last; u++ {
		if c.doubt.Has(u) {
			return true
		}
	}
	return false
}

// AnyDoubted reports whether anything is in doubt.
func (c *Cache) AnyDoubted() bool { return c.doubt.Any() }

// Rely is for data that somebody is given who will rely on their being durable: those in doubt count as lost from
// then on. It reports whether there were any.
func (c *Cache) Rely(off, length uint64) (found bool) {
	for u, last := c.units(off, length); u <= last; u++ {
		if !c.doubt.Clear(u) {
			continue
		}
		found = true
		if c.lost.Set(u) {
			c.relied.Set(u)
		}
	}
	return found
}

// Trust says that the other side's copy has made up for whatever was in doubt, or has got it and it was written anew.
func (c *Cache) Trust() { c.doubt.Reset() }

// End says how a change ended. A flush that was begun before doesn't cover it, even if it ended already. If
// one failed meanwhile, part of the change may be lost; else a good change has written anew the units that it
// covers as a whole.
func (c *Cache) End(off, length, round uint64, ok bool) {
	c.mark(off, length)
	if round == c.round && !(ok && (c.lost.Any() || c.doubt.Any())) {
		return
	}
	first, last := c.units(off, length)
	for u := first; u <= last; u++ {
		if round != c.round {
			c.lost.Set(u)
			c.relied.Clear(u)
		} else if at, n := c.bounds(u); off <= at && at+n <= off+length {
			c.lost.Clear(u)
			c.doubt.Clear(u)
			c.relied.Clear(u)
		}
	}
}

func (c *Cache) mark(off, length uint64) {
	first, last := c.units(off, length)
	for u := first; u <= last; u++ {
		c.un.Set(u)
		c.cover.Clear(u)
	}
}

// FlushBegin says that a flush is handed to the component. turn is to be given to FlushEnd. Of several that
// are under way at once only the first is followed: what the others cover is forgotten later than it could be.
func (c *Cache) FlushBegin() (turn uint64) {
	c.turn++
	if c.follow == 0 {
		c.follow = c.turn
		c.cover.CopyFrom(c.un)
	}
	return c.turn
}

// FlushEnd says how a flush ended. After a failed one all that isn't covered by a good one counts as lost.
func (c *Cache) FlushEnd(turn uint64, ok bool) {
	if !ok {
		c.fail()
		return
	}
	if turn == c.follow {
		c.un.AndNot(c.cover)
		c.cover.Reset()
		c.follow = 0
	}
}

func (c *Cache) fail() {
	c.round++
	c.lost.Or(c.un)
	c.relied.AndNot(c.un)
	c.un.Reset()
	c.cover.Reset()
	c.follow = 0
}

// Reopened is for a component that was closed and is opened again: of a flush whose end nobody heard nobody
// knows how it ended.
func (c *Cache) Reopened() {
	if c.follow != 0 {
		c.fail()
	}
}

// Lost returns the first unit, from an offset on, that has to be written anew; not ok: there is none.
func (c *Cache) Lost(from uint64) (off, length uint64, ok bool) {
	if from >= c.size {
		return 0, 0, false
	}
	u, ok := c.lost.Next(uint32(from >> c.shift))
	if !ok {
		return 0, 0, false
	}
	off, length = c.bounds(u)
	return off, length, true
}

// Suspected reports whether the unit that begins at an offset was only ever in doubt. What can't be read of it is in no
// cache, so that there is nothing to write anew: who relies on it was given what could be read. round is to be given to
// Healed.
func (c *Cache) Suspected(off uint64) (round uint64, ok bool) {
	return c.round, c.relied.Has(uint32(off >> c.shift))
}

// Healed says that what can be read of a unit that was in doubt was written anew, unless a flush failed since.
func (c *Cache) Healed(off, round uint64) {
	if u := uint32(off >> c.shift); round == c.round && c.relied.Clear(u) {
		c.lost.Clear(u)
	}
}

// AnyLost reports whether anything has to be written anew.
func (c *Cache) AnyLost() bool { return c.lost.Any() }

func (c *Cache) units(off, length uint64) (first, last uint32) {
	if length == 0 || off >= c.size || length > c.size-off {
		panic(fmt.Sprintf("volatile: %d bytes at %d are not within %d", length, off, c.size))
	}
	return uint32(off >> c.shift), uint32((off + length - 1) >> c.shift)
}

func (c *Cache) bounds(u uint32) (off, length uint64) {
	off = uint64(u) << c.shift
	return off, min(uint64(1)<<c.shift, c.size-off)
}
