package actors

import (
	"testing"
	"time"

	"hast/config"
)

// TestAges: an operation counts as stuck when the component has held it for the timeout, and not before,
// whenever in a tick it was begun.
func TestAges(t *testing.T) {
	for _, timeout := range []time.Duration{time.Second, 1500 * time.Millisecond, 2 * time.Second, 20 * time.Second} {
		for _, begun := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, 999 * time.Millisecond} {
			a := newAges(timeout)
			born := a.begin()
			at := time.Duration(0) // of the last tick; the operation begins between it and the next
			for {
				at += diskTickEvery
				if old := a.tick(); old > 0 {
					break
				}
				if at > time.Minute {
					t.Fatalf("timeout %v: what was begun at %v never counts as stuck", timeout, begun)
				}
			}
			if held := at - begun; held < timeout || held >= timeout+2*diskTickEvery {
				t.Errorf("timeout %v: what was begun at %v counts as stuck after %v", timeout, begun, held)
			}
			a.end(born)
			for i, n := range a.counts {
				if n != 0 {
					t.Errorf("timeout %v: place %d has %d when nothing is held", timeout, i, n)
				}
			}
		}
	}
}

// TestFirstOperationIsCounted: the first operation is counted whichever way it comes; a component that is given up
// while it is being opened refuses its first one (seed 47).
func TestFirstOperationIsCounted(t *testing.T) {
	d := &localdisk{res: &resource{cfg: config.Resource{Timeout: time.Second}}}
	var op DiskOp
	d.begin(&op)
	d.ages.end(op.born)
	if old := d.ages.tick(); old != 0 {
		t.Errorf("%d are held", old)
	}
}
