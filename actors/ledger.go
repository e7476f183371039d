package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// Towards a secondary that can't count in this node's stead, a component that fails as a whole is remembered by an
// entry in the ledger of this node's host, on another disk (I37): the record as it was, with all extents bad. The
// next opening of the component honours it: the record says so then, and the entry goes.

// entry is what the ledger says of a component that is given up.
func entry(rec states.Record) ([]byte, error) {
	rec.Bad = states.NewExtentRuns(states.ExtentRun{Count: states.Extents(rec.DataSize, rec.ExtentSize)})
	return wire.EncodeBlock(&rec, 1)
}

// endFlushes takes the turn under way back from its clients: the own component may never end its part.
func (g *gate) endFlushes() {
	t := g.flushing
	if t == nil || t.peerOnly {
		return
	}
	g.flushWait = append(t.reqs, g.flushWait...)
	t.reqs = nil
	if t.local == states.PartPending {
		t.local = states.PartNone
		g.amap.FlushReset(amapP)
	}
	g.settleFlush()
}

// noteOn goes on with the entry when the secondary has flushed all that it was sent (rule bad-flush): from then on its
// copy is the only one.
func (g *gate) noteOn() {
	d := &g.dead
	switch {
	case d.at != deadAsked || g.caps&wire.CapMarks != 0 || d.noting || g.flushing != nil:
	case g.amap.AnyUnflushed(amapS):
		g.startFlush(&flushTurn{peerOnly: true})
	default:
		d.noting = true
		g.askLedger()
	}
}

// askLedger has the ledger remember that the own component is given up.
func (g *gate) askLedger() {
	data, err := entry(g.rec)
	if err != nil {
		g.onLedgerWritten(&LedgerWritten{Epoch: g.session, Err: err})
		return
	}
	g.res.h.Ledger.Write(Owner{PID: g.self, Exec: g.res.ex, Epoch: g.session}, g.cfg.StateDir, g.cfg.Name, data)
}

func (g *gate) onLedgerWritten(m *LedgerWritten) {
	if m.Epoch != g.session || g.dead.at != deadAsked {
		g.stats.Stale++
		return
	}
	g.dead.noting = false
	if m.Err != nil {
		g.notGivenUp("the state file can't be written: " + m.Err.Error())
		return
	}
	g.dead.at, g.dead.noted = deadIs, true
	g.abandonDisk()
}

// askLedger looks, at the opening of a component, whether it was given up.
func (d *localdisk) askLedger() {
	if d.res.h.Ledger == nil {
		d.settleRecord()
		return
	}
	d.res.h.Ledger.Read(d.owner(), d.res.cfg.StateDir, d.res.cfg.Name)
}

func (d *localdisk) onLedger(m *LedgerRead) {
	if m.Epoch != d.epoch || d.opening == nil {
		return
	}
	var noted states.Record
	err := m.Err
	if err == nil && m.Data != nil {
		noted, _, err = wire.DecodeBlock(m.Data)
	}
	remedy := "make it readable, or remove it if the component holds the data to be kept"
	switch {
	case err != nil:
		d.fail(fmt.Sprintf("the state file in %s, which tells whether component %s is current, can't be read: %v", d.res.cfg.StateDir, d.res.cfg.Local, err), remedy)
	case m.Data == nil:
		d.settleRecord()
	case !states.SameComponent(&noted, &d.rec):
		d.log.Warn("a state file is about another component, or an older state of it: it is removed", "path", d.res.cfg.Local)
		d.noted = true
		d.settleRecord()
	default:
		d.log.Warn("this component was given up: all of it is taken from the peer", "path", d.res.cfg.Local)
		d.rec.Bad, d.noted = noted.Bad, true
		rec := d.rec
		d.enqueue(&saving{rec: &rec, repair: true})
	}
}

// unnote takes the entry away once the record says what it said.
func (d *localdisk) unnote() bool {
	if !d.noted {
		return false
	}
	d.noted = false
	d.res.h.Ledger.Write(d.owner(), d.res.cfg.StateDir, d.res.cfg.Name, nil)
	return true
}

func (d *localdisk) onUnnoted(m *LedgerWritten) {
	if m.Epoch != d.epoch || d.opening == nil {
		return
	}
	if m.Err != nil {
		d.fail("a state file that was honoured can't be removed: "+m.Err.Error(), "remove it: the metadata say what it said")
		return
	}
	d.readMap()
}
