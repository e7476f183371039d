package volatile

import (
	"fmt"
	"testing"
)

// told is the list of what has to be written anew, as a test reads it.
func told(c *Cache) string {
	s := ""
	for from := uint64(0); ; {
		off, n, ok := c.Lost(from)
		if !ok {
			return s
		}
		s += fmt.Sprintf("%d+%d ", off, n)
		from = off + n
	}
}

// TestCache plays a component of 40 bytes in units of 8, the last one of them short.
func TestCache(t *testing.T) {
	write := func(c *Cache, off, n uint64) { c.End(off, n, c.Begin(off, n), true) }
	flush := func(c *Cache, ok bool) { c.FlushEnd(c.FlushBegin(), ok) }
	for _, tt := range []struct {
		name string
		play func(c *Cache)
		want string
	}{
		{"nothing was written", func(c *Cache) { flush(c, false) }, ""},
		{"a failed flush", func(c *Cache) { write(c, 7, 2); flush(c, false) }, "0+8 8+8 "},
		{"a good flush comes too late", func(c *Cache) { write(c, 0, 1); flush(c, false); flush(c, true) }, "0+8 "},
		{"a good flush came before", func(c *Cache) { write(c, 0, 1); flush(c, true); flush(c, false) }, ""},
		{"written anew", func(c *Cache) { write(c, 0, 8); flush(c, false); write(c, 0, 8) }, ""},
		{"written anew, and that is lost", func(c *Cache) {
			write(c, 0, 8)
			flush(c, false)
			write(c, 0, 8)
			flush(c, false)
		}, "0+8 "},
		{"a part of it written anew", func(c *Cache) { write(c, 0, 8); flush(c, false); write(c, 0, 7) }, "0+8 "},
		{"the short end", func(c *Cache) { write(c, 33, 1); flush(c, false); write(c, 30, 8) }, ""},
		{"not written anew: an error", func(c *Cache) {
			write(c, 0, 8)
			flush(c, false)
			c.End(0, 8, c.Begin(0, 8), false)
		}, "0+8 "},
		{"under way while a flush failed", func(c *Cache) {
			round := c.Begin(8, 8)
			flush(c, false)
			c.End(8, 8, round, true)
		}, "8+8 "},
		{"it ended behind a good flush, which didn't cover it", func(c *Cache) {
			round := c.Begin(8, 8)
			flush(c, true)
			c.End(8, 8, round, true)
			flush(c, false)
		}, "8+8 "},
		{"it began behind the beginning of a good flush", func(c *Cache) {
			turn := c.FlushBegin()
			write(c, 8, 8)
			c.FlushEnd(turn, true)
			flush(c, false)
		}, "8+8 "},
		{"of two flushes the first covers", func(c *Cache) {
			write(c, 0, 8)
			one := c.FlushBegin()
			write(c, 16, 8)
			two := c.FlushBegin()
			c.FlushEnd(two, true)
			c.FlushEnd(one, true)
			flush(c, false)
		}, "16+8 "},
		{"of two flushes one fails", func(c *Cache) {
			write(c, 0, 8)
			one, two := c.FlushBegin(), c.FlushBegin()
			c.FlushEnd(two, false)
			c.FlushEnd(one, true)
		}, "0+8 "},
		{"closed under a flush", func(c *Cache) { write(c, 0, 8); c.FlushBegin(); c.Reopened() }, "0+8 "},
		{"a former process's, and the first flush fails", func(c *Cache) { c.Inherit(8, 8); flush(c, false) }, "8+8 "},
		{"a former process's, and the first flush is good", func(c *Cache) { c.Inherit(8, 8); flush(c, true); flush(c, false) }, ""},
		{"lost, and inherited by the next opening", func(c *Cache) {
			write(c, 8, 8)
			flush(c, false)
			c.Inherit(8, 8)
			flush(c, true)
		}, "8+8 "},
		{"in doubt, and nobody relies on it", func(c *Cache) { c.Doubt(0, 38); flush(c, true) }, ""},
		{"in doubt, and relied on", func(c *Cache) { c.Doubt(8, 24); c.Rely(9, 8) }, "8+8 16+8 "},
		{"relied on, and written anew", func(c *Cache) { c.Doubt(8, 8); c.Rely(8, 8); write(c, 8, 8) }, ""},
		{"relied on, and a part of it written anew", func(c *Cache) { c.Doubt(8, 8); c.Rely(8, 8); write(c, 8, 7) }, "8+8 "},
		{"written anew before it is relied on", func(c *Cache) { c.Doubt(8, 8); write(c, 8, 8); c.Rely(8, 8) }, ""},
		{"written in part before it is relied on", func(c *Cache) { c.Doubt(8, 8); write(c, 9, 7); c.Rely(8, 8) }, "8+8 "},
		{"written anew in vain before it is relied on", func(c *Cache) {
			c.Doubt(8, 8)
			c.End(8, 8, c.Begin(8, 8), false)
			c.Rely(8, 8)
		}, "8+8 "},
		{"in doubt no more", func(c *Cache) { c.Doubt(8, 8); c.Trust(); c.Rely(8, 8) }, ""},
		{"no doubt, and relied on", func(c *Cache) { c.Doubt(8, 8); c.Rely(16, 22) }, ""},
		{"relied on, and written anew as far as it could be read", func(c *Cache) {
			c.Doubt(8, 16)
			c.Rely(8, 8)
			round, ok := c.Suspected(8)
			write(c, 9, 2)
			if c.Healed(8, round); !ok {
				c.Inherit(0, 38)
				flush(c, false)
			}
		}, ""},
		{"as far as it could be read, and a flush failed meanwhile", func(c *Cache) {
			c.Doubt(8, 8)
			c.Rely(8, 8)
			round, _ := c.Suspected(8)
			write(c, 9, 2)
			flush(c, false)
			c.Healed(8, round)
		}, "8+8 "},
		{"as far as it could be read, and the next flush fails", func(c *Cache) {
			c.Doubt(8, 8)
			c.Rely(8, 8)
			round, _ := c.Suspected(8)
			write(c, 9, 2)
			c.Healed(8, round)
			flush(c, false)
		}, "8+8 "},
		{"lost for certain, which no part of it makes up for", func(c *Cache) {
			c.Doubt(8, 8)
			write(c, 8, 1)
			c.Rely(8, 8)
			flush(c, false)
			round, ok := c.Suspected(8)
			if c.Healed(8, round); ok {
				write(c, 8, 8)
			}
		}, "8+8 "},
		{"closed, and no flush under way", func(c *Cache) { write(c, 0, 8); c.Reopened() }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := New(38, 8)
			tt.play(c)
			if got := told(c); got != tt.want || c.AnyLost() != (got != "") {
				t.Errorf("lost is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := New(1<<48, 4096)
	if n := c.un.Len(); n > MaxUnits {
		t.Errorf("%d units", n)
	}
	if _, last := c.units(1<<48-1, 1); last != c.un.Len()-1 {
		t.Errorf("the last byte is in unit %d of %d", last, c.un.Len())
	}
	defer func() {
		if recover() == nil {
			t.Error("a change behind the end was accepted")
		}
	}()
	c.Begin(1<<48-1, 2)
}
