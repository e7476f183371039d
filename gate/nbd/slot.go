package nbd

import (
	"fmt"
	"sync"
	"sync/atomic"

	"hast/actors"
)

// slot is one credit: a request and its buffer. Each is allocated once, when the door opens.
//
// Its owner changes: the free list; the reader that takes and fills it; from the message on the turns of
// the gate's executor; and, once each hold is dropped, the free list again.
type slot struct {
	req     actors.Request
	mem     []byte // actors.MaxRequest bytes, beginning at a page
	credits *credits
	batch   *batch
	cmd     *command // what the request is, or is a part of
	single  command  // cmd, for a request that needn't be cut
	at      int64    // where its data is in cmd's, in bytes
	given   []byte   // the buffer that the gate was given

	// holds counts who keeps the slot from being free: the gate until Released, and the reply until
	// it is written if that takes its data from mem.
	holds atomic.Int32
	// answered belongs to turns.
	answered bool
}

// drop ends a hold.
func (s *slot) drop() {
	if s.holds.Add(-1) == 0 {
		s.credits.give(s)
	}
}

// maxBatch is how many requests go into one message. Each batch has room for as many.
const maxBatch = 64

// batch is a message that is used again once all of its requests were released: by then the slice has
// been read.
type batch struct {
	msg  actors.Requests
	reqs [maxBatch]*actors.Request
	left atomic.Int32 // requests not yet released
}

// credits are the slots of a door, shared by all of its connections. One that finds none queues; who is
// first in the queue gets the next slot, so that a client with giant requests and one with small ones
// get on alike.
type credits struct {
	mu      sync.Mutex
	slots   []slot
	mem     []byte
	free    []*slot // last in, first out: the buffers used last are warm, and few are ever touched
	spare   []*batch
	waiting []*queuer
	retired bool // no slot is given out any more
}

// queuer is someone who waits for a slot, one at a time.
type queuer struct {
	grant chan *slot // of capacity 1
	gone  <-chan struct{}
}

// newCredits makes n slots whose requests are answered to to.
func newCredits(n int, to actors.Replier) (*credits, error) {
	mem, err := mapMemory(n * actors.MaxRequest)
	if err != nil {
		return nil, fmt.Errorf("buffers for %d requests: %w", n, err)
	}
	cr := &credits{slots: make([]slot, n), mem: mem, free: make([]*slot, n)}
	for i := range cr.slots {
		s := &cr.slots[i]
		s.credits = cr
		s.mem = mem[i*actors.MaxRequest : (i+1)*actors.MaxRequest : (i+1)*actors.MaxRequest]
		s.req.To, s.req.Slot = to, s
		cr.free[n-1-i] = s // the first to be taken is the first in memory
	}
	return cr, nil
}

// take returns a slot, or nil if none is free now.
func (cr *credits) take() *slot {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	return cr.pop()
}

func (cr *credits) pop() *slot {
	n := len(cr.free)
	if n == 0 || cr.retired {
		return nil
	}
	s := cr.free[n-1]
	cr.free = cr.free[:n-1]
	return s
}

// wait returns a slot as soon as there is one, or nil once q is gone.
func (cr *credits) wait(q *queuer) *slot {
	cr.mu.Lock()
	if s := cr.pop(); s != nil {
		cr.mu.Unlock()
		return s
	}
	cr.waiting = append(cr.waiting, q)
	cr.mu.Unlock()
	select {
	case s := <-q.grant:
		return s
	case <-q.gone:
	}
	cr.mu.Lock()
	for i, w := range cr.waiting {
		if w == q {
			cr.waiting = append(cr.waiting[:i], cr.waiting[i+1:]...)
			break
		}
	}
	cr.mu.Unlock()
	select {
	case s := <-q.grant: // it was granted before we left the queue
		cr.give(s)
	default:
	}
	return nil
}

// give takes a slot back, for whoever waits longest.
func (cr *credits) give(s *slot) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	s.cmd, s.req.Buf, s.given = nil, nil, nil // the buffer may be one that is unmapped next
	if len(cr.waiting) > 0 && !cr.retired {
		q := cr.waiting[0]
		cr.waiting = append(cr.waiting[:0], cr.waiting[1:]...)
		q.grant <- s
		return
	}
	cr.free = append(cr.free, s)
	cr.sweep()
}

// retire lets no slot out any more, and gives the memory back when all are home.
func (cr *credits) retire() {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	cr.retired = true
	cr.sweep()
}

func (cr *credits) sweep() {
	if cr.retired && cr.mem != nil && len(cr.free) == len(cr.slots) {
		for i := range cr.slots {
			cr.slots[i].mem = nil
		}
		unmapMemory(cr.mem)
		cr.mem = nil
	}
}

// newBatch returns an empty batch. There are never more than slots, since each that is out has a request.
func (cr *credits) newBatch() *batch {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	n := len(cr.spare)
	if n == 0 {
		return &batch{}
	}
	b := cr.spare[n-1]
	cr.spare = cr.spare[:n-1]
	return b
}

// released counts one of a batch's requests.
func (cr *credits) released(b *batch) {
	if b.left.Add(-1) > 0 {
		return
	}
	cr.mu.Lock()
	cr.spare = append(cr.spare, b)
	cr.mu.Unlock()
}
