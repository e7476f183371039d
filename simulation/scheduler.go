package simulation

import (
	"time"
)

// event is something that happens at a time: a timer, the end of a disk operation, bytes arriving. Its
// memory is used again once it has happened: who keeps one keeps its seq, too.
type event struct {
	at   time.Duration
	tie  uint64 // drawn from the seed: decides among events of one time
	seq  uint64 // the order in which events were made, for the rare equal ties
	boot *boot  // whose event it is; nil for the world's own
	fire func()
	gone bool
}

func (e *event) before(o *event) bool {
	switch {
	case e.at != o.at:
		return e.at < o.at
	case e.tie != o.tie:
		return e.tie < o.tie
	}
	return e.seq < o.seq
}

// agenda is a heap of the events to come: each has four below it that come later.
type agenda []*event

func (a *agenda) push(e *event) {
	h := append(*a, e)
	*a = h
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

func (a *agenda) pop() *event {
	h := *a
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = nil
	h = h[:len(h)-1]
	*a = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		least := 4*i + 1
		if least >= len(h) {
			break
		}
		for c := least + 1; c < min(4*i+5, len(h)); c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if !h[least].before(last) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = last
	return first
}

// after makes something happen in d. With a boot it happens only if that boot still lives then.
func (w *World) after(d time.Duration, b *boot, fire func()) *event {
	if d < 0 {
		d = 0
	}
	w.eventSeq++
	var e *event
	if n := len(w.spent); n > 0 {
		e = w.spent[n-1]
		w.spent = w.spent[:n-1]
	} else {
		e = new(event)
	}
	*e = event{at: w.now + d, tie: w.chance.schedule.Uint64(), seq: w.eventSeq, boot: b, fire: fire}
	w.agenda.push(e)
	return e
}

// cancel keeps an event from happening, if it is still to come.
func (e *event) cancel() {
	if e != nil {
		e.gone, e.fire = true, nil
	}
}

// peek returns the next event that will really happen, or nil.
func (w *World) peek() *event {
	for len(w.agenda) > 0 {
		e := w.agenda[0]
		if !e.gone && (e.boot == nil || !e.boot.dead) {
			return e
		}
		w.forget(w.agenda.pop())
	}
	return nil
}

func (w *World) forget(e *event) {
	e.fire, e.boot = nil, nil
	w.spent = append(w.spent, e)
}

// happen moves time to the next event and lets it happen.
func (w *World) happen(e *event) {
	w.agenda.pop()
	if e.at > w.now {
		w.now = e.at
	}
	fire := e.fire
	e.gone = true
	w.trace.mix(uint64(e.at) ^ e.tie)
	w.forget(e)
	fire()
}

// makeReady puts a mailbox into the run list.
func (w *World) makeReady(m *mailbox) {
	if m.ready >= 0 || m.boot.still() || !m.runnable() {
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
				w.trace.step(w.eventSeq)
				return true
			}
		}
	}
	if e == nil {
		return false
	}
	w.happen(e)
	w.trace.step(w.eventSeq)
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
	m.audit()
	if !m.runnable() || m.boot.still() {
		w.unready(m)
	} else if m.ready >= 0 {
		w.order.queued(w, m)
	}
}
