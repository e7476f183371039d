package actors

import "hast/states"

// Watcher hears what a node decides, in the turn in which it decides it. It is for whoever counts or judges,
// as the simulation does: it must neither act on a node nor keep anything that it was lent.
type Watcher interface {
	// Stepped: a machine of a resource (by its table's name) was in a state and got an event.
	Stepped(resource, machine string, at states.State, ev states.Event)
	// Decided: a node compared the two copies in a handshake, in role.
	Decided(resource string, role states.Role, v states.Verdict, primary, secondary states.Copy)
}

// machine makes one of a resource's machines, which a watcher hears of.
func (r *resource) machine(t *states.Table) *states.Machine {
	m := states.NewMachine(t)
	if w := r.h.Watch; w != nil {
		m.Watch(func(at states.State, ev states.Event) { w.Stepped(r.cfg.Name, t.Name, at, ev) })
	}
	return m
}

// relate is states.Decide, which a watcher hears of.
func (r *resource) relate(role states.Role, primary, secondary states.Copy) states.Verdict {
	v := states.Decide(primary, secondary)
	if w := r.h.Watch; w != nil {
		w.Decided(r.cfg.Name, role, v, primary, secondary)
	}
	return v
}
