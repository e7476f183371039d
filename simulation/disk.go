package simulation

import (
	"fmt"
	"hash/crc32"
	"time"

	"hast/actors"
	"hast/wire"
)

// How long disk operations usually take.
const (
	minDiskDelay  = 20 * time.Microsecond
	maxDiskDelay  = 400 * time.Microsecond
	minFlushDelay = 100 * time.Microsecond
	maxFlushDelay = 4 * time.Millisecond
)

// disks is a node's way to its machine's disks.
type disks struct{ boot *boot }

func (d disks) Open(o actors.Owner, path string, _ int) {
	w := d.boot.world
	w.after(between(w.chance.disk, 100*time.Microsecond, 2*time.Millisecond), d.boot, func() { d.open(o, path) })
}

// open opens a disk. It waits as long as the kernel still holds operations of a process that is dead and
// can't end them.
func (d disks) open(o actors.Owner, path string) {
	answer := &actors.DiskOpened{Epoch: o.Epoch}
	p := d.boot.machine.Disk(path)
	if p != nil && !p.gone && p.halted() && len(p.late) > 0 {
		p.openers = append(p.openers, func() { d.open(o, path) })
		return
	}
	switch {
	case p == nil:
		answer.Err = fmt.Errorf("%s: %w", path, wire.ENOENT)
	case p.gone:
		answer.Err = fmt.Errorf("%s: %w", path, wire.ENXIO)
	case p.owner != nil:
		answer.Err = fmt.Errorf("%s is in use by another process: %w", path, wire.EBUSY)
	default:
		p.landLate()
		p.owner = &handle{boot: d.boot, platter: p}
		answer.Disk, answer.Size, answer.Sector = p.owner, int64(len(p.written)), SectorSize
	}
	d.boot.tell(o.PID, answer)
}

// handle is an opened disk.
type handle struct {
	boot    *boot
	platter *Platter
	busy    int
	lost    bool // the medium was taken away under it
	closing bool
	closers []actors.Owner
}

// diskTask is an operation between its submission and its end.
type diskTask struct {
	op     *actors.DiskOp
	handle *handle
	kind   actors.DiskKind
	off, n int64
	// submitted is the world's step of its submission.
	submitted uint64
	sum       uint32    // of the data to be written, as it was submitted
	landed    []bool    // sectors that the disk has written already
	covers    sectorSet // for a flush: sectors that it must make durable
	end       *event
	early     *event

	onEnd, onEarly func()
}

// newTask takes a task that is over, if there is one: each has its memory and its events' functions.
func (p *Platter) newTask() *diskTask {
	if n := len(p.over); n > 0 {
		t := p.over[n-1]
		p.over = p.over[:n-1]
		return t
	}
	t := &diskTask{}
	t.onEnd, t.onEarly = t.finish, t.landEarly
	return t
}

// Submit starts an operation.
func (h *handle) Submit(op *actors.DiskOp) {
	p, w := h.platter, h.boot.world
	if h.boot.dead {
		return
	}
	w.outward()
	t := p.newTask()
	t.op, t.handle, t.kind, t.off, t.n = op, h, op.Kind, op.Off, int64(len(op.Buf))
	if op.Kind == actors.DiskZero {
		t.n = op.Len
	}
	w.moment()
	h.busy++
	t.submitted = w.steps
	p.tasks = append(p.tasks, t)
	w.bounded(p.machine, "operations at a disk", len(p.tasks), mostOperations)
	if no, err := t.check(); err != nil {
		w.violate(no, p.machine.name, NoSector, "%s: %v", p.path, err)
		t.end = w.after(minDiskDelay, nil, func() { t.answer(err) })
		return
	}
	switch t.kind {
	case actors.DiskFlush:
		t.covers = append(t.covers[:0], p.volatile...)
		t.end = w.after(p.delay(minFlushDelay, maxFlushDelay), nil, t.onEnd)
		return
	case actors.DiskWrite:
		t.sum = crc32.ChecksumIEEE(op.Buf)
	}
	d := p.delay(minDiskDelay, maxDiskDelay)
	t.end = w.after(d, nil, t.onEnd)
	if t.writes() && t.n > SectorSize && oneIn(w.chance.disk, 4) {
		t.early = w.after(d/2, nil, t.onEarly)
	}
}

// check finds operations that nobody may submit.
func (t *diskTask) check() (rule, error) {
	p, w, what := t.handle.platter, t.handle.boot.world, t.op
	w.checked(ruleSeam)
	switch {
	case t.handle.closing:
		return ruleSeam, fmt.Errorf("%s after Close: %w", describe(what), wire.EBADF)
	case t.kind == actors.DiskFlush || t.handle.lost:
		return ruleSeam, nil
	case t.off < 0 || t.n <= 0 || t.off%SectorSize != 0 || t.n%SectorSize != 0:
		return ruleSeam, fmt.Errorf("%s is not whole sectors: %w", describe(what), wire.EINVAL)
	case t.off+t.n > int64(len(p.written)):
		return ruleSeam, fmt.Errorf("%s is beyond the end: %w", describe(what), wire.EINVAL)
	}
	if !t.writes() {
		return ruleSeam, nil
	}
	w.checked(ruleI6)
	for _, o := range p.tasks {
		if o != t && o.writes() && o.off < t.off+t.n && t.off < o.off+o.n {
			return ruleI6, fmt.Errorf("%s overlaps %s, which is under way, so that their order is open: %w", describe(what), describe(o.op), wire.EINVAL)
		}
	}
	return ruleSeam, nil
}

func (t *diskTask) writes() bool { return t.kind == actors.DiskWrite || t.kind == actors.DiskZero }

// landEarly writes some of an operation's sectors before its end.
func (t *diskTask) landEarly() {
	t.early = nil
	p := t.handle.platter
	if p.sound() && !t.handle.lost {
		t.landSome(fate(p.machine.world.chance.disk))
	}
}

// finish carries the operation out and answers it.
func (t *diskTask) finish() {
	p := t.handle.platter
	w := p.machine.world
	t.end = nil
	if t.stalled() && !t.handle.lost {
		w.effect(FaultStuck)
		p.held = append(p.held, t)
		return
	}
	no := t.fails()
	if t.kind == actors.DiskFlush && p.ghost != nil {
		p.ghost.flushEnded(p, no == 0)
	}
	if no != 0 {
		t.fail()
		t.answer(fmt.Errorf("%s: %v at %d of %d bytes: %w", p.path, t.kind, t.off, t.n, no))
		return
	}
	p.wrote(t)
	switch t.kind {
	case actors.DiskRead:
		copy(t.op.Buf, p.written[t.off:])
		p.mislead(t)
	case actors.DiskFlush:
		for s := t.covers.next(0); s >= 0; s = t.covers.next(s + 1) {
			p.settle(s)
		}
	default:
		if t.kind == actors.DiskWrite && crc32.ChecksumIEEE(t.op.Buf) != t.sum {
			w.violate(ruleLoan, p.machine.name, NoSector, "%s: %s: the buffer was changed before the answer", p.path, describe(t.op))
		}
		if !p.misplace(t) {
			t.landSome(always)
			p.damage(t)
		}
	}
	t.answer(nil)
}

func always() bool { return true }

// fail does what a failing operation may do: a write lands in part; a flush forgets in part what it
// should have made durable, so that no later flush will.
func (t *diskTask) fail() {
	p := t.handle.platter
	w := p.machine.world
	switch {
	case p.gone || t.handle.lost || p.full || p.readOnly:
	case t.writes():
		t.landSome(fate(w.chance.disk))
	case t.kind == actors.DiskFlush:
		kept := fate(w.chance.disk)
		for s := t.covers.next(0); s >= 0; s = t.covers.next(s + 1) {
			if kept() {
				p.settle(s)
			} else {
				p.volatile.remove(s)
				w.effect(FaultFlushLost)
				if p.ghost != nil {
					p.ghost.flushLost(p, s)
				}
			}
		}
	}
}

// landSome writes those sectors of the operation that were not written yet and that which picks.
func (t *diskTask) landSome(which func() bool) {
	if !t.writes() || t.handle.lost {
		return
	}
	n := t.n / SectorSize
	if int64(len(t.landed)) != n {
		t.landed = append(t.landed[:0], make([]bool, n)...)
	}
	p := t.handle.platter
	for i := range t.landed {
		if t.landed[i] || !which() {
			continue
		}
		t.landed[i] = true
		p.landSector(t.off/SectorSize+int64(i), t.sector(i))
	}
}

// sector is what the operation writes to the i-th of its sectors.
func (t *diskTask) sector(i int) []byte {
	if t.kind != actors.DiskWrite {
		return zeroSector[:]
	}
	return t.op.Buf[i*SectorSize : (i+1)*SectorSize]
}

// torn reports whether some of the operation's sectors were written, and some not.
func (t *diskTask) torn() bool {
	some, all := false, true
	for _, l := range t.landed {
		some, all = some || l, all && l
	}
	return some && !all
}

var zeroSector [SectorSize]byte

func (t *diskTask) answer(err error) {
	h := t.handle
	p := h.platter
	p.machine.world.moment()
	p.tasks = drop(p.tasks, t)
	h.busy--
	t.early.cancel()
	t.op.Err = err
	if g := h.platter.ghost; g != nil {
		g.ended(h.platter)
	}
	h.boot.tell(t.op.To, t.op)
	h.maybeClosed()
	t.op, t.handle, t.end, t.early = nil, nil, nil, nil
	t.landed, t.covers = t.landed[:0], t.covers[:0]
	p.over = append(p.over, t)
}

// Close lets go of the disk when all its operations have ended.
func (h *handle) Close(o actors.Owner) {
	if h.boot.dead {
		return
	}
	h.closing = true
	h.closers = append(h.closers, o)
	w := h.boot.world
	w.after(between(w.chance.disk, 10*time.Microsecond, time.Millisecond), h.boot, h.maybeClosed)
}

func (h *handle) maybeClosed() {
	if !h.closing || h.busy > 0 || h.boot.dead {
		return
	}
	if h.platter.owner == h {
		h.platter.owner = nil
	}
	closers := h.closers
	h.closers = nil
	for _, o := range closers {
		h.boot.tell(o.PID, &actors.DiskClosed{Epoch: o.Epoch})
	}
}
