package campaign

import (
	"slices"
	"strings"
	"time"

	"hast/simulation"
)

// Summary is what many runs say together. It is filled by one goroutine.
type Summary struct {
	Runs, Failures, Worlds int // Worlds: failures that were the world's own
	Steps, Turns           uint64
	Elapsed                time.Duration
	Answered, Errors       int
	Refused                int
	Effects                map[string]uint64
	Looks                  map[string]uint64
	Findings               map[string]*Finding // by fingerprint
	Coverage               *Coverage

	requests, faults []int // by run, for the medians
}

// Finding is what runs found that look alike.
type Finding struct {
	Count int
	// Fastest is the one that failed after the fewest steps.
	Fastest *Result
}

// NewSummary makes an empty one.
func NewSummary() *Summary {
	return &Summary{Effects: make(map[string]uint64), Looks: make(map[string]uint64), Findings: make(map[string]*Finding), Coverage: newCoverage()}
}

// Add adds a run. It reports whether the run is the fastest of those that found the like.
func (s *Summary) Add(r *Result) (fastest bool) {
	s.Runs++
	s.Steps, s.Turns, s.Elapsed = s.Steps+r.Steps, s.Turns+r.Turns, s.Elapsed+r.Elapsed
	s.Answered, s.Errors, s.Refused = s.Answered+r.Answered, s.Errors+r.Errors, s.Refused+r.Refused
	faults := 0
	for _, e := range r.Effects {
		s.Effects[e.Kind.String()] += e.Count
		faults += int(e.Count)
	}
	s.requests, s.faults = append(s.requests, r.Answered+r.Errors), append(s.faults, faults)
	for _, l := range r.Looks {
		s.Looks[l.Invariant] += l.Count
	}
	s.Coverage.Add(r.Coverage)
	if !r.Failed() {
		return false
	}
	s.Failures++
	if r.Verdict == Broken {
		s.Worlds++
	}
	print := r.Fingerprint()
	f := s.Findings[print]
	if f == nil {
		f = &Finding{}
		s.Findings[print] = f
	}
	f.Count++
	if f.Fastest == nil || r.Step < f.Fastest.Step {
		f.Fastest = r
		return true
	}
	return false
}

// Fingerprints lists those of what was found, the most frequent first.
func (s *Summary) Fingerprints() []string {
	var list []string
	for print := range s.Findings { //house:ordered the list is sorted below
		list = append(list, print)
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := s.Findings[b].Count - s.Findings[a].Count; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return list
}

// Vacuous lists the invariants that no run looked at.
func (s *Summary) Vacuous() []string {
	var list []string
	for _, i := range simulation.Invariants() {
		if s.Looks[i.ID] == 0 {
			list = append(list, i.ID)
		}
	}
	return list
}

// Medians are the requests and the faults that took effect of the run in the middle.
func (s *Summary) Medians() (requests, faults int) { return median(s.requests), median(s.faults) }

func median(list []int) int {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
