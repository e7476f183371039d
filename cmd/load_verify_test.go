package cmd_test

import (
	"encoding/binary"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// bound says which writes must be there.
type bound string

const (
	boundAcked   bound = "acked"   // those acknowledged
	boundFlushed bound = "flushed" // those that a flush covers, and any of the others
	boundTail    bound = "tail"    // those that a flush covers, and the first of the others (I32)
)

// verify reads all that was written: a sector is that of the last write of its block that must be there, or
// of a later one, and of no other. What was read before may only have been replaced by what was written
// since. Then it flushes: what was seen is durable from now on.
func (l *load) verify(ts *testscript.TestScript, node string, least bound) {
	if least != boundAcked && least != boundFlushed && least != boundTail {
		ts.Fatalf("load verify: %q is not acked, flushed or tail", string(least))
	}
	c := dialDevice(ts, node)
	defer c.Close()
	got, want := make([]byte, block), make([]byte, block)
	for i := range loadSpan {
		issued, acked, flushed := l.issued[i].Load(), l.acked[i].Load(), l.flushed[i].Load()
		if acked == 0 && l.ceiling[i] == 0 {
			continue
		}
		_, err := c.ReadAt(got, l.offset(c, i))
		ts.Check(err)
		for s := range l.settled[i] {
			at, was := s*loadSector, l.settled[i][s]
			number, floor := binary.LittleEndian.Uint64(got[at+8:]), max(was, flushed)
			if least == boundAcked {
				floor = max(floor, acked)
			}
			stamp(want, i, number)
			whole := string(got[at:at+loadSector]) == string(want[at:at+loadSector])
			late := number <= l.ceiling[i] && number != was
			if !whole || number < floor || number > issued || late {
				ts.Fatalf("block %d, sector %d: holds write %d (whole: %v); write %d or a later one must be there, %d was there when last seen; acknowledged was %d, flushed %d, the last one was %d\n%s",
					i, s, number, whole, floor, was, acked, flushed, issued, logs(ts))
			}
			l.settled[i][s] = number
		}
		l.ceiling[i] = issued
	}
	if lost := l.lost(ts, least); lost > 0 {
		ts.Logf("%d acknowledged writes are missing", lost)
	}
	ts.Check(c.Flush())
	for i := range loadSpan {
		l.acked[i].Store(0)
		l.flushed[i].Store(0)
	}
	clear(l.written[:])
}

// lost counts the acknowledged writes since the last look that aren't there. If they must be a tail, no
// write may be there that began after the first of them was acknowledged.
func (l *load) lost(ts *testscript.TestScript, least bound) int {
	var first *loadWrite
	n := 0
	for worker := range l.written {
		for i := range l.written[worker] {
			w := &l.written[worker][i]
			if w.done == 0 || slices.Min(l.settled[w.block][:]) >= w.number {
				continue
			}
			n++
			if first == nil || w.done < first.done {
				first = w
			}
		}
	}
	if least != boundTail || first == nil {
		return n
	}
	for _, of := range l.written {
		for _, w := range of {
			if w.begun > first.done && slices.Max(l.settled[w.block][:]) >= w.number {
				ts.Fatalf("write %d of block %d is lost, but write %d of block %d, which began after it was acknowledged, is there\n%s",
					first.number, first.block, w.number, w.block, logs(ts))
			}
		}
	}
	return n
}
