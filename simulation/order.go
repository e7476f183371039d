package simulation

import (
	"fmt"
	"strings"
	"time"
)

// Order is how a world picks which actor has the next turn. Every order is fair in the end: whoever can
// run will.
type Order uint8

const (
	// OrderUniform picks among all that can run, each as likely as another.
	OrderUniform Order = iota
	// OrderPriorities runs the actor of the highest priority that can run. Priorities are drawn when
	// actors are born; at a few points that the seed draws, whoever has the highest falls to the lowest.
	// It finds what needs few but particular changes of order (Burckhardt and others, A Randomized
	// Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
	OrderPriorities
	// OrderArrival lets whoever has been able to run for the longest time run.
	OrderArrival
	// OrderStarved lets one actor of each node's life wait as long as others have something to do, and
	// for a while when they don't.
	OrderStarved
)

var orderNames = [...]string{"uniform", "priorities", "arrival", "starved"}

// String is the order's name.
func (o Order) String() string { return orderNames[int(o)%len(orderNames)] }

// ParseOrder finds an order by its name.
func ParseOrder(s string) (Order, error) {
	for i, n := range orderNames {
		if n == s {
			return Order(i), nil
		}
	}
	return 0, fmt.Errorf("unknown order %q: there are %s", s, strings.Join(orderNames[:], ", "))
}

// How far change points of priorities lie from the beginning at most, in turns, and how patient a starved
// actor must be.
const (
	changeWithin = 50_000
	starvedFor   = 20 * time.Millisecond
	starvedTurns = 256
	starvable    = 12 // a node's first so many actors are the candidates
)

// order is what a world knows for picking.
type order struct {
	kind    Order
	changes []uint64 // turns at which the highest priority falls
	lowest  int64    // priorities given to the fallen count down
	arrived uint64
}

// SetOrder makes the world pick turns in another way from now on. changes is the number of change points
// of OrderPriorities.
func (w *World) SetOrder(o Order, changes int) {
	w.order = order{kind: o}
	if o == OrderPriorities {
		for range changes {
			w.order.changes = append(w.order.changes, w.turns+w.chance.schedule.Uint64N(changeWithin))
		}
	}
}

// born gives a new mailbox what the order needs.
func (o *order) born(w *World, m *mailbox) {
	switch o.kind {
	case OrderPriorities:
		m.priority = 1 + w.chance.schedule.Int64N(1<<40)
	case OrderStarved:
		b := m.boot
		if len(b.mailboxes) == 0 {
			b.starved = w.chance.schedule.IntN(starvable)
		}
		m.starved = len(b.mailboxes) == b.starved
	}
}

// queued notes that a mailbox can run from now on.
func (o *order) queued(w *World, m *mailbox) {
	o.arrived++
	m.arrived, m.since = o.arrived, w.now
}

// pick chooses among those that can run; nil lets the next event come first, which is at a time.
func (o *order) pick(w *World, next *event) *mailbox {
	switch o.kind {
	case OrderPriorities:
		return o.highest(w)
	case OrderArrival:
		first := w.ready[0]
		for _, m := range w.ready[1:] {
			if m.arrived < first.arrived {
				first = m
			}
		}
		return first
	case OrderStarved:
		return o.patient(w, next)
	}
	return w.ready[w.chance.schedule.IntN(len(w.ready))]
}

func (o *order) highest(w *World) *mailbox {
	first := w.ready[0]
	for _, m := range w.ready[1:] {
		if m.priority > first.priority || m.priority == first.priority && m.arrived < first.arrived {
			first = m
		}
	}
	for i, at := range o.changes {
		if w.turns >= at {
			o.lowest--
			first.priority = o.lowest
			o.changes = append(o.changes[:i], o.changes[i+1:]...)
			return o.highest(w)
		}
	}
	return first
}

// patient picks among those that don't starve. A starved one has its turn when nobody else has and it has
// waited long enough, or once in many turns.
func (o *order) patient(w *World, next *event) *mailbox {
	r := w.chance.schedule
	m := w.ready[r.IntN(len(w.ready))]
	if !m.starved || oneIn(r, starvedTurns) {
		return m
	}
	start := r.IntN(len(w.ready))
	for i := range w.ready {
		if other := w.ready[(start+i)%len(w.ready)]; !other.starved {
			return other
		}
	}
	if next != nil && next.at <= m.since+starvedFor {
		return nil
	}
	return m
}
