package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
	"hast/states/bitset"
	"hast/wire"
)

// A primary that learns, after it has served, that its content is to be replaced by the other side's takes
// its device away first (I35, design 4): clients lose it, what was under way ends without effect on the
// counters, and the reign ends like one that is demoted. The wish to be primary stays, so that the next
// reign begins by itself, with whatever is durable, and shows the device anew once it has its source.

// withdrawn tells resource that the gate has taken its device away, and why.
type withdrawn struct{ reason string }

// insist tells gate that the operator wants this copy served as it is, though it isn't current.
type insist struct{}

// pastTarget is what a reign that ended by a withdrawal knew as the target of a copy: what was copied in it
// is current here, whatever the source has lost since (design 12).
type pastTarget struct {
	stale *bitset.Set
	seen  uint64 // the source's localcnt
}

var errWithdrawn = fmt.Errorf("the device was withdrawn: %w", wire.ENXIO)

// withdraw ends this reign. From this turn on nothing is read, written or raised any more.
func (g *gate) withdraw(why string) {
	g.log.Error("the device is withdrawn: " + why)
	g.reason = why
	g.refuseOffer(why, "")
	g.leaving, g.drains = true, true
	g.outdated = g.outdated || g.verdict == states.VerdictSecondaryAhead
	g.tell(g.res.pid, &withdrawn{reason: why})
	if g.door != nil {
		g.door.Abandon()
	} else {
		g.onDoorClosed()
	}
	g.recheck()
	g.settleFlush()
}

// remember keeps, for the reign that follows a withdrawal, what this one knew as a target.
func (g *gate) remember() {
	if g.outdated {
		g.stand.behind(&g.rec)
	}
	if !g.leaving || !g.isTarget {
		return
	}
	t := &pastTarget{stale: bitset.New(g.amap.Extents()), seen: g.seenPeer}
	g.amap.ForEachStale(func(e uint32) { t.stale.Set(e) })
	g.stand.target = t
}

// recall takes that over, once. Under force the operator wants this copy as it is.
func (g *gate) recall() {
	t := g.stand.target
	g.stand.target = nil
	if t == nil || g.forced {
		return
	}
	g.isTarget, g.seenPeer = true, t.seen
	for e, ok := t.stale.Next(0); ok; e, ok = t.stale.Next(e + 1) {
		g.amap.MarkStale(e)
	}
}

// onInsist frees a copy that isn't current for changes, as if it had been promoted by force from the start.
func (g *gate) onInsist() {
	g.forced = true
	var stale []uint32
	g.amap.ForEachStale(func(e uint32) { stale = append(stale, e) })
	for _, e := range stale {
		g.amap.MarkSource(e, activemap.ToPeer)
	}
	g.recheck()
}

// onWithdrawn follows the gate: the exec program hears of a primary that is none for a while.
func (r *resource) onWithdrawn(m *withdrawn) {
	if !r.fsm.Can(states.RoleOnWithdraw) {
		return // it goes away already
	}
	r.withdrawn = true
	r.log.Warn("Device withdrawn.", "reason", m.reason)
	r.reason = "the device was withdrawn: " + m.reason
	r.remedy = "none while the peer answers; to serve this copy without it: 'hastctl role --force primary " + r.cfg.Name + "'"
	r.hookRole(states.RoleInit)
	r.step(states.RoleOnWithdraw)
}
