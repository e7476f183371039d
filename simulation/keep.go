package simulation

// Keep says which of a component's sectors that are not durable outlive a power cut; sector counts from
// the component's beginning. A nil Keep leaves it to chance.
type Keep func(sector int64) bool

// PowerKeep is Power with a say in what the disks lose.
func (m *Machine) PowerKeep(keep Keep) {
	for _, d := range m.disks {
		d.keep = keep
	}
	m.Power()
	for _, d := range m.disks {
		d.keep = nil
	}
}

// Volatile lists the sectors that are not durable, in ascending order.
func (p *Platter) Volatile() []int64 {
	var list []int64
	for s, v := range p.volatile {
		if v {
			list = append(list, int64(s))
		}
	}
	return list
}

// HealOneWay lets everything pass again from one machine to another.
func (w *World) HealOneWay(from, to *Machine) {
	w.trace.add(w.now, from.name, "heal towards", to.name)
	w.fabric.cuts = drop(w.fabric.cuts, direction{from, to})
	w.fabric.release()
}
