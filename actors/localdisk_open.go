package actors

import (
	"errors"
	"fmt"

	"hast/states"
	"hast/wire"
)

// searchPatience is after how many failed reads the search for copies gives a provider up: one that reads
// nothing would be asked for minutes.
const searchPatience = 4

// opening is the way from an opened provider to the record that holds: FreeBSD's block, then the slots
// below the data that the block names; without a good block, those of each place where data could begin.
type opening struct {
	stored    states.Stored
	offs      [states.CopySlots]uint64
	ops       [states.CopySlots]DiskOp
	left      int      // reads under way
	search    []uint64 // beginnings of the data area that were not tried yet
	searching bool
	marked    bool // stored.Slots has something that at least begins as a copy
	failed    int  // reads of the search that failed
}

func (d *localdisk) onOpen() {
	d.epoch = d.res.newEpoch()
	d.ages, d.ticks = ages{}, false
	d.res.h.Disks.Open(d.owner(), d.res.cfg.Local, d.res.cfg.Workers)
}

func (d *localdisk) onOpened(m *DiskOpened) {
	if m.Epoch != d.epoch {
		if m.Disk != nil {
			m.Disk.Close(Owner{PID: d.self, Exec: d.res.ex, Epoch: m.Epoch})
		}
		return
	}
	if d.busy = errors.Is(m.Err, wire.EBUSY); m.Err != nil {
		d.fail(m.Err.Error(), "check the path in the configuration, and that nobody else uses the component")
		return
	}
	d.disk, d.size, d.sector = m.Disk, m.Size, m.Sector
	d.tell(d.res.pid, &diskTaken{})
	if m.Size < states.MetadataSize {
		d.fail(fmt.Sprintf("component %s has %d bytes, too small for metadata", d.res.cfg.Local, m.Size),
			"use a larger component and run 'hastctl create "+d.res.cfg.Name+"'")
		return
	}
	d.opening = &opening{}
	d.read(0, states.MetadataSize)
}

// read starts a read of metadata or map.
func (d *localdisk) read(off, n int64) {
	d.reading = DiskOp{Kind: DiskRead, Off: off, Buf: make([]byte, n), use: opRead}
	d.submit(&d.reading)
}

func (d *localdisk) onRead(op *DiskOp) {
	switch {
	case op != &d.reading:
		d.onSlot(op)
	case op.Kind == DiskFlush:
		d.onSettled(op.Err)
	case op.Off != states.MapOffset:
		d.onBlock(op)
	case op.Err != nil:
		d.fail(fmt.Sprintf("cannot read the activemap of %s: %v", d.res.cfg.Local, op.Err), "check the disk below the component")
	default:
		d.image = op.Buf
		d.inherits()
		d.reading = DiskOp{Kind: DiskFlush, use: opRead}
		d.submit(&d.reading)
	}
}

// onSettled ends the opening. A process, or an actor, that died between the write of a map and its flush
// has left bits that a read returns and a power cut takes. From here on what was read counts as durable,
// and data moves without another write of the map (I9): so it has to be.
func (d *localdisk) onSettled(err error) {
	if errors.Is(err, wire.EOPNOTSUPP) {
		d.cannotFlush()
		err = nil
	}
	if err != nil {
		d.fail(fmt.Sprintf("cannot flush %s: %v", d.res.cfg.Local, err), "check the disk below the component")
		return
	}
	if d.rec.Unclean == 0 {
		d.res.cache.shaken = false // all that was written had been flushed
	}
	d.opening = nil
	d.open = true
	d.describe()
}

// onBlock looks at FreeBSD's block, which says where the slots are if it is good.
func (d *localdisk) onBlock(op *DiskOp) {
	o := d.opening
	o.stored.Block = wire.FindBlock(op.Buf, op.Err)
	if o.stored.Block.State != states.CopyGood {
		o.searching, o.search = true, states.SlotSearch(uint64(d.size))
		d.searchOn()
		return
	}
	rec := &o.stored.Block.Record
	if !d.usable(rec) {
		return
	}
	if offs, ok := rec.CopyOffsets(); ok {
		d.readSlots(offs)
		return
	}
	d.choose()
}

func (d *localdisk) readSlots(offs [states.CopySlots]uint64) {
	o := d.opening
	o.offs, o.left = offs, len(offs)
	for i := range o.ops {
		o.ops[i] = DiskOp{Kind: DiskRead, Off: int64(offs[i]), Buf: make([]byte, states.CopySlot), use: opRead}
		d.submit(&o.ops[i])
	}
}

// searchOn reads the slots of the next place, or ends the search.
func (d *localdisk) searchOn() {
	o := d.opening
	if len(o.search) == 0 || o.failed >= searchPatience {
		d.choose()
		return
	}
	place := o.search[0]
	o.search = o.search[1:]
	d.readSlots(states.SlotsBelow(place))
}

// onSlot takes one slot's content, and decides when both are there.
func (d *localdisk) onSlot(*DiskOp) {
	o := d.opening
	if o.left--; o.left > 0 {
		return
	}
	var found [states.CopySlots]states.StoredCopy
	known, marked := false, false
	for i := range found {
		found[i] = wire.FindCopy(o.ops[i].Buf, o.offs[i], d.res.cfg.Name, o.ops[i].Err)
		known = known || found[i].State == states.CopyGood || found[i].State == states.CopyNewer
		if o.ops[i].Err == nil {
			marked = marked || wire.BeginsAsCopy(o.ops[i].Buf)
		} else {
			o.failed++
		}
	}
	if !o.searching || known {
		o.stored.Slots = found
		d.choose()
		return
	}
	// Where nothing begins as a copy does are data, or nothing.
	if marked && !o.marked {
		o.stored.Slots, o.marked = found, true
	}
	d.searchOn()
}

// choose settles which record holds, and has it written wherever it isn't.
func (d *localdisk) choose() {
	name, path := d.res.cfg.Name, d.res.cfg.Local
	chosen, err := d.opening.stored.Choose()
	var none *states.NoCopyError
	switch {
	case errors.As(err, &none) && none.Newer:
		d.fail(fmt.Sprintf("metadata of %s was written by a newer version: %v", path, err), "use the version that wrote it, or a later one")
		return
	case none != nil && none.Blank:
		d.fail(fmt.Sprintf("component %s has no metadata", path), "run 'hastctl create "+name+"'")
		return
	case err != nil && d.opening.stored.Block.State == states.CopyUnreadable:
		d.fail(fmt.Sprintf("cannot read metadata of %s: %v", path, err), "check the disk below the component")
		return
	case err != nil:
		d.fail(fmt.Sprintf("metadata read from %s is invalid: %v", path, err),
			"restore the component, or run 'hastctl create "+name+"' to make it anew from the peer's data")
		return
	}
	if !d.usable(&chosen.Record) {
		return
	}
	if chosen.Foreign {
		d.log.Warn("another implementation wrote the metadata after us: what only our copies say is void", "path", path)
	}
	for _, fault := range chosen.Faults {
		d.log.Warn("metadata is damaged; a good copy holds", "path", path, "what", fault)
	}
	d.rec, d.number, d.copies, d.rewrite = chosen.Record, chosen.Number, chosen.Good, chosen.Rewrite
	d.follows()
	d.askLedger()
}

// settleRecord goes on with the record that holds: it is written wherever it isn't.
func (d *localdisk) settleRecord() {
	if d.rewrite {
		rec := d.rec
		d.enqueue(&saving{rec: &rec, repair: true})
		return
	}
	if !d.unnote() {
		d.readMap()
	}
}

// repaired ends the writing of the record at open. A provider that can't be written to is shown all the
// same: what it holds can be read, and whoever must write to it will meet the error.
func (d *localdisk) repaired(err error) {
	if err != nil && !d.rec.Bad.IsEmpty() && d.noted {
		d.fail("component "+d.res.cfg.Local+" was given up, and can't say so itself: "+err.Error(), "check the disk below the component")
		return
	}
	if err != nil {
		d.unsafe = "metadata is not whole, and could not be written anew: " + err.Error()
		d.log.Warn(d.unsafe, "path", d.res.cfg.Local)
	} else if d.unnote() {
		return
	}
	d.readMap()
}

func (d *localdisk) readMap() { d.read(states.MapOffset, int64(d.rec.MapSize())) }

// usable checks a record against this resource and this provider; if it says no, the component was given
// up.
func (d *localdisk) usable(rec *states.Record) bool {
	name, path := d.res.cfg.Name, d.res.cfg.Local
	switch {
	case rec.Resource != name:
		d.fail(fmt.Sprintf("provider %s is not part of resource %s: its metadata says %q", path, name, rec.Resource),
			"check the path in the configuration")
	case rec.LocalOff+rec.DataSize > uint64(d.size):
		d.fail(fmt.Sprintf("component %s has %d bytes, its metadata needs %d", path, d.size, rec.LocalOff+rec.DataSize),
			"give the component back its size")
	case rec.LocalOff%uint64(d.sector) != 0 || rec.DataSize%uint64(d.sector) != 0:
		d.fail(fmt.Sprintf("component %s: data at %d of %d bytes doesn't fit its sectors of %d bytes", path, rec.LocalOff,
			rec.DataSize, d.sector), "run 'hastctl create "+name+"' on this provider")
	default:
		return true
	}
	return false
}

// fail gives the component up before it was of use.
func (d *localdisk) fail(reason, remedy string) {
	if d.reopened(errors.New(reason)) {
		return
	}
	d.log.Error(reason)
	d.tell(d.res.pid, &diskFailed{reason: reason, remedy: remedy, held: d.disk != nil, busy: d.busy})
}

func (d *localdisk) describe() {
	if !d.open {
		return
	}
	if d.asked = len(d.saves) > 0; d.asked {
		return // a role must not begin from a record that is being replaced (I19)
	}
	if d.reopened(nil) {
		return
	}
	d.tell(d.res.pid, &diskReady{rec: d.rec, image: append([]byte(nil), d.image...), size: d.size, sector: d.sector})
}
