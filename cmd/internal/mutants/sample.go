package mutants

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// Sample returns the names of n of the mutants of a set, or of all if there are fewer. They are drawn by their names,
// so that a sample changes little when the source does, and a larger one holds the smaller. Another draw is another
// sample.
func (s *Set) Sample(n, draw int) map[string]bool {
	type drawn struct {
		name string
		lot  uint64
	}
	lots := make([]drawn, len(s.Mutants))
	for i, m := range s.Mutants {
		sum := fnv.New64a()
		if draw > 0 {
			fmt.Fprint(sum, draw, " ")
		}
		_, _ = sum.Write([]byte("sample " + m.Name))
		// FNV's low bits hardly mix what the end of a name brings in.
		lot := sum.Sum64()
		lot ^= lot >> 31
		lot *= 0x9e3779b97f4a7c15
		lots[i] = drawn{m.Name, lot ^ lot>>29}
	}
	slices.SortFunc(lots, func(a, b drawn) int { return cmp.Compare(a.lot, b.lot) })
	list := make(map[string]bool, n)
	for _, d := range lots[:min(n, len(lots))] {
		list[d.name] = true
	}
	return list
}
