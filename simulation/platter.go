package simulation

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
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
	// volatile are the sectors whose written content is not durable, but will be after the next good
	// flush. After a failed flush a sector may differ from its durable one and be in here no more: no
	// later flush heals it (I38).
	volatile sectorSet
	// stamps are, by sector, when it was written, in a count of all sectors written.
	stamps []uint64
	writes uint64

	tasks   []*diskTask // handed over, not ended
	over    []*diskTask // ended: their memory is used again
	owner   *handle     // who holds the lock
	late    []*diskTask // of a dead process, and still to land
	openers []func()    // who waits for those

	ills
	manners manners // how long operations take
	keep    Keep    // what the next power cut keeps

	lost  uint64 // the tick of the judge at which power was cut last
	read  bool   // record is what the durable metadata block says
	rec   states.Record
	bad   error  // or why it says nothing
	other bool   // the medium isn't of the size that the platter began with
	guard *guard // looks at all that lands, nil for none
	ghost *ghost // likewise

	latest, before string // what ended on it last, and which write before a flush
}

// AddDisk gives the machine a disk of size bytes (a multiple of SectorSize) with random content.
func (m *Machine) AddDisk(path string, size int64) *Platter {
	if size <= 0 || size%SectorSize != 0 {
		panic(fmt.Sprintf("simulation: a disk of %d bytes", size))
	}
	p := &Platter{machine: m, path: path}
	p.physical = SectorSize
	content := takeMedium(size)
	fillRandom(m.world.chance.disk, content)
	p.medium(content)
	m.disks = append(m.disks, p)
	return p
}

// medium gives the platter a content of which nothing is volatile or damaged.
func (p *Platter) medium(content []byte) {
	n := int64(len(content)) / SectorSize
	p.written, p.durable = content, append(takeMedium(n * SectorSize)[:0], content...)
	p.volatile, p.stamps = newSectorSet(n), make([]uint64, n)
	p.unreadable, p.tainted = newSectorSet(n), newSectorSet(n)
	p.read = false
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

// fillRandom fills b with bytes of no meaning: a stretch of random ones, over and over, each time with its
// place mixed in, because worlds are made often and drawing each byte costs more than most runs do.
func fillRandom(r *rand.Rand, b []byte) {
	var stretch [512]uint64
	for i := range stretch {
		stretch[i] = r.Uint64()
	}
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], stretch[i/8%len(stretch)]^uint64(i/8)*0x9e3779b97f4a7c15)
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
	if p.guard != nil {
		var old images
		if p.guard.wantsOld(at) {
			copy(old.written[:], p.written[at:])
			copy(old.durable[:], p.durable[at:])
		}
		old.same = bytes.Equal(p.written[at:at+SectorSize], data)
		defer p.guard.landed(p, sector, &old)
	}
	p.read = p.read && at >= states.MetadataSize
	kept := p.volatile.has(sector) && (p.captured(sector) || oneIn(r, 4))
	if kept {
		// What is overwritten may have become durable at any time, and must have if a flush that is under
		// way covers it.
		copy(p.durable[at:at+SectorSize], p.written[at:])
		p.uncover(sector)
	}
	copy(p.written[at:at+SectorSize], data)
	p.volatile.add(sector)
	p.writes++
	p.stamps[sector] = p.writes
	p.unreadable.remove(sector)
	damaged := p.tainted.has(sector)
	p.tainted.remove(sector)
	if p.ghost != nil {
		p.ghost.landed(p, sector, kept, damaged)
	}
}

func (p *Platter) captured(sector int64) bool {
	for _, t := range p.tasks {
		if len(t.covers) > 0 && t.covers.has(sector) {
			return true
		}
	}
	return false
}

// uncover takes a sector out of all flushes under way: they have made it durable.
func (p *Platter) uncover(sector int64) {
	for _, t := range p.tasks {
		if len(t.covers) > 0 {
			t.covers.remove(sector)
		}
	}
}

// settle makes a sector durable.
func (p *Platter) settle(sector int64) {
	at := sector * SectorSize
	p.read = p.read && at >= states.MetadataSize
	copy(p.durable[at:at+SectorSize], p.written[at:])
	p.volatile.remove(sector)
	if p.ghost != nil {
		p.ghost.settled(p, sector)
	}
}

// fate decides which sectors of a set survive: all, none, or each by itself.
func fate(r *rand.Rand) func() bool {
	switch r.IntN(4) {
	case 0:
		return always
	case 1:
		return func() bool { return false }
	}
	return func() bool { return r.IntN(2) == 0 }
}

// delay is how long an operation takes.
func (p *Platter) delay(min, max time.Duration) time.Duration {
	w := p.machine.world
	r := w.chance.disk
	var d time.Duration
	if p.manners.mean > 0 {
		d = p.manners.draw(r)
	} else if d = between(r, min, max); oneIn(r, 50) {
		d += between(r, 0, 20*max)
	}
	if p.slow > 1 {
		d *= time.Duration(p.slow)
		w.effect(FaultSlow)
	}
	return d
}
