package simulation

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hast/states"
)

// SectorSize is the size of the sectors of all simulated disks, in bytes: what is written whole or not.
const SectorSize = 512

// Platter is the medium of a component with its cache. It has two images: what a read returns, and what
// a power cut leaves. It outlives the nodes that open it.
type Platter struct {
	machine *Machine
	path    string
	written []byte
	durable []byte
	// volatile has a true for each sector whose written content is not durable, but will be after the
	// next good flush. After a failed flush a sector may differ from its durable one and be in here no
	// more: no later flush heals it (I38).
	volatile []bool

	tasks []*diskTask // handed over, not ended
	owner *handle     // who holds the lock

	faults  []*DiskFault
	stuck   bool
	held    []*diskTask // whose time came while the disk was stuck
	gone    bool
	manners manners // how long operations take
	slow    int     // how many times slower than usual; 0 and 1 are as usual
	keep    Keep    // what the next power cut keeps

	lost  uint64 // the tick of the judge at which power was cut last
	read  bool   // record is what the durable metadata block says
	rec   states.Record
	bad   error  // or why it says nothing
	guard *guard // looks at all that lands, nil for none
}

// AddDisk gives the machine a disk of size bytes (a multiple of SectorSize) with random content.
func (m *Machine) AddDisk(path string, size int64) *Platter {
	if size <= 0 || size%SectorSize != 0 {
		panic(fmt.Sprintf("simulation: a disk of %d bytes", size))
	}
	p := &Platter{machine: m, path: path, written: make([]byte, size), volatile: make([]bool, size/SectorSize)}
	fillRandom(m.world.chance.disk, p.written)
	p.durable = slices.Clone(p.written)
	m.disks = append(m.disks, p)
	return p
}

// Disk finds a disk of the machine by its path, nil if there is none.
func (m *Machine) Disk(path string) *Platter {
	for _, p := range m.disks {
		if p.path == path {
			return p
		}
	}
	return nil
}

func fillRandom(r *rand.Rand, b []byte) {
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
}

// Written is what reads return now. The slice is the platter's own: look, don't touch.
func (p *Platter) Written() []byte { return p.written }

// Durable is what would be left if power was cut now and nothing volatile survived.
func (p *Platter) Durable() []byte { return p.durable }

// Busy is how many operations are under way.
func (p *Platter) Busy() int { return len(p.tasks) }

// Put writes to both images behind everybody's back, for preparing a disk.
func (p *Platter) Put(off int64, data []byte) {
	p.read = false
	copy(p.written[off:], data)
	copy(p.durable[off:], data)
}

// landSector makes one sector read as data.
func (p *Platter) landSector(sector int64, data []byte) {
	r := p.machine.world.chance.disk
	at := sector * SectorSize
	var old images
	if p.guard != nil {
		copy(old.written[:], p.written[at:])
		copy(old.durable[:], p.durable[at:])
		defer func() { p.guard.landed(p, sector, &old) }()
	}
	p.read = p.read && at >= states.MetadataSize
	if p.volatile[sector] && (p.captured(sector) || oneIn(r, 4)) {
		// What is overwritten may have become durable at any time, and must have if a flush that is under
		// way covers it.
		copy(p.durable[at:at+SectorSize], p.written[at:])
		for _, t := range p.tasks {
			if t.covers != nil {
				t.covers[sector] = false
			}
		}
	}
	copy(p.written[at:at+SectorSize], data)
	p.volatile[sector] = true
}

func (p *Platter) captured(sector int64) bool {
	for _, t := range p.tasks {
		if t.covers != nil && t.covers[sector] {
			return true
		}
	}
	return false
}

// settle makes a sector durable.
func (p *Platter) settle(sector int64) {
	at := sector * SectorSize
	p.read = p.read && at >= states.MetadataSize
	copy(p.durable[at:at+SectorSize], p.written[at:])
	p.volatile[sector] = false
}

// fate decides which sectors of a set survive: all, none, or each by itself.
func fate(r *rand.Rand) func() bool {
	switch r.IntN(4) {
	case 0:
		return func() bool { return true }
	case 1:
		return func() bool { return false }
	}
	return func() bool { return r.IntN(2) == 0 }
}

// processDied ends what the dead process had handed over: the kernel did it, or part of it, or not.
func (p *Platter) processDied() {
	r := p.machine.world.chance.disk
	tasks := p.tasks
	r.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	for _, t := range tasks {
		t.end.cancel()
		t.early.cancel()
		if !p.stuck && !p.gone {
			t.landAtDeath()
		}
	}
	p.tasks, p.held, p.owner = nil, nil, nil
}

// powerLost does what processDied does and then drops what was volatile, in part.
func (p *Platter) powerLost() {
	p.processDied()
	if p.guard != nil {
		p.lost = p.guard.client.judge.tick
	}
	r := p.machine.world.chance.disk
	survives := fate(r)
	for s := range p.volatile {
		if p.volatile[s] && p.keeps(int64(s), survives) {
			p.settle(int64(s))
		}
		p.volatile[s] = false
	}
	copy(p.written, p.durable)
}

// keeps decides about one sector at a power cut.
func (p *Platter) keeps(sector int64, chance func() bool) bool {
	if p.keep != nil {
		return p.keep(sector)
	}
	return chance()
}

// delay is how long an operation takes.
func (p *Platter) delay(min, max time.Duration) time.Duration {
	r := p.machine.world.chance.disk
	var d time.Duration
	if p.manners.mean > 0 {
		d = p.manners.draw(r)
	} else if d = between(r, min, max); oneIn(r, 50) {
		d += between(r, 0, 20*max)
	}
	if p.slow > 1 {
		d *= time.Duration(p.slow)
	}
	return d
}
