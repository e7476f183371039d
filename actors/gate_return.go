package actors

import (
	"bytes"
	"fmt"

	"hast/states"
	"hast/states/activemap"
)

// A component that was given up may come back: its errors were for a while, or its disk was gone for a while. It is
// opened anew now and then, once nothing of before is in its hands, and if it is what it was it is copied to, while
// clients go on at the secondary. It becomes a target like one whose secondary is ahead (design 11): the map that says
// what differs, and the record that says that it isn't current, are durable before the first byte lands.

// returning is how far a component that comes back is.
type returning uint8

const (
	returnNot    returning = iota
	returnOpens            // it is being opened
	returnMaps             // the map is being written, while changes go on
	returnBars             // new changes wait until those under way have ended, and the map has them all
	returnRecord           // the record is being written
)

// tryReturn has the component opened again.
func (g *gate) tryReturn() {
	d := &g.dead
	if d.at != deadIs || d.noted || d.back != returnNot || g.drains || !d.patience.over() || d.lent > 0 || g.mapBusy || g.recBusy != recIdle {
		return
	}
	d.patience.start()
	d.back = returnOpens
	g.tell(g.res.localdisk, &reopenDisk{})
}

// onReopened takes what the component holds now.
func (g *gate) onReopened(m *diskReopened) {
	d := &g.dead
	if d.back != returnOpens {
		return
	}
	d.back = returnNot
	switch {
	case m.err != nil:
		g.log.Debug("the local component is still no use", "error", m.err)
		return
	case d.at != deadIs || g.drains:
		return
	case !states.SameComponent(&m.rec, &g.rec):
		d.err = fmt.Errorf("what its disk holds now is another component, or an older copy of it")
		g.log.Warn("the local component isn't taken back: " + d.err.Error())
		return
	}
	if err := g.amap.Reload(m.image); err != nil {
		g.log.Error("the local component's map makes no sense", "error", err)
		return
	}
	g.log.Warn("the local component is back, and is copied to")
	g.rec = m.rec
	d.back = returnMaps
	g.returnOn()
}

// returnOn takes the next step, when the one before has ended.
func (g *gate) returnOn() {
	d := &g.dead
	if d.at != deadIs || g.mapBusy {
		return
	}
	switch d.back {
	case returnMaps:
		if g.amap.Pending() {
			g.writeMap()
			return
		}
		d.back, g.barrier = returnBars, true
		g.returnOn()
	case returnBars:
		switch {
		case g.moving > 0:
		case g.amap.Pending():
			g.writeMap()
		default:
			d.back = returnRecord
			rec := g.rec
			rec.Unfit = states.Inconsistent
			g.saveRecord(rec, recReturn)
		}
	}
}

// stayDead ends an attempt.
func (g *gate) stayDead(err error) {
	g.log.Error("the local component failed again", "error", err)
	g.dead.back, g.dead.err = returnNot, err
	g.barrier = false
	g.tell(g.res.localdisk, &quarantine{})
	g.recheck()
}

// onReturned: from here on the component is written to as any target's.
func (g *gate) onReturned(err error) {
	if err != nil {
		g.stayDead(err)
		return
	}
	g.dead = dead{}
	g.behind, g.isTarget, g.seenPeer = true, true, g.peer.LocalCnt
	g.verdict = states.VerdictSecondaryAhead
	g.amap.ForEachDirty(func(e uint32) { g.amap.MarkSource(e, activemap.FromPeer) })
	g.ail.err = nil
	g.barrier = false
	g.tell(g.res.sync, &syncBegin{session: g.session, source: states.SourceSecondary, dirty: g.amap.SyncBytes()})
	g.recheck()
	g.nextFlush()
}

// reopenDisk has localdisk open a component anew that was given up; answered by diskReopened.
type reopenDisk struct{}
type diskReopened struct {
	rec   states.Record
	image []byte
	err   error
}

// onReopen closes the component first, which ends when its operations have.
func (d *localdisk) onReopen() {
	if d.reopening || d.outstanding > 0 || len(d.saves) > 0 || d.heal.at != healIdle {
		d.tell(d.res.gate, &diskReopened{err: errGivenUp})
		return
	}
	d.reopening = true
	if d.disk == nil {
		d.onOpen()
		return
	}
	d.disk.Close(Owner{PID: d.self, Exec: d.res.ex, Epoch: d.epoch})
}

// onClosed goes on with the opening.
func (d *localdisk) onClosed() {
	if !d.reopening {
		return
	}
	d.disk, d.open, d.quarantined = nil, false, false
	d.copies, d.flushLost, d.unsafe = [states.CopySlots]uint64{}, nil, ""
	d.onOpen()
}

// reopened answers the gate, if it was for it that the component was opened.
func (d *localdisk) reopened(err error) bool {
	if !d.reopening {
		return false
	}
	d.reopening = false
	d.quarantined = err != nil
	d.tell(d.res.gate, &diskReopened{rec: d.rec, image: bytes.Clone(d.image), err: err})
	return true
}
