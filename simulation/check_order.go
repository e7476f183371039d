package simulation

import (
	"hast/states"
)

// What the secondary has taken in: in which order (I32), and that it applies it (I36).

// tookIn is when the secondary's process has taken a write in: it has all that precedes it, of what this reign has
// answered on its word or on the word that it will get it (I32). So what it has is always what a single disk could
// have had, in async, too.
func (g *ghost) tookIn(s *side, sector int64, v valueID) {
	if g.reign.server != s.other() || !v.isWrite() {
		return
	}
	w := &g.judge.writes[v]
	if w.end != never && w.end < s.hearsSince {
		return // a copy of what was there before this session
	}
	g.world.checked(ruleI32)
	for ; s.inOrder < len(g.log); s.inOrder++ {
		l := &g.log[s.inOrder]
		if l.end >= w.inv {
			return
		}
		g.precedes(s, l, sector, v)
	}
}

// precedes holds one answered write against what the secondary has, now that it has a later one.
func (g *ghost) precedes(s *side, l *ledger, sector int64, v valueID) {
	w := &g.judge.writes[l.gen]
	switch {
	case l.claim != states.ClaimBoth && l.claim != states.ClaimReceived && l.claim != states.ClaimSent,
		w.inv <= s.hearsSince, s.died >= w.inv, s.lostPower >= w.inv, s.behind(s.other()), s.kept1.err != nil || s.kept1.rec.Unfit != states.Fit:
		return // not owed by what this session has brought
	}
	d := debt{inv: w.inv}
	for at := w.sector; at < w.sector+w.n; at++ {
		if g.older(at, s.memory[at], d) && g.older(at, s.written[at], d) && !g.tainted(at) {
			g.violate(ruleI32, s, at, "it has taken in write %d (of sector %d), and lacks write %d, which was answered as %v before that one was invoked", v, sector, l.gen, l.claim)
			return
		}
	}
}

// checkApplied: what the secondary has acknowledged as received it has applied, before it is in a new session or in
// another role (I36), unless its disk fails.
func (g *ghost) checkApplied(s *side, when string) {
	if g.void || s.m.stock || g.world.diskFailed() {
		return
	}
	g.world.checked(ruleI36)
	for at, r := range s.received {
		if r.inv > s.owed[at].inv && g.older(int64(at), s.written[at], r) && !g.tainted(int64(at)) && !s.forgot(int64(at), r.inv) {
			g.violate(ruleI36, s, int64(at), "%s, and it has not applied what it acknowledged as received: it has %s, and owes what isn't older than %d",
				when, g.judge.describe(s.written[at]), r.inv)
			return
		}
	}
}

// diskFailed reports whether a disk has failed in a way that its node hears of.
func (w *World) diskFailed() bool {
	for k := FaultUnreadable; k <= FaultReplaced; k++ {
		if k != FaultSlow && w.effects[k] > 0 {
			return true
		}
	}
	return false
}
