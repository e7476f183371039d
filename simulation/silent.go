package simulation

import (
	"fmt"
)

// arm is a silent fault that waits for an operation to meet.
type arm struct {
	kind   FaultKind
	off, n int64 // bytes of the component in which it stays
	times  int
	image  []byte // for stale reads: what they return
}

// Arm makes the next operations, as many as times, that lie wholly in a range of the component go wrong
// without a word:
//
//	FaultLostWrite    a write is answered and not done
//	FaultMisdirected  a write goes to another place of the range
//	FaultBitFlip      a bit of what a write has written is another one
//	FaultStaleRead    a read returns what was there when Arm was called
//
// Such a sector is tainted until it is rewritten; what was read only is not.
func (p *Platter) Arm(kind FaultKind, off, n int64, times int) error {
	a := &arm{kind: kind, off: off, n: n, times: times}
	switch kind {
	case FaultStaleRead:
		a.image = append([]byte(nil), p.written[off:off+n]...)
	case FaultLostWrite, FaultMisdirected, FaultBitFlip:
	default:
		return fmt.Errorf("%v is not a silent fault of a disk: those are %v, %v, %v and %v",
			kind, FaultLostWrite, FaultMisdirected, FaultBitFlip, FaultStaleRead)
	}
	p.note("%v %d+%d times %d", kind, off, n, times)
	p.arms = append(p.arms, a)
	return nil
}

// Tainted reports whether a sector of the component holds something else than was written last.
func (p *Platter) Tainted(sector int64) bool { return p.tainted.has(sector) }

// taint notes silent damage. read is what a reader of the sector was given, nil if it is what is written now.
func (p *Platter) taint(sector int64, kind FaultKind, read []byte) {
	p.tainted.add(sector)
	p.read = false
	w := p.machine.world
	for _, by := range w.watchers {
		if d, ok := by.(DamageWatcher); ok {
			d.Damaged(p.machine, p, sector, kind, read)
		}
	}
}

// DamageWatcher is a Watcher that wants to hear of each sector that was silently damaged, or, with
// FaultReplaced and sector 0, that the whole medium is another one. read is what a reader was given in the
// sector's stead, nil if the medium itself is damaged.
type DamageWatcher interface {
	Damaged(m *Machine, p *Platter, sector int64, kind FaultKind, read []byte)
}

// armed finds a fault that an operation meets, and uses it up.
func (p *Platter) armed(t *diskTask, kinds ...FaultKind) *arm {
	for i, a := range p.arms {
		for _, k := range kinds {
			if a.kind != k || t.off < a.off || t.off+t.n > a.off+a.n {
				continue
			}
			if a.times--; a.times <= 0 {
				p.arms = append(p.arms[:i:i], p.arms[i+1:]...)
			}
			return a
		}
	}
	return nil
}

// misplace does with a write what a lying disk does. It reports false if it doesn't lie.
func (p *Platter) misplace(t *diskTask) bool {
	if len(p.arms) == 0 {
		return false
	}
	a := p.armed(t, FaultLostWrite, FaultMisdirected)
	if a == nil {
		return false
	}
	w := p.machine.world
	first, n := t.off/SectorSize, t.n/SectorSize
	for i := range n {
		if len(t.landed) == 0 || !t.landed[i] {
			p.taint(first+i, a.kind, nil)
		}
	}
	w.effect(a.kind)
	if a.kind == FaultLostWrite {
		return true
	}
	room := (a.n-t.n)/SectorSize + 1
	to := a.off/SectorSize + w.chance.disk.Int64N(room)
	for i := range n {
		if p.captured(to + i) {
			p.settle(to + i) // what it takes the place of is already on its way to the medium
			p.uncover(to + i)
		}
		copy(p.written[(to+i)*SectorSize:], t.sector(int(i)))
		p.volatile.add(to + i)
		p.taint(to+i, a.kind, nil)
	}
	return true
}

// damage flips a bit of what a write has just written.
func (p *Platter) damage(t *diskTask) {
	if len(p.arms) == 0 || p.armed(t, FaultBitFlip) == nil {
		return
	}
	p.FlipBit(t.off + p.machine.world.chance.disk.Int64N(t.n))
}

// FlipBit changes a bit of a byte of the component.
func (p *Platter) FlipBit(off int64) {
	w := p.machine.world
	p.note("a bit of byte %d flips", off)
	bit := byte(1) << w.chance.disk.IntN(8)
	p.written[off] ^= bit
	if !p.volatile.has(off / SectorSize) {
		p.durable[off] ^= bit
	}
	p.taint(off/SectorSize, FaultBitFlip, nil)
	w.effect(FaultBitFlip)
}

// mislead changes what a read has just returned.
func (p *Platter) mislead(t *diskTask) {
	if len(p.arms) == 0 {
		return
	}
	a := p.armed(t, FaultStaleRead)
	if a == nil {
		return
	}
	old := a.image[t.off-a.off:][:t.n]
	if string(old) != string(t.op.Buf) {
		p.machine.world.effect(FaultStaleRead)
		for s := range t.n / SectorSize {
			if string(old[s*SectorSize:(s+1)*SectorSize]) != string(t.op.Buf[s*SectorSize:(s+1)*SectorSize]) {
				p.taint(t.off/SectorSize+s, FaultStaleRead, old[s*SectorSize:][:SectorSize])
			}
		}
	}
	copy(t.op.Buf, old)
}
