package campaign

import (
	"fmt"

	"hast/simulation"
	"hast/simulation/script"
)

// Twice plays a script two times and compares the trace's hash at every step (I28). Where they part first is
// the result's finding; else the result is that of the first run.
func Twice(s *script.Script, o Options) *Result {
	var hashes []uint64
	first := o
	first.Step = also(o.Step, func(w *simulation.World) bool {
		hashes = append(hashes, w.Trace().Hash())
		return true
	})
	r := Play(s, first)
	second := o
	second.Coverage = false
	apart, at := false, 0
	tail := ""
	second.Step = func(w *simulation.World) bool {
		if at >= len(hashes) || hashes[at] != w.Trace().Hash() {
			apart, tail = true, w.Trace().Tail(3)
			return false
		}
		at++
		return true
	}
	again := Play(s, second)
	if !apart && again.Hash == r.Hash && at == len(hashes) {
		return r
	}
	r.Verdict, r.Invariant, r.Step = Diverged, "I28", uint64(at)
	r.Text = fmt.Sprintf("two runs of one script part at step %d of %d; before it, the second has\n%s", at, len(hashes), tail)
	r.All = []string{"I28: " + firstLine(r.Text)}
	return r
}

// also asks both.
func also(a, b func(*simulation.World) bool) func(*simulation.World) bool {
	if a == nil {
		return b
	}
	return func(w *simulation.World) bool { return a(w) && b(w) }
}
