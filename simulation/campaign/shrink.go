package campaign

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hast/simulation"
	"hast/simulation/script"
)

// Shrinker takes away from a script what isn't needed for the same invariant to fail.
type Shrinker struct {
	// Fresh makes the options of each play; nil for none.
	Fresh func() Options
	// Tries is how many seeds each smaller script is tried with: what was taken away shifts all chance, so a
	// script that no longer fails with its seed often does with another. 0 is 4.
	Tries int
	// Patience bounds how many scripts are played; 0 is 2000.
	Patience int
	// Stop, if set, is asked between plays.
	Stop func() bool
	// Told, if set, hears of each script that got smaller.
	Told func(s *script.Script, plays int)

	failure *Result // what every smaller script has to fail like
	plays   int
	limit   uint64 // of steps: what takes much longer than the best isn't smaller
}

// Shrink makes a failing result's script as small as it can. The new result fails the same invariant.
func (k *Shrinker) Shrink(r *Result) *Result {
	if !r.Failed() {
		return r
	}
	k.failure, k.plays = r, 0
	if k.Tries == 0 {
		k.Tries = 4
	}
	if k.Patience == 0 {
		k.Patience = 2000
	}
	best := k.take(r)
	for {
		before := size(best.Script)
		best = k.bare(best)
		best = k.truncate(best)
		best = k.steps(best)
		best = k.knobs(best)
		best = k.words(best)
		if size(best.Script) == before || k.over() {
			return best
		}
	}
}

// Plays is how many scripts were played.
func (k *Shrinker) Plays() int { return k.plays }

// size orders scripts: fewer steps, then fewer knobs, then shorter text.
func size(s *script.Script) int {
	return len(s.Steps)*1_000_000 + len(s.Knobs)*10_000 + len(s.Format())
}

func (k *Shrinker) over() bool {
	return k.plays >= k.Patience || k.Stop != nil && k.Stop()
}

// try plays a smaller script with a few seeds; nil if none fails in the same way.
func (k *Shrinker) try(s *script.Script) *Result {
	// Without one of its knobs a script may not be one any more: a range lies beyond the device.
	if _, err := script.Parse(s.Name, s.Format()); err != nil {
		return nil
	}
	for i := range k.Tries {
		if k.over() {
			return nil
		}
		c := clone(s)
		if i > 0 {
			c.Seed = s.Seed + uint64(i)
		}
		k.plays++
		var o Options
		if k.Fresh != nil {
			o = k.Fresh()
		}
		o.MaxSteps = k.limit
		if r := Play(c, o); r.alike(k.failure) {
			if k.Told != nil {
				k.Told(c, k.plays)
			}
			return k.take(r)
		}
	}
	return nil
}

// take makes a result the best.
func (k *Shrinker) take(r *Result) *Result {
	if k.limit = 2*r.Steps + 20_000; k.failure.Verdict == NoProgress {
		k.limit = r.Steps
	}
	return r
}

func clone(s *script.Script) *script.Script {
	c := *s
	c.Knobs, c.Steps = slices.Clone(s.Knobs), slices.Clone(s.Steps)
	return &c
}

// truncate drops the steps behind the failure: those whose time had not come.
func (k *Shrinker) truncate(best *Result) *Result {
	lo, hi := 0, len(best.Script.Steps)
	for hi-lo > 1 && !k.over() {
		mid := (lo + hi) / 2
		c := clone(best.Script)
		c.Steps = append(c.Steps[:mid:mid], rest(best.Script.Steps[mid:])...)
		if r := k.try(c); r != nil {
			best, hi = r, mid
		} else {
			lo = mid
		}
	}
	return best
}

// rest lets as much time pass as steps would have taken.
func rest(steps []script.Step) []script.Step {
	var d time.Duration
	for _, s := range steps {
		d += s.At
	}
	if d == 0 {
		d = time.Second
	}
	return []script.Step{{Verb: "idle", Args: []string{d.String()}}}
}

// steps takes away runs of steps, long ones first (after Zeller and Hildebrandt's ddmin). The time that they
// would have taken passes all the same, at first.
func (k *Shrinker) steps(best *Result) *Result {
	for n := max(1, len(best.Script.Steps)/2); n >= 1 && !k.over(); {
		took := false
		for at := 0; at < len(best.Script.Steps) && !k.over(); {
			c := clone(best.Script)
			end := min(at+n, len(c.Steps))
			var wait time.Duration
			for _, s := range c.Steps[at:end] {
				wait += s.At
			}
			c.Steps = slices.Delete(c.Steps, at, end)
			if at < len(c.Steps) {
				c.Steps[at].At += wait
			}
			if r := k.try(c); r != nil {
				best, took = r, true
			} else {
				at += n
			}
		}
		if n == 1 && !took {
			break
		}
		if !took || n > len(best.Script.Steps) {
			n = max(1, n/2)
		}
	}
	return best
}

// bare takes away all settings at once: then no other try needs them.
func (k *Shrinker) bare(best *Result) *Result {
	if len(best.Script.Knobs) > 1 {
		c := clone(best.Script)
		c.Knobs = nil
		if r := k.try(c); r != nil {
			return r
		}
	}
	return best
}

// knobs takes away settings one by one.
func (k *Shrinker) knobs(best *Result) *Result {
	for i := 0; i < len(best.Script.Knobs) && !k.over(); {
		c := clone(best.Script)
		c.Knobs = slices.Delete(c.Knobs, i, i+1)
		if r := k.try(c); r != nil {
			best = r
		} else {
			i++
		}
	}
	// What is chance in the order of turns is better explained if it isn't needed.
	c := clone(best.Script)
	if order, ok := c.Knob("order"); !ok || order != simulation.OrderArrival.String() {
		c.Set("order", simulation.OrderArrival.String())
		if r := k.try(c); r != nil && size(r.Script) <= size(best.Script) {
			best = r
		}
	}
	return best
}

// words makes times short and round, and drops options.
func (k *Shrinker) words(best *Result) *Result {
	for i := 0; i < len(best.Script.Steps) && !k.over(); i++ {
		for _, smaller := range simpler(best.Script.Steps[i]) {
			c := clone(best.Script)
			c.Steps[i] = smaller
			if len(c.Format()) >= len(best.Script.Format()) {
				continue
			}
			if r := k.try(c); r != nil {
				best = r
				break
			}
		}
	}
	return best
}

// simpler are the ways to say less in a step, the simplest first.
func simpler(s script.Step) []script.Step {
	var list []script.Step
	for _, at := range rounder(s.At) {
		x := s
		x.At = at
		list = append(list, x)
	}
	for i, arg := range s.Args {
		x := s
		if d, err := time.ParseDuration(arg); err == nil {
			for _, at := range rounder(d) {
				x.Args = slices.Clone(s.Args)
				x.Args[i] = at.String()
				list = append(list, x)
			}
			continue
		}
		if i > 0 && (strings.Contains(arg, "=") || strings.HasPrefix(arg, "--")) {
			x.Args = slices.Delete(slices.Clone(s.Args), i, i+1)
			list = append(list, x)
		}
	}
	return list
}

// rounder are shorter or rounder times than d.
func rounder(d time.Duration) []time.Duration {
	var list []time.Duration
	add := func(x time.Duration) {
		if x < d && !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	add(0)
	for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, time.Millisecond} {
		add(d.Truncate(unit))
	}
	return list
}

// Events counts what a reader of a script has to understand: its steps, those in blocks included, without
// what only brings the pair into service.
func Events(s *script.Script) int {
	n := 0
	for _, st := range s.Steps {
		n += 1 + len(st.Block)
	}
	return n
}

// Comment is a header for a script that is kept: what fails in it, when.
func Comment(r *Result, version string) string {
	lines := []string{"fails: " + r.Invariant + ", step " + strconv.FormatUint(r.Step, 10), "says: " + firstLine(r.Text), "version: " + version}
	return "# " + strings.Join(lines, "\n# ") + "\n"
}

// ReadComment takes the step and the version out of such a header.
func ReadComment(text []byte) (step uint64, version string, ok bool) {
	for line := range strings.Lines(string(text)) {
		line, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !isComment {
			break
		}
		if v, is := strings.CutPrefix(line, "version: "); is {
			version = v
		}
		if v, is := strings.CutPrefix(line, "fails: "); is {
			n, err := strconv.ParseUint(v[strings.LastIndex(v, " ")+1:], 10, 64)
			step, ok = n, err == nil
		}
	}
	return step, version, ok && version != ""
}
