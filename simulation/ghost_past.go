package simulation

import (
	"fmt"
	"time"

	"hast/states"
)

// history is what happened to a sector lately.
type history struct {
	events []pastEvent
	next   int
}

type pastKind uint8

const (
	pastInvoked pastKind = iota
	pastAnswered
	pastFailed
	pastRead
	pastWritten
	pastDurable
	pastLost
)

// pastEvent is one thing that happened to a sector.
type pastEvent struct {
	kind  pastKind
	claim states.Claim
	side  int8
	step  uint64
	at    time.Duration
	value valueID
}

// keptEvents is how many events of a sector are kept.
const keptEvents = 24

func (g *ghost) note(sector int64, e pastEvent) {
	e.step, e.at = g.world.steps, g.world.now
	h := &g.past[sector]
	if len(h.events) < keptEvents {
		h.events = append(h.events, e)
		return
	}
	h.events[h.next] = e
	h.next = (h.next + 1) % keptEvents
}

// tellPast puts a sector's history into words, the newest last.
func (g *ghost) tellPast(sector int64) []string {
	h := &g.past[sector]
	var lines []string
	for i := range h.events {
		e := h.events[(h.next+i)%len(h.events)]
		what := g.judge.describe(e.value)
		text := ""
		switch e.kind {
		case pastInvoked:
			text = "invoked: " + what
		case pastAnswered:
			text = fmt.Sprintf("answered as %v: %s", e.claim, what)
		case pastFailed:
			text = "ended without success: " + what
		case pastRead:
			text = "read: " + what
		case pastWritten:
			text = "written on " + g.sides[e.side].name() + ": " + what
		case pastDurable:
			text = "durable on " + g.sides[e.side].name() + ": " + what
		case pastLost:
			text = "power lost on " + g.sides[e.side].name() + ", which left: " + what
		}
		lines = append(lines, fmt.Sprintf("step %d, %v: %s", e.step, e.at, text))
	}
	return lines
}
