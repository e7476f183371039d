package simulation

import (
	"fmt"

	"hast/actors"
	"hast/wire"
)

// DiskFault makes operations on a disk fail.
type DiskFault struct {
	// Kinds are the operations that fail.
	Kinds []actors.DiskKind
	// Off and Len bound the bytes, from the component's beginning, that an operation must touch in order
	// to fail; a Len of 0 is the whole disk. Flushes touch everything.
	Off, Len int64
	// Times is how many operations fail; 0 is all until Heal.
	Times int
	// Errno is the answer; 0 is EIO.
	Errno wire.Errno
}

// Fail adds a fault.
func (p *Platter) Fail(f DiskFault) {
	if f.Errno == 0 {
		f.Errno = wire.EIO
	}
	p.machine.world.trace.add(p.machine.world.now, p.path, fmt.Sprintf("fault %v %d+%d times %d", f.Kinds, f.Off, f.Len, f.Times))
	p.faults = append(p.faults, &f)
}

// Heal takes all faults away: errors, slowness, and being stuck or gone.
func (p *Platter) Heal() {
	p.machine.world.trace.add(p.machine.world.now, p.path, "heal")
	p.faults, p.slow, p.gone = nil, 0, false
	p.Unstick()
}

// Slow makes operations take so many times as long as usual, from the next one on.
func (p *Platter) Slow(times int) { p.slow = times }

// Stick lets no operation end until Unstick.
func (p *Platter) Stick() {
	p.machine.world.trace.add(p.machine.world.now, p.path, "stuck")
	p.stuck = true
}

// Unstick lets operations end again, in any order.
func (p *Platter) Unstick() {
	p.stuck = false
	held := p.held
	p.held = nil
	for _, t := range held {
		t.end = p.machine.world.after(p.delay(minDiskDelay, maxDiskDelay), nil, t.finish)
	}
}

// Remove makes the disk vanish: all operations fail with ENXIO, and so do opens.
func (p *Platter) Remove() {
	p.machine.world.trace.add(p.machine.world.now, p.path, "gone")
	p.gone = true
}

// fails finds the errno that an operation meets, 0 for none.
func (p *Platter) fails(kind actors.DiskKind, off, n int64) wire.Errno {
	if p.gone {
		return wire.ENXIO
	}
	for i, f := range p.faults {
		if !f.hits(kind, off, n) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				p.faults = append(p.faults[:i:i], p.faults[i+1:]...)
			}
		}
		return f.Errno
	}
	return 0
}

func (f *DiskFault) hits(kind actors.DiskKind, off, n int64) bool {
	for _, k := range f.Kinds {
		if k == kind {
			return kind == actors.DiskFlush || f.Len == 0 || (off < f.Off+f.Len && f.Off < off+n)
		}
	}
	return false
}
