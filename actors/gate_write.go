package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// The way of a write, delete or zeroing: range, counter, map, then both components in any order, claim,
// answer, retire (design 8, rule map-first).

func newFlow(r *Request, mode states.Mode) flow {
	f := flow{mode: mode}
	f.toDisk.r, f.toPeer.r = r, r
	f.copying = r.flow.copying
	f.whole = r.flow.whole
	return f
}

func (g *gate) admitWrite(r *Request) {
	f := &r.flow
	f.rng = states.Range{Off: uint64(r.Off), End: uint64(r.Off + r.Len), Class: states.RangeWrite, Owner: r}
	if !g.ranges.Acquire(&f.rng) {
		f.at = atRange
		return
	}
	g.advance(r)
}

// granted goes on with what waited for a range.
func (g *gate) granted() {
	for {
		rng := g.ranges.NextReady()
		if rng == nil {
			return
		}
		r := rng.Owner.(*Request)
		switch {
		case r.flow.copying != nil:
			g.startChunk(r)
		case r.Op == states.OpRead:
			g.routeRead(r)
		default:
			g.advance(r)
		}
	}
}

// advance takes a write as far as it goes before its data moves.
func (g *gate) advance(r *Request) {
	if !g.alone() && !g.peerBehind() && g.waitsForCopy(r) {
		// Not in its range: the copy needs it.
		g.unmap(r)
		g.ranges.Release(&r.flow.rng)
		r.flow.at = atLag
		g.lagWait = append(g.lagWait, r)
		g.granted()
		return
	}
	if g.mayGo(r) {
		g.submit(r)
		return
	}
	if r.flow.answered {
		return
	}
	r.flow.at = atHold
	g.held = append(g.held, r)
}

// mayGo reports that the data of a write may move now: the counter is raised if this is a lone write
// (I19), and its extents are dirty in the durable map (I9).
func (g *gate) mayGo(r *Request) bool {
	f := &r.flow
	if g.barrier || g.confirming != 0 {
		return false
	}
	switch {
	case g.dead.at == deadAsked, g.anyIn(g.ail.wanted, r):
		return false
	case g.gone():
		return g.mayGoThere(r)
	}
	if g.anyIn(g.ail.undecided, r) {
		g.turnAway(r, fmt.Errorf("the local component failed, and what the metadata says of it isn't known: %w", wire.EIO))
		return false
	}
	if g.alone() && (g.target() || g.amap.StaleIn(uint64(r.Off), uint64(r.Len)) || g.amap.BadIn(uint64(r.Off), uint64(r.Len))) {
		g.turnAway(r, fmt.Errorf("this copy is %s, and the one that is current is away: %w", g.ownState(), wire.EIO))
		return false
	}
	if !f.mapped {
		f.mapped, f.carrier = true, g.mapCount+1
		g.amap.Begin(uint64(r.Off), uint64(r.Len))
	}
	if g.alone() && !g.raised {
		g.raise()
		return false
	}
	if !g.amap.Durable(uint64(r.Off), uint64(r.Len)) {
		g.saveMap()
		return false
	}
	return true
}

// turnAway fails a write of which nothing was handed on.
func (g *gate) turnAway(r *Request, err error) {
	g.unmap(r)
	g.fail(r, err)
	g.ranges.Release(&r.flow.rng)
	g.release(r)
	g.granted()
}

// ownState says in a word what the own copy lacks.
func (g *gate) ownState() string {
	if g.rec.Unfit != states.Fit {
		return g.rec.Unfit.String()
	}
	if g.outdated {
		return states.Outdated.String()
	}
	return "not current here"
}

// waitsForCopy reports that a write touches what the secondary lacks although its counters say that it
// lacks nothing: answered for both it would be newer there than what is missing (rule lag-claim). Its
// extents are copied next.
func (g *gate) waitsForCopy(r *Request) bool {
	if !g.lag.Any() {
		return false
	}
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	waits := false
	for e := first; e <= last; e++ {
		if g.lag.Has(e) {
			waits = true
			g.urgent = append(g.urgent, e)
		}
	}
	return waits
}

// lacks notes that the secondary lacks something answered of a range.
func (g *gate) lacks(r *Request) {
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	for e := first; e <= last; e++ {
		g.lk.Set(e)
	}
}

// target reports that this copy must not be changed alone (rule stale-alone): by its record, or because a handshake
// has just found the secondary ahead, and no session, which would write the record, has come of it yet (I17).
func (g *gate) target() bool {
	return g.leaving || (g.outdated || g.rec.Unfit != states.Fit) && !g.forced
}

// recheck tries again what waits for the counter, the map or the end of a barrier.
func (g *gate) recheck() {
	if wait := g.lagWait; len(wait) > 0 {
		g.urgent = nil
		g.lagWait = nil
		for _, r := range wait {
			g.admitWrite(r)
		}
	}
	if len(g.held) == 0 {
		return
	}
	held := g.held
	g.held = nil
	for _, r := range held {
		if r.flow.at == atHold {
			if r.flow.copying != nil {
				g.startChunk(r)
			} else if r.Op == states.OpRead {
				g.routeRead(r)
			} else {
				g.advance(r)
			}
			continue
		}
		r.flow.waits = false
		g.settle(r) // it had moved, and waited for the counter before its answer
	}
}

// submit hands a write to both components.
func (g *gate) submit(r *Request) {
	f := &r.flow
	if g.gone() {
		g.submitThere(r)
		return
	}
	f.at = atWork
	g.wroteTick = true
	g.moving++
	f.local = states.PartPending
	if g.alone() {
		f.remote = states.PartNone
		g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
	} else {
		f.remote, f.session, f.loaned = states.PartPending, g.session, true
		g.amap.Sent(uint64(r.Off), uint64(r.Len))
		g.tell(g.res.link, &f.toPeer)
	}
	g.tell(g.res.localdisk, &f.toDisk)
}

// onLocal takes the local component's answer.
func (g *gate) onLocal(m *localDone) {
	r := m.r
	f := &r.flow
	if f.lent {
		g.returnLent(r)
		return
	}
	f.local = states.PartDone
	if m.err != nil {
		f.local, f.failed = states.PartFailed, m.err
		g.tellError(r, m.err)
	}
	switch {
	case f.copying != nil:
		g.onChunkLocal(r)
	case r.Op == states.OpRead:
		g.onReadLocal(r)
	default:
		g.amap.Landed(uint64(r.Off), uint64(r.Len))
		if m.err != nil {
			g.onWriteError(r)
		}
		g.ranges.Downgrade(&f.rng, states.RangeLanded)
		g.granted()
		g.settle(r)
	}
}

// moreToCopy has sync copy what became slag within the session.
func (g *gate) moreToCopy() {
	if g.alone() || g.dead.at != deadNot {
		return
	}
	if g.equal.at == equalDrain {
		g.endEqual(errMoreWork)
	}
	g.tell(g.res.sync, &syncMore{session: g.session})
}

// onRemote takes the peer's answer.
func (g *gate) onRemote(m *remoteDone) {
	r := m.r
	f := &r.flow
	if f.session != m.session || f.remote.Final() {
		g.stats.Stale++
		return
	}
	f.remote = m.part
	g.untail(r)
	if m.part == states.PartDone || r.Op == states.OpRead {
		f.loaned = false // else the link may still send from the buffer: an error may come before all of it is sent
	}
	if m.part == states.PartFailed {
		g.onPeerError(r, m.errno)
	}
	switch {
	case f.copying != nil:
		g.onChunkRemote(r)
	case r.Op == states.OpRead:
		g.onReadRemote(r)
	default:
		if m.part == states.PartFailed || m.part == states.PartLost {
			g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
		}
		g.settle(r)
	}
}

// onPeerError ends the session for an error that the secondary gave to a write (the original keeps it,
// and forgets the error: A2). Its extents are copied after the reconnection.
func (g *gate) onPeerError(r *Request, errno wire.Errno) {
	g.stats.RemoteErrors++
	if r.Op == states.OpRead {
		return
	}
	g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
	g.peerFails = fmt.Sprintf("the secondary failed %s(%d, %d): %v", r.Op, r.Off, r.Len, errno)
	g.dropSession(g.peerFails)
	g.countError()
}

// countError raises the counter for what the secondary failed, though the client may have its answer: a
// secondary that doesn't keep marks isn't the better copy then (rule error-raise, A2).
func (g *gate) countError() {
	if g.alone() && !g.target() {
		g.raise()
	}
}

// dropSession ends the session at our wish: from this turn on the gate is alone.
func (g *gate) dropSession(reason string) {
	if g.session == 0 {
		return
	}
	session := g.session
	g.tell(g.res.link, &hangUp{reason: reason})
	g.endSession(session, reason)
}

// settle decides, after each thing that happens to a write, whether it can be answered or retired.
func (g *gate) settle(r *Request) {
	f := &r.flow
	if f.at == atFlush {
		g.loosen(r)
		return
	}
	if f.at != atWork {
		return
	}
	if !f.answered {
		action, claim := states.CompleteWrite(g.writeState(r))
		switch action {
		case states.Raise:
			g.raise()
			if !f.waits {
				f.waits = true
				g.held = append(g.held, r)
			}
			return
		case states.RecordBad:
			g.disown(r)
			return
		case states.Fail:
			err := f.failed
			if err == nil {
				err = fmt.Errorf("the current copy is the secondary's, which didn't confirm the write: %w", wire.EIO)
			}
			g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
			g.moreToCopy()
			g.fail(r, err)
		case states.Answer:
			if claim == states.ClaimSent && g.rec.Unclean&states.UncleanSent == 0 {
				if g.sentErr != nil {
					g.fail(r, fmt.Errorf("an answer under async can't be recorded: %w", g.sentErr))
					g.unblockReads(r)
					g.retire(r)
					return
				}
				g.wantSent = true
				if !f.waits {
					f.waits = true
					g.held = append(g.held, r)
				}
				g.saveSent()
				return
			}
			if claim == states.ClaimLocal {
				g.lacks(r)
			}
			f.claim = claim
			if states.AnswersDurable(claim, r.FUA, g.isSole(r)) {
				f.at = atFlush
				g.loosen(r)
				g.joinFlush(r)
				return
			}
			g.count(claim)
			if claim == states.ClaimSent {
				f.tailed, f.tailedAt = true, g.res.h.Clock.Now()
				g.tail += r.Len
			}
			g.answer(r, nil)
		}
	}
	g.unblockReads(r)
	g.retire(r)
}

// writeState collects what the claim depends on.
func (g *gate) writeState(r *Request) states.WriteState {
	f := &r.flow
	return states.WriteState{Mode: states.Bounded(f.mode, g.tail, r.Len, g.cfg.AsyncBound, g.late), Local: f.local, Remote: f.remote, Alone: g.alone(), Raised: g.raised,
		Behind:     g.leaving || g.behind || g.amap.StaleIn(uint64(r.Off), uint64(r.Len)) || g.amap.BadIn(uint64(r.Off), uint64(r.Len)) || !g.alone() && g.recordedBad(r),
		PeerBehind: g.peerBehind(), Slag: f.local != states.PartDone && (g.amap.SlagIn(uint64(r.Off), uint64(r.Len)) || g.isSole(r)),
		Recorded: g.dead.at == deadIs || g.amap.AllBad(uint64(r.Off), uint64(r.Len))}
}

// peerBehind reports that the secondary's counters say that it lacks something.
func (g *gate) peerBehind() bool { return !g.alone() && g.rec.LocalCnt > g.peer.RemoteCnt }

// untail takes a write out of what is answered as sent and not confirmed. Writes that the bound made wait
// go on with their own confirmation, which comes behind this one.
func (g *gate) untail(r *Request) {
	if r.flow.tailed && r.flow.remote.Final() {
		r.flow.tailed = false
		g.tail -= r.Len
	}
}

// unblockReads lets the reads go that waited for an answer to this write (I4).
func (g *gate) unblockReads(r *Request) {
	if r.flow.answered && !r.flow.loose {
		g.ranges.Downgrade(&r.flow.rng, states.RangeAnswered)
		g.granted()
	}
}

// retire ends a write that is answered and of which no component holds a part any more.
func (g *gate) retire(r *Request) {
	f := &r.flow
	if !f.answered || !f.local.Final() || !f.remote.Final() {
		return
	}
	loose := f.loose
	if !loose {
		g.moving--
		g.unmap(r)
		g.ranges.Release(&f.rng)
	}
	f.at = atRelease
	g.release(r)
	if !loose {
		g.granted()
	}
}

// loosen lets go of the range and the extents of a write that only waits for a flush: both components are
// done with it, and the flush may have to wait for a copy of the very same range.
func (g *gate) loosen(r *Request) {
	f := &r.flow
	if f.loose || !f.local.Final() || !f.remote.Final() {
		return
	}
	f.loose = true
	g.moving--
	g.unmap(r)
	g.ranges.Release(&f.rng)
	g.granted()
	if g.barrier {
		g.equal.step(g)
		g.returnOn()
	}
}

func (g *gate) unmap(r *Request) {
	if r.flow.mapped {
		r.flow.mapped = false
		g.amap.End(uint64(r.Off), uint64(r.Len))
	}
}

func (g *gate) count(c states.Claim) {
	switch c {
	case states.ClaimBoth:
		g.stats.ClaimBoth++
	case states.ClaimReceived:
		g.stats.ClaimReceived++
	case states.ClaimSent:
		g.stats.ClaimSent++
	case states.ClaimLocal:
		g.stats.ClaimLocal++
	case states.ClaimSource:
		g.stats.ClaimSource++
	case states.ClaimRemote:
		g.stats.ClaimRemote++
	}
}
