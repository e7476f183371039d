package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/simulation"
)

// Options are how a script is run.
type Options struct {
	// Node makes a node's first actor; nil is the one that a daemon runs.
	Node func(h *actors.Host, c *config.Config) *actor.Props
	// Update takes what steps print as it is; Update (the function) puts it into the text.
	Update bool
	// KeepTrace keeps every line of the trace instead of the newest few hundred.
	KeepTrace bool
	// Begun, if set, is called with the stage before the first step: for those who want to watch.
	Begun func(st *Stage)
	// Step, if set, is called before each step.
	Step func(st *Stage, s *Step)
}

// Stage is where a script is played: a pair in its world, and what the script knows of it.
type Stage struct {
	Pair   *simulation.Pair
	Script *Script

	opt      Options
	step     *Step                          // that is carried out now
	writes   map[string]*simulation.Request // by the name that the script gives them
	pending  []*ask                         // requests and commands of which nobody has seen the end
	refused  error                          // what the newest request or command was refused with
	open     *Failure                       // a refusal that the next step may expect
	failures []Failure
	outputs  []Output
	images   map[string]simulation.Image
	counters Counters

	primary nodeName         // that the operator made primary last
	beside  nodeName         // likewise, of the second resource
	calm    *simulation.Calm // of the second resource, as long as nothing befalls it
	inBlock func(begin bool) // hears of crash-everywhere's begin and end; nil for nobody
}

// ask is a request or a command under way.
type ask struct {
	line int
	what string
	free bool // it may fail
	done func() bool
	err  func() error
}

// Failure is an expectation that did not come true.
type Failure struct {
	Line int
	Step string
	Text string
}

// Error is the failure in one line.
func (f *Failure) Error() string { return fmt.Sprintf("line %d: %s: %s", f.Line, f.Step, f.Text) }

// Output is what a step printed.
type Output struct {
	Line  int
	Lines []string
}

// Counters are what a run was made of.
type Counters struct {
	Steps    int // that were carried out
	Answered int // requests that succeeded
	Errors   int // requests that failed
	Refused  int // commands that were refused
}

// Outcome is how a script ended.
type Outcome struct {
	// Failures are expectations that did not come true; Violations and Panics are the judge's findings.
	Failures   []Failure
	Violations []simulation.Violation
	Panics     []simulation.Panic
	// Hash is that of the trace, Turns how many turns the actors had, Elapsed the world's time.
	Hash     uint64
	Turns    uint64
	Elapsed  time.Duration
	Counters Counters
	// Outputs are what steps printed, in their order.
	Outputs []Output
	// Tail is the newest part of the trace, if something is wrong.
	Tail string
}

// Err is nil if all went as it should, else all that did not.
func (o *Outcome) Err() error {
	var errs []error
	for i := range o.Failures {
		errs = append(errs, &o.Failures[i])
	}
	for _, v := range o.Violations {
		errs = append(errs, errors.New(v.String()))
	}
	for _, p := range o.Panics {
		errs = append(errs, fmt.Errorf("%v: %s panicked: %s\n%s", p.At, p.Actor, p.Value, p.Stack))
	}
	return errors.Join(errs...)
}

// NewStage makes the pair that a script's header asks for. Close the stage's world when done.
func NewStage(s *Script, opt Options) (*Stage, error) {
	knobs, err := s.Values()
	if err != nil {
		return nil, err
	}
	spec := simulation.PairSpec{Seed: s.Seed, Knobs: &knobs}
	if spec.Node = opt.Node; opt.Node == nil {
		spec.Node = actors.NewNode
	}
	pair, err := simulation.NewPair(spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if opt.KeepTrace {
		pair.World.Trace().KeepAll()
	}
	st := &Stage{Pair: pair, Script: s, opt: opt,
		writes: make(map[string]*simulation.Request), images: make(map[string]simulation.Image)}
	if opt.Begun != nil {
		opt.Begun(st)
	}
	return st, nil
}

// Close gives the stage's world back.
func (st *Stage) Close() { st.Pair.World.Close() }

// Do carries out one step. The error is a *Failure.
func (st *Stage) Do(step Step) error {
	if st.opt.Step != nil {
		st.opt.Step(st, &step)
	}
	do, err := st.Script.compile(&step)
	if err != nil {
		return st.fail(&step, err)
	}
	if step.At > 0 {
		st.world().RunFor(step.At)
	}
	before := st.open
	st.open = nil
	if before != nil && !expectsRefusal(&step) {
		st.failures = append(st.failures, *before)
		return before
	}
	st.counters.Steps++
	st.world().Note("step " + step.String())
	st.step = &step
	st.befalls(&step)
	err = do(st)
	if st.world().Stopped() {
		return errStopped
	}
	if err != nil {
		var refusal *refusal
		if !errors.As(err, &refusal) {
			return st.fail(&step, err)
		}
		st.open = &Failure{step.Line, step.String(), err.Error()}
	}
	return st.doBlock(&step)
}

// errStopped says that the world's StopAt ended a step in its middle.
var errStopped = errors.New("stopped")

func (st *Stage) doBlock(step *Step) error {
	if st.inBlock != nil && step.Verb == crashVerb {
		st.inBlock(true)
		defer st.inBlock(false)
	}
	for _, inner := range step.Block {
		if err := st.Do(inner); err != nil {
			return err
		}
	}
	return nil
}

func (st *Stage) fail(step *Step, err error) error {
	f := Failure{step.Line, step.String(), err.Error()}
	st.failures = append(st.failures, f)
	return &f
}

// print takes what a step prints and compares it with what it has to.
func (st *Stage) print(lines ...string) error {
	st.outputs = append(st.outputs, Output{st.step.Line, lines})
	if !st.opt.Update && !slices.Equal(lines, st.step.Want) {
		return fmt.Errorf("printed:\n\t%s\nexpected:\n\t%s", strings.Join(lines, "\n\t"), strings.Join(st.step.Want, "\n\t"))
	}
	return nil
}

// refusal is an error that a script may expect in its next step.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

// refuse notes that something was refused, and makes of it what the script wants: an error that the next
// step may expect, or nothing.
func (st *Stage) refuse(err error, free bool) error {
	st.refused = err
	if err == nil || free || st.Script.Lenient {
		return nil
	}
	return &refusal{err}
}

func (st *Stage) world() *simulation.World { return st.Pair.World }

func (st *Stage) machine(n nodeName) *simulation.Machine {
	if n == "a" {
		return st.Pair.A
	}
	return st.Pair.B
}

// Run plays a script to its end, or to the first thing that goes wrong.
func Run(s *Script, opt Options) Outcome {
	st, err := NewStage(s, opt)
	if err != nil {
		return Outcome{Failures: []Failure{{Text: err.Error()}}}
	}
	defer st.Close()
	for _, step := range s.Steps {
		if st.Do(step) != nil || st.world().Check() != nil {
			break
		}
	}
	return st.Outcome()
}

// Outcome is how things stand now, a refusal that nobody expected included.
func (st *Stage) Outcome() Outcome {
	w := st.world()
	pairs := st.pairs()
	for _, p := range pairs {
		if w.Check() == nil {
			p.Client.Judge().Conclude()
		}
	}
	o := Outcome{
		Failures: st.failures, Violations: w.Violations(), Panics: w.Panics(),
		Hash: w.Trace().Hash(), Turns: w.Turns(), Elapsed: w.Now(), Counters: st.counters, Outputs: st.outputs,
	}
	if st.open != nil {
		o.Failures = append(o.Failures, *st.open)
	}
	for _, p := range pairs {
		n, _ := p.Client.Errors()
		o.Counters.Answered += p.Client.Answered()
		o.Counters.Errors += n
	}
	if o.Err() != nil {
		o.Tail = w.Trace().Tail(60)
	}
	return o
}
