package demo

import (
	"fmt"
	"sync"
)

// journal is the client's own record of what it wrote and what was acknowledged. It is all that the check
// after the failover believes.
//
// Its time is a counter that each beginning and each acknowledgement moves on. A write that was
// acknowledged before another one began precedes it; of two that overlap in time, either may be the last.
type journal struct {
	mu     sync.Mutex
	now    uint64
	writes []*write   // by id, from 1
	blocks [][]*write // for each block, the writes that covered it, in the order in which they began
	acked  int
	synced uint64 // when the last flush that was acknowledged had begun
}

// write is one write of the load. Write 0 is what the blocks held before it.
type write struct {
	id           uint64
	first, count int // blocks
	begun        uint64
	done         uint64 // when it was acknowledged; 0 if it wasn't
}

// never is later than anything: the end of a write that wasn't acknowledged.
const never = ^uint64(0)

func newJournal(blocks int) *journal { return &journal{blocks: make([][]*write, blocks)} }

// begin notes that a write of count blocks is about to be sent.
func (j *journal) begin(first, count int) *write {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now++
	w := &write{id: uint64(len(j.writes) + 1), first: first, count: count, begun: j.now}
	j.writes = append(j.writes, w)
	for b := first; b < first+count; b++ {
		j.blocks[b] = append(j.blocks[b], w)
	}
	return w
}

// acknowledge notes that a write was answered ok, and returns how many were.
func (j *journal) acknowledge(w *write) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now++
	w.done = j.now
	j.acked++
	return j.acked
}

// count tells how many writes were acknowledged, and how many were not.
func (j *journal) count() (acked, inFlight int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.acked, len(j.writes) - j.acked
}

// last is the id of the write that began last.
func (j *journal) last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return uint64(len(j.writes))
}

// beginFlush is the moment that a flush covers everything before.
func (j *journal) beginFlush() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now++
	return j.now
}

// acknowledgeFlush notes that the flush begun then was answered ok.
func (j *journal) acknowledgeFlush(begun uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.synced = max(j.synced, begun)
}

// finding is what became of the writes.
type finding struct {
	acked    int
	inFlight int // not acknowledged
	applied  int // of those in flight, how many are there, in whole or in part
	lost     int // acknowledged and not there: always the last ones
	tail     int // acknowledged writes that began with or after the first lost one
}

// judge holds what the blocks contain, by the ids of writes, against the journal. A block may hold any write
// that no acknowledged one came after. If a tail may be missing (async), what is lost must be exactly that:
// nothing that began after the acknowledgement of a lost write may be there, and nothing that an
// acknowledged flush covers may be lost.
func (j *journal) judge(seen []uint64, tail bool) (finding, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f := finding{acked: j.acked, inFlight: len(j.writes) - j.acked}
	there := make(map[uint64]bool)
	lost := make(map[*write]bool)
	var first *write // the lost write that was acknowledged first
	for b, id := range seen {
		end, err := j.end(b, id)
		if err != nil {
			return f, err
		}
		there[id] = true
		for _, w := range j.blocks[b] {
			if w.done == 0 || w.begun < end {
				continue
			}
			switch {
			case !tail:
				return f, fmt.Errorf("acknowledged write %d of block %d is lost: the block holds the older write %d", w.id, b, id)
			case w.done < j.synced:
				return f, fmt.Errorf("acknowledged write %d of block %d is lost, though a flush was acknowledged after it", w.id, b)
			}
			lost[w] = true
			if first == nil || w.done < first.done {
				first = w
			}
		}
	}
	f.lost = len(lost)
	for _, w := range j.writes {
		if w.done == 0 && there[w.id] {
			f.applied++
		}
		if first == nil {
			continue
		}
		if w.done != 0 && w.begun >= first.begun {
			f.tail++
		}
		if there[w.id] && w.begun > first.done {
			return f, fmt.Errorf("what is lost is not a tail: write %d is lost, but write %d, which began after it was acknowledged, is there", first.id, w.id)
		}
	}
	return f, nil
}

// end is when the write that a block holds was over; what began later should have replaced it.
func (j *journal) end(block int, id uint64) (uint64, error) {
	if id == 0 {
		return 0, nil
	}
	if id > uint64(len(j.writes)) {
		return 0, fmt.Errorf("block %d holds write %d, which was never made", block, id)
	}
	w := j.writes[id-1]
	if block < w.first || block >= w.first+w.count {
		return 0, fmt.Errorf("block %d holds write %d, which went to blocks %d to %d", block, id, w.first, w.first+w.count-1)
	}
	if w.done == 0 {
		return never, nil
	}
	return w.done, nil
}

// same compares two readings of the same blocks between which nobody wrote.
func same(before, after []uint64) error {
	for b := range before {
		if before[b] != after[b] {
			return fmt.Errorf("block %d held write %d and then write %d, though nobody wrote it in between", b, before[b], after[b])
		}
	}
	return nil
}
