package actors

import (
	"fmt"

	"hast/states"
	"hast/states/bitset"
	"hast/wire"
)

// What the own component failed to write, and the secondary has, is the secondary's from then on: the record
// names its extents as bad, durably, before the client hears ok (claim remote, I37; rules bad-mark and
// bad-flush). Such an extent is read from the secondary and written to both; sync copies it back as soon as
// the component takes writes again, and once that is flushed the record forgets it (rule bad-clear).

// ailing is what the gate knows of a component that fails.
type ailing struct {
	// wanted holds extents of failed writes, until the record names them. New writes to them wait, else the
	// secondary's flush would never cover them.
	wanted *bitset.Set
	// doubted are those of them that no write has failed, but a flush. No flush is answered before the record
	// names them.
	doubted *bitset.Set
	// saving are those that the record being written names anew.
	saving []states.ExtentRun
	// undecided holds those of which a record that failed to be written may have been written all the same.
	// Nothing of them is shown or changed until another record was written, because the next start might
	// take it back.
	undecided *bitset.Set
	patience
	err  error // the component's last one
	told bool  // in this tick
	mute int   // errors that were not logged
}

// patience is a pause in ticks that doubles each time, up to a minute.
type patience struct{ pause, left int }

const (
	patienceLeast = 5
	patienceMost  = 60
)

// start begins a pause, longer than the one before.
func (p *patience) start() {
	p.pause = min(max(2*p.pause, patienceLeast), patienceMost)
	p.left = p.pause
}

// over counts a tick, and reports whether the pause has ended.
func (p *patience) over() bool {
	p.left = max(p.left-1, 0)
	return p.left == 0
}

func newAiling(extents uint32) ailing {
	return ailing{wanted: bitset.New(extents), doubted: bitset.New(extents), undecided: bitset.New(extents)}
}

// anyIn reports whether a set has an extent that a request touches.
func (g *gate) anyIn(s *bitset.Set, r *Request) bool {
	if !s.Any() {
		return false
	}
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	e, ok := s.Next(first)
	return ok && e <= last
}

// tellError logs an error of the own component, once a tick at most.
func (g *gate) tellError(r *Request, err error) {
	g.ail.err = err
	if g.ail.told {
		g.ail.mute++
		return
	}
	g.ail.told = true
	g.log.Error(fmt.Sprintf("Local request failed: %s(%d, %d).", r.Op, r.Off, r.Len), "error", err)
}

// onWriteError: the own component failed a write. What it holds of these extents is no copy any more, so
// that one which is under way counts for nothing.
func (g *gate) onWriteError(r *Request) {
	g.stats.WriteErrors++
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	for _, c := range append([]*extentCopy(nil), g.copies...) {
		if c.extent < first || c.extent > last {
			continue
		}
		if c.err = errRewrite; c.left == 0 {
			g.endCopy(c)
		}
	}
	if g.alone() || g.amap.SlagIn(uint64(r.Off), uint64(r.Len)) || g.isSole(r) {
		g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
		g.moreToCopy()
		return
	}
	for e := first; e <= last; e++ {
		if !g.amap.Bad(e) {
			g.ail.wanted.Set(e)
		}
	}
}

// disown has a failed write wait for the record.
func (g *gate) disown(r *Request) {
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	for e := first; e <= last; e++ {
		if !g.amap.Bad(e) {
			g.ail.wanted.Set(e)
		}
	}
	if !r.flow.waits {
		r.flow.waits = true
		g.held = append(g.held, r)
	}
	g.disownOn()
}

// disownOn takes the next step towards a record that names the wanted extents.
func (g *gate) disownOn() {
	if !g.ail.wanted.Any() || g.dead.at != deadNot {
		return
	}
	a := states.Ailing{Alone: g.alone(), Flushing: g.flushing != nil, Recording: g.recBusy != recIdle}
	g.ail.wanted.ForEach(func(e uint32) { a.Unflushed = a.Unflushed || g.amap.Unflushed(amapS, e) })
	switch a.Next() {
	case states.AilingForget:
		g.ail.wanted.Reset()
		g.loseDoubted()
	case states.AilingFlush:
		g.startFlush(&flushTurn{peerOnly: true})
	case states.AilingRecord:
		g.saveBad()
	}
}

// runsOf lists the extents of a set.
func runsOf(s *bitset.Set) []states.ExtentRun {
	var runs []states.ExtentRun
	s.ForEach(func(e uint32) { runs = append(runs, states.ExtentRun{First: uint64(e), Count: 1}) })
	return runs
}

func (g *gate) saveBad() {
	runs := runsOf(g.ail.wanted)
	rec, ok := states.Disowned(g.rec, runs...)
	if !ok {
		if g.giveUp(fmt.Errorf("the metadata has no room to name more extents that the local component failed: %w", wire.EIO)) {
			return
		}
		g.disownFailed(fmt.Errorf("the metadata has no room to name more extents that the local component failed: %w", wire.EIO))
		return
	}
	g.ail.saving = runs
	g.saveRecord(rec, recBad)
}

// onBadSaved: the record is durable, or may be.
func (g *gate) onBadSaved(err error) {
	saved := g.ail.saving
	g.ail.saving = nil
	if err != nil {
		for _, r := range saved {
			g.ail.undecided.Set(uint32(r.First))
		}
		g.ail.patience.start()
		if g.giveUp(err) {
			return
		}
		g.disownFailed(fmt.Errorf("the local component failed, and that can't be recorded: %w", err))
		return
	}
	g.log.Warn(fmt.Sprintf("%d extents that the local component failed are taken from the secondary until they are copied back.", len(saved)),
		"bad", g.rec.Bad.String())
	g.recheck()
	g.moreToCopy()
	g.nextFlush()
}

// markBad takes over what the record names now.
func (g *gate) markBad() {
	for _, r := range g.ail.saving {
		e := uint32(r.First)
		g.ail.wanted.Clear(e)
		g.ail.doubted.Clear(e)
		g.amap.MarkBad(e)
		g.amap.MarkStale(e)
	}
}

// disownFailed fails the writes that only the secondary has: a restart of this node could forget it.
func (g *gate) disownFailed(err error) {
	g.ail.wanted.Reset()
	g.loseDoubted()
	held := g.held
	g.held = nil
	for _, r := range held {
		f := &r.flow
		if f.at != atWork || f.answered || f.local != states.PartFailed {
			g.held = append(g.held, r)
			continue
		}
		f.waits = false
		g.failWrite(r, err)
	}
	g.recheck()
	g.nextFlush()
}

// failWrite answers a write that has moved with an error: it may have been applied on either side, so its
// extents are copied.
func (g *gate) failWrite(r *Request, err error) {
	g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
	g.moreToCopy()
	g.fail(r, err)
	g.unblockReads(r)
	g.retire(r)
}

// decided notes that a record was written: what an earlier one may have said is void.
func (g *gate) decided() {
	if g.ail.undecided.Any() {
		g.ail.undecided.Reset()
		g.recheck()
	}
	g.ail.patience = patience{}
}

// regain has the record forget the bad extents that the own component holds again, flushed.
func (g *gate) regain() {
	if g.dead.at != deadNot || g.rec.Bad.IsEmpty() || g.recBusy != recIdle || g.forced || g.offered != 0 {
		return
	}
	if rec := g.regained(); rec.Bad != g.rec.Bad {
		g.saveRecord(rec, recRegain)
	}
}

// regained is the record without the bad extents that the own component holds again, flushed.
func (g *gate) regained() states.Record {
	var still []states.ExtentRun
	g.rec.Bad.ForEach(func(first, count uint64) {
		for e := first; e < first+count; e++ {
			if i := uint32(e); g.amap.Bad(i) || g.amap.Stale(i) || g.amap.Unflushed(amapP, i) {
				still = append(still, states.ExtentRun{First: e, Count: 1})
			}
		}
	})
	rec, _ := states.Regained(g.rec, still...)
	return rec
}

// recordedBad reports that the record names an extent of a range as bad, though it may be copied back
// already: until the record is written again, a restart would take its content from the secondary.
func (g *gate) recordedBad(r *Request) bool {
	if g.rec.Bad.IsEmpty() {
		return false
	}
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	for e := first; e <= last; e++ {
		if g.rec.Bad.Contains(uint64(e)) {
			return true
		}
	}
	return false
}

// tickAiling is the gate's coarse time for a component that fails.
func (g *gate) tickAiling() {
	a := &g.ail
	if a.mute > 0 {
		g.log.Error(fmt.Sprintf("%d more local requests failed.", a.mute), "error", a.err)
	}
	a.told, a.mute = false, 0
	g.dead.patience.over()
	if g.repairs.patience.over() {
		g.nextRepair()
	}
	if g.dead.at == deadNot && a.undecided.Any() && a.patience.over() && g.recBusy == recIdle {
		a.patience.start()
		g.saveRecord(g.rec, recDecide)
	}
	g.regain()
}

// ailment says for status that the own component fails, and what helps; empty if it doesn't.
func (g *gate) ailment() (reason, remedy string) {
	switch {
	case !g.opened:
	case g.dead.at == deadAsked:
		return fmt.Sprintf("the local component fails (%v); the secondary is asked to stand in for it", g.dead.err), "wait"
	case g.gone():
		return fmt.Sprintf("the local component was given up (%v): all is read from and written to the peer alone", g.dead.err),
			"repair the disk, or promote the other node and replace it"
	case g.ail.undecided.Any():
		return fmt.Sprintf("the local component failed, and its metadata can't be written: %v", g.ail.err), "check the disk below the component"
	case g.amap.AnyBad():
		why := ""
		if g.ail.err != nil {
			why = ": " + g.ail.err.Error()
		}
		return fmt.Sprintf("%d bytes of the local component aren't current, the peer's are%s", g.amap.BadBytes(), why),
			"check the disk below the component; what it failed is copied back by itself when it takes writes again"
	}
	return "", ""
}
