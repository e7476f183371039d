package campaign

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"hast/simulation"
	"hast/simulation/script"
)

// Verdict says how a run ended.
type Verdict uint8

const (
	// Passed: nothing was wrong.
	Passed Verdict = iota
	// Violated: an invariant was broken.
	Violated
	// Panicked: an actor panicked that nobody had asked to.
	Panicked
	// Unmet: something that the script expects did not come true.
	Unmet
	// NoProgress: the run reached its limit of steps.
	NoProgress
	// Diverged: two runs of the same script were not the same (I28).
	Diverged
	// Broken: the world or the judge panicked. It says nothing about the product.
	Broken
)

var verdictNames = [...]string{"passed", "invariant", "panic", "expectation", "no progress", "two runs differ", "broken world"}

// String names the verdict.
func (v Verdict) String() string { return verdictNames[v] }

// Result is what came of one run.
type Result struct {
	Seed    uint64
	Profile string // empty for a script that was not drawn
	Script  *script.Script
	// Near: the script is not the seed's own, but was drawn near another. Only its text repeats it.
	Near bool

	Verdict Verdict
	// Invariant is the broken rule's ID, or the verdict's name for what is none. With Passed it is empty.
	Invariant string
	// Step and At say when it was seen; Node and Sector where, if anywhere.
	Step   uint64
	At     time.Duration
	Node   string
	Sector int64
	Text   string
	// History is the violated sector's, Stack that of a panic.
	History []string
	Stack   string
	// All are all findings of the run, the first one included, a line each.
	All []string
	// Tail is the newest part of the trace.
	Tail string

	// Hash is that of the whole trace.
	Hash     uint64
	Steps    uint64 // of the world
	Turns    uint64
	Elapsed  time.Duration // of the world
	Answered int
	Errors   int
	Refused  int
	Effects  []simulation.Effect
	Looks    []simulation.Evaluation
	Coverage *Coverage
}

// Failed reports whether the run found something, be it about the product or about the world.
func (r *Result) Failed() bool { return r.Verdict != Passed }

// alike reports whether two runs failed in the same way: by the same rule, or, where that isn't an invariant, with
// the same words.
func (r *Result) alike(o *Result) bool {
	if r.Verdict != o.Verdict || r.Invariant != o.Invariant {
		return false
	}
	switch r.Verdict {
	case Unmet:
		return demand(r.Text) == demand(o.Text)
	case Panicked:
		return stencil(firstLine(r.Text)) == stencil(firstLine(o.Text))
	}
	return true
}

// demand is what of an expectation's text says which one it was: the words before the first number or value.
func demand(text string) string {
	_, text, _ = strings.Cut(text, ": ") // behind the line's number
	words := strings.Fields(stencil(text))
	return strings.Join(words[:min(3, len(words))], " ")
}

// Fingerprint is the same for findings that look alike: which rule, where, and the text without its numbers.
func (r *Result) Fingerprint() string {
	if !r.Failed() {
		return ""
	}
	h := fnv.New32a()
	before, _, _ := strings.Cut(firstLine(r.Text), ";") // what follows are the details
	h.Write([]byte(stencil(before)))
	return fmt.Sprintf("%s-%08x", strings.ReplaceAll(strings.ToLower(r.Invariant), " ", "-"), h.Sum32())
}

// stencil takes out of a text what differs between two findings of one kind: numbers, and the names of the
// two nodes.
func stencil(text string) string {
	var b strings.Builder
	for _, word := range strings.Fields(text) {
		bare := strings.Trim(word, ".,;:()[]\"'")
		switch {
		case bare == "a" || bare == "b":
			word = "N"
		case strings.ContainsAny(word, "0123456789"):
			word = "#"
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
	return b.String()
}

// Line says what a failed run found, in one line.
func (r *Result) Line() string {
	if !r.Failed() {
		return fmt.Sprintf("%s: passed", r.Script.Name)
	}
	where := ""
	if r.Node != "" {
		where += " at " + r.Node
	}
	if r.Sector != simulation.NoSector {
		where += fmt.Sprintf(" sector %d", r.Sector)
	}
	return fmt.Sprintf("%s: %s, step %d, %v%s: %s", r.Script.Name, r.Invariant, r.Step, r.At.Round(time.Microsecond), where, firstLine(r.Text))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
