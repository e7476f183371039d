package actors

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// splitUp collects the pieces of a read whose extents are current in different places.
type splitUp struct {
	whole  *Request
	left   int
	err    error
	lent   int        // pieces that a given-up component still has
	others []*Request // pieces whose data is in buffers of their own
}

// admitRead lets a read wait for the writes that it overlaps and that have no answer yet: what it
// returns then counts as completed (I4). Under async that would promise nothing more.
func (g *gate) admitRead(r *Request) {
	f := &r.flow
	if f.mode == states.Async {
		g.routeRead(r)
		return
	}
	f.rng = states.Range{Off: uint64(r.Off), End: uint64(r.Off + r.Len), Class: states.RangeRead, Owner: r}
	f.ranged = true
	if !g.ranges.Acquire(&f.rng) {
		f.at = atRange
		return
	}
	g.routeRead(r)
}

// routeRead sends a read to a copy that is current for all of it, in pieces if need be (I13).
func (g *gate) routeRead(r *Request) {
	f := &r.flow
	f.at = atWork
	if g.dead.at == deadEnded {
		g.endRead(r, fmt.Errorf("the local component was given up, and the secondary is gone: %w", wire.EIO))
		return
	}
	route, n := g.routeAt(r.Off, r.Len)
	if n < r.Len {
		g.splitRead(r)
		return
	}
	switch route {
	case states.RouteLocal:
		f.local, f.plan = states.PartPending, g.plans
		g.tell(g.res.localdisk, &f.toDisk)
	case states.RouteRemote:
		g.readRemote(r)
	default:
		if g.dead.at == deadAsked {
			f.at = atHold // the secondary is about to say that its copy is the current one
			g.held = append(g.held, r)
			return
		}
		g.endRead(r, fmt.Errorf("no reachable copy of %d+%d is current: %w", r.Off, r.Len, wire.EIO))
	}
}

// routeAt says where a range is to be read, and how much of it from there.
func (g *gate) routeAt(off, n int64) (states.Route, int64) {
	var route states.Route
	extent := int64(g.rec.ExtentSize)
	for at := off; at < off+n; {
		end := min(at/extent*extent+extent, off+n)
		e := uint32(at / extent)
		next := states.RouteRead(states.ReadState{Stale: g.amap.Stale(e) || g.amap.Bad(e) || g.ail.doubted.Has(e) || g.gone(), Lags: g.amap.Slag(e), Connected: !g.alone(),
			Undecided: g.ail.undecided.Has(e)})
		if at == off {
			route = next
		} else if next != route {
			return route, at - off
		}
		at = end
	}
	return route, n
}

func (g *gate) splitRead(r *Request) {
	s := &splitUp{whole: r}
	for off := r.Off; off < r.Off+r.Len; {
		_, n := g.routeAt(off, r.Off+r.Len-off)
		p := &Request{Op: states.OpRead, Off: off, Len: n, Buf: r.Buf[off-r.Off:][:n]}
		p.flow.whole = s
		p.flow = newFlow(p, r.flow.mode)
		s.left++
		g.all.push(p)
		off += n
		defer g.routeRead(p)
	}
}

func (g *gate) readRemote(r *Request) {
	f := &r.flow
	f.remote, f.session = states.PartPending, g.session
	g.stats.RemoteReads++
	g.tell(g.res.link, &f.toPeer)
}

// ordered reports that a read has its place in the order of what overlaps it. A piece has that of its whole: behind one
// of its own it would wait for writes that wait for the whole.
func (f *flow) ordered() bool { return f.ranged || f.whole != nil && f.whole.whole.flow.ranged }

// onReadLocal masks a local read error with the secondary's copy, where that is current (I13).
func (g *gate) onReadLocal(r *Request) {
	if r.flow.local == states.PartDone {
		if states.ReadAgain(r.flow.plan, g.plans, g.amap.StaleIn(uint64(r.Off), uint64(r.Len))) {
			g.routeRead(r)
			return
		}
		g.endRead(r, nil)
		return
	}
	g.stats.ReadErrors++
	lags := g.amap.SlagIn(uint64(r.Off), uint64(r.Len))
	if states.RouteRead(states.ReadState{LocalFailed: true, Lags: lags, Connected: !g.alone()}) == states.RouteRemote {
		if !r.flow.ordered() && !g.inOrder(r) {
			return
		}
		g.log.Warn(fmt.Sprintf("Local request failed (%v), trying remote node. READ(%d, %d).", r.flow.failed, r.Off, r.Len))
		g.readRemote(r)
		return
	}
	g.endRead(r, r.flow.failed)
}

// inOrder gives a read of async its place in the order after all, before it asks the secondary: that may
// have a write already which the own component is about to fail, and which no later read would see. It
// reports whether the read may go on; if not, it begins again when its time has come.
func (g *gate) inOrder(r *Request) bool {
	f := &r.flow
	f.rng = states.Range{Off: uint64(r.Off), End: uint64(r.Off + r.Len), Class: states.RangeRead, Owner: r}
	f.ranged = true
	if g.ranges.Acquire(&f.rng) {
		return true
	}
	f.at = atRange
	return false
}

func (g *gate) onReadRemote(r *Request) {
	switch r.flow.remote {
	case states.PartDone:
		masked, s := r.flow.local == states.PartFailed, span{r.Off, r.Len}
		if g.endRead(r, nil); masked {
			g.wantRepair(s)
		}
	case states.PartFailed, states.PartLost:
		g.endRead(r, fmt.Errorf("the secondary, which holds the current copy of %d+%d, didn't answer: %w", r.Off, r.Len, wire.EIO))
	}
}

// endRead answers a read, or a piece of one.
func (g *gate) endRead(r *Request, err error) {
	f := &r.flow
	if f.ranged {
		f.ranged = false
		g.ranges.Release(&f.rng)
		defer g.granted()
	}
	if s := f.whole; s != nil {
		g.all.remove(r)
		f.answered = true
		if s.left--; err != nil && s.err == nil {
			s.err = err
		}
		if s.left == 0 {
			s.assemble()
			g.endRead(s.whole, s.err)
		}
		return
	}
	g.answer(r, err)
	g.release(r)
}
