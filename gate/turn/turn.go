// Package turn is what the seam objects of gate/ know of an executor: when a turn ends, and how to hand
// it many messages at once. gate/host implements it; the other packages of gate/ need only this leaf.
package turn

// Flusher is a seam object that gathers what it is asked for during a turn, so that all of it goes to
// the kernel in one call.
type Flusher interface {
	// Flush hands over what was gathered. It is called by the executor between turns, so that it may
	// touch what turns touch, and it must not block. It may send messages; they are queued.
	Flush()
}

// Deferrer calls flushers at the end of a burst of turns.
type Deferrer interface {
	// Defer has f.Flush called once, when no turn is due any more or after a bounded number of them.
	// The caller sees to it that it doesn't defer twice before it is flushed. It must hold no lock
	// that Flush takes.
	Defer(f Flusher)
}

// Batcher lets a goroutine outside of the executor send several messages before any of them is
// processed, so that what they cause is flushed once.
type Batcher interface {
	// Begin holds the executor if nobody runs it, and says whether it does. After true, the caller
	// sends without blocking and calls End, on the same goroutine.
	Begin() bool
	// End lets go of the executor; the turns that are due run on the caller's goroutine.
	End()
}

// Executor is both.
type Executor interface {
	Deferrer
	Batcher
}

// Of returns exec's view as an Executor. For one that has none (in tests, or before there is an owner)
// it returns Now.
func Of(exec any) Executor {
	if e, ok := exec.(Executor); ok {
		return e
	}
	return Now{}
}

// Now flushes at once and holds nothing.
type Now struct{}

// Defer calls f.Flush.
func (Now) Defer(f Flusher) { f.Flush() }

// Begin holds nothing.
func (Now) Begin() bool { return false }

// End does nothing.
func (Now) End() {}
