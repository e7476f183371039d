package simulation

import (
	"fmt"
	"strings"
	"time"

	"hast/actors"
)

// All that grows is bounded (I24): what a node may have at once, and what it has left when it is idle.

// The bounds of one node with few resources. They are above what the limits of the product allow (256 requests of a
// device, half as many again of a peer), and far below what a leak reaches in a run.
const (
	mostWaiting     = 4096 // messages before one actor
	mostConnections = 32
	mostOperations  = 1024 // at one disk
)

// keptMoment is how long an idle node is given for what a tick began.
const keptMoment = time.Second

// bounded holds a number against what it may be. A crooked peer that keeps what it is given isn't one of ours.
func (w *World) bounded(m *Machine, what string, n, most int) {
	if m.stock {
		return
	}
	w.checked(ruleI24)
	if n == most+1 {
		w.violate(ruleI24, m.name, NoSector, "%d %s", n, what)
	}
}

// idleLevel is what an idle node holds of a resource, at most: its actors and the node's own; a session, a device.
func idleLevel(resources int) Level {
	return Level{Actors: 4 + 9*resources, Connections: 2 * resources, Doors: resources, Disks: resources, Listeners: 2, Timers: 14 + 14*resources}
}

// CheckIdle holds what every running node holds against what an idle one may (I24). All requests have to be answered,
// and both nodes to hold the same.
func (p *Pair) CheckIdle() {
	for _, m := range []*Machine{p.A, p.B} {
		if m.boot == nil || m.stock || m.boot.still() {
			continue
		}
		p.World.checked(ruleI24)
		if leak := m.Level().Leak(idleLevel(len(p.World.clients))); leak != "" {
			p.World.violate(ruleI24, m.name, NoSector, "an idle node holds %s", leak)
		}
		p.checkKept(m)
	}
}

// keeps says what the actors of a node and of one resource keep for work that is under way; empty for nothing.
func (b *boot) keeps(resource string) string {
	said := ""
	for _, mb := range b.mailboxes {
		if mb.pid == nil || mb.resource != "" && mb.resource != resource {
			continue
		}
		if _, lives := b.machine.system.ProcessRegistry.GetLocal(mb.pid.Id); !lives {
			continue
		}
		if k, ok := actorOf(mb).(actors.Keeper); ok {
			k.Keeps(func(what string, n int) {
				if n > 0 {
					said += fmt.Sprintf("; %s keeps %s: %d", mb.pid.Id, what, n)
				}
			})
		}
	}
	return strings.TrimPrefix(said, "; ")
}

// checkKept holds an idle node against having nothing under way. What a tick begins is over soon; what stays longer
// than a moment is never let go (I24).
func (p *Pair) checkKept(m *Machine) {
	for range 5 {
		if m.boot == nil || m.boot.keeps(p.resource) == "" {
			return
		}
		p.World.RunFor(keptMoment)
	}
	if m.boot != nil {
		if kept := m.boot.keeps(p.resource); kept != "" {
			p.World.violate(ruleI24, m.name, NoSector, "a node that has nothing to do: %s", kept)
		}
	}
}

// An actor's books are looked at after each of its first turns, which is all of a short script, and then after some:
// what is wrong in them mostly stays so.
const (
	auditedTurns = 500
	auditEvery   = 32
)

// audit holds what an actor has noted against what it has, between two of its turns.
func (m *mailbox) audit() {
	if m.turns++; m.turns > auditedTurns && m.turns%auditEvery != 0 || m.pid == nil || m.fell || m.boot.dead {
		return
	}
	if _, lives := m.boot.machine.system.ProcessRegistry.GetLocal(m.pid.Id); !lives {
		return
	}
	if k, ok := actorOf(m).(actors.Bookkeeper); ok {
		m.auditBooks(k)
	}
}

func (m *mailbox) auditBooks(k actors.Bookkeeper) {
	w := m.boot.world
	w.checked(ruleBooks)
	k.Books(func(what string) { w.violate(ruleBooks, m.boot.machine.name, NoSector, "%s: %s", m.name, what) })
}
