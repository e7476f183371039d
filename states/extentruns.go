package states

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"
)

// MaxExtentRuns is how many runs an ExtentRuns has at most; what needs more is widened.
const MaxExtentRuns = 2048

// extentRunSize is the length of an encoded run in bytes: first extent and number, 32 bits each.
const extentRunSize = 8

// extentEnd is one more than the number of the last extent that a component can have.
const extentEnd = 1 << 31

// ExtentRun is a run of extents: Count of them from First.
type ExtentRun struct{ First, Count uint64 }

// ExtentRuns is a set of extents as runs in ascending order that neither overlap nor touch. It is a value
// that never changes: two are equal (==) exactly if they hold the same extents, and the zero value is
// empty. A set of more than MaxExtentRuns runs is widened: the runs with the smallest gaps between them are
// joined, so that it holds more extents than asked for, never fewer.
type ExtentRuns struct {
	// runs is the encoding that Bytes yields; a string, so that values can be compared and shared.
	runs string
}

// NewExtentRuns is the set of all extents of runs, which may be in any order and overlap. Extents that no
// component can have are left out.
func NewExtentRuns(runs ...ExtentRun) ExtentRuns {
	return packRuns(widen(joinRuns(runs), MaxExtentRuns))
}

// joinRuns sorts runs and joins those that overlap or touch.
func joinRuns(runs []ExtentRun) []ExtentRun {
	kept := make([]ExtentRun, 0, len(runs))
	for _, r := range runs {
		if r.First < extentEnd && r.Count > 0 {
			kept = append(kept, ExtentRun{r.First, min(r.Count, extentEnd-r.First)})
		}
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].First < kept[j].First })
	joined := kept[:0]
	for _, r := range kept {
		if n := len(joined); n > 0 && r.First <= joined[n-1].end() {
			joined[n-1].Count = max(joined[n-1].end(), r.end()) - joined[n-1].First
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// ParseExtentRuns reads what Bytes gave, of a component with so many extents. Runs that are out of order,
// touch, or lie beyond the end are refused, as are more than MaxExtentRuns.
func ParseExtentRuns(b []byte, extents uint64) (ExtentRuns, error) {
	if len(b)%extentRunSize != 0 || len(b) > MaxExtentRuns*extentRunSize {
		return ExtentRuns{}, fmt.Errorf("%d bytes are no list of extents: runs take %d bytes each, and there are at most %d", len(b), extentRunSize, MaxExtentRuns)
	}
	s := ExtentRuns{string(b)}
	next := uint64(0)
	for i := range s.Len() {
		r := s.at(i)
		if r.Count == 0 || r.First < next || r.end() > extents {
			return ExtentRuns{}, fmt.Errorf("run %d (%d extents from %d) is empty, out of order, or beyond the last of %d extents", i, r.Count, r.First, extents)
		}
		next = r.end() + 1
	}
	return s, nil
}

// Bytes is the set's encoding: for each run its first extent and its number of extents, as 32-bit
// little-endian numbers.
func (s ExtentRuns) Bytes() []byte { return []byte(s.runs) }

// Len is the number of runs.
func (s ExtentRuns) Len() int { return len(s.runs) / extentRunSize }

// IsEmpty reports whether the set has no extents.
func (s ExtentRuns) IsEmpty() bool { return s.runs == "" }

// Equal reports whether both hold the same extents.
func (s ExtentRuns) Equal(o ExtentRuns) bool { return s == o }

// Extents is the number of extents in the set.
func (s ExtentRuns) Extents() uint64 {
	n := uint64(0)
	s.ForEach(func(_, count uint64) { n += count })
	return n
}

// Contains reports whether an extent is in the set.
func (s ExtentRuns) Contains(extent uint64) bool {
	i := sort.Search(s.Len(), func(i int) bool { return s.at(i).end() > extent })
	return i < s.Len() && s.at(i).First <= extent
}

// ForEach calls f for each run in ascending order.
func (s ExtentRuns) ForEach(f func(first, count uint64)) {
	for i := range s.Len() {
		r := s.at(i)
		f(r.First, r.Count)
	}
}

// Union is the set of what is in either.
func (s ExtentRuns) Union(o ExtentRuns) ExtentRuns {
	if o.IsEmpty() || s == o {
		return s
	}
	return NewExtentRuns(append(s.list(), o.list()...)...)
}

// Minus is the set of what is in s and not in o. It may be more than that if the rest has too many runs.
func (s ExtentRuns) Minus(o ExtentRuns) ExtentRuns {
	var left []ExtentRun
	cuts := o.list()
	for _, r := range s.list() {
		for len(cuts) > 0 && cuts[0].end() <= r.First {
			cuts = cuts[1:]
		}
		at := r.First
		for _, c := range cuts {
			if c.First >= r.end() {
				break
			}
			if c.First > at {
				left = append(left, ExtentRun{at, c.First - at})
			}
			at = min(c.end(), r.end())
		}
		if at < r.end() {
			left = append(left, ExtentRun{at, r.end() - at})
		}
	}
	return packRuns(widen(left, MaxExtentRuns))
}

// Widened is the set in at most n runs (at least one): the same, or with the smallest gaps filled.
func (s ExtentRuns) Widened(n int) ExtentRuns {
	if s.Len() <= max(n, 1) {
		return s
	}
	return packRuns(widen(s.list(), max(n, 1)))
}

// String lists the runs as first-last; at most eight of them.
func (s ExtentRuns) String() string {
	const most = 8
	var parts []string
	for i := range min(s.Len(), most) {
		r := s.at(i)
		parts = append(parts, fmt.Sprintf("%d-%d", r.First, r.end()-1))
	}
	if s.Len() > most {
		parts = append(parts, fmt.Sprintf("and %d more runs", s.Len()-most))
	}
	return strings.Join(parts, " ")
}

func (r ExtentRun) end() uint64 { return r.First + r.Count }

func (s ExtentRuns) at(i int) ExtentRun {
	b := []byte(s.runs[i*extentRunSize : (i+1)*extentRunSize])
	return ExtentRun{uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))}
}

func (s ExtentRuns) list() []ExtentRun {
	l := make([]ExtentRun, s.Len())
	for i := range l {
		l[i] = s.at(i)
	}
	return l
}

func packRuns(runs []ExtentRun) ExtentRuns {
	b := make([]byte, 0, len(runs)*extentRunSize)
	for _, r := range runs {
		b = binary.LittleEndian.AppendUint32(b, uint32(r.First))
		b = binary.LittleEndian.AppendUint32(b, uint32(r.Count))
	}
	return ExtentRuns{string(b)}
}

// widen joins runs across the smallest gaps until at most n are left. Of equal gaps the first go.
func widen(runs []ExtentRun, n int) []ExtentRun {
	if len(runs) <= n {
		return runs
	}
	behind := make([]int, len(runs)-1) // run i and the gap behind it
	for i := range behind {
		behind[i] = i
	}
	gap := func(i int) uint64 { return runs[i+1].First - runs[i].end() }
	sort.SliceStable(behind, func(i, j int) bool { return gap(behind[i]) < gap(behind[j]) })
	filled := make([]bool, len(runs))
	for _, i := range behind[:len(runs)-n] {
		filled[i] = true
	}
	wide := make([]ExtentRun, 0, n)
	for i, r := range runs {
		if i > 0 && filled[i-1] {
			last := &wide[len(wide)-1]
			last.Count = r.end() - last.First
			continue
		}
		wide = append(wide, r)
	}
	return wide
}
