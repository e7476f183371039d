package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
	"hast/wire"
)

const (
	// sessionSilence ends a session in which the primary says nothing: twice its keepalive period.
	sessionSilence = 2 * keepaliveEvery
	// servedMost and servedBytes bound what a primary may have outstanding here; beyond them its
	// connection isn't read (I24).
	servedMost  = 512
	servedBytes = 32 << 20
)

// secondary serves the peer's primary: handshake, requests in order where they overlap, replies. It
// applies whatever it has acknowledged as received, also when the link or the primary is gone (I36).
type secondary struct {
	res  *resource
	log  hclog.Logger
	self *actor.PID

	serving bool
	stand   *standing
	rec     states.Record
	image   []byte // the own map as it is on disk

	// half is a first hello whose second one is awaited.
	half struct {
		conn  Conn
		token wire.Token
		caps  uint64
		ver   uint8
		epoch uint64
	}
	// next is a second hello that waits until all that was received before is applied.
	next *secondHello

	session uint64 // epoch of the session; 0: none
	in, out Conn   // requests; replies
	caps    uint64
	ver     uint8
	verdict states.Verdict
	peer    states.Copy
	heard   time.Duration
	paused  bool
	failed  bool // a request failed: nothing behind it is done
	cleared bool // the own map was cleared, or is being cleared, in this session

	ranges  states.Ranges
	served  int
	bytes   int64
	free    []*served
	order   uint64 // of the last request taken in
	writes  int    // changes under way at the disk
	flushes []*served
	fit     *served
	raise   raise
	// adopts is the record of a fresh component, to be written when the primary's mark proves that it has
	// written its own.
	adopts *states.Record
	// ident is the session's identity, mark the primary's first request while the record that it asks for
	// is being written; marked: it was answered. Requests that come too early wait in backlog.
	ident   uint64
	mark    *served
	marked  bool
	sure    bool // the mark settles what an unclean end left
	backlog []*wire.InFrame
	// backBytes is what the payloads of backlog take.
	backBytes int64
	// broke says why this side ends the session, and what helps; empty if it doesn't.
	broke, brokeRemedy string
	// lastReceived is the order of the last write that was acknowledged as received.
	lastReceived uint64
	frame        wire.OutFrame
	saving       saveUse
	// savedFor is the second hello for which map or record are being written.
	savedFor  *secondHello
	reason    string
	remedy    string    // against reason, where waiting for the primary is no help
	reasonAt  time.Time // since when status has something to say
	ail       error     // of the own component, in a session that ended by it; until the copy is whole
	resolving *resolveCopy
	stats     Stats
	settled   bool
	conns     map[Conn]bool // those whose end is awaited
}

func newSecondary(r *resource) *secondary {
	s := &secondary{res: r, log: r.log.With("role", states.RoleSecondary), conns: make(map[Conn]bool)}
	// A primary that can't read its own copy asks for what it has sent and answered, which may still be on its
	// way to the component here: a read waits for the writes that came before it (I1).
	s.ranges.ReadWaits = true
	return s
}

func (s *secondary) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *FramesIn:
		s.onFrames(m)
	case *servedDone:
		s.onServed(m.s)
	case *payloadSent:
		s.recycle(m.s)
	case *peerHello:
		s.onHello(m)
	case *ConnClosed:
		s.onConnClosed(m)
	case *helloOver:
		if s.conns[m.conn] {
			s.onConnClosed(&ConnClosed{Conn: m.conn, Err: m.err})
		}
	case *recordSaved:
		s.onRecordSaved(m)
	case *mapSaved:
		s.onMapSaved(m)
	case *diskFlushed:
		if m.tag != 0 {
			s.onHelloFlushed(m)
		} else {
			s.onSettleFlushed(m)
		}
	case *servedTick:
		s.onTick(m)
	case *serveAs:
		s.onServe(m)
	case *resolveCopy:
		s.resolving = m
		s.maybeResolve()
	case *settle:
		s.onSettle()
	case *statusWalk:
		s.onStatus(m)
	case *actor.Started:
		s.self = c.Self()
	case *actor.Stopping:
		s.dropAll()
	case *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("secondary: unexpected %T", m))
	}
}

func (s *secondary) tell(to *actor.PID, msg any) { s.res.h.Tell(to, msg) }

func (s *secondary) onServe(m *serveAs) {
	s.serving, s.rec, s.image, s.stand = true, m.rec, m.image, m.standing
	s.reasonAt = s.res.h.Clock.Wall()
}

func (s *secondary) own(c Conn, epoch uint64) {
	s.conns[c] = true
	c.Own(Owner{PID: s.self, Exec: s.res.ex, Epoch: epoch})
}

func (s *secondary) sendOn(c Conn, ver uint8, nv, payload []byte) {
	s.frame.Reset()
	s.frame.Version, s.frame.NV, s.frame.Payload = ver, nv, payload
	if payload != nil {
		s.frame.Compression, s.frame.Checksum = s.res.cfg.Compression, s.res.cfg.Checksum
	}
	c.Send(&s.frame, nil)
}

// endSession ends the primary's session; what was received of it is applied all the same.
func (s *secondary) endSession(reason string) {
	if s.session == 0 {
		return
	}
	remedy := ""
	if s.broke != "" {
		reason, remedy = s.broke, s.brokeRemedy
		s.broke, s.brokeRemedy = "", ""
	}
	s.log.Warn("Disconnected from primary.", "reason", reason)
	s.session, s.reason, s.remedy, s.reasonAt = 0, reason, remedy, s.res.h.Clock.Wall()
	s.in.Close()
	s.out.Close()
	s.in, s.out = nil, nil
	s.paused, s.failed = false, false
	s.dropBacklog()
	s.adopts, s.marked = nil, false
	s.tell(s.res.pid, &notice{event: "disconnect"})
}

// onConnClosed: the loss of either connection ends the session or the half one.
func (s *secondary) onConnClosed(m *ConnClosed) {
	delete(s.conns, m.Conn)
	switch {
	case m.Conn == s.half.conn:
		s.half.conn = nil
	case s.session != 0 && (m.Conn == s.in || m.Conn == s.out):
		s.endSession(fmt.Sprintf("connection ended: %v", m.Err))
	case s.next != nil && (m.Conn == s.next.conn1 || m.Conn == s.next.conn2):
		s.next.conn1.Close()
		s.next.conn2.Close()
		s.next = nil
	}
	s.maybeSettled()
}

func (s *secondary) startTick() {
	s.res.h.Clock.TellAfter(sessionSilence/4, s.self, &servedTick{epoch: s.session})
}

func (s *secondary) onTick(m *servedTick) {
	if m.epoch != s.session || s.session == 0 {
		return
	}
	if silent := s.res.h.Clock.Now() - s.heard; silent >= sessionSilence {
		s.endSession(fmt.Sprintf("the primary was silent for %v", silent))
		return
	}
	s.startTick()
}

// onSettle ends the work: nothing new is received, what was received is applied, then flushed.
func (s *secondary) onSettle() {
	s.serving, s.settled = false, true
	if s.half.conn != nil {
		s.half.conn.Close()
		s.half.conn = nil
	}
	if s.next != nil {
		s.next.conn1.Close()
		s.next.conn2.Close()
		s.next = nil
	}
	s.endSession("the role changes")
	s.maybeSettled()
}

func (s *secondary) maybeSettled() {
	if s.settled && s.served == 0 && s.saving == saveIdle {
		s.settled = false
		s.tell(s.res.localdisk, &flushDisk{to: s.self})
	}
}

// onSettleFlushed ends a clean stop: nothing is missing here, so the record says so.
func (s *secondary) onSettleFlushed(m *diskFlushed) {
	if m.err != nil {
		s.log.Error("Request failed: FLUSH.", "error", m.err)
		s.lostByFlush()
	}
	rec := states.ServiceEnded(s.rec, states.ServiceEnd{Crashed: s.stand.crashed, Lacks: !s.stand.lagKnown || s.stand.lag.Any(),
		Doubted: s.res.cache.AnyDoubted()})
	if rec != s.rec {
		s.saveRecord(rec, saveStop)
		return
	}
	s.tell(s.res.pid, &settled{})
}

// lostByFlush is after a failed flush: what was acknowledged may be in no cache any more (I38), and the marks say so. Where
// a good one had covered all before, nothing is lost.
func (s *secondary) lostByFlush() {
	if s.res.cache.AnyLost() {
		s.stand.lacking()
	}
}

// dropAll is for the case that this actor stops: its connections go with it.
func (s *secondary) dropAll() {
	for _, c := range []Conn{s.half.conn, s.in, s.out} {
		if c != nil {
			c.Close()
		}
	}
	if s.next != nil {
		s.next.conn1.Close()
		s.next.conn2.Close()
	}
}
