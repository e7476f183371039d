package actors

import (
	"fmt"
	"time"

	"hast/states"
	"hast/wire"
)

// gateTickEvery is the coarse time of the activemap: idle extents are flushed and cleared by it.
const gateTickEvery = time.Second

// sweepMost bounds how many bits one turn looks at.
const sweepMost = 1 << 20

func (g *gate) unflushed() bool { return g.amap.AnyUnflushed(amapP) || g.amap.AnyUnflushed(amapS) }

// saveMap makes the map on disk what it must be; one write at a time, which carries all that came while
// the one before was under way.
func (g *gate) saveMap() {
	if !g.mapBusy && !g.gone() {
		g.writeMap()
	}
}

// writeMap begins a write of the map, if there is anything to be written.
func (g *gate) writeMap() {
	block := 4096
	if g.rec.MapSize()%4096 != 0 {
		block = g.sector // FreeBSD's layout on small sectors: data may begin in the same 4 KiB
	}
	w, ok := g.amap.NextWrite(block)
	if !ok {
		return
	}
	g.mapBusy, g.mapWrite = true, w
	g.mapCount++
	g.stats.MapUpdates++
	g.tell(g.res.localdisk, &saveMap{to: g.self, tag: g.res.reign, runs: w.Runs})
}

// onMapSaved lets go what waited for the map. A map write that failed is no map: those writes fail (I9).
func (g *gate) onMapSaved(m *mapSaved) {
	g.mapBusy = false
	if g.gone() && (g.dead.back < returnMaps || m.err != nil) {
		g.amap.Failed(g.mapWrite)
		if g.dead.back >= returnMaps {
			g.stayDead(m.err)
		}
		return
	}
	if m.err != nil {
		g.amap.Failed(g.mapWrite)
		g.stats.WriteErrors++
		if g.offered == 0 && g.giveUp(fmt.Errorf("cannot mark extents dirty: %w", m.err)) {
			return
		}
		g.failUnmapped(fmt.Errorf("cannot mark the extent dirty: %w", m.err))
		if g.offered != 0 {
			g.refuseOffer("the merged activemap can't be written: "+m.err.Error(), "check the local component")
		}
		g.tellDrained()
		return
	}
	g.amap.Written(g.mapWrite)
	if g.gone() {
		g.returnOn()
		return
	}
	g.mergeLeft = max(0, g.mergeLeft-1)
	g.recheck()
	g.merge()
	g.tellDrained()
}

// failUnmapped fails the writes whose extents the failed write of the map should have marked; the next one
// carries those of the others.
func (g *gate) failUnmapped(err error) {
	held := g.held
	g.held = nil
	for _, r := range held {
		f := &r.flow
		if f.at == atHold && f.mapped && f.carrier <= g.mapCount && !g.amap.Durable(uint64(r.Off), uint64(r.Len)) {
			if f.copying != nil {
				g.endChunk(r, err)
			} else {
				g.turnAway(r, err)
			}
			continue
		}
		g.held = append(g.held, r)
	}
	g.recheck()
}

// failHeld fails the writes that wait for the counter or the map: nothing of them was handed on.
func (g *gate) failHeld(err error) {
	held := g.held
	g.held = nil
	for _, r := range held {
		if r.Op == states.OpRead {
			g.held = append(g.held, r)
			continue
		}
		if r.flow.at == atHold {
			g.unmap(r)
			g.fail(r, err)
			g.ranges.Release(&r.flow.rng)
			g.release(r)
			continue
		}
		r.flow.waits = false
		if r.flow.at == atWork && !r.flow.answered {
			g.fail(r, err)
			g.unblockReads(r)
			g.retire(r)
		}
	}
	g.granted()
}

func (g *gate) startTick() {
	if !g.ticking {
		g.ticking = true
		g.res.h.Clock.TellAfter(gateTickEvery, g.self, &gateTick{epoch: g.res.reign})
	}
}

// onTick flushes an idle device by itself, and clears the bits of extents that have rested (I10): later
// than the original, so that a random load doesn't rewrite the map for every second write.
func (g *gate) onTick() {
	g.ticking = false
	if g.opened {
		g.amap.Tick()
		g.tickAiling()
		if g.gone() {
			g.tickGone()
			g.startTick()
			return
		}
		g.late = g.tailIsLate()
		idle := !g.wroteTick
		g.wroteTick = false
		if g.session != 0 && g.dead.at == deadNot && idle && g.flushing == nil && g.unflushed() {
			g.startFlush(nil)
		}
		if g.session != 0 && g.amap.Sweep(sweepMost) > 0 {
			g.saveMap()
		}
	}
	g.startTick()
}

// tailIsLate looks for a write that was answered under async longer ago than the peer may take.
func (g *gate) tailIsLate() bool {
	for r := g.all.head; g.tail > 0 && r != nil; r = r.flow.next {
		if f := &r.flow; f.tailed && g.res.h.Clock.Now()-f.tailedAt > g.cfg.AsyncTime {
			return true
		}
	}
	return false
}

// raise makes the counter of a lone change durable, after a flush: what was answered before is durable
// here when the counter says that this copy is ahead (rules raise-flush, raise-each). It ends a
// handshake under way (rule raise-aborts-hello).
func (g *gate) raise() {
	if g.raising || g.raised || g.dead.at != deadNot {
		return
	}
	if g.hello != 0 || g.confirming != 0 {
		g.hello, g.offered, g.confirming, g.reply = 0, 0, 0, nil
		g.tell(g.res.link, &hangUp{reason: "the counter had to be raised during the handshake"})
	}
	g.raising = true
	g.raiseTag = g.res.newEpoch()
	g.tell(g.res.localdisk, &flushDisk{to: g.self, tag: g.raiseTag})
}

func (g *gate) onRaiseFlushed(err error) {
	if err != nil {
		g.distrust()
		g.raiseFailed(err)
		return
	}
	g.raiseReady = true
	g.saveRaise()
}

// saveRaise writes the raised record, once no other record is being written: each is based on the latest.
func (g *gate) saveRaise() {
	if !g.raiseReady || g.recBusy != recIdle {
		return
	}
	g.raiseReady = false
	lacks, ok := states.Regained(g.rec, g.lacking()...)
	if !ok {
		g.raiseFailed(fmt.Errorf("the metadata has no room to name all extents that the secondary holds: %w", wire.EIO))
		return
	}
	crashed := g.stand.crashed
	if g.settles {
		crashed = 0 // what an unclean end took from here is the secondary's, and named
	}
	rec := states.Raised(g.rec, crashed, lacks.Bad)
	g.log.Debug(fmt.Sprintf("Increasing localcnt to %d.", rec.LocalCnt))
	g.saveRecord(rec, recRaise)
}

// lacking are the extents of which the secondary's content is the current one.
func (g *gate) lacking() []states.ExtentRun {
	var runs []states.ExtentRun
	g.amap.ForEachStale(func(e uint32) { runs = append(runs, states.ExtentRun{First: uint64(e), Count: 1}) })
	g.amap.ForEachBad(func(e uint32) { runs = append(runs, states.ExtentRun{First: uint64(e), Count: 1}) })
	return runs
}

func (g *gate) raiseFailed(err error) {
	g.raising, g.settles = false, false
	g.failHeld(fmt.Errorf("cannot record that this copy changes alone: %w", err))
	if t := g.flushing; t != nil && t.local.Final() {
		t.local, t.err = states.PartFailed, fmt.Errorf("cannot record that this copy changes alone: %w", wire.EIO)
		g.settleFlush()
	}
}

func (g *gate) saveRecord(rec states.Record, use recordUse) {
	if g.recBusy != recIdle {
		panic("gate: two records at once")
	}
	g.recBusy = use
	rec.PrevRole = states.RolePrimary
	g.stats.MetadataWrites++
	g.tell(g.res.localdisk, &saveRecord{to: g.self, tag: g.res.reign, rec: rec})
}

func (g *gate) onRecordSaved(m *recordSaved) {
	use := g.recBusy
	g.recBusy = recIdle
	if use == recReturn && g.dead.back == returnRecord {
		if m.err == nil {
			g.rec = m.rec
		}
		g.onReturned(m.err)
		return
	}
	if g.gone() {
		g.ail.saving = nil
		return // it may be what the component did last, and means nothing any more
	}
	g.doubtful = m.err != nil
	if m.err == nil {
		g.rec = m.rec
		if use == recBad {
			g.markBad()
		}
		g.decided()
	}
	switch use {
	case recBad:
		g.onBadSaved(m.err)
	case recRegain, recDecide:
	case recRaise:
		g.raising = false
		if m.err != nil {
			g.raiseFailed(m.err)
			break
		}
		g.raised = g.alone()
		g.stand.crashed, g.raisedOnce = 0, true
		g.outdated, g.stand.outdated = false, false // under force: from here on it is another branch
		if g.settles && g.door != nil {
			g.tell(g.res.link, &connect{}) // the handshake is taken up again at once; a promotion asks by itself
		}
		g.settles = false
		g.recheck()
		g.settleFlush()
	case recIdentity:
		g.onIdentity(m.err)
	case recSession:
		g.onSessionRecord(m.err)
	case recEqual:
		g.equal.saved(g, m.err)
	case recReign:
		g.onReign(m.err)
	case recSent:
		g.sentErr = m.err
		g.recheck()
		g.sentErr = nil
	case recEnd:
		g.onEnd(m.err)
	}
	g.saveReign()
	g.saveRaise()
	g.saveSent()
	g.merge()
	g.equal.save(g)
	g.disownOn()
	g.tellDrained()
}

// saveSent makes durable, before the first answer for what was only sent, that there are such answers.
func (g *gate) saveSent() {
	if g.wantSent && g.recBusy == recIdle {
		g.wantSent = false
		rec := g.rec
		rec.Unclean |= states.UncleanSent
		g.saveRecord(rec, recSent)
	}
}
