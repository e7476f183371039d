package actors

import (
	"time"

	"hast/states"
	"hast/wire"
)

// flow is gate's own part of a request: how far it is, and the messages that carry it, embedded so that
// a request costs no allocation.
type flow struct {
	prev, next *Request // gate's list of what is outstanding, in order of arrival
	listed     bool
	at         stage
	mode       states.Mode // frozen at admission, so that a reload can't confuse what is in flight
	local      states.Part
	plan       uint64 // of a read: how many plans there were when it was sent to the own component
	remote     states.Part
	session    uint64 // the session that the remote part went to
	lent       bool   // the own component, which was given up, still has a part of it
	loaned     bool   // the link may still send from the buffer
	answered   bool
	claim      states.Claim
	durable    states.Claim // of a flush or a durable write: who had flushed
	ranged     bool         // a read that takes part in the order
	waits      bool         // is among those that wait for the counter
	tailed     bool         // answered as sent, not confirmed by the peer
	tailedAt   time.Duration
	loose      bool   // a durable write whose range was let go before its answer
	mapped     bool   // its extents are pinned in the activemap
	carrier    uint64 // the first write of the map that carries its bits
	failed     error
	rng        states.Range
	copying    *chunk   // a copy's chunk; nil for a client's request
	whole      *splitUp // the read that this one is a piece of

	toDisk   localIO
	fromDisk localDone
	toPeer   remoteIO
	fromPeer remoteDone
	receipt  remoteDone // memsync's first answer
	op       DiskOp
	link     linkPart
}

// stage is where a request is on its way through gate.
type stage uint8

const (
	atDoor    stage = iota
	atRange         // waits for an overlapping request
	atHold          // waits for the counter, the map, or the end of a barrier
	atLag           // waits for a copy of its extents
	atWork          // handed to the components
	atFlush         // waits for a flush
	atLent          // answered; the component that was given up still has a part of it
	atRelease       // answered and settled; the buffer is still on loan
)

// linkPart is remotelink's own part of a request.
type linkPart struct {
	prev, next *Request
	first, seq uint64 // of its first and last message
	sent       time.Duration
	frame      wire.OutFrame
	// more is how many further answers belong to it: a zeroing goes to a stock peer in pieces.
	more int
}

// reqList is an intrusive list of requests in order of arrival.
type reqList struct {
	head, tail *Request
	n          int
}

func (l *reqList) push(r *Request) {
	f := &r.flow
	if f.listed {
		panic("actors: request listed twice")
	}
	f.listed, f.prev, f.next = true, l.tail, nil
	if l.tail != nil {
		l.tail.flow.next = r
	} else {
		l.head = r
	}
	l.tail = r
	l.n++
}

func (l *reqList) remove(r *Request) {
	f := &r.flow
	if !f.listed {
		panic("actors: request not listed")
	}
	if f.prev != nil {
		f.prev.flow.next = f.next
	} else {
		l.head = f.next
	}
	if f.next != nil {
		f.next.flow.prev = f.prev
	} else {
		l.tail = f.prev
	}
	f.listed, f.prev, f.next = false, nil, nil
	l.n--
}
