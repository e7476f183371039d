package simulation

import (
	"fmt"
	"strings"
)

// Moment says when in a turn an actor panics.
type Moment int

const (
	// AtBegin: the message has had no effect.
	AtBegin Moment = 0
	// AtEnd: all of its effects have happened.
	AtEnd Moment = -1
	// A positive Moment n: at the n-th thing that the turn does to the outside (a message, a disk
	// operation, a frame, a timer), or at its end if there are fewer.
)

// plannedPanic is a panic that a test wants. It panics with itself.
type plannedPanic struct {
	resource, kind string
	moment         Moment
	left           int // messages to be let through before
	met            bool
	world          *World
	machine        *Machine
}

func (p *plannedPanic) String() string {
	return fmt.Sprintf("planned panic of %s's %s, moment %d", p.resource, p.kind, p.moment)
}

// Fall is a panic that was planned.
type Fall struct{ p *plannedPanic }

// Met reports whether it has happened.
func (f Fall) Met() bool { return f.p.met }

// Panic makes an actor of the machine's running node panic, once, in the turn of a message that it gets:
// the next one, or the one after so many others. kind is the actor's name without its number (gate,
// localdisk, remotelink, sync, guard, secondary, hooks) or "resource" for the one above those.
func (m *Machine) Panic(resource, kind string, after int, moment Moment) Fall {
	p := &plannedPanic{resource: resource, kind: kind, moment: moment, left: after, world: m.world, machine: m}
	if m.boot != nil {
		m.boot.panics = append(m.boot.panics, p)
	}
	return Fall{p}
}

// CalmDown forgets the panics of the running node that have not happened.
func (m *Machine) CalmDown() {
	if m.boot != nil {
		m.boot.panics = nil
	}
}

// kindOf takes an actor's name apart, as in "a1/shared-3/gate-12".
func kindOf(name string) (resource, kind string) {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if at := strings.LastIndexByte(p, '-'); at >= 0 {
			parts[i] = p[:at]
		}
	}
	switch len(parts) {
	case 2:
		return parts[1], "resource"
	case 3:
		return parts[1], parts[2]
	}
	return "", "node"
}

// planned finds the panic that is due in the next turn of an actor, nil for none.
func (b *boot) planned(m *mailbox) *plannedPanic {
	for _, p := range b.panics {
		if p.kind != m.kind || p.resource != m.resource {
			continue
		}
		if p.left > 0 {
			p.left--
			return nil
		}
		b.panics = drop(b.panics, p)
		return p
	}
	return nil
}

func (p *plannedPanic) now() {
	p.met = true
	p.world.effect(FaultPanic)
	for _, c := range p.world.clients {
		if c.ghost != nil && c.resource == p.resource && p.kind != "hooks" {
			c.ghost.actorsFell(c.ghost.at(p.machine))
		}
	}
	panic(p)
}

// begin and end are the beginning and the end of the turn; most have no panic.
func (p *plannedPanic) begin() {
	if p != nil && p.moment == AtBegin {
		p.now()
	}
}

func (p *plannedPanic) end() {
	if p != nil {
		p.now()
	}
}

// outward is called by everything that a turn can do to the outside.
func (w *World) outward() {
	p := w.fault
	if p == nil || p.moment <= 0 {
		return
	}
	if p.moment--; p.moment == 0 {
		w.fault = nil
		p.now()
	}
}
