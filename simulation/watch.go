package simulation

import (
	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/states"
)

// Watcher hears what the nodes of a world decide, at the step at which they do. It must not act on the
// world from within.
type Watcher interface {
	// Stepped: a machine (by its table's name) at a node was in a state and got an event.
	Stepped(m *Machine, resource, machine string, at states.State, ev states.Event)
	// Decided: a node compared the two copies in a handshake, in role.
	Decided(m *Machine, resource string, role states.Role, v states.Verdict, primary, secondary states.Copy)
	// Faulted: a fault took effect.
	Faulted(k FaultKind)
}

// Watch lets somebody hear what the nodes decide from now on.
func (w *World) Watch(by Watcher) { w.watchers = append(w.watchers, by) }

// watch passes on what one boot's node tells.
type watch struct{ boot *boot }

func (o watch) Stepped(resource, machine string, at states.State, ev states.Event) {
	for _, w := range o.boot.world.watchers {
		w.Stepped(o.boot.machine, resource, machine, at, ev)
	}
}

func (o watch) Decided(resource string, role states.Role, v states.Verdict, primary, secondary states.Copy) {
	for _, w := range o.boot.world.watchers {
		w.Decided(o.boot.machine, resource, role, v, primary, secondary)
	}
}

// Glance looks at a resource of the machine's node without a turn of anybody: what it changes is nothing.
// It reports false if no node runs there.
func (m *Machine) Glance(resource string) (g actors.Glance, ok bool) {
	if m.boot == nil {
		return g, false
	}
	for _, mb := range m.boot.mailboxes {
		if mb.resource != resource || mb.pid == nil {
			continue
		}
		if _, lives := m.system.ProcessRegistry.GetLocal(mb.pid.Id); !lives {
			continue
		}
		if a, ok := actorOf(mb).(actors.Glancer); ok {
			a.Glance(&g)
		}
	}
	return g, true
}

// actorOf is the actor behind a mailbox, nil if it isn't there.
func actorOf(mb *mailbox) actor.Actor {
	c, ok := mb.invoker.(interface{ Actor() actor.Actor })
	if !ok {
		return nil
	}
	return c.Actor()
}

// Glance looks at the pair's resource at a machine, as Machine.Glance does.
func (p *Pair) Glance(m *Machine) (g actors.Glance, ok bool) { return m.Glance(p.resource) }

// EachStep has somebody called before each step of the world: what it sees is what the steps so far have left.
// It may panic to end a run: no step is cut in two.
func (w *World) EachStep(f func()) { w.eachStep = f }
