package simulation

import (
	"fmt"
	"time"

	"hast/actors"
	"hast/wire"
)

// ills are what is wrong with a disk.
type ills struct {
	faults   []*DiskFault
	arms     []*arm
	stuck    bool
	stalls   []DiskFault // operations that are stuck while others are not
	held     []*diskTask // whose time came while the disk was stuck
	gone     bool
	full     bool
	readOnly bool
	slow     int // how many times slower than usual; 0 and 1 are as usual

	// unreadable are sectors that fail to be read until they are rewritten: of latent errors, and of power
	// cuts in the middle of them.
	unreadable sectorSet
	// tainted are sectors that silently hold something else than was written last.
	tainted sectorSet
	// physical is the size in bytes of what becomes unreadable as a whole; ruin is in how many of a hundred
	// sectors that a power cut catches in the middle that happens.
	physical int64
	ruin     int
}

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

// note adds a line about the disk to the trace.
func (p *Platter) note(format string, args ...any) {
	w := p.machine.world
	w.trace.add(w.now, p.machine.name, p.path, fmt.Sprintf(format, args...))
}

// Fail adds a fault.
func (p *Platter) Fail(f DiskFault) {
	if f.Errno == 0 {
		f.Errno = wire.EIO
	}
	p.note("fault %v %d+%d times %d", f.Kinds, f.Off, f.Len, f.Times)
	p.faults = append(p.faults, &f)
}

// Spoil makes sectors unreadable until they are rewritten: a latent error of the medium.
func (p *Platter) Spoil(off, n int64) {
	p.note("latent error %d+%d", off, n)
	for s := off / SectorSize; s < (off+n+SectorSize-1)/SectorSize && s < int64(len(p.stamps)); s++ {
		p.unreadable.add(s)
	}
}

// Full makes what writes fail with ENOSPC, or stops that. ReadOnly does it with EROFS.
func (p *Platter) Full(on bool) {
	p.note("full %v", on)
	p.full = on
}

// ReadOnly makes what writes fail with EROFS, or stops that.
func (p *Platter) ReadOnly(on bool) {
	p.note("read-only %v", on)
	p.readOnly = on
}

// Heal takes all faults away: errors, slowness, and being stuck, full, read-only or gone. Sectors that are
// unreadable or hold something wrong stay so: Mend is for the former, and for the latter there is nothing
// but a rewrite.
func (p *Platter) Heal() {
	p.note("heal")
	p.hurry()
	p.faults, p.arms, p.slow, p.gone, p.full, p.readOnly = nil, nil, 0, false, false, false
	p.Unstick()
}

// hurry lets what a slow disk was given end as soon as that of a quick one.
func (p *Platter) hurry() {
	if p.slow <= 1 {
		return
	}
	p.slow = 0
	for _, t := range p.tasks {
		if t.end != nil && t.op != nil {
			t.end.cancel()
			t.end = p.machine.world.after(p.delay(minDiskDelay, maxDiskDelay), nil, t.onEnd)
		}
	}
}

// Mend makes all sectors readable. Those that a power cut ruined read as they were before or after it.
func (p *Platter) Mend() { clear(p.unreadable) }

// Slow makes operations take so many times as long as usual, from the next one on.
func (p *Platter) Slow(times int) {
	p.note("slow %d", times)
	p.slow = times
}

// Stick lets no operation end until Unstick.
func (p *Platter) Stick() {
	p.note("stuck")
	p.stuck = true
}

// StickFor lets operations end again by themselves after a time.
func (p *Platter) StickFor(d time.Duration) {
	p.Stick()
	p.machine.world.after(d, nil, func() {
		if p.stuck {
			p.Unstick()
		}
	})
}

// Unstick lets operations end again, in any order.
func (p *Platter) Unstick() {
	p.stuck, p.stalls = false, nil
	p.resume()
}

// resume lets go on what waited while the disk was stuck or its machine asleep.
func (p *Platter) resume() {
	if p.halted() {
		return
	}
	w := p.machine.world
	held := p.held
	p.held = nil
	for _, t := range held {
		t.end = w.after(p.delay(minDiskDelay, maxDiskDelay), nil, t.onEnd)
	}
	openers := p.openers
	p.openers = nil
	for _, open := range openers {
		w.after(p.delay(minDiskDelay, maxDiskDelay), nil, open)
	}
}

// halted reports whether no operation ends.
func (p *Platter) halted() bool { return p.stuck || p.machine.asleep }

// sound reports whether nothing at all is wrong.
func (p *Platter) sound() bool {
	return !p.halted() && !p.gone && !p.full && !p.readOnly && len(p.faults) == 0 && len(p.arms) == 0
}

// Remove makes the disk vanish: all operations fail with ENXIO, and so do opens.
func (p *Platter) Remove() {
	p.note("gone")
	p.gone = true
}

// fails finds the errno that an operation meets, 0 for none, and counts it.
func (t *diskTask) fails() wire.Errno {
	p := t.handle.platter
	w := p.machine.world
	switch {
	case p.gone || t.handle.lost:
		w.effect(FaultGone)
		return wire.ENXIO
	case p.full && t.writes():
		w.effect(FaultFull)
		return wire.ENOSPC
	case p.readOnly && t.writes():
		w.effect(FaultReadOnly)
		return wire.EROFS
	case t.kind == actors.DiskRead && p.unreadable.any(t.off/SectorSize, t.n/SectorSize):
		w.effect(FaultLatent)
		return wire.EIO
	}
	for i, f := range p.faults {
		if !f.hits(t.kind, t.off, t.n) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				p.faults = append(p.faults[:i:i], p.faults[i+1:]...)
			}
		}
		w.effect([...]FaultKind{FaultReadError, FaultWriteError, FaultWriteError, FaultFlushError}[t.kind&3])
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
