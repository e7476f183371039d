package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// A component that fails as a whole (it is gone, read-only, stuck, or its metadata can't be written) is given
// up: the secondary, if it lacks nothing, counts and maps in this node's stead (x_raise, I37). From its
// answer on everything is read and written there (rule dead-claim). Without the secondary the reign ends:
// there is no current copy here.

// deadState is how far the giving up of the component is.
type deadState uint8

const (
	deadNot   deadState = iota
	deadAsked           // the secondary was asked; new changes wait, and nothing is answered on its copy alone
	deadIs              // it serves in our stead
	deadEnded           // it is gone, too: the reign ends
)

// dead is what the gate knows of a component that is given up.
type dead struct {
	at  deadState
	err error
	patience
	lent int // requests that are answered and whose part the component still has
	back returning
	// noted: the ledger says so, because the secondary can't. Such a component is taken back by its next opening
	// only.
	noted, noting bool
}

// gone reports that the own component isn't used any more.
func (g *gate) gone() bool { return g.dead.at >= deadIs }

// giveUp asks the secondary to stand in for the own component. It reports whether that is under way; if not,
// the component's errors are the clients'.
func (g *gate) giveUp(why error) bool {
	switch {
	case g.dead.at != deadNot:
		return true
	case g.dead.left > 0:
		return false // it was refused a moment ago
	}
	ask := states.GivingUp{Alone: g.alone(), Knows: g.caps&wire.CapMarks != 0, Ledger: g.res.h.Ledger != nil, PeerBehind: g.peerBehind(),
		PeerLacks: g.amap.AnySlag() || g.lag.Any()}
	if refusal := ask.Refusal(); refusal != "" {
		g.dead.patience.start()
		g.log.Error("the local component fails, and can't be given up: "+refusal, "error", why)
		return false
	}
	g.dead.at, g.dead.err = deadAsked, why
	g.log.Error("the local component is given up: the secondary is asked to stand in for it", "error", why)
	// Copies from the secondary have no use any more.
	g.tell(g.res.sync, &syncEnd{session: g.session})
	g.barrier = false
	g.equal.reset()
	if g.caps&wire.CapMarks == 0 {
		g.endFlushes()
		g.noteOn()
		return true
	}
	g.tell(g.res.link, &raisePeer{session: g.session, image: g.amap.AppendImage(nil)})
	return true
}

// onStuck: an operation has been in the component's hands for too long.
func (g *gate) onStuck(err error) {
	if g.dead.back > returnOpens {
		g.stayDead(err)
		return
	}
	g.giveUp(err)
}

func (g *gate) onPeerRaised(m *peerRaised) {
	if m.session != g.session || g.dead.at != deadAsked {
		g.stats.Stale++
		return
	}
	switch m.errno {
	case 0:
		g.dead.at = deadIs
		g.peer.LocalCnt++
		g.abandonDisk()
	case wire.EPERM, wire.EINVAL:
		g.notGivenUp(fmt.Sprintf("the secondary can't stand in for it: %v", m.errno))
	default:
		g.dropSession(fmt.Sprintf("the secondary failed to stand in for the local component: %v", m.errno))
	}
}

// notGivenUp goes on with the component as it is: its errors are the clients'.
func (g *gate) notGivenUp(why string) {
	g.dead.at = deadNot
	g.dead.patience.start()
	g.log.Error("the local component fails, and can't be given up: "+why, "error", g.dead.err)
	g.tell(g.res.sync, &syncBegin{session: g.session, source: g.verdict.SyncSource(), dirty: g.amap.SyncBytes()})
	g.disownFailed(fmt.Errorf("the local component failed, and that can't be recorded: %w", g.dead.err))
	g.failUnmapped(fmt.Errorf("cannot mark the extent dirty: %w", g.dead.err))
	g.tellDrained() // what a demotion waited for, the component has failed to write
}

// abandonDisk takes the own component out of everything that is under way. What it still holds stays its
// own until it ends (I30): the buffers, and the requests that they belong to.
func (g *gate) abandonDisk() {
	g.ail.wanted.Reset()
	g.ail.doubted.Reset()
	g.ail.undecided.Reset()
	g.amap.FlushReset(amapP)
	g.tell(g.res.localdisk, &quarantine{})
	var under []*Request
	for r := g.all.head; r != nil; r = r.flow.next {
		under = append(under, r)
	}
	for _, r := range under {
		f := &r.flow
		if !f.listed {
			continue
		}
		pending := f.local == states.PartPending
		if pending {
			f.lent, f.failed = true, g.dead.err
		}
		switch {
		case f.copying != nil && pending:
			f.local = states.PartFailed
			g.onChunkLocal(r)
		case r.Op == states.OpRead && pending:
			g.redirectRead(r)
		case r.Op.Changes() && !f.answered && (f.at == atWork || f.at == atFlush):
			f.local, f.claim = states.PartFailed, states.ClaimRemote
			if f.failed == nil {
				f.failed = g.dead.err
			}
			if pending {
				g.ranges.Downgrade(&f.rng, states.RangeLanded)
			}
			g.settle(r)
		case r.Op.Changes() && pending:
			f.local = states.PartFailed
			g.settle(r)
		}
	}
	g.granted()
	if t := g.flushing; t != nil && !t.peerOnly {
		t.local, t.err = states.PartNone, nil
	}
	g.recheck()
	g.settleFlush()
	g.nextFlush()
	g.tellDrained() // a demotion that waited for the component's map or record waits no more
}

// returnLent takes an operation back that the given-up component has ended at last.
func (g *gate) returnLent(r *Request) {
	f := &r.flow
	f.lent = false
	switch s := f.whole; {
	case s != nil:
		if s.lent--; s.lent == 0 {
			g.returnLent(s.whole)
		}
	case f.at == atLent:
		g.dead.lent--
		g.release(r)
	}
}

// redirectRead reads from the secondary what the component still has. It may write into the buffer that it
// has, so the data goes into another one.
func (g *gate) redirectRead(r *Request) {
	f := &r.flow
	f.local = states.PartFailed
	r.Buf = make([]byte, r.Len)
	if s := f.whole; s != nil {
		s.lent++
		s.whole.flow.lent = true
		s.others = append(s.others, r)
	}
	g.readRemote(r)
}

// assemble puts together a read of which some pieces are in buffers of their own.
func (s *splitUp) assemble() {
	if len(s.others) == 0 {
		return
	}
	buf := append([]byte(nil), s.whole.Buf...)
	for _, p := range s.others {
		copy(buf[p.Off-s.whole.Off:], p.Buf)
	}
	s.whole.Buf = buf
}

// mayGoThere is mayGo for a component that is given up: the secondary maps.
func (g *gate) mayGoThere(r *Request) bool {
	if g.alone() || g.amap.SlagIn(uint64(r.Off), uint64(r.Len)) {
		g.turnAway(r, fmt.Errorf("the local component was given up, and the secondary has no current copy: %w", wire.EIO))
		return false
	}
	if !r.flow.mapped {
		r.flow.mapped = true
		g.amap.Begin(uint64(r.Off), uint64(r.Len))
	}
	return true
}

// submitThere is submit for a component that is given up.
func (g *gate) submitThere(r *Request) {
	f := &r.flow
	f.at = atWork
	g.wroteTick = true
	g.moving++
	f.local, f.failed = states.PartFailed, g.dead.err
	f.remote, f.session, f.loaned = states.PartPending, g.session, true
	g.amap.Sent(uint64(r.Off), uint64(r.Len))
	g.tell(g.res.link, &f.toPeer)
	g.ranges.Downgrade(&f.rng, states.RangeLanded)
	g.granted()
}

// tickGone flushes an idle secondary, as onTick does both.
func (g *gate) tickGone() {
	g.tryReturn()
	idle := !g.wroteTick
	g.wroteTick = false
	if g.dead.at == deadIs && idle && g.flushing == nil && g.amap.AnyUnflushed(amapS) {
		g.startFlush(nil)
	}
}

// endReign is for a primary whose component is given up and whose secondary is gone: it holds no current
// copy, and says so instead of waiting.
func (g *gate) endReign(reason string) {
	g.dead.at = deadEnded
	g.tell(g.res.pid, &reignEnded{
		reason: fmt.Sprintf("the local component was given up (%v), and the secondary that stood in for it is gone: %s", g.dead.err, reason),
		remedy: "promote the other node; repair or replace this one's disk, then 'hastctl role secondary " + g.cfg.Name + "'"})
}
