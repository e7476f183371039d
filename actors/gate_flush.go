package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// flushTurn is one flush of both components, for all who asked before it began: what they want durable
// was answered by then, on whichever connection.
type flushTurn struct {
	tag           uint64
	reqs          []*Request
	local, remote states.Part
	session       uint64
	ofP, ofS      activemap.Flush
	err           error
	lagged        bool // it waited for a copy
	drains        bool // the last one of a demotion
	forSync       bool
	disowns       bool // it failed, and what it should have covered is to be recorded as bad
	barrier       bool
	peerOnly      bool // of the secondary alone: the own component has failed (gate_bad.go)
}

// lone reports whether a write that waits for the turn was written as a lone one.
func (t *flushTurn) lone() bool {
	for _, r := range t.reqs {
		if r.Op != states.OpFlush && r.flow.claim == states.ClaimLocal {
			return true
		}
	}
	return false
}

// joinFlush puts a flush, or a write that must be durable, into the next turn.
func (g *gate) joinFlush(r *Request) {
	r.flow.at = atFlush
	g.flushWait = append(g.flushWait, r)
	g.nextFlush()
}

// nextFlush begins a turn for those who wait for one, unless one is under way, or an earlier one has failed
// and what it lost has not found its place yet (gate_lost.go).
func (g *gate) nextFlush() {
	if g.flushing == nil && len(g.flushWait) > 0 && !g.ail.doubted.Any() && g.dead.at != deadAsked {
		g.startFlush(nil)
	}
}

// startFlush begins a turn. Its parts go out at once; the link is in order, so the secondary's covers all
// that was sent before.
func (g *gate) startFlush(turn *flushTurn) *flushTurn {
	if turn == nil {
		turn = &flushTurn{}
	}
	turn.tag = g.res.newEpoch()
	if g.gone() && !turn.peerOnly {
		turn.reqs, g.flushWait = g.flushWait, nil
	} else if !turn.peerOnly {
		if !g.ail.doubted.Any() {
			turn.reqs, g.flushWait = g.flushWait, nil
		}
		turn.local = states.PartPending
		turn.ofP = g.amap.FlushStart(amapP)
		g.tell(g.res.localdisk, &flushDisk{to: g.self, tag: turn.tag})
	}
	if !g.alone() {
		turn.remote, turn.session = states.PartPending, g.session
		turn.ofS = g.amap.FlushStart(amapS)
		g.tell(g.res.link, &flushPeer{session: g.session})
	}
	g.flushing = turn
	return turn
}

func (g *gate) onDiskFlushed(m *diskFlushed) {
	if g.raising && m.tag == g.raiseTag {
		g.onRaiseFlushed(m.err)
		return
	}
	t := g.flushing
	if t == nil || t.tag != m.tag {
		g.stats.Stale++
		return
	}
	if g.gone() {
		return // it may have been the last that it did
	}
	t.local = states.PartDone
	if m.err != nil {
		t.local, t.err = states.PartFailed, m.err
		g.stats.FlushErrors++
		g.log.Error("Local request failed: FLUSH.", "error", m.err)
	}
	g.amap.FlushDone(t.ofP, m.err == nil)
	g.ail.doubted.ForEach(func(e uint32) { g.amap.MarkUnflushed(amapP, e) })
	if m.err == nil {
		g.regain()
	} else if g.distrust(); !g.alone() && !g.amap.OwedUnflushed() {
		t.local, t.err = states.PartNone, nil // it covered nothing for which this component counts
	}
	g.settleFlush()
}

func (g *gate) onPeerFlushed(m *peerFlushed) {
	t := g.flushing
	if t == nil || t.session != m.session || m.session != g.session {
		g.stats.Stale++ // a flush of an older session counts for nothing (rule session-epoch)
		return
	}
	switch m.errno {
	case 0:
		t.remote = states.PartDone
		g.amap.FlushDone(t.ofS, true)
		g.unsure = false
	case wire.EOPNOTSUPP:
		if !g.noFlush {
			g.noFlush = true
			g.log.Warn("the secondary's component can't flush: written stands for durable there")
		}
		t.remote = states.PartDone
		g.amap.FlushDone(t.ofS, true)
	default:
		// What it should have covered may be lost there, whatever a later process of the secondary says (I38).
		t.remote = states.PartFailed
		g.stats.RemoteErrors++
		g.amap.FlushDone(t.ofS, false)
		g.amap.FailPeerUnflushed()
		g.peerFails = fmt.Sprintf("the secondary failed FLUSH: %v", m.errno)
		g.dropSession(g.peerFails)
		g.countError()
	}
	g.settleFlush()
}

// settleFlush answers the turn when both parts have ended, and begins the next one.
func (g *gate) settleFlush() {
	t := g.flushing
	if t == nil || !t.local.Final() || !(t.remote.Final() || g.alone()) {
		return
	}
	if g.equal.at == equalSave && !g.gone() {
		return // what the counters say is being written: the end of that comes back to here
	}
	behind := g.peerBehind()
	if !g.alone() && t.session != g.session && !behind && t.local == states.PartDone && len(t.reqs) > 0 {
		// The secondary came (back) since the turn began: it shall flush, too.
		g.flushWait = append(t.reqs, g.flushWait...)
		g.startFlush(&flushTurn{drains: t.drains})
		return
	}
	state := g.flushState(t)
	action := states.CompleteFlush(state)
	if action == states.Wait && len(t.reqs) > 0 {
		t.lagged = true
		return // the copying goes on, and its end comes back to here
	}
	if action == states.Answer && t.lagged && !g.alone() {
		// The secondary's flush is older than the copy that it waited for.
		g.flushWait = append(t.reqs, g.flushWait...)
		g.startFlush(&flushTurn{drains: t.drains})
		return
	}
	if action == states.Raise && len(t.reqs) > 0 {
		if g.target() {
			action = states.Fail
		} else {
			g.raise() // recheck comes back to here
			return
		}
	}
	if action == states.Fail && t.disowns && !g.alone() {
		g.flushWait = append(t.reqs, g.flushWait...)
		t.reqs = nil
	}
	g.flushing = nil
	err := t.err
	if action == states.Fail && err == nil {
		err = fmt.Errorf("the current copy is the secondary's, which didn't confirm the flush: %w", wire.EIO)
	}
	for _, r := range t.reqs {
		r.flow.durable = states.FlushClaim(state)
		if r.Op != states.OpFlush {
			bad := g.amap.BadIn(uint64(r.Off), uint64(r.Len)) || g.recordedBad(r)
			r.flow.claim = states.ClaimAfterFlush(r.flow.claim, r.flow.durable, bad)
		}
		g.flushed(t, r, err)
	}
	if t.forSync && t.session == g.session && t.session != 0 {
		g.tell(g.res.sync, &bothFlushed{session: t.session, err: err})
	}
	if t.barrier {
		g.onBarrierFlushed(t, err)
	}
	if t.drains {
		g.onDrainFlushed(err)
	}
	if g.barrier {
		g.equal.step(g)
	}
	if g.flushing == nil && g.syncFlush != 0 {
		wanted := g.syncFlush
		g.syncFlush = 0
		if wanted == g.session {
			g.startFlush(&flushTurn{forSync: true})
		}
	}
	g.nextFlush()
	g.noteOn()
	g.disownOn()
	g.maybeDrained()
}

// flushState collects what the answer to a turn depends on.
func (g *gate) flushState(t *flushTurn) states.FlushState {
	behind := g.peerBehind()
	return states.FlushState{Local: t.local, Remote: t.remote, Alone: g.alone(), Raised: g.raised || behind, Behind: g.behind || g.gone() || g.amap.AwayUnflushed(),
		PeerLacks: g.unsure || g.amap.AnySlag() || g.amap.AnyUnflushed(amapS), PeerLags: g.lag.Any() || g.caps&wire.CapMarks == 0 && g.amap.AnySlag(), PeerBehind: behind, Lone: t.lone()}
}

// flushed answers one who waited for the turn.
func (g *gate) flushed(t *flushTurn, r *Request, err error) {
	if r.Op == states.OpFlush {
		if err != nil && t.local != states.PartFailed {
			g.stats.FlushErrors++ // the component's own is counted already
		}
		g.answer(r, err)
		g.release(r)
		return
	}
	r.flow.at = atWork
	if err != nil {
		g.fail(r, err)
	} else {
		g.count(r.flow.claim)
		g.answer(r, nil)
	}
	g.unblockReads(r)
	g.retire(r)
}

// onDrainFlushed ends a demotion: what both hold durably needs no dirty bit any more (I33).
func (g *gate) onDrainFlushed(err error) {
	g.drainErr = err
	g.drained = true
	if err == nil && !g.alone() && !g.gone() {
		g.amap.Rest()
		g.amap.Sweep(sweepMost)
		g.saveMap()
	}
	g.tellDrained()
}

func (g *gate) tellDrained() {
	if !g.drained || (g.mapBusy || g.recBusy != recIdle) && !g.gone() {
		return
	}
	g.drained = false
	if g.gone() {
		g.end()
		return
	}
	if g.drainErr != nil {
		g.end() // the record stays one of an unclean end
		return
	}
	rec := states.ReignEnded(g.rec, g.regained(), states.ReignEnd{
		Crashed:  g.stand.crashed,
		SentOnly: g.alone() || g.tail > 0 || g.amap.AnySlag() || g.peerBehind(),
		Forced:   g.forced,
		Outdated: g.outdated,
		Doubted:  g.res.cache.AnyDoubted(),
	})
	if rec != g.rec {
		g.saveRecord(rec, recEnd)
		return
	}
	g.end()
}

// onEnd: the record of a reign's clean end is written, or couldn't be: then the mark stays.
func (g *gate) onEnd(err error) {
	if err != nil {
		g.drainErr = err
	}
	g.end()
}

// end ends a demotion. From here on this copy is a secondary's, and knows what it lacks: nothing, unless
// it was a target, or has learnt nothing since an unclean end.
func (g *gate) end() {
	if g.met || g.raisedOnce {
		g.stand.lag.Reset()
		g.stand.lagKnown = g.stand.crashed == 0 && g.rec.Unfit == states.Fit
		g.amap.ForEachStale(func(e uint32) { g.stand.lag.Set(e) })
	}
	g.remember()
	reason := ""
	if g.gone() {
		g.tell(g.res.pid, &gateDrained{reason: "the local component was given up: " + g.dead.err.Error(), reopen: true})
		return
	}
	if g.drainErr != nil {
		reason = "the last flush failed: " + g.drainErr.Error()
	}
	g.tell(g.res.pid, &gateDrained{reason: reason})
}
