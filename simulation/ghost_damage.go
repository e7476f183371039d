package simulation

// Silent damage as the judge follows it (X3): nobody can see it without a comparison of both copies (I39), so
// nothing is demanded of a sector whose content is damaged, wherever a copy, a repair or a rewriting carries that
// content, until something else is written there. What is written and what is durable are damaged each by itself.

// Damaged is after a sector was silently damaged, or the whole component has become another one: its content, and
// what it owed, are gone.
func (g *ghost) Damaged(_ *Machine, p *Platter, at int64, kind FaultKind, read []byte) {
	s := g.of(p)
	if s.p != p {
		return // of another resource
	}
	if kind == FaultReplaced {
		g.restored = g.restored || !s.blank()
		s.forgive()
		s.lostPower, s.died = g.judge.tick, g.judge.tick // and with it all that its node had said that it holds
		s.papers = papers{}
		clear(s.spoilt)
		clear(s.misread)
		s.look()
		return
	}
	sector, ok := g.sector(at)
	if !ok || sector < 0 {
		s.readPapers()
		return
	}
	if read != nil {
		s.misread[sector] = g.judge.identify(read, sector)
		return
	}
	// A write that was lost changes neither image, and is missing in both. What went wrong in the cache only is on
	// the medium as soon as the sector is made durable.
	written, durable := s.identify(p.written, sector), s.identify(p.durable, sector)
	if written == s.written[sector] || durable != s.durable[sector] {
		s.spoilt[sector] = true
	}
	s.written[sector], s.durable[sector] = written, durable
}

// copies reports whether a value that lands on a sector is damage that is carried on: from the other component, or
// from the place itself, of which it was damaged. Everything else that lands there ends the damage.
func (s *side) copies(sector int64, old, v valueID, damaged bool) bool {
	o := s.other()
	if v == zeroes && s.ghost.zeroed[sector].open > 0 {
		delete(s.misread, sector)
		return false // a client's own
	}
	carried := damaged && (v == old || s.misread[sector] == v && v != 0)
	if o.tainted(sector) {
		carried = carried || v == o.written[sector] || o.misread[sector] == v && v != 0
	}
	if v != old || !carried {
		delete(s.misread, sector)
	}
	return carried
}

// retaint is when power was lost, before the written image is what was durable: so is its damage.
func (s *side) retaint() {
	from := int64(s.ghost.record.LocalOff / SectorSize)
	for at, v := range s.durable {
		switch sector := from + int64(at); {
		case s.spoilt[at]:
			s.p.tainted.add(sector)
		case s.written[at] != v:
			s.p.tainted.remove(sector)
			delete(s.misread, int64(at))
		}
	}
}

// tainted reports whether a sector is silently damaged: nothing is demanded of it (X3) until it is rewritten.
func (s *side) tainted(sector int64) bool {
	return s.p.Tainted(sector + int64(s.ghost.record.LocalOff/SectorSize))
}

// tainted reports it of either side.
func (g *ghost) tainted(sector int64) bool {
	return g.void || g.sides[0].tainted(sector) || g.sides[1].tainted(sector)
}

// readDamaged reports whether a read that was invoked at inv may have been given silent damage of a sector: it is there, or
// has been until something landed there meanwhile.
func (g *ghost) readDamaged(sector int64, inv uint64) bool {
	return g.tainted(sector) || g.sides[0].healed[sector] >= inv || g.sides[1].healed[sector] >= inv
}

// excused reports whether nothing is demanded of what is durable of a sector, as far as a write is concerned that
// was invoked at inv, or one before it.
func (s *side) excused(sector int64, inv uint64) bool {
	return s.ghost.tainted(sector) || s.away(sector) || s.forgot(sector, inv) || s.spoilt[sector]
}

// forgot reports whether a process that is gone took the knowledge with it that a failed flush has lost a write.
func (s *side) forgot(sector int64, inv uint64) bool {
	return s.forgotten[sector] > 0 && inv <= s.forgotten[sector]
}

// flushLost is when a failed flush has lost what was written to a sector of a component. What a dead process wrote there
// no map may name, if it was a secondary's: the process that is told can only hold that power was lost (I38).
func (g *ghost) flushLost(p *Platter, sector int64) {
	s := g.of(p)
	at := sector - int64(g.record.LocalOff/SectorSize)
	if at < 0 || at >= int64(len(s.forgotten)) || s.written[at] == s.durable[at] || p.stamps[sector] > s.wrote {
		return
	}
	if !p.guard.dirty(p, uint64(at)*SectorSize/uint64(g.record.ExtentSize)) {
		s.forgotten[at] = s.diedAt
	}
}

// flushEnded is when a flush of a component has ended. If one fails before any other one has succeeded in its process,
// nobody can tell what was lost of what the process before it wrote: that is as if power were lost (I38), though what
// is left may be all.
func (g *ghost) flushEnded(p *Platter, ok bool) {
	switch s := g.of(p); {
	case ok:
		s.swept = true
	case !s.swept:
		s.doubted = s.diedAt
	}
}

// doubtTold is when a primary has decided a verdict with a side that is in such doubt. It has said so, as of a loss of
// power, and beside one that has lost power, or what it had received, either may be the source: what no flush had covered
// isn't owed here any more.
func (s *side) doubtTold() {
	if s.doubted == 0 {
		return
	}
	for at, k := range s.kept {
		for _, list := range [][]debt{s.owed, s.received} {
			if d := list[at]; d.inv > k.inv && d.inv <= s.doubted {
				list[at] = k
			}
		}
	}
	s.doubted = 0
}
