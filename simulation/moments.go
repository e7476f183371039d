package simulation

// A moment is a thing that could be told from outside of a node: an operation handed to a disk or ended
// there, bytes that a kernel took or a process read, an answer to a client. Between two moments of a node
// nothing happens that a death could undo or keep, so that dying after each of them is dying everywhere.

// moment counts one.
func (w *World) moment() { w.moments++ }

// Moments is how many there were so far.
func (w *World) Moments() uint64 { return w.moments }

// StopAt makes Run and RunFor return at the end of the step in which a moment comes, counted from 1, and
// at once from then on; 0 lets them go on as usual.
func (w *World) StopAt(moment uint64) { w.stopAt = moment }

// Stopped reports whether the moment of StopAt has come.
func (w *World) Stopped() bool { return w.stopAt > 0 && w.moments >= w.stopAt }
