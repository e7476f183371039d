package simulation

import (
	"container/heap"
	"time"
)

// event is something that happens at a time: a timer, the end of a disk operation, bytes arriving.
type event struct {
	at   time.Duration
	tie  uint64 // drawn from the seed: decides among events of one time
	seq  uint64 // the order in which events were made, for the rare equal ties
	boot *boot  // whose event it is; nil for the world's own
	fire func()
	gone bool
}

// agenda is a heap of the events to come.
type agenda []*event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	x, y := a[i], a[j]
	switch {
	case x.at != y.at:
		return x.at < y.at
	case x.tie != y.tie:
		return x.tie < y.tie
	}
	return x.seq < y.seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(*event)) }
func (a *agenda) Pop() any {
	old := *a
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	return e
}

// after makes something happen in d. With a boot it happens only if that boot still lives then.
func (w *World) after(d time.Duration, b *boot, fire func()) *event {
	if d < 0 {
		d = 0
	}
	w.eventSeq++
	e := &event{at: w.now + d, tie: w.chance.schedule.Uint64(), seq: w.eventSeq, boot: b, fire: fire}
	heap.Push(&w.agenda, e)
	return e
}

// peek returns the next event that will really happen, or nil.
func (w *World) peek() *event {
	for len(w.agenda) > 0 {
		e := w.agenda[0]
		if !e.gone && (e.boot == nil || !e.boot.dead) {
			return e
		}
		heap.Pop(&w.agenda)
	}
	return nil
}

// happen moves time to the next event and lets it happen.
func (w *World) happen(e *event) {
	heap.Pop(&w.agenda)
	if e.at > w.now {
		w.now = e.at
	}
	e.gone = true
	e.fire()
}

// makeReady puts a mailbox into the run list.
func (w *World) makeReady(m *mailbox) {
	if m.ready >= 0 || m.boot.dead || m.boot.paused || !m.runnable() {
		return
	}
	w.order.queued(w, m)
	m.ready = len(w.ready)
	w.ready = append(w.ready, m)
}

// unready takes a mailbox out of the run list.
func (w *World) unready(m *mailbox) {
	if m.ready < 0 {
		return
	}
	last := len(w.ready) - 1
	w.ready[m.ready] = w.ready[last]
	w.ready[m.ready].ready = m.ready
	w.ready[last] = nil
	w.ready = w.ready[:last]
	m.ready = -1
}

// Step lets one thing happen: a turn of an actor that the seed picks, or, when none can run, the next
// event. Now and then an event that is close comes first, as if the actors were slow. It reports false
// when nothing can ever happen any more.
func (w *World) Step() bool {
	if w.eachStep != nil {
		w.eachStep()
	}
	w.steps++
	e := w.peek()
	if len(w.ready) > 0 {
		if e == nil || e.at > w.now+w.TurnTime || !oneIn(w.chance.schedule, w.SlowTurns) {
			if m := w.order.pick(w, e); m != nil {
				w.turn(m)
				return true
			}
		}
	}
	if e == nil {
		return false
	}
	w.happen(e)
	return true
}

func (w *World) turn(m *mailbox) {
	if w.running {
		panic("simulation: a turn began inside a turn")
	}
	w.running = true
	w.turns++
	m.deliver()
	w.running = false
	if !m.runnable() || m.boot.dead || m.boot.paused {
		w.unready(m)
	} else if m.ready >= 0 {
		w.order.queued(w, m)
	}
}
