package simulation

import (
	"fmt"
	"strings"
	"time"
)

// NoSector is a violation's Sector when it isn't about one.
const NoSector = -1

// maxViolations bounds how many violations a world keeps.
const maxViolations = 100

// Violation is a broken rule.
type Violation struct {
	// Invariant is the rule's ID in the registry.
	Invariant string
	// Step is the number of the world's step at which it was seen, At the world's time then.
	Step uint64
	At   time.Duration
	// Node is the machine that it was seen at, empty if none by itself.
	Node string
	// Sector is the device's sector that it is about, or NoSector.
	Sector int64
	Text   string
	// History is what happened to the sector: writes, their answers, and what reached either component.
	// The newest line is last; old ones may be gone.
	History []string
}

// String is one line, without the history.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "step %d, %v: %s", v.Step, v.At, v.Invariant)
	if v.Node != "" {
		fmt.Fprintf(&b, ": %s", v.Node)
	}
	if v.Sector != NoSector {
		fmt.Fprintf(&b, ": sector %d", v.Sector)
	}
	return b.String() + ": " + v.Text
}

// checked counts that a rule was looked at.
func (w *World) checked(r rule) { w.evaluated[r]++ }

// violate records that a rule was broken. The run goes on, so that the trace shows what came of it.
func (w *World) violate(r rule, node string, sector int64, format string, args ...any) {
	v := Violation{Invariant: registry[r].ID, Step: w.steps, At: w.now, Node: node, Sector: sector, Text: fmt.Sprintf(format, args...)}
	w.trace.add(w.now, "VIOLATION", v.String())
	if len(w.violations) < maxViolations {
		w.violations = append(w.violations, v)
	}
}

// Violations are the broken rules so far, the first hundred at most.
func (w *World) Violations() []Violation { return w.violations }
