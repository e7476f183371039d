package simulation

import (
	"errors"
	"fmt"
	"time"
)

// World is one made-up world. It is used from one goroutine.
type World struct {
	// TurnTime is how far ahead an event may be and still come before a turn that could run.
	TurnTime time.Duration
	// SlowTurns is how seldom that is: once in so many steps; 0 for never.
	SlowTurns int

	seed     uint64
	now      time.Duration
	chance   chance
	trace    *Trace
	agenda   agenda
	spent    []*event // events that have happened: their memory
	order    order
	effects  [faultKinds]uint64
	eventSeq uint64
	ready    []*mailbox
	running  bool
	turns    uint64
	fault    *plannedPanic // meets the actor whose turn it is

	machines []*Machine
	fabric   *fabric
	clients  []*Client
	watchers []Watcher
	eachStep func()
	meddled  bool          // an administrator did more than bring nodes into service
	apart    time.Duration // when something kept nodes from hearing each other last
	wasApart bool

	steps      uint64
	moments    uint64 // and when they stop the run, 0 for never
	stopAt     uint64
	violations []Violation
	evaluated  [rules]uint64
	panics     []Panic
}

// Panic is a panic of an actor's turn.
type Panic struct {
	At    time.Duration
	Actor string
	Value string
	Stack string // not part of the trace: it holds addresses
}

// dawn is the time of day at which every world begins.
var dawn = time.Date(2001, time.September, 9, 1, 46, 40, 0, time.UTC)

// NewWorld makes an empty world whose chance is decided by seed.
func NewWorld(seed uint64) *World {
	w := &World{
		TurnTime:  200 * time.Microsecond,
		SlowTurns: 8,
		seed:      seed,
		chance:    newChance(seed),
		trace:     newTrace(),
	}
	w.fabric = newFabric(w)
	return w
}

// Seed is what NewWorld was given.
func (w *World) Seed() uint64 { return w.seed }

// Now is the time since the world began.
func (w *World) Now() time.Duration { return w.now }

// Steps is how many things have happened: turns, and events of the world.
func (w *World) Steps() uint64 { return w.steps }

// Turns is how many turns actors had.
func (w *World) Turns() uint64 { return w.turns }

// Trace is what happened so far.
func (w *World) Trace() *Trace { return w.trace }

// Panics are the panics of actors so far.
func (w *World) Panics() []Panic { return w.panics }

// Note adds a line of the test's own to the trace.
func (w *World) Note(what string) { w.trace.add(w.now, "test", what) }

// After lets a test act at a time of the world.
func (w *World) After(d time.Duration, do func()) { w.after(d, nil, do) }

// ErrStalled says that nothing can happen any more, so that no condition can become true.
var ErrStalled = errors.New("nothing can happen any more")

// ErrStopped says that StopAt ended a run.
var ErrStopped = errors.New("stopped at moment")

// Run lets things happen until the condition holds, asked after each step. It returns an error when
// limit of the world's time has passed first, or when nothing can happen any more.
func (w *World) Run(until func() bool, limit time.Duration) error {
	end := w.now + limit
	for !until() {
		if w.Stopped() {
			return fmt.Errorf("seed %d: %w %d", w.seed, ErrStopped, w.stopAt)
		}
		if e := w.peek(); len(w.ready) == 0 && e != nil && e.at > end {
			w.now = end
			return fmt.Errorf("seed %d: the condition didn't come true within %v (turn %d, %v)", w.seed, limit, w.turns, w.now)
		}
		if w.now > end {
			return fmt.Errorf("seed %d: the condition didn't come true within %v (turn %d, %v)", w.seed, limit, w.turns, w.now)
		}
		if !w.Step() {
			return fmt.Errorf("seed %d: %w (turn %d, %v)", w.seed, ErrStalled, w.turns, w.now)
		}
	}
	return nil
}

// RunFor lets d of the world's time pass.
func (w *World) RunFor(d time.Duration) {
	end := w.now + d
	for {
		e := w.peek()
		if len(w.ready) == 0 && (e == nil || e.at > end) {
			w.now = end
			return
		}
		if w.now > end || w.Stopped() {
			return
		}
		w.Step()
	}
}

// Check reports all that must never happen: broken rules and panics.
func (w *World) Check() error {
	var errs []error
	for _, v := range w.violations {
		errs = append(errs, errors.New(v.String()))
	}
	for _, p := range w.panics {
		errs = append(errs, fmt.Errorf("%v: %s panicked: %s\n%s", p.At, p.Actor, p.Value, p.Stack))
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("seed %d: %w", w.seed, errors.Join(errs...))
}
