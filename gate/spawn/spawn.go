// Package spawn starts goroutines. It is the only place under gate/ that does: a goroutine that panics
// must become a failure of the resource that it works for, not the end of all resources of the process.
package spawn

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrPanic is wrapped by the error of a panic that was caught.
var ErrPanic = errors.New("internal error")

// Go runs fn on a goroutine of its own. If fn panics, or ends its goroutine otherwise than by returning,
// onPanic is called on it with an error that wraps ErrPanic and names the goroutine, and with the stack.
func Go(name string, onPanic func(err error, stack []byte), fn func()) {
	go Guard(name, onPanic, fn)
}

// Guard runs fn on this goroutine, with the same care. It is for callbacks that others start, such as
// those of timers.
func Guard(name string, onPanic func(err error, stack []byte), fn func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		onPanic(Caught(name, recover()), debug.Stack())
	}()
	fn()
	returned = true
}

// Caught is the error for what recover returned in a goroutine or callback called name.
func Caught(name string, reason any) error {
	if reason == nil {
		return fmt.Errorf("%w: %s ended its goroutine", ErrPanic, name)
	}
	return fmt.Errorf("%w: %s panicked: %v", ErrPanic, name, reason)
}
