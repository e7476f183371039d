package actors

import "hast/states"

// Glance is what a bystander sees of a node's part in a resource without asking: no message, and no turn of
// anybody. It is for tools that show a run step by step and must not change it; a status is asked for with
// QueryStatus.
type Glance struct {
	// Role, Link and Sync are where the machines stand; empty where there is none. At a secondary, Link is
	// the session's or what is on the way to one.
	Role, Link, Sync states.State
	// Verdict is that of the last handshake.
	Verdict states.Verdict
	// LocalCnt, RemoteCnt and Unfit are those of the record as it is on disk.
	LocalCnt, RemoteCnt uint64
	Unfit               states.Fitness
	// Dirty and ToSync are bytes: in dirty extents, and of those still to be copied. Only a primary knows.
	Dirty, ToSync uint64
	// InFlight is how many requests are taken in and not released; Peer how many of them wait for the peer.
	InFlight, Peer int
	// Disk is how many operations the component holds.
	Disk int
	// Open says that a device is shown.
	Open bool
}

// Glancer is an actor that can be looked at. Each adds what it knows.
type Glancer interface{ Glance(g *Glance) }

// Glance adds the role.
func (r *resource) Glance(g *Glance) {
	g.Role, g.Open = r.fsm.Current(), r.device != ""
}

// Glance adds what the primary knows of its requests and of what is dirty.
func (g *gate) Glance(to *Glance) {
	to.Verdict, to.InFlight = g.verdict, g.all.n
	if g.amap != nil {
		to.Dirty, to.ToSync = g.amap.BusyBytes(), g.amap.SyncBytes()
	}
}

// Glance adds the link.
func (l *remotelink) Glance(g *Glance) { g.Link, g.Peer = l.fsm.Current(), len(l.pending) }

// Glance adds the synchronization.
func (s *syncer) Glance(g *Glance) { g.Sync = s.fsm.Current() }

// Glance adds the component's record.
func (d *localdisk) Glance(g *Glance) {
	g.LocalCnt, g.RemoteCnt, g.Unfit, g.Disk = d.rec.LocalCnt, d.rec.RemoteCnt, d.rec.Unfit, d.outstanding
}

// The states of a secondary's link, as Glance has them: it has no machine for it.
const (
	glanceNone    states.State = "none"
	glanceHalf    states.State = "half"
	glanceSession states.State = "session"
)

// Glance adds what the secondary serves.
func (s *secondary) Glance(g *Glance) {
	g.Verdict, g.InFlight = s.verdict, s.served
	switch {
	case s.session != 0:
		g.Link = glanceSession
	case s.half.conn != nil || s.next != nil:
		g.Link = glanceHalf
	default:
		g.Link = glanceNone
	}
}
