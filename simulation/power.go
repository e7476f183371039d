package simulation

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Kept says what a power cut leaves of what isn't durable.
type Kept uint8

const (
	// KeptDrawn leaves it to the seed: any of the others.
	KeptDrawn Kept = iota
	// KeptAll and KeptNone are the two ends.
	KeptAll
	KeptNone
	// KeptHalf, KeptFew and KeptMost keep each sector with 50, 10 and 90 %.
	KeptHalf
	KeptFew
	KeptMost
	// KeptAllButOne loses a single sector.
	KeptAllButOne
	// KeptNewest and KeptOldest keep one sector: that which was written last, or first.
	KeptNewest
	KeptOldest
	keptKinds
)

var keptNames = [keptKinds]string{"drawn", "all", "none", "half", "few", "most", "all-but-one", "newest", "oldest"}

// String is the word for it.
func (k Kept) String() string { return keptNames[k%keptKinds] }

// ParseKept finds it by its word.
func ParseKept(s string) (Kept, error) {
	for i, n := range keptNames {
		if n == s {
			return Kept(i), nil
		}
	}
	return 0, fmt.Errorf("unknown remainder of a power cut %q: there are %s", s, strings.Join(keptNames[:], ", "))
}

// PowerCut is Power with a choice of what all disks of the machine keep. Of a hundred sectors that are
// caught in the middle, ruin become unreadable, each with the whole physical sector around it.
func (m *Machine) PowerCut(kept Kept, ruin int) {
	for _, d := range m.disks {
		d.keep, d.ruin = d.choose(kept), ruin
	}
	m.Power()
	for _, d := range m.disks {
		d.keep, d.ruin = nil, 0
	}
}

// SetPhysical sets the size of the disk's physical sectors in bytes, 512 or 4096.
func (p *Platter) SetPhysical(size int64) { p.physical = size }

// choose makes a decision about each sector out of a word.
func (p *Platter) choose(kept Kept) Keep {
	r := p.machine.world.chance.disk
	if kept == KeptDrawn {
		kept = KeptAll + Kept(r.IntN(int(keptKinds-KeptAll)))
	}
	percent := map[Kept]int{KeptHalf: 50, KeptFew: 10, KeptMost: 90}[kept]
	list := p.Uncertain(true)
	one := int64(-1)
	for _, s := range list {
		if one < 0 || kept == KeptNewest && p.stamps[s] > p.stamps[one] || kept == KeptOldest && p.stamps[s] < p.stamps[one] {
			one = s
		}
	}
	switch kept {
	case KeptAll:
		return func(int64) bool { return true }
	case KeptNone:
		return func(int64) bool { return false }
	case KeptAllButOne:
		if len(list) > 0 {
			one = list[r.IntN(len(list))]
		}
		return func(s int64) bool { return s != one }
	case KeptNewest, KeptOldest:
		return func(s int64) bool { return s == one }
	}
	return func(int64) bool { return r.IntN(100) < percent }
}

// lateFor is how long an operation of a dead process may stay in the kernel if nobody opens the disk.
const lateFor = 2 * time.Second

// processDied leaves to the kernel what the dead process had handed over: it does it, or part of it, or
// not; now, or later, but before the next open returns.
func (p *Platter) processDied() {
	w := p.machine.world
	r := w.chance.disk
	tasks := p.tasks
	r.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	p.tasks, p.held, p.owner, p.openers = nil, nil, nil, nil
	for _, t := range tasks {
		t.end.cancel()
		t.early.cancel()
		t.end, t.early = nil, nil
		switch {
		case p.gone || t.handle.lost || !t.writes() || p.full || p.readOnly:
		case p.halted() || p.keep == nil && oneIn(r, 3):
			p.late = append(p.late, t)
			t.end = w.after(between(r, 0, lateFor), nil, func() {
				t.end = nil // it is used again for something else, which must not be taken back in this one's name
				if !p.halted() {
					p.landOne(t)
				}
			})
		default:
			p.endDead(t)
		}
	}
	if p.ghost != nil {
		p.ghost.processDied(p)
	}
}

// endDead ends an operation of a dead process.
func (p *Platter) endDead(t *diskTask) {
	t.landAtDeath()
	if t.torn() {
		p.machine.world.effect(FaultSectorTorn)
	}
}

// landOne ends one late operation.
func (p *Platter) landOne(t *diskTask) {
	before := p.writes
	p.late = drop(p.late, t)
	p.endDead(t)
	if p.writes > before {
		p.machine.world.effect(FaultLateLanding)
	}
}

// landLate ends all late operations.
func (p *Platter) landLate() {
	for len(p.late) > 0 {
		t := p.late[0]
		t.end.cancel()
		t.end = nil
		p.landOne(t)
	}
}

// powerLost drops what was volatile, in part. What is under way becomes durable in part.
func (p *Platter) powerLost() {
	w := p.machine.world
	r := w.chance.disk
	caught := append(append([]*diskTask(nil), p.tasks...), p.late...)
	p.tasks = append(p.tasks, p.late...)
	for _, t := range p.late {
		t.end.cancel()
		t.end = nil
	}
	p.late = nil
	p.cutTasks(caught)
	if p.guard != nil {
		p.lost = p.guard.client.judge.tick
	}
	survives := fate(r)
	for s := p.volatile.next(0); s >= 0; s = p.volatile.next(s + 1) {
		if p.keeps(s, survives) {
			p.settle(s)
		} else {
			w.effect(FaultSectorLost)
			p.volatile.remove(s)
		}
	}
	copy(p.written, p.durable)
	if p.ghost != nil {
		p.ghost.powerLost(p)
	}
}

// cutTasks ends what is under way when the power goes.
func (p *Platter) cutTasks(tasks []*diskTask) {
	w := p.machine.world
	p.tasks, p.held, p.owner, p.openers = nil, nil, nil, nil
	for _, t := range tasks {
		t.end.cancel()
		t.early.cancel()
		t.end, t.early = nil, nil
		if p.gone || t.handle.lost || p.full || p.readOnly || !t.writes() {
			continue
		}
		if !p.halted() {
			p.endDead(t)
		}
		for i := range t.n / SectorSize {
			if p.ruin > 0 && w.chance.disk.IntN(100) < p.ruin && p.mayRuin(t.off/SectorSize+i) {
				p.ruinSector(t.off/SectorSize + i)
			}
		}
	}
}

// mayRuin reports whether losing the physical sector around a sector leaves a way back: the pair's other
// component can read all of it and has what was lost, durably (X1); of metadata and maps, of which there are
// copies, only one is lost at a time (X2).
func (p *Platter) mayRuin(sector int64) bool {
	if p.guard == nil {
		return true
	}
	other := p.guard.disks[0]
	if other == p {
		other = p.guard.disks[1]
	}
	if other.gone || len(other.written) != len(p.written) {
		return false
	}
	n := p.physical / SectorSize
	first := sector / n * n
	if first*SectorSize < int64(p.guard.record.LocalOff) {
		return !p.unreadable.any(0, int64(p.guard.record.LocalOff)/SectorSize)
	}
	for s := first; s < min(first+n, int64(len(p.stamps))); s++ {
		at := s * SectorSize
		mine, its := p.durable[at:at+SectorSize], other.durable[at:at+SectorSize]
		if other.unreadable.has(s) || !bytes.Equal(mine, its) && !bytes.Equal(p.written[at:at+SectorSize], its) {
			return false
		}
	}
	return true
}

// ruinSector makes the physical sector around a sector unreadable.
func (p *Platter) ruinSector(sector int64) {
	n := p.physical / SectorSize
	first := sector / n * n
	for s := first; s < min(first+n, int64(len(p.stamps))); s++ {
		p.unreadable.add(s)
	}
	p.machine.world.effect(FaultUnreadable)
	p.note("sectors %d+%d became unreadable", first, n)
}

// keeps decides about one sector at a power cut.
func (p *Platter) keeps(sector int64, chance func() bool) bool {
	if p.keep != nil {
		return p.keep(sector)
	}
	return chance()
}
