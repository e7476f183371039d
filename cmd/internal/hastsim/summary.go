package hastsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hast/simulation/campaign"
)

// tell prints what a run of many seeds came to.
func (a *app) tell(r *runner, interrupted, cells bool) {
	s := r.sum
	row := func(what, format string, args ...any) {
		fmt.Fprintf(a.stdout, "  %-22s %s\n", what, fmt.Sprintf(format, args...))
	}
	fmt.Fprintln(a.stdout)
	if interrupted {
		fmt.Fprintln(a.stdout, "Interrupted: this is what was played until then.")
	}
	seconds := max(r.took.Seconds(), 1e-9)
	row("seeds", "%d in %v, %.1f a second", s.Runs, r.took.Round(100*time.Millisecond), float64(s.Runs)/seconds)
	row("the worlds' time", "%v, %.0f times as fast as ours", s.Elapsed.Round(time.Second), s.Elapsed.Seconds()/seconds)
	requests, faults := s.Medians()
	row("requests", "%d answered, %d failed; %.0f a second; median seed %d", s.Answered, s.Errors, float64(s.Answered+s.Errors)/seconds, requests)
	row("commands refused", "%d", s.Refused)
	row("faults with effect", "%s; median seed %d", counts(s.Effects), faults)
	row("role changes", "%d", s.Coverage.Sum(campaign.DimMachine, "role: starting × ", "role: settling × "))
	row("synchronizations", "%d begun, %d complete", s.Coverage.Sum(campaign.DimMachine, "sync: idle × "), s.Coverage.Sum(campaign.DimMachine, "sync: equalising × "))
	row("verdicts", "%s", cellCounts(s.Coverage.Cells(campaign.DimVerdict)))
	for _, d := range campaign.Dimensions() {
		empty := s.Coverage.Empty(d)
		row("coverage, "+string(d), "%d cells reached, %d not", len(s.Coverage.Cells(d)), len(empty))
		if cells {
			for _, name := range empty {
				row("", "not reached: %s", name)
			}
		}
	}
	if v := s.Vacuous(); len(v) > 0 {
		row("never looked at", "%s", strings.Join(v, " "))
	}
	if s.Failures == 0 {
		row("found", "nothing")
		return
	}
	row("found", "%d seeds fail, in %d ways", s.Failures, len(s.Findings))
	if s.Worlds > 0 {
		row("", "%d of them are failures of the simulation itself, not of the nodes", s.Worlds)
	}
	for _, print := range s.Fingerprints() {
		f := s.Findings[print]
		row("", "%5d × %-20s fastest: seed %d, step %d", f.Count, print, f.Fastest.Seed, f.Fastest.Step)
	}
	a.first(r.first)
}

// first tells of one failure what a reader needs.
func (a *app) first(r *campaign.Result) {
	fmt.Fprintf(a.stdout, "\n%s\n", r.Line())
	for _, h := range r.History {
		fmt.Fprintf(a.stdout, "    %s\n", h)
	}
	if r.Near {
		fmt.Fprintln(a.stdout, "Its story was drawn near another one: replay the file that was kept.")
		return
	}
	fmt.Fprintf(a.stdout, "To see it again:  %s\n", a.repeat(r))
	fmt.Fprintf(a.stdout, "To make it small: %s\n", strings.Replace(a.repeat(r), " replay ", " shrink ", 1))
}

// counts lists how often things happened, the most frequent first.
func counts(m map[string]uint64) string {
	var list []campaign.Cell
	for name, n := range m {
		list = append(list, campaign.Cell{Name: name, Count: n})
	}
	slices.SortFunc(list, func(a, b campaign.Cell) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return cellCounts(list)
}

func cellCounts(list []campaign.Cell) string {
	if len(list) == 0 {
		return "none"
	}
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = fmt.Sprintf("%s %d", c.Name, c.Count)
	}
	return strings.Join(parts, ", ")
}
