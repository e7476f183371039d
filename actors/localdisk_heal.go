package actors

import (
	"errors"

	"hast/states"
	"hast/states/volatile"
	"hast/wire"
)

// A flush that failed may have lost what it covered, and the next one, which is good, says nothing of it (I38).
// So localdisk, which alone sees all changes and all flushes in whichever role, knows what may be lost, and
// writes it anew from what the component still returns before it hands another flush on. The failed flush is
// told to whoever asked for it all the same: where the peer has a better copy, that one is taken (gate_lost.go).

// healStep is what is being done for a unit that may be lost.
type healStep uint8

const (
	healIdle   healStep = iota
	healDrains          // the changes under way end; new ones wait
	healReads
	healWrites
	healOver // the component was given up, and still has the operation
)

// healing writes anew what may be lost, one unit at a time: between two units the changes that waited go on, so
// that none waits for more than one.
type healing struct {
	at      healStep
	op      DiskOp
	buf     []byte
	pieces  pieces
	waits   []*DiskOp // flushes, which go when nothing is lost any more
	held    []*DiskOp // changes, which go when the unit is done
	changes int       // under way at the component
}

// pieceSize is how much of a unit is read at once when not all of it can be read, in bytes.
const pieceSize = 4096

// pieces is a unit that is written anew piece by piece, because not all of it can be read.
type pieces struct {
	on     bool
	off, n uint64 // the unit
	next   uint64 // the next piece, from the beginning of the unit
	round  uint64
}

// diskCache outlives roles, openings and falls of a resource: what a process was told of a failed flush it knows
// until it ends. It is of one opened component at a time, whose lock says whose turn it is; nil: none was opened.
type diskCache struct {
	*volatile.Cache
	// shaken: a flush failed while the component was being opened. What a former process wrote as secondary and did
	// not flush no map here names: it may be gone, as if the machine had been started anew. So says the next record
	// that a role writes after an unclean end, and there it is kept.
	shaken bool
}

func (d *localdisk) cache() *volatile.Cache { return d.res.cache.Cache }

// follows begins to follow the data of the record that holds. What was lost before the component was closed and
// opened again still is.
func (d *localdisk) follows() {
	if c := d.cache(); c != nil && c.Size() == d.rec.DataSize {
		c.Reopened()
		return
	}
	d.res.cache.Cache = volatile.New(d.rec.DataSize, min(uint64(d.rec.ExtentSize), MaxRequest))
}

// inherits is before the flush that ends an opening. A former process may have left in the component's cache what it
// wrote to the extents that the map names: that flush covers it, and tells nobody else if it fails. If it ended
// without order, an earlier flush may have failed, of which it alone was told: what it wrote may be in a cache that
// will never be written, and is written anew before it counts as durable (I38). What it wrote as secondary is named
// by the primary's map only.
func (d *localdisk) inherits() {
	unclean := states.CacheInDoubt(&d.rec, d.res.h.Boot)
	if unclean && d.rec.PrevRole == states.RoleSecondary {
		d.res.cache.Doubt(0, d.rec.DataSize)
	}
	for e, all := uint64(0), states.Extents(d.rec.DataSize, d.rec.ExtentSize); e < all; e++ {
		if bitOf(d.image, uint32(e)) {
			off := e * uint64(d.rec.ExtentSize)
			n := min(uint64(d.rec.ExtentSize), d.rec.DataSize-off)
			d.res.cache.Inherit(off, n)
			if unclean {
				d.res.cache.Doubt(off, n)
			}
			if unclean && d.res.cache.shaken {
				d.res.cache.Rely(off, n) // this very process was told: the flush behind the repair of a record failed
			}
		}
	}
}

// changes reports whether an operation changes data.
func (op *DiskOp) changes() bool {
	return (op.Kind == DiskWrite || op.Kind == DiskZero) && (op.use == opData || op.use == opServe || op.use == opHeal)
}

// extent is which data an operation changes, in bytes.
func (d *localdisk) extent(op *DiskOp) (off, n uint64) {
	n = uint64(len(op.Buf))
	if op.Kind == DiskZero {
		n = uint64(op.Len)
	}
	return uint64(op.Off) - d.rec.LocalOff, n
}

// hand gives an operation to the component.
func (d *localdisk) hand(op *DiskOp) {
	op.Epoch, op.To, op.Err = d.epoch, d.self, nil
	if c := d.cache(); c != nil {
		switch {
		case op.changes():
			d.heal.changes++
			op.followed, op.turn = true, c.Begin(d.extent(op))
		case op.Kind == DiskFlush:
			op.followed, op.turn = true, c.FlushBegin()
		}
	}
	d.outstanding++
	d.watch(op)
	d.disk.Submit(op)
}

// ended takes note of the end of an operation.
func (d *localdisk) ended(op *DiskOp) {
	if !op.followed {
		return
	}
	op.followed = false
	c := d.cache()
	if op.changes() {
		d.heal.changes--
		off, n := d.extent(op)
		c.End(off, n, op.turn, op.Err == nil)
		return
	}
	ok := op.Err == nil || errors.Is(op.Err, wire.EOPNOTSUPP)
	c.FlushEnd(op.turn, ok)
	if !ok && d.opening != nil {
		d.res.cache.shaken = true
	}
	if !ok && len(d.saves) > 0 {
		d.saves[0].again = true
	}
}

// waits keeps an operation back that must not be handed on yet.
func (d *localdisk) waits(op *DiskOp) bool {
	h := &d.heal
	switch {
	case op.Kind == DiskFlush && (op.use == opServe || op.use == opFlush) && (len(h.waits) > 0 || d.cache().AnyLost()):
		h.waits = append(h.waits, op)
		d.healOn()
	case op.changes() && op.use != opHeal && h.at != healIdle:
		h.held = append(h.held, op)
	default:
		return false
	}
	return true
}

// healOn begins with the next unit, as soon as no change is under way: a change of the same sectors must not
// be overtaken by what was there before.
func (d *localdisk) healOn() {
	h := &d.heal
	if h.at != healIdle {
		return
	}
	h.at = healDrains
	d.healDrained()
}

func (d *localdisk) healDrained() {
	h := &d.heal
	if h.at != healDrains || h.changes > 0 {
		return
	}
	off, n, ok := d.cache().Lost(0)
	if !ok {
		d.healEnd(nil) // written anew by those that were under way
		return
	}
	if uint64(cap(h.buf)) < n {
		h.buf = make([]byte, n)
	}
	h.at = healReads
	h.op = DiskOp{Kind: DiskRead, Off: int64(d.rec.LocalOff + off), Buf: h.buf[:n], use: opHeal}
	d.submit(&h.op)
}

// onHealed takes a step of it back.
func (d *localdisk) onHealed(op *DiskOp) {
	h := &d.heal
	switch {
	case h.at == healOver:
		h.at, h.pieces.on = healIdle, false
	case op.Err != nil && h.at == healReads && d.inPieces(op.Err):
		d.nextPiece()
	case op.Err != nil:
		h.pieces.on = false
		d.healEnd(op.Err)
	case h.at == healReads:
		h.at = healWrites
		h.op = DiskOp{Kind: DiskWrite, Off: op.Off, Buf: op.Buf, use: opHeal}
		d.submit(&h.op)
	case h.pieces.on:
		d.nextPiece()
	case d.cache().AnyLost():
		d.healNext(nil)
		d.healOn()
	default:
		d.healEnd(nil)
	}
}

// inPieces reports whether a unit that can't be read is written anew as far as it can be: if it was only in doubt. What
// is in a cache can be read.
func (d *localdisk) inPieces(err error) bool {
	h := &d.heal
	if !errors.Is(err, wire.EIO) {
		return false
	}
	if h.pieces.on {
		return true
	}
	off, n := uint64(h.op.Off)-d.rec.LocalOff, uint64(len(h.op.Buf))
	round, ok := d.cache().Suspected(off)
	if ok {
		h.pieces = pieces{on: true, off: off, n: n, round: round}
	}
	return ok
}

// nextPiece goes on with the next one, or ends the unit.
func (d *localdisk) nextPiece() {
	h := &d.heal
	p := &h.pieces
	if p.next < p.n {
		h.at = healReads
		h.op = DiskOp{Kind: DiskRead, Off: int64(d.rec.LocalOff + p.off + p.next), Buf: h.buf[:min(pieceSize, p.n-p.next)], use: opHeal}
		p.next += pieceSize
		d.submit(&h.op)
		return
	}
	p.on = false
	d.cache().Healed(p.off, p.round)
	if d.cache().AnyLost() {
		d.healNext(nil)
		d.healOn()
		return
	}
	d.healEnd(nil)
}

// healNext lets the changes go that waited.
func (d *localdisk) healNext(err error) {
	h := &d.heal
	if h.at != healOver {
		h.at = healIdle
	}
	held := h.held
	h.held = nil
	for _, op := range held {
		if h.at == healOver {
			d.bounce(op, err)
		} else {
			d.submit(op)
		}
	}
}

// healEnd lets all go that waited. With an error the flushes fail: what the component may have lost is still to
// be written anew.
func (d *localdisk) healEnd(err error) {
	waits := d.heal.waits
	d.heal.waits = nil
	d.healNext(err)
	for _, op := range waits {
		if err != nil {
			d.bounce(op, err)
		} else {
			d.submit(op)
		}
	}
	if d.heal.at == healIdle {
		d.heal.buf = nil
	}
}

// healStops is for a component that is given up: it may never end what it has.
func (d *localdisk) healStops() {
	switch h := &d.heal; h.at {
	case healReads, healWrites:
		h.at = healOver
	case healIdle, healOver:
		return
	}
	d.healEnd(errGivenUp)
}

// bounce answers an operation that isn't handed on.
func (d *localdisk) bounce(op *DiskOp, err error) {
	op.Epoch, op.To, op.Err = d.epoch, d.self, err
	d.outstanding++
	d.begin(op) // the first one, if the component was given up before it was read
	d.tell(d.self, op)
}
