package simulation

// All that grows is bounded (I24): what a node may have at once, and what it has left when it is idle.

// The bounds of one node with few resources. They are above what the limits of the product allow (256 requests of a
// device, half as many again of a peer), and far below what a leak reaches in a run.
const (
	mostWaiting     = 4096 // messages before one actor
	mostConnections = 32
	mostOperations  = 1024 // at one disk
)

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

// CheckIdle holds what every running node holds against what an idle one may (I24). All requests have to be answered.
func (p *Pair) CheckIdle() {
	for _, m := range []*Machine{p.A, p.B} {
		if m.boot == nil || m.stock || m.boot.still() {
			continue
		}
		p.World.checked(ruleI24)
		if leak := m.Level().Leak(idleLevel(len(p.World.clients))); leak != "" {
			p.World.violate(ruleI24, m.name, NoSector, "an idle node holds %s", leak)
		}
	}
}
