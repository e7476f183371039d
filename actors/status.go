package actors

import (
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

// onStatus starts a status on its way through the actors; each fills in what it knows. One that ends
// meanwhile must not take it along (L2).
func (r *resource) onStatus(m *statusWalk) {
	r.walks = append(r.walks, m)
	r.walk(m)
}

// walk begins a status at the beginning.
func (r *resource) walk(m *statusWalk) {
	*m.status, m.link = Status{Name: r.cfg.Name}, states.Plight{}
	s := m.status
	s.Name, s.Provider, s.Local, s.Remote, s.Source = r.cfg.Name, r.cfg.Provider, r.cfg.Local, r.cfg.Remote, r.cfg.Source
	s.Replication, s.Checksum, s.Compression = r.cfg.Replication.String(), r.cfg.Checksum.String(), r.cfg.Compression.String()
	s.Device = r.device
	s.stands(r.fsm.Current(), r.since, states.Plight{Reason: r.reason, Remedy: r.remedy})
	s.PeerCopy = r.peer.status()
	r.walkOn(m, r.pid)
}

// walkOn sends a status to the next actor that there is, and home after the last.
func (r *resource) walkOn(m *statusWalk, from *actor.PID) {
	way := [...]*actor.PID{r.pid, r.localdisk, r.link, r.sync, r.gate, r.secondary}
	past := false
	for _, p := range way {
		if past && p != nil {
			m.at = p
			r.h.Tell(p, m)
			return
		}
		if p == from || p != nil && from != nil && p.Id == from.Id {
			past = true
		}
	}
	r.walks = slices.DeleteFunc(r.walks, func(w *statusWalk) bool { return w == m })
	if m.sink != nil {
		m.sink.Statuses([]Status{*m.status})
		return
	}
	r.h.Tell(m.to, m)
}

// walkAgain begins those anew that an actor had when it ended.
func (r *resource) walkAgain(ended *actor.PID) {
	for _, m := range slices.Clone(r.walks) {
		if m.at != nil && m.at.Id == ended.Id {
			r.walk(m)
		}
	}
}

// stands says in which state of its machine the role is, since when, and what it waits for or was refused for.
func (s *Status) stands(at states.State, since time.Time, own states.Plight) {
	s.Role, s.State = heldRole(at).String(), string(at)
	s.Since = since.UTC().Format(time.RFC3339)
	if !own.Any() {
		own = states.PassingPlight(at)
	}
	if s.Reason, s.Remedy = own.Reason, own.Remedy; own.Any() {
		s.ReasonSince = s.Since
	}
}

// held is what the role suffers from, as the walk has it from resource.
func (s *Status) held() states.Plight { return states.Plight{Reason: s.Reason, Remedy: s.Remedy} }

// suffers takes over what isn't as it should be, and since when; what resource said stays.
func (s *Status) suffers(p states.Plight, since time.Time) {
	if p == s.held() {
		return
	}
	s.Reason, s.Remedy, s.ReasonSince = p.Reason, p.Remedy, ""
	if p.Any() {
		s.ReasonSince = since.UTC().Format(time.RFC3339)
	}
}

// peerKind is how status calls the peer.
func peerKind(caps uint64) string {
	if caps != 0 {
		return "ours"
	}
	return "stock"
}

// weaker is what a pair can't promise with this peer, as status has it.
func (g *gate) weaker() []string {
	if g.session == 0 {
		return nil
	}
	return states.Weaker(states.RolePrimary, g.cfg.Replication, g.caps == 0, g.noFlush)
}

func (s *secondary) weaker() []string {
	if s.session == 0 {
		return nil
	}
	return states.Weaker(states.RoleSecondary, s.res.cfg.Replication, s.caps == 0, false)
}

func (l *remotelink) onStatus(m *statusWalk) {
	s := m.status
	s.Link, s.LinkReason = string(l.fsm.Current()), l.trouble.Reason
	if l.fsm.Current() == states.LinkIsUp {
		s.LinkReason, s.Peer = "", peerKind(l.caps)
	}
	m.link = l.trouble
	s.Stats.QueueRecv = uint64(len(l.pending))
	l.res.walkOn(m, l.self)
}

func (g *gate) onStatus(m *statusWalk) {
	s := m.status
	if g.amap != nil {
		s.Dirty = g.amap.BusyBytes()
		s.Sync.Remaining = g.amap.SyncBytes()
		s.Sync.ToPeer, s.Sync.FromPeer = g.amap.SlagBytes(), g.amap.StaleBytes()
		s.Bad = g.amap.BadBytes()
	}
	// Complete is a promise that the secondary may take over, so it has to know that it is fit.
	if g.session != 0 && g.dead.at == deadNot && !g.behind && s.Sync.Remaining == 0 && g.rec.LocalCnt == g.peer.RemoteCnt && g.equal.at == equalIdle {
		s.Status = "complete"
	} else if g.opened {
		s.Status = "degraded"
		s.suffers(g.plight(m), g.reasonAt)
	}
	if g.verdict != states.VerdictNone {
		s.Verdict = g.verdict.String()
	}
	s.Weaker = strings.Join(g.weaker(), "; ")
	queue := s.Stats.QueueLocal
	recv := s.Stats.QueueRecv
	s.Stats = g.stats
	s.Stats.QueueLocal, s.Stats.QueueRecv = queue, recv
	s.Stats.QueueIdle = uint64(doorCredits - min(g.all.n, doorCredits))
	if g.door != nil {
		s.Clients = g.door.Clients()
	}
	s.Stats.AsyncTail = uint64(g.tail)
	g.res.walkOn(m, g.self)
}

// plight says why this primary isn't complete. A reason with a remedy is a handshake's, one without is why the
// last session ended.
func (g *gate) plight(m *statusWalk) states.Plight {
	p := states.PrimaryState{Resource: g.cfg.Name, Held: m.status.held(), NoPeer: g.cfg.RemoteNone, Session: g.session != 0, Link: m.link,
		PeerFails: g.peerFails, Remaining: m.status.Sync.Remaining}
	p.Disk.Reason, p.Disk.Remedy = g.ailment()
	if g.remedy != "" {
		p.Verdict = states.Plight{Reason: g.reason, Remedy: g.remedy}
	} else {
		p.Ended = g.reason
	}
	return p.Plight()
}

func (s *secondary) onStatus(m *statusWalk) {
	t := m.status
	t.Link, t.Status = "none", "complete"
	if s.session != 0 {
		t.Link, t.Peer = "session", peerKind(s.caps)
	} else {
		t.LinkReason = s.reason
	}
	p := s.plight(t.held())
	if p.Any() {
		t.Status = "degraded"
	}
	t.suffers(p, s.reasonAt)
	if s.verdict != states.VerdictNone {
		t.Verdict = s.verdict.String()
	}
	t.Weaker = strings.Join(s.weaker(), "; ")
	queue := t.Stats.QueueLocal
	t.Stats = s.stats
	t.Stats.QueueLocal = queue
	t.Stats.QueueIdle = uint64(max(0, servedMost-s.served))
	s.res.walkOn(m, s.self)
}

// plight says why this secondary isn't complete.
func (s *secondary) plight(held states.Plight) states.Plight {
	p := states.SecondaryState{Resource: s.res.cfg.Name, Held: held, Session: s.session != 0, DiskFailed: s.ail != nil, Fitness: s.rec.Unfit}
	if s.adopts != nil {
		p.Fitness = s.adopts.Unfit
	}
	switch {
	case s.remedy != "":
		p.Verdict = states.Plight{Reason: s.reason, Remedy: s.remedy}
	case s.ail != nil:
		p.Ended = "the local component failed: " + s.ail.Error()
	default:
		p.Ended = s.reason
	}
	return p.Plight()
}
