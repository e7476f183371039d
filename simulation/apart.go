package simulation

import (
	"slices"
	"time"
)

// apart are the faults for which two nodes may not hear each other, or hear too late.
var apart = []FaultKind{FaultPause, FaultPanic, FaultCut, FaultReset, FaultRefused, FaultHalfOpen, FaultDelay, FaultStall, FaultGarbage,
	FaultStranger, FaultHostSleep, FaultStarved}

// togetherAfter is for how long nothing must have kept two nodes apart before it is demanded that one of them
// serves only (I18): a promotion, the time that it waits for a silent peer, and connecting again.
const togetherAfter = 15 * time.Second

// keptApart notes that something kept nodes apart until now.
func (w *World) keptApart(k FaultKind) {
	if slices.Contains(apart, k) {
		w.apart, w.wasApart = w.now, true
	}
}

// together reports whether for a while nothing has kept nodes apart.
func (w *World) together() bool { return !w.wasApart || w.now-w.apart > togetherAfter }
