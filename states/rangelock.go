package states

import "fmt"

// RangeClass says what a request does to its range.
type RangeClass uint8

// The classes of requests that take part in range order.
const (
	// RangeWrite is a client's write, trim or zeroing (I12).
	RangeWrite RangeClass = iota
	// RangeCopy is a chunk of sync or repair.
	RangeCopy
	// RangeRead is a client's read.
	RangeRead
)

var rangeClassNames = [...]string{"write", "copy", "read"}

// String names the class.
func (c RangeClass) String() string { return enumName(rangeClassNames[:], int(c)) }

// rangeBlocks says which classes a fresh holder of a class keeps out, as bits. It is symmetric.
//
//   - Write and write: one order on both components (I6).
//   - Write and copy: a copy must not land older content over a write (I11).
//   - Write and read: a read that returned what a write in flight had already landed would promise it,
//     and it isn't promised yet; so neither may begin while the other lasts (I4).
//   - Copy and read go together: where a copy is the only current one, reads follow the map, not the lock.
var rangeBlocks = [...]uint8{
	RangeWrite: 1<<RangeWrite | 1<<RangeCopy | 1<<RangeRead,
	RangeCopy:  1<<RangeWrite | 1<<RangeCopy,
	RangeRead:  1 << RangeWrite,
}

// RangeStage is how far a write that holds its range has come.
type RangeStage uint8

// The stages of a write; they may be reached in either order.
const (
	// RangeLanded: the own component has answered and the link has the write in its queue, so that a
	// later write can't pass it anywhere. It keeps out copies still, until it is released.
	RangeLanded RangeStage = iota
	// RangeAnswered: the client has its answer, so that a read may tell.
	RangeAnswered
)

// Range is a request's place in the order. It is part of the request, so that taking and leaving a
// range allocates nothing. Set Off, End, Class and Owner while it is free; the rest is Ranges'.
type Range struct {
	// Off is the first byte, End the one behind the last.
	Off, End uint64
	// Class says what the request does.
	Class RangeClass
	// Owner leads from NextReady back to the request.
	Owner any

	state      rangeState
	blocks     uint8
	at         int // index in the holders
	prev, next *Range
}

type rangeState uint8

const (
	rangeFree    rangeState = iota
	rangeWaiting            // in the queue
	rangeReady              // holds, and NextReady hasn't told yet
	rangeHeld
)

// Held reports whether the request holds its range, told by NextReady or not.
func (r *Range) Held() bool { return r.state >= rangeReady }

// Waiting reports whether the request is in the queue.
func (r *Range) Waiting() bool { return r.state == rangeWaiting }

// Ranges orders requests by the bytes that they touch. Who can't go waits, first come, first served: a
// later request that would keep an earlier waiter out, or the other way round, doesn't overtake it. So
// nobody starves, and overlapping requests go in the order in which they came. It is meant for some
// hundred requests: it compares, it doesn't index. It is not safe for use from two goroutines at once.
type Ranges struct {
	// ReadWaits makes reads take part. It is false in async mode only, where a read may see what can
	// still be lost; a read that comes then holds nothing, and keeps nobody out.
	ReadWaits bool

	holders []holder // dense, so that comparing with some hundred takes a few cache lines
	waiters rangeList
	waiting int
	ready   rangeList
}

type holder struct {
	off, end uint64
	r        *Range
}

// Acquire takes the range, or puts the request into the queue, in which case NextReady returns it when
// its time has come. It reports whether the range is held.
func (q *Ranges) Acquire(r *Range) bool {
	if q.TryAcquire(r) {
		return true
	}
	r.state = rangeWaiting
	q.waiters.push(r)
	q.waiting++
	return false
}

// TryAcquire takes the range if that is possible now, also with regard to those who wait, and leaves the
// request as it was if not.
func (q *Ranges) TryAcquire(r *Range) bool {
	if r.state != rangeFree || r.Off >= r.End || int(r.Class) >= len(rangeBlocks) {
		panic(fmt.Sprintf("range %v %d-%d in state %d can't be acquired", r.Class, r.Off, r.End, r.state))
	}
	if r.Class == RangeRead && !q.ReadWaits {
		r.state, r.blocks, r.at = rangeHeld, 0, none
		return true
	}
	if q.kept(r, nil) {
		return false
	}
	q.hold(r)
	r.state = rangeHeld
	return true
}

// Release ends what Acquire began, at any stage: a range that is held is left, one that waits leaves the
// queue. It reports whether others can go now; NextReady tells who.
func (q *Ranges) Release(r *Range) bool {
	switch r.state {
	case rangeFree:
		panic("a range was released that nobody took")
	case rangeWaiting:
		q.waiters.remove(r)
		q.waiting--
	case rangeReady:
		q.ready.remove(r)
		q.leave(r)
	case rangeHeld:
		q.leave(r)
	}
	r.state = rangeFree
	return q.grant(r)
}

// Downgrade says that a write which holds its range has reached a stage. It reports whether others can
// go now; NextReady tells who.
func (q *Ranges) Downgrade(r *Range, s RangeStage) bool {
	if r.state != rangeHeld || r.Class != RangeWrite {
		panic(fmt.Sprintf("a %v in state %d has no stages", r.Class, r.state))
	}
	if s == RangeLanded {
		r.blocks &^= 1 << RangeWrite
	} else {
		r.blocks &^= 1 << RangeRead
	}
	return q.grant(r)
}

// NextReady returns the next request that waited and holds its range now, in the order in which they
// came; nil if there is none.
func (q *Ranges) NextReady() *Range {
	r := q.ready.first
	if r != nil {
		q.ready.remove(r)
		r.state = rangeHeld
	}
	return r
}

// Holders is the number of requests that keep a range; Waiters is the length of the queue.
func (q *Ranges) Holders() int { return len(q.holders) }

// Waiters is the number of requests in the queue.
func (q *Ranges) Waiters() int { return q.waiting }

// AnyReady reports whether NextReady has somebody to tell of.
func (q *Ranges) AnyReady() bool { return q.ready.first != nil }

// kept reports whether a holder, or a waiter before stop, keeps the request out.
func (q *Ranges) kept(r, stop *Range) bool {
	for i := range q.holders {
		h := &q.holders[i]
		if h.off < r.End && r.Off < h.end && h.r.blocks>>r.Class&1 != 0 {
			return true
		}
	}
	for w := q.waiters.first; w != stop; w = w.next {
		if w.Off < r.End && r.Off < w.End && rangeBlocks[w.Class]>>r.Class&1 != 0 {
			return true
		}
	}
	return false
}

// grant lets those go whom the request kept out. Only they can be free now: whoever else waits does so
// because of somebody else, and one who goes keeps out whom it kept out as a waiter.
func (q *Ranges) grant(left *Range) bool {
	for w := q.waiters.first; w != nil; {
		next := w.next
		if w.Off < left.End && left.Off < w.End && !q.kept(w, w) {
			q.waiters.remove(w)
			q.waiting--
			q.hold(w)
			w.state = rangeReady
			q.ready.push(w)
		}
		w = next
	}
	return q.ready.first != nil
}

func (q *Ranges) hold(r *Range) {
	r.blocks = rangeBlocks[r.Class]
	r.at = len(q.holders)
	q.holders = append(q.holders, holder{r.Off, r.End, r})
}

func (q *Ranges) leave(r *Range) {
	if r.at == none {
		return
	}
	last := len(q.holders) - 1
	q.holders[r.at] = q.holders[last]
	q.holders[r.at].r.at = r.at
	q.holders[last] = holder{}
	q.holders = q.holders[:last]
}

// none is the index of a range that is held without being among the holders.
const none = -1

// rangeList is a list through the ranges themselves.
type rangeList struct{ first, last *Range }

func (l *rangeList) push(r *Range) {
	r.prev, r.next = l.last, nil
	if l.last != nil {
		l.last.next = r
	} else {
		l.first = r
	}
	l.last = r
}

func (l *rangeList) remove(r *Range) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		l.last = r.prev
	}
	r.prev, r.next = nil, nil
}
