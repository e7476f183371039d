package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// equaliser makes the counters equal at the end of a synchronization: new writes wait, those under way
// end, both components are flushed, then the record is written (rule equal-flush); then the secondary is
// told that it is fit (rule equal-before-fit), and when its record says so, too, the writes go on.
type equaliser struct{ at equalStep }

type equalStep uint8

const (
	equalIdle equalStep = iota
	equalDrain
	equalFlush
	equalWant
	equalSave
	equalTell
)

func (q *equaliser) reset() { q.at = equalIdle }

// onFlushBoth flushes both components for sync, while clients go on.
func (g *gate) onFlushBoth(m *flushBoth) {
	if m.session != g.session {
		return
	}
	if g.flushing != nil {
		// One turn at a time: this one's is the next.
		g.syncFlush = m.session
		return
	}
	g.startFlush(&flushTurn{forSync: true})
}

func (g *gate) onEqualise(m *equalise) {
	if m.session != g.session || g.equal.at != equalIdle {
		return
	}
	if g.amap.SyncBytes() > 0 || g.ail.wanted.Any() {
		g.endEqual(errMoreWork)
		return
	}
	same := g.rec.LocalCnt == g.peer.RemoteCnt && g.rec.RemoteCnt == g.peer.LocalCnt && g.rec.Unfit == states.Fit
	if same && !g.behind && g.caps&wire.CapMarks == 0 {
		g.dropChunks()
		g.endEqual(nil)
		return
	}
	g.barrier, g.equal.at = true, equalDrain
	g.equal.step(g)
}

var errMoreWork = fmt.Errorf("there is more to copy: %w", wire.EAGAIN)

// step goes on when nothing is under way any more.
func (q *equaliser) step(g *gate) {
	if q.at != equalDrain || g.moving > 0 || g.flushing != nil {
		return
	}
	q.at = equalFlush
	g.startFlush(&flushTurn{barrier: true})
}

func (g *gate) onBarrierFlushed(t *flushTurn, err error) {
	if g.equal.at != equalFlush || t.session != g.session {
		return
	}
	switch {
	case err != nil:
		g.endEqual(err)
	case g.amap.SyncBytes() > 0 || g.ail.wanted.Any() || g.amap.AnyUnflushed(amapP) || g.amap.AnyUnflushed(amapS):
		g.endEqual(errMoreWork)
	default:
		g.equal.at = equalWant
		g.equal.save(g)
	}
}

// save writes the record, once no other one is being written.
func (q *equaliser) save(g *gate) {
	if q.at != equalWant || g.recBusy != recIdle {
		return
	}
	q.at = equalSave
	rec := states.Equalised(g.rec, g.peer)
	g.log.Debug(fmt.Sprintf("Setting localcnt to %d and remotecnt to %d.", rec.LocalCnt, rec.RemoteCnt))
	g.saveRecord(rec, recEqual)
}

func (q *equaliser) saved(g *gate, err error) {
	if err == nil {
		g.behind, g.isTarget = false, false // durably, whatever became of the session
	}
	if q.at != equalSave {
		return // the session ended meanwhile; the next verdict reads what became durable
	}
	if err != nil {
		// The record may say durably that the counters are equal, or not. Nothing may be answered as a lone change
		// until that is decided (I19): the next session writes the record once more before it speaks of it, and so
		// does a raise.
		g.dropSession("the record of equal counters can't be written: " + err.Error())
		return
	}
	g.behind, g.isTarget = false, false
	g.stand.whole()
	g.res.cache.Trust()
	// Counters are equal: nothing that was answered is lacking there. A mark that stayed would make the next session say
	// so of what is only in flight, and the secondary give up what it may be the only one to hold (rule lack-only).
	g.lk.Reset()
	if !g.ours() {
		g.endEqual(nil)
		g.settleFlush()
		return
	}
	// What an earlier unclean end left in the secondary's record is void only when it says that it is fit. Nothing is
	// answered on its word before that: after a loss of power here it would seem no better than this copy (I31).
	q.at = equalTell
	g.tell(g.res.link, &fitPeer{session: g.session})
	g.settleFlush()
}

func (g *gate) onPeerFitted(m *peerFitted) {
	if m.session != g.session || g.equal.at != equalTell {
		g.stats.Stale++
		return
	}
	if m.errno != 0 {
		g.equal.reset()
		g.dropSession(fmt.Sprintf("the secondary failed to record that it is fit: %v", m.errno))
		return
	}
	g.peerFails, g.sole = "", states.ExtentRuns{}
	g.tell(g.res.pid, &sidesEqual{own: states.CopyOf(&g.rec)})
	g.endEqual(nil)
}

// endEqual lets the writes go on and tells sync.
func (g *gate) endEqual(err error) {
	g.equal.reset()
	g.barrier = false
	g.tell(g.res.sync, &equalised{session: g.session, err: err})
	if err == nil {
		g.dropChunks()
	}
	g.recheck()
}
