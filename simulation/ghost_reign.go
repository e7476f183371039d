package simulation

// reign is the time in which the client has one node's device. What that node serves is settled at its first
// answer: till then a secondary that is ahead may still come, and be the source.
type reign struct {
	server  *side
	last    *side // who served before
	at      uint64
	started uint64 // the world's step since which the server gets ready for it: at which its last device was gone
	settled bool
	behind  bool           // when that was settled: what it serves is the other side's
	base    [2][]valueID   // what either side held; of the other one if there is, or was, a session
	damaged map[int64]bool // sectors of which that was silently damaged
	same    bool           // the server served before, and its copy is what it was then
}

// begin is when the client gets a device.
func (g *ghost) begin(d *door) {
	s := g.at(d.boot.machine)
	last := g.reign.server
	g.reign = reign{server: s, last: last, at: g.judge.tick, started: s.left, same: g.servesAgain(s)}
	g.reign.damaged = make(map[int64]bool)
	g.reign.hold(s)
	if g.link.of(s) {
		g.reign.hold(s.other())
	}
}

// servesAgain reports whether a device that opens now has to show what the last one did, if no peer is there. That one
// was of the same node, which has lost nothing since; and what it showed is on this node's component. Of a side that is
// behind it was the other one's: that has counted in its stead, or was its source. A session in which it was behind
// has moreover changed its copy, whoever of the two ended it, and however far it came.
func (g *ghost) servesAgain(s *side) bool {
	r := &g.reign
	return r.server == s && r.settled && s.lostPower <= r.at && !s.behind(s.other()) && s.target <= r.at
}

// hold notes what a side holds, from which the reign's content is settled.
func (r *reign) hold(s *side) {
	r.base[s.n] = s.values()
	for at := range s.written {
		if sector := int64(at); s.tainted(sector) {
			r.damaged[sector] = true
		}
	}
}

// settle is the first answer of a reign: what the server holds is what is, from now on. It must not be older than
// what the server owes, nor, if the server is with its peer, than what that one owes (I2).
func (g *ghost) settle() {
	r := &g.reign
	if r.settled || r.server == nil {
		return
	}
	r.settled = true
	s, o := r.server, r.server.other()
	r.behind = s.behind(o)
	if r.base[o.n] == nil && r.behind && s.knowsBehind() && !s.forced && !s.m.stock {
		// It answers of what it doesn't lack, and refuses the rest until the other side is there to be the source (I17).
		r.hold(o)
	}
	with := r.base[o.n] != nil
	lost := false
	for at := range g.done {
		sector := int64(at)
		g.world.checked(ruleI2)
		floor := s.floor(sector)
		if f := o.floor(sector); with && f.inv > floor.inv {
			floor = f
		}
		own := r.base[s.n][at]
		if !with && !s.forced && s.disowns(sector) {
			own = o.written[at] // alone it serves nothing of that, and after that the other side's
		}
		legal := make([]valueID, 0, 2)
		if !g.older(sector, own, floor) {
			legal = append(legal, own)
		}
		if with {
			if v := r.base[o.n][at]; v != own && !g.older(sector, v, floor) {
				legal = append(legal, v)
			}
		}
		damaged := r.damaged[sector] || g.tainted(sector)
		if len(legal) == 0 && !damaged && !s.forced && !s.away(sector) {
			g.violate(ruleI2, s, sector, "it serves %s, and owes what isn't older than %d", g.judge.describe(own), floor.inv)
		}
		if len(legal) == 0 {
			legal = append(legal, own)
			if s.forced { // its administrator was told what that costs
				s.forgo(sector, g.ends(sector, own), g.judge.writes[g.writer(sector, own)].inv)
			}
		}
		if r.same && !with && s.floor(sector).inv == g.done[sector] && !damaged && !s.disowns(sector) && !g.judge.admits(sector, own) {
			g.violate(ruleI2, s, sector, "it serves again, has lost nothing, and has %s; legal were%s", g.judge.describe(own), g.judge.legal(sector, r.at))
		}
		lost = g.leave(sector, legal, s, o, with) || lost
		gens := make([]uint64, 0, 2)
		for _, v := range legal {
			gens = append(gens, g.writer(sector, v))
		}
		g.judge.rebase(sector, gens, r.at)
	}
	if lost && o.vv[o.n] > s.vv[o.n] {
		g.stalePromotions++
	}
	r.base, r.damaged = [2][]valueID{}, nil
}

// leave notes that an answered write of a sector is left behind. The other side doesn't owe it any more, unless it
// went on alone: then it may only come back as what it is, ahead.
func (g *ghost) leave(sector int64, legal []valueID, s, o *side, with bool) bool {
	newest, inv := uint64(0), uint64(0)
	for _, v := range legal {
		newest = max(newest, g.ends(sector, v))
		inv = max(inv, g.judge.writes[g.writer(sector, v)].inv)
	}
	behind := newest < g.done[sector]
	if behind {
		g.leftBehind++
		g.done[sector] = inv
	}
	if with || o.vv[0] > s.vv[0] || o.vv[1] > s.vv[1] {
		return behind
	}
	o.forgo(sector, newest, inv)
	return behind
}

// forgo says that a side owes nothing of a sector that was invoked after the end of newest, which was invoked at inv.
func (s *side) forgo(sector int64, newest, inv uint64) {
	tick, fewer := s.ghost.judge.tick, false
	for _, list := range [][]debt{s.received, s.owed, s.kept} {
		if newest < list[sector].inv {
			list[sector], fewer = debt{inv, tick}, true
		}
	}
	if fewer {
		s.forgone[sector] = append(s.forgone[sector], stretch{newest, tick})
	}
}

// tailChosen is when a primary that has lost power begins a session. If it had given answers for what was only sent,
// their tail may be on its component alone: so that one is the source, and what it lost is left behind, although
// the secondary may have it (correctness 2). Beside a node of the original's manners nobody
// is told who gave such answers: there the primary's copy is the source, too (correctness 4.6), and what that one owes it
// owes as before.
func (g *ghost) tailChosen(p *side) {
	if !p.tailed && !p.m.stock && !p.other().m.stock || p.vv != p.other().vv {
		return
	}
	for at := range g.done {
		g.leave(int64(at), []valueID{p.written[at]}, p, p.other(), false)
	}
}

// lostBesideStock is when a node has lost power that has the manners of the original, or whose peer has. That one keeps no
// marks by which the survivor could be the source (correctness 4.6): what is lost here is left behind, although the peer
// may have it, until the peer serves itself. Of what only the lost side had, as of an extent that its primary has failed to
// write or not copied yet, a later read shows what it has left: nothing tells the primary that it isn't what was answered.
func (g *ghost) lostBesideStock(s *side) {
	o := s.other()
	for at := range g.done {
		sector := int64(at)
		g.leave(sector, []valueID{s.written[at]}, s, o, false)
		if g.reign.server == o && (g.reign.behind || o.disowns(sector) || o.m.ledger[g.record.Resource] != nil) {
			g.judge.alsoLegal(sector, g.writer(sector, s.written[at]))
		}
	}
}
