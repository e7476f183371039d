package turn

import "testing"

type counter int

func (c *counter) Flush() { *c++ }

type own struct{ Now }

func TestOf(t *testing.T) {
	var c counter
	e := Of(nil)
	e.Defer(&c)
	if c != 1 {
		t.Errorf("without an executor, Defer flushed %d times, want at once", c)
	}
	if e.Begin() {
		t.Error("without an executor, Begin claims to hold one")
	}
	x := &own{}
	if Of(x) != Executor(x) {
		t.Error("an executor of one's own is not used")
	}
}
