package simulation

import (
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// session is a handshake that both sides have confirmed, as the wire shows it.
type session struct {
	at        *end   // the primary's end of the connection that brings replies; nil for none
	tick      uint64 // the judge's, at which the last one began
	began     uint64 // the world's step at which the last one began
	lostStep  uint64 // when the primary's end was closed
	lost      time.Duration
	confirmed bool
}

// of reports whether it lives on with a side as its primary. One that has been cut off, and whose primary hasn't noticed,
// is none of its former secondary's.
func (l *session) of(s *side) bool { return l.at != nil && l.at.boot.machine == s.m }

// longGone reports that a primary has had all the time that it may need to notice that its session has ended.
func (l *session) longGone(w *World) bool {
	return l.at == nil && (!l.confirmed || w.now-l.lost > 200*time.Millisecond && w.steps-l.lostStep > 2000)
}

// frameIn is when a node has taken a frame in from the network.
func (w *World) frameIn(e *end, f *wire.InFrame) {
	if e.resource == "" {
		name, ok := f.NV.Str("resource")
		if e.dialer || !ok {
			if r, err := wire.DecodeReply(f.NV); err != nil || r.Error != 0 {
				return // a node that refuses the second hello, or a secondary that can't confirm the session
			}
			if e.dialer && e.peer.resource != "" && e.peer.second {
				e.resource, e.confirms = e.peer.resource, true
			}
			return
		}
		e.resource, e.second = name, wire.IsHello2(f.NV)
		return
	}
	if e.dialer {
		return
	}
	for _, c := range w.clients {
		if c.ghost != nil && c.resource == e.resource {
			c.ghost.requestIn(e, f)
		}
	}
}

// delivered is when an actor gets what a connection brought, which may be long after the network took it in: the node may
// have given the connection up by then.
func (w *World) delivered(msg any) {
	in, ok := msg.(*actors.FramesIn)
	if !ok {
		return
	}
	if e, ok := in.Conn.(*end); ok && e.confirmation == in {
		if e.confirmation = nil; e.state != endClosed {
			w.heard(e)
		}
	}
}

// heard is when a primary has taken in the first answer of its secondary to a request.
func (w *World) heard(e *end) {
	for _, c := range w.clients {
		if c.ghost != nil && c.resource == e.resource {
			c.ghost.sessionBegan(e)
		}
	}
}

// ended is when a node's end of a connection is closed, by itself or because the connection broke.
func (w *World) hungUp(e *end) {
	for _, c := range w.clients {
		if g := c.ghost; g != nil && g.link.at == e {
			g.changes++
			g.link.at, g.link.lost, g.link.lostStep = nil, w.now, w.steps
		}
	}
}

// sessionBegan: both sides are sure of the session.
func (g *ghost) sessionBegan(e *end) {
	g.link = session{at: e, began: g.world.steps, tick: g.judge.tick, confirmed: true}
	p := g.at(e.boot.machine)
	p.told = p.told || p.heard
	g.tailChosen(p)
	for _, s := range g.sides {
		if s.behind(s.other()) {
			s.target = g.judge.tick
		}
	}
	g.checkApplied(p.other(), "a session has begun")
	if r := &g.reign; r.server != nil && r.server.m == e.boot.machine && !r.settled && g.client.door != nil {
		r.hold(r.server.other())
	}
}

// requestIn: a secondary's process has data before it: it holds them in memory, unless they are damaged or come behind
// damaged ones. The process refuses those, and with them all that the session brings after them (rule fail-ends):
// what it then doesn't take in it can't have out of order. If it applies some of it nevertheless, passedOver finds it.
func (g *ghost) requestIn(e *end, f *wire.InFrame) {
	q, err := wire.DecodeRequest(f.NV)
	if s := g.at(e.boot.machine); err == nil && q.Cmd == raiseAtWord {
		s.counts = s.p.owner
	}
	if err != nil || !q.Cmd.Changes() || q.Offset%SectorSize != 0 || q.Length%SectorSize != 0 || !q.Fits(g.record.DataSize) {
		return
	}
	s := g.at(e.boot.machine)
	if s.hears != e {
		s.hears, s.hearsSince, s.inOrder, s.beyond = e, g.judge.tick, len(g.log), nil
		if s.m.stock || s.other().m.stock {
			g.tailChosen(s.other()) // its first request changes data, before any answer
		}
	}
	if q.Cmd == states.OpWrite && uint64(len(f.Payload)) != q.Length {
		if f.PayloadErr != nil && s.beyond == nil {
			s.beyond = make(map[int64]valueID)
		}
		return
	}
	first := int64(q.Offset / SectorSize)
	for i := range int64(q.Length / SectorSize) {
		v := zeroes
		if q.Cmd == states.OpWrite {
			v = g.judge.identify(f.Payload[i*SectorSize:(i+1)*SectorSize], first+i)
		}
		if s.beyond != nil {
			s.beyond[first+i] = v
			continue
		}
		s.memory[first+i] = v
		g.tookIn(s, first+i, v)
	}
}

// passedOver: something has landed on a secondary. If it came behind data that the session brought damaged, the
// secondary has taken it in after all.
func (g *ghost) passedOver(s *side, sector int64, v valueID) {
	if late, ok := s.beyond[sector]; ok && late == v && s.memory[sector] != v {
		g.tookIn(s, sector, v)
	}
}
