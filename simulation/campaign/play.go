package campaign

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/simulation"
	"hast/simulation/script"
)

// Options are how a script is played.
type Options struct {
	// Node makes a node's first actor; nil is the one that a daemon runs.
	Node func(h *actors.Host, c *config.Config) *actor.Props
	// MaxSteps is how many steps the world may take; 0 is DefaultSteps.
	MaxSteps uint64
	// Coverage has the run counted.
	Coverage bool
	// Begun, if set, is called before the first step of the script; Step before each step of the world, and
	// what it returns says whether to go on; Line for each line of the trace.
	Begun func(st *script.Stage)
	Step  func(w *simulation.World) (goOn bool)
	Line  func(line string)
	// Ended, if set, is called at the end of the run, however it ended, while the world is still there.
	Ended func(st *script.Stage)
}

// DefaultSteps is the limit of a run's steps. A run of the longest profile takes a tenth of that.
const DefaultSteps = 20_000_000

// halt is what unwinds a run from between two steps. It is no failure of anybody.
type halt struct{ reason Verdict }

// Seed plays the script that a seed and a profile make.
func Seed(seed uint64, p *Profile, o Options) *Result {
	r := Play(Generate(seed, p), o)
	r.Profile = p.Name
	return r
}

// Play plays a script to its end or to the first thing that is wrong. A panic of an actor is a finding; one
// of the world or of the judge is told apart from it, as Broken.
func Play(s *script.Script, o Options) *Result {
	r := &Result{Seed: s.Seed, Script: s, Sector: simulation.NoSector}
	stage, err := script.NewStage(s, script.Options{Node: o.Node})
	if err != nil {
		r.found(Broken, Broken.String(), err.Error())
		return r
	}
	defer func() {
		// A world whose step was cut off in the middle is not used again.
		if r.Verdict != Broken {
			stage.Close()
		}
	}()
	w := stage.Pair.World
	if o.Coverage {
		r.Coverage = newCoverage()
		r.Coverage.watch(stage.Pair)
	}
	if o.Line != nil {
		w.Trace().Follow(o.Line)
	}
	limit := o.MaxSteps
	if limit == 0 {
		limit = DefaultSteps
	}
	w.EachStep(func() {
		if o.Step != nil && !o.Step(w) {
			panic(halt{Passed})
		}
		if w.Steps() >= limit {
			panic(halt{NoProgress})
		}
	})
	r.run(stage, limit, o.Begun)
	if o.Ended != nil && r.Verdict != Broken {
		o.Ended(stage)
	}
	r.judge(stage)
	return r
}

// run carries out the script's steps.
func (r *Result) run(stage *script.Stage, limit uint64, begun func(*script.Stage)) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case halt:
			if p.reason == NoProgress {
				r.found(NoProgress, NoProgress.String(), fmt.Sprintf("the world took %d steps; what waits: %s", limit, strings.Join(stage.Pair.World.Waiting(), "; ")))
			}
		default:
			r.found(Broken, Broken.String(), fmt.Sprint(p))
			r.Stack = string(debug.Stack())
		}
	}()
	if begun != nil {
		begun(stage)
	}
	for _, step := range r.Script.Steps {
		if stage.Do(step) != nil || stage.Pair.World.Check() != nil {
			return
		}
	}
}

// found notes the run's first finding.
func (r *Result) found(v Verdict, invariant, text string) {
	r.All = append(r.All, invariant+": "+text)
	if r.Verdict == Passed {
		r.Verdict, r.Invariant, r.Text = v, invariant, text
	}
}

// judge takes stock at the end of a run.
func (r *Result) judge(stage *script.Stage) {
	w, o := stage.Pair.World, stage.Outcome()
	for _, v := range o.Violations {
		first := r.Verdict == Passed
		r.found(Violated, v.Invariant, v.Text)
		if first {
			r.Step, r.At, r.Node, r.Sector, r.History = v.Step, v.At, v.Node, v.Sector, v.History
		}
	}
	for _, p := range o.Panics {
		first := r.Verdict == Passed
		r.found(Panicked, Panicked.String(), p.Actor+": "+p.Value)
		if first {
			r.At, r.Stack, r.Step = p.At, p.Stack, w.Steps()
		}
	}
	for i := range o.Failures {
		r.found(Unmet, Unmet.String(), o.Failures[i].Error())
	}
	if r.Step == 0 {
		r.Step, r.At = w.Steps(), w.Now()
	}
	if r.Failed() {
		r.Tail = w.Trace().Tail(60)
	}
	r.Hash, r.Steps, r.Turns, r.Elapsed = o.Hash, w.Steps(), o.Turns, o.Elapsed
	r.Answered, r.Errors, r.Refused = o.Counters.Answered, o.Counters.Errors, o.Counters.Refused
	r.Effects, r.Looks = w.Effects(), w.Evaluations()
}
