package simulation

import "slices"

// Keep says which of a component's sectors that are uncertain outlive a death: those that are not durable
// at a power cut, and those of writes in flight at any death. Sector counts from the component's
// beginning. A nil Keep leaves it to chance.
type Keep func(sector int64) bool

// PowerKeep is Power with a say in what the disks lose.
func (m *Machine) PowerKeep(keep Keep) { m.dieKeeping(keep, m.Power) }

// KillKeep is Kill with a say in which of the writes in flight the kernel carries out.
func (m *Machine) KillKeep(keep Keep) { m.dieKeeping(keep, m.Kill) }

func (m *Machine) dieKeeping(keep Keep, die func()) {
	for _, d := range m.disks {
		d.keep = keep
	}
	die()
	for _, d := range m.disks {
		d.keep = nil
	}
}

// Uncertain lists the sectors that the next death decides about, in ascending order: at a power cut those
// that are not durable and those of writes in flight, else only the latter.
func (p *Platter) Uncertain(powerCut bool) []int64 {
	var list []int64
	for s := p.volatile.next(0); s >= 0 && powerCut; s = p.volatile.next(s + 1) {
		list = append(list, s)
	}
	if !p.halted() && !p.gone {
		for _, t := range p.tasks {
			list = append(list, t.unlanded()...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// unlanded are the sectors of the platter that a write has still to land.
func (t *diskTask) unlanded() []int64 {
	if !t.writes() {
		return nil
	}
	var list []int64
	for i := range t.n / SectorSize {
		if len(t.landed) == 0 || !t.landed[i] {
			list = append(list, t.off/SectorSize+i)
		}
	}
	return list
}

// landAtDeath lands what its kernel still carries out of a dead process's write.
func (t *diskTask) landAtDeath() {
	p := t.handle.platter
	if p.keep == nil {
		t.landSome(fate(p.machine.world.chance.disk))
		return
	}
	left := t.unlanded()
	t.landSome(func() bool {
		s := left[0]
		left = left[1:]
		return p.keep(s)
	})
}

// HealOneWay lets everything pass again from one machine to another.
func (w *World) HealOneWay(from, to *Machine) {
	w.trace.add(w.now, from.name, "heal towards", to.name)
	w.fabric.cuts = drop(w.fabric.cuts, direction{from, to})
	w.fabric.release()
}
