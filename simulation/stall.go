package simulation

import "hast/actors"

// StickSome lets no operation of some kinds end that touches a range until Unstick: off and n are bytes
// from the component's beginning, an n of 0 is all of it. A flush touches everything.
func (p *Platter) StickSome(kinds []actors.DiskKind, off, n int64) {
	p.note("stuck %v %d+%d", kinds, off, n)
	p.stalls = append(p.stalls, DiskFault{Kinds: kinds, Off: off, Len: n})
}

// stalled reports whether an operation must not end now.
func (t *diskTask) stalled() bool {
	p := t.handle.platter
	if p.halted() {
		return true
	}
	for i := range p.stalls {
		if p.stalls[i].hits(t.kind, t.off, t.n) {
			return true
		}
	}
	return false
}
