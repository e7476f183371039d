package simulation

import (
	"slices"

	"hast/states"
)

// What clients ask and are answered, as the ghost takes it: the judge calls it after it has done its own part.

// invoked is the begin of a request.
func (g *ghost) invoked(io *clientIO) {
	if !io.op.Changes() {
		return
	}
	g.touch(io)
	first, n := io.off/SectorSize, io.n/SectorSize
	for s := first; s < first+n; s++ {
		if io.op != states.OpWrite {
			z := &g.zeroed[s]
			z.gen = io.gen
			z.open++
		}
		g.note(s, pastEvent{kind: pastInvoked, value: valueID(io.gen)})
	}
}

// over is the end of a request that changes something; ok: it was answered with success.
func (g *ghost) over(io *clientIO, ok bool) {
	if !io.op.Changes() {
		return
	}
	first, n := io.off/SectorSize, io.n/SectorSize
	for s := first; s < first+n; s++ {
		if io.op != states.OpWrite {
			z := &g.zeroed[s]
			z.open--
			z.end = max(z.end, g.judge.writes[io.gen].end)
		}
		kind := pastFailed
		if ok {
			kind = pastAnswered
		}
		g.note(s, pastEvent{kind: kind, claim: io.written, value: valueID(io.gen)})
	}
}

// answered is the answer with success to a request of the node at s; what it claims is in io.
func (g *ghost) answered(s *side, io *clientIO, data []byte) {
	switch {
	case io.op == states.OpRead:
		first := io.off / SectorSize
		for i := range io.n / SectorSize {
			g.read(s, first+i, g.judge.identify(data[i*SectorSize:(i+1)*SectorSize], first+i), io.inv)
		}
	case io.op == states.OpFlush:
		g.raiseDurable(s, io)
		g.checkFlush(s, io)
	case io.op == states.OpDelete:
		// A trim may leave what was there: it is settled by the first read.
		g.claims[io.written]++
		g.checkCleared(s, io)
	case io.op.Changes():
		g.claims[io.written]++
		g.checkJump(s, io)
		g.checkWrite(s, io)
		g.checkCleared(s, io)
		g.raiseOwed(s, io)
	}
}

// owers are the sides that owe what an answer with a claim promises.
func (g *ghost) owers(s *side, c states.Claim) (owe [2]bool) {
	switch c {
	case states.ClaimBoth, states.ClaimReceived, states.ClaimSource:
		owe[0], owe[1] = true, true
	case states.ClaimSent, states.ClaimLocal:
		owe[s.n] = true
	case states.ClaimRemote:
		owe[s.other().n] = true
	}
	return owe
}

// raiseOwed notes what an answered write obliges both sides to.
func (g *ghost) raiseOwed(s *side, io *clientIO) {
	w := &g.judge.writes[io.gen]
	owe := g.owers(s, io.written)
	if io.written == states.ClaimSource {
		owe[s.n] = false // what the target has is its source's, and will be until the counters are equal
	}
	o := s.other()
	if o.lostPower >= w.inv {
		owe[o.n] = false // it replied, and then lost it: that is its fault, not a wrong claim
	}
	d := debt{w.inv, g.judge.tick}
	first, n := io.off/SectorSize, io.n/SectorSize
	for at := first; at < first+n; at++ {
		g.done[at] = max(g.done[at], w.inv)
		for i, x := range g.sides {
			switch {
			case !owe[i], i == s.n && s.disowns(at):
			case i != s.n && io.written == states.ClaimReceived && (x.written[at] != x.memory[at] || !x.written[at].isWrite()):
				if x.died < w.inv && d.inv > x.received[at].inv {
					x.received[at] = d
				}
			case d.inv > x.owed[at].inv:
				x.owed[at] = d
			}
		}
	}
	g.log = append(g.log, ledger{io.gen, w.end, io.written, owe, g.world.now})
	if io.fua {
		g.raiseKept(io.gen, g.owersOfFlush(s, io.durable, owe))
	}
}

// owersOfFlush are those of the sides that owe a write which owe it durably after a flush with a claim.
func (g *ghost) owersOfFlush(s *side, c states.Claim, owe [2]bool) [2]bool {
	switch c {
	case states.ClaimBoth, states.ClaimSource:
	case states.ClaimRemote:
		owe[s.n] = false
	default:
		owe[s.other().n] = false
	}
	return owe
}

// raiseKept makes a write durable where it is owed.
func (g *ghost) raiseKept(gen uint64, owe [2]bool) {
	w := &g.judge.writes[gen]
	d := debt{w.inv, g.judge.tick}
	for at := w.sector; at < w.sector+w.n; at++ {
		for i, x := range g.sides {
			gone := slices.ContainsFunc(x.forgone[at], func(s stretch) bool { return s.has(w.inv, w.end) })
			if !owe[i] || gone || d.inv <= x.kept[at].inv || d.inv > x.floor(at).inv {
				continue // what was left behind meanwhile isn't owed any more, also not when something newer is
			}
			x.kept[at] = d
			if d.inv > x.owed[at].inv {
				x.owed[at] = d // what was only received is applied before a flush is done
			}
		}
	}
}

// raiseDurable notes what an answered flush makes durable: all that was answered before it was invoked.
func (g *ghost) raiseDurable(s *side, io *clientIO) {
	both := g.owersOfFlush(s, io.durable, [2]bool{true, true})
	if io.durable == states.ClaimRemote {
		s.other().counted = g.world.steps
	}
	if s.other().lostPower >= io.inv {
		both[s.other().n] = false
	}
	for i, x := range g.sides {
		if !both[i] {
			continue
		}
		var only [2]bool
		only[i] = true
		for ; x.flushed < len(g.log) && g.log[x.flushed].end < io.inv; x.flushed++ {
			if g.log[x.flushed].owe[i] {
				g.raiseKept(g.log[x.flushed].gen, only)
			}
		}
	}
}

// read is a sector of a read that returned a value: the branch in service holds it. While the primary is with its
// secondary, both are equal but for writes in flight, and the mode isn't async, it counts as completed on both
// (I4b).
func (g *ghost) read(s *side, sector int64, v valueID, inv uint64) {
	g.note(sector, pastEvent{kind: pastRead, value: v})
	g.checkFresh(s, sector, v, inv)
	g.checkJumpRead(s, sector, v, inv)
	gen := g.writer(sector, v)
	w := &g.judge.writes[gen]
	if gen == 0 || w.op == states.OpDelete || v == zeroes && g.zeroed[sector].open > 0 {
		return
	}
	g.done[sector] = max(g.done[sector], w.inv)
	g.checkSettles(s, sector, gen)
}
