package actors

import (
	"fmt"

	"hast/states"
	"hast/states/bitset"
	"hast/wire"
)

// How a session begins and ends for gate (design 4): verdict, merged map durable, record durable, then
// the link is up. A cut between any two of these is safe.

// onWantCopy gives the counters for the second hello. Until the reply neither side may move; a raise
// ends the attempt.
func (g *gate) onWantCopy(m *wantCopy) {
	if g.dead.at != deadNot {
		g.tell(g.res.link, &hangUp{reason: "the local component was given up"})
		return
	}
	if !g.opened || g.raising || g.recBusy != recIdle {
		g.tell(g.res.link, &hangUp{reason: "the local counters are being written"})
		return
	}
	g.hello = m.attempt
	if g.rec.ResUID == 0 {
		rec := g.rec
		for rec.ResUID == 0 {
			rec.ResUID = g.res.h.Rand.Uint64()
		}
		g.virgin = true
		g.saveRecord(rec, recIdentity)
		return
	}
	if g.doubtful {
		// What the next start finds must be what the secondary is told now: else this copy may seem to have
		// been in a session that the secondary has forgotten by then (rule session-two-step).
		g.saveRecord(g.rec, recIdentity)
		return
	}
	g.sendCopy()
}

func (g *gate) sendCopy() {
	dirty := g.amap.DirtyBytes()
	g.tell(g.res.link, &helloCopy{attempt: g.hello, rec: g.rec, virgin: g.virgin, marks: g.stand.marks(&g.rec, dirty > 0),
		told: told(&g.rec, dirty)})
}

func (g *gate) onIdentity(err error) {
	if g.hello == 0 {
		return
	}
	if err != nil {
		g.hello = 0
		g.tell(g.res.link, &hangUp{reason: "the local record can't be written: " + err.Error()})
		return
	}
	g.sendCopy()
}

// refuseOffer ends the attempt with a reason that status shows.
func (g *gate) refuseOffer(reason, remedy string) {
	attempt := g.hello
	g.hello, g.offered, g.reply = 0, 0, nil
	if g.reason != reason {
		g.log.Warn("no session with the peer: "+reason, "remedy", remedy)
		g.reasonAt = g.res.h.Clock.Wall()
	}
	g.reason, g.remedy = reason, remedy
	g.tell(g.res.link, &refuseOffer{attempt: attempt, reason: reason})
	g.tell(g.res.pid, &sessionRefused{verdict: g.verdict, reason: reason, remedy: remedy})
}

// onPeerReply takes the verdict from the secondary's reply.
func (g *gate) onPeerReply(m *peerReply) {
	if m.attempt != g.hello {
		g.tell(g.res.link, &refuseOffer{attempt: m.attempt, reason: "the counters moved during the handshake"})
		return
	}
	own := states.CopyOf(&g.rec)
	peer := states.Copy{ResUID: g.rec.ResUID, LocalCnt: m.reply.LocalCnt, RemoteCnt: m.reply.RemoteCnt}
	if m.reply.Virgin {
		peer.ResUID = 0
	}
	if m.caps&wire.CapMarks != 0 {
		peer.Marks, own.Marks = m.reply.Marks, g.stand.marks(&g.rec, g.amap.DirtyBytes() > 0)
	}
	if m.reply.ErrMsg != "" && peer.Marks.Known {
		peer.ResUID = m.reply.ResUID
	}
	g.tell(g.res.pid, &peerHeard{heard{copy: peer, fitness: m.reply.Unfit, told: m.reply.Told, role: states.RoleSecondary}})
	switch {
	case g.drains:
		g.refuseOffer("the device goes away", "")
		return
	case m.reply.ErrMsg != "" && m.reply.DataSize == 0:
		g.explainRefusal(own, peer, m.reply.ErrMsg)
		return
	case uint64(m.reply.DataSize) != g.rec.DataSize:
		g.refuseOffer(fmt.Sprintf("Data size differs between nodes (local=%d, remote=%d).", g.rec.DataSize, m.reply.DataSize),
			"create both components with the same size")
		return
	case uint32(m.reply.ExtentSize) != g.rec.ExtentSize:
		g.refuseOffer(fmt.Sprintf("Extent size differs between nodes (local=%d, remote=%d).", g.rec.ExtentSize, m.reply.ExtentSize),
			"create both components with the same extent size")
		return
	case m.reply.ErrMsg != "":
		g.explainRefusal(own, peer, m.reply.ErrMsg)
		return
	}
	verdict := g.res.relate(states.RolePrimary, own, peer)
	g.verdict = verdict
	if verdict.Refused() {
		reason, remedy := verdict.Explain(own, peer)
		g.refuseOffer(reason, remedy)
		return
	}
	g.outdated = verdict == states.VerdictSecondaryAhead
	if g.stand.outdated = g.outdated; g.outdated {
		g.stand.behind(&g.rec)
	}
	reign := states.Reign{Served: g.served, Again: g.isTarget && peer.LocalCnt == g.seenPeer}
	if why := states.MustWithdraw(verdict, reign, peer.Marks, g.amap.AnyStale()); why != "" {
		g.withdraw(why)
		return
	}
	if verdict == states.VerdictFresh && g.rec.Unfit != states.Fit && !g.forced {
		g.refuseOffer("this copy is "+g.rec.Unfit.String()+" and the secondary's is empty: there is no current copy",
			"bring back the node that holds the current copy")
		return
	}
	theirs := m.image[:m.reply.MapSize]
	lagS := bitset.New(g.amap.Extents())
	if m.reply.Marks.LagKnown {
		if err := lagS.LoadBytes(m.image[m.reply.MapSize:]); err != nil {
			g.refuseOffer("the secondary's list of what it lacks: "+err.Error(), "see the secondary's log")
			return
		}
	}
	if len(theirs) > 0 {
		if _, err := g.amap.MergeRemote(theirs); err != nil {
			g.refuseOffer(err.Error(), "create both components with the same sizes")
			return
		}
	}
	plan := sessionPlan{verdict: verdict, own: own.Marks, peer: peer.Marks, lagS: lagS, theirs: theirs, badS: m.reply.Bad,
		reign: reign}
	if !g.planCopies(&plan) {
		g.refuseOffer("there is no current copy of some extents: each node's metadata says that the other one holds it",
			"promote the other node, or 'hastctl role --force primary' on the one whose copy is to be kept")
		return
	}
	if m.caps&wire.CapMarks != 0 && states.CountsLack(verdict, g.rec.Unfit, g.lag.Any(), own.Marks.Sent) && !g.raised {
		g.settles = true
		g.raise()
		return
	}
	g.reply, g.offered, g.peer, g.caps = m, m.attempt, peer, m.caps
	// What clients change meanwhile is in later writes of the map, which the session need not wait for: under
	// load there always is another one.
	g.mergeLeft = 0
	if g.mapBusy {
		g.mergeLeft++
	}
	if g.amap.Pending() {
		g.mergeLeft++
	}
	g.merge()
}

// explainRefusal keeps the secondary's reason for refusing, in our words where the counters tell it.
func (g *gate) explainRefusal(own, peer states.Copy, msg string) {
	g.verdict = g.res.relate(states.RolePrimary, own, peer)
	told := g.verdict.Refused() && peer.Marks.Known // the two copies say it all
	if !g.verdict.Refused() {
		g.verdict = states.VerdictForeign
	}
	reason, remedy := g.verdict.Explain(own, peer)
	if g.verdict == states.VerdictSplitBrain {
		g.tell(g.res.pid, &notice{event: "split-brain"})
	} else if !told {
		reason, remedy = "the secondary refused: "+msg, "see the secondary's log; 'hastctl status' there"
	}
	g.refuseOffer(reason, remedy)
}

// merge goes on with a session's beginning when the merged map is durable.
func (g *gate) merge() {
	if g.offered == 0 || g.recBusy != recIdle {
		return
	}
	if g.mergeLeft > 0 {
		g.saveMap()
		return
	}
	rec := g.rec
	g.named = false
	if g.caps&wire.CapMarks != 0 {
		rec.LastSession, rec.TrySession = g.reply.reply.Session, 0
	}
	switch g.verdict {
	case states.VerdictFresh:
		rec = states.Paired(rec, g.peer)
	case states.VerdictEqual:
		rec.Unfit = states.Fit // equal counters prove that the copy is whole (I15)
		if g.caps&wire.CapMarks != 0 && !g.forced {
			rec, g.named = states.Taking(rec, g.lacking()...)
		}
	case states.VerdictPrimaryAhead:
		if g.caps&wire.CapMarks != 0 {
			rec, g.named = states.Leading(rec), true
		}
	case states.VerdictSecondaryAhead:
		// Before the first byte of the copy lands, and durably: this copy is about to be a mixture (I17).
		rec.Unfit = states.Inconsistent
	}
	rec.Zeroed = false // from now on bits are cleared because this secondary has the data
	if rec != g.rec {
		g.saveRecord(rec, recSession)
		return
	}
	g.onSessionRecord(nil)
}

func (g *gate) onSessionRecord(err error) {
	if g.offered == 0 {
		return
	}
	if err != nil {
		g.refuseOffer("the record of the session can't be written: "+err.Error(), "check the local component")
		return
	}
	if g.named && g.verdict == states.VerdictEqual {
		g.stand.crashed = 0
	}
	g.tell(g.res.link, &begin{attempt: g.offered})
}

// onLinkUp: the link carries requests. A secondary of ours first confirms what it lacks.
func (g *gate) onLinkUp(m *linkUp) {
	if m.session != g.offered {
		g.tell(g.res.link, &hangUp{reason: "the session is not wanted any more"})
		return
	}
	g.hello, g.offered = 0, 0
	if m.caps&wire.CapMarks == 0 {
		g.beginSession(m.session, m.caps, m.peer)
		return
	}
	g.confirming, g.peerIs = m.session, m.peer
	g.tell(g.res.link, &markPeer{session: m.session, image: g.lag.AppendBytes(nil), named: g.named})
}

func (g *gate) onPeerMarked(m *peerMarked) {
	if m.session != g.confirming {
		g.stats.Stale++
		return
	}
	g.confirming = 0
	if m.errno != 0 {
		g.tell(g.res.link, &hangUp{reason: fmt.Sprintf("the secondary can't confirm the session: %v", m.errno)})
		g.recheck()
		return
	}
	g.tell(g.res.pid, &sessionKnown{last: g.rec.LastSession})
	g.beginSession(m.session, g.caps, g.peerIs)
}

// beginSession: from here on requests go to both. Writes that were under way alone aren't sent; the copy of
// their extents is (rule by-copy).
func (g *gate) beginSession(session, caps uint64, peer string) {
	g.sole = g.reply.reply.Bad
	g.session, g.caps, g.peerIs, g.reply = session, caps, peer, nil
	g.raised, g.virgin, g.forced, g.met = false, false, false, true
	g.outdated = false // the record has it now
	g.behind = g.verdict == states.VerdictSecondaryAhead || g.rec.Unfit != states.Fit
	g.isTarget, g.seenPeer = g.behind || g.amap.AnyStale(), g.peer.LocalCnt
	g.reason, g.remedy, g.reasonAt = "", "", g.res.h.Clock.Wall()
	for _, w := range g.weaker() {
		g.log.Warn("weaker: " + w)
	}
	g.stats.Sessions++
	g.tell(g.res.pid, &sessionUp{verdict: g.verdict})
	g.tell(g.res.pid, &notice{event: "connect"})
	g.tell(g.res.sync, &syncBegin{session: g.session, source: g.verdict.SyncSource(), dirty: g.amap.SyncBytes()})
	g.recheck()
}

func (g *gate) onLinkLost(m *linkLost) {
	if m.session == g.offered || m.session == g.hello {
		g.hello, g.offered, g.reply = 0, 0, nil
	}
	if m.session == g.confirming {
		g.confirming = 0
		g.reason = m.reason
		g.recheck()
	}
	if m.session == g.session {
		g.endSession(m.session, m.reason)
	}
}

// endSession makes the gate alone. What the secondary hasn't confirmed counts as lacking there, whatever
// it has done (A1); nothing of the old session counts any more.
func (g *gate) endSession(session uint64, reason string) {
	g.session, g.raised = 0, false
	g.reason, g.remedy, g.reasonAt = reason, "", g.res.h.Clock.Wall()
	g.caps, g.noFlush, g.sole = 0, false, states.ExtentRuns{}
	g.barrier = false
	g.equal.reset()
	g.lag.Reset() // lk has them all (rule keep-lag)
	g.urgent = nil
	g.ail.wanted.Reset()
	g.loseDoubted()
	for _, r := range g.ail.saving {
		g.ail.undecided.Set(uint32(r.First)) // until the record that is being written is
	}
	g.amap.FlushReset(amapS)
	if t := g.flushing; t != nil && t.remote == states.PartPending {
		t.remote = states.PartLost
	}
	g.tell(g.res.sync, &syncEnd{session: session})
	g.tell(g.res.pid, &notice{event: "disconnect"})
	var lost []*Request
	for r := g.all.head; r != nil; r = r.flow.next {
		if f := &r.flow; f.session == session && (f.at == atWork || f.at == atFlush) && !f.remote.Final() {
			lost = append(lost, r)
		}
	}
	if g.tail > 0 {
		g.log.Warn(fmt.Sprintf("%d bytes were answered under async that the secondary hasn't confirmed.", g.tail))
	}
	for _, r := range lost {
		r.flow.remote = states.PartLost
		if r.flow.tailed {
			g.lacks(r) // answered as sent, and never confirmed
		}
		g.untail(r)
		switch {
		case r.flow.copying != nil:
			g.onChunkRemote(r)
		case r.Op == states.OpRead:
			g.onReadRemote(r)
		default:
			if !r.flow.loose {
				g.amap.MarkSlag(uint64(r.Off), uint64(r.Len))
			}
			g.settle(r)
		}
	}
	for i := len(g.copies) - 1; i >= 0; i-- {
		if c := g.copies[i]; c.left == 0 {
			c.err = errSessionOver
			g.endCopy(c)
		}
	}
	// Whatever has no answer yet will be answered as a lone write, also if the peer comes back before
	// (rule downgrade); so the counter is raised now, while nothing stands in its way.
	for r := g.all.head; r != nil; r = r.flow.next {
		if f := &r.flow; f.at == atWork && r.Op.Changes() && f.copying == nil && !f.answered && !g.target() {
			g.raise()
			break
		}
	}
	if g.dead.at == deadAsked || g.dead.at == deadIs {
		// Asked, it may count and map in our stead by now.
		g.endReign(reason)
	}
	g.recheck()
	g.settleFlush()
}

// onLinkReturned: the connections are gone, so nothing is sent from the buffers of that session's
// requests any more.
func (g *gate) onLinkReturned(m *linkReturned) {
	if m.session == g.session {
		g.endSession(m.session, "the link went down")
	}
	var back []*Request
	for r := g.all.head; r != nil; r = r.flow.next {
		if f := &r.flow; f.loaned && f.session == m.session {
			f.loaned = false
			if f.at == atRelease {
				back = append(back, r)
			}
		}
	}
	for _, r := range back {
		g.release(r)
	}
}
