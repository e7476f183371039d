package spawn

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestGo(t *testing.T) {
	for _, c := range []struct {
		name string
		fn   func()
		want string
	}{
		{"panics", func() { panic("so what") }, "worker panicked: so what"},
		{"exits", runtime.Goexit, "worker ended its goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			type failure struct {
				err   error
				stack []byte
			}
			got := make(chan failure, 1)
			Go("worker", func(err error, stack []byte) { got <- failure{err, stack} }, c.fn)
			f := <-got
			if !errors.Is(f.err, ErrPanic) || !strings.Contains(f.err.Error(), c.want) {
				t.Errorf("error %q, want one that says %q", f.err, c.want)
			}
			if !strings.Contains(string(f.stack), "spawn") {
				t.Errorf("the stack doesn't show where it happened:\n%s", f.stack)
			}
		})
	}
}

func TestReturns(t *testing.T) {
	done := make(chan bool, 1)
	Guard("worker", func(error, []byte) { done <- false }, func() {})
	done <- true
	if !<-done {
		t.Error("a function that returned is reported as a panic")
	}
}
