package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
	"hast/states/activemap"
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

// secondHello is a second hello together with its two connections.
type secondHello struct {
	conn1, conn2 Conn
	hello        wire.Hello2
	caps         uint64
	ver          uint8
	epoch        uint64
	virgin       bool
	verdict      states.Verdict
	session      uint64 // its identity, drawn here; 0 towards a node without marks
	flushed      bool   // all that was received before is durable, or the mark says that it may not be
}

type saveUse uint8

const (
	saveIdle saveUse = iota
	saveFresh
	saveMarks
	saveClear
	saveMark
	saveReceived
	saveMixed
	saveStop
	saveFitMark
	saveResolve
	saveRaiseMap
	saveRaiseRecord
	saveOwn
	saveFlush // no record, but the flush of a handshake
)

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
	s.ranges.ReadWaits = true
}

// onHello takes the first or the second hello of a primary.
func (s *secondary) onHello(m *peerHello) {
	if !s.serving {
		refuseHello(s.res, m.conn, wire.MsgWrongRole(states.RoleInit), false)
		return
	}
	if m.first != nil {
		s.onHello1(m.conn, m.first)
		return
	}
	s.onHello2(m.conn, m.again)
}

// onHello1 answers with a token. It disturbs no session: a node that asks before its promotion may go
// away again (design 6).
func (s *secondary) onHello1(c Conn, h *wire.Hello1) {
	if s.half.conn != nil {
		s.half.conn.Close()
	}
	s.half.conn = c
	s.half.caps, s.half.ver = h.Caps&offeredCaps, min(max(h.Version, 1), wire.ProtocolVersion)
	s.half.epoch = s.res.newEpoch()
	for i := 0; i < 16; i += 8 {
		v := s.res.h.Rand.Uint64()
		for j := range 8 {
			s.half.token[i+j] = byte(v >> (8 * j))
		}
	}
	s.own(c, s.half.epoch)
	reply := wire.Hello1Reply{Version: s.half.ver, Token: s.half.token}
	if h.Caps != 0 {
		reply.Caps = offeredCaps
	}
	s.sendOn(c, s.half.ver, wire.AppendHello1Reply(nil, &reply), nil)
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

// onHello2 supersedes the session: its requests are applied first, then the verdict is taken.
func (s *secondary) onHello2(c Conn, h *wire.Hello2) {
	if s.half.conn == nil || h.Token != s.half.token {
		s.log.Error(fmt.Sprintf("Token received from %s doesn't match.", c.Peer()))
		refuseHello(s.res, c, wire.MsgBadToken, false)
		return
	}
	n := &secondHello{conn1: s.half.conn, conn2: c, hello: *h, caps: s.half.caps, ver: s.half.ver, epoch: s.half.epoch}
	s.half.conn = nil
	s.own(c, n.epoch)
	if s.next != nil {
		s.next.conn1.Close()
		s.next.conn2.Close()
	}
	s.next = n
	s.endSession("a new session began")
	s.maybeHandshake()
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

// maybeHandshake goes on with a second hello once nothing of the old session is left (rule
// drain-received).
func (s *secondary) maybeHandshake() {
	s.maybeResolve()
	if s.next == nil || s.served > 0 || s.saving != saveIdle {
		return
	}
	n := s.next
	s.adopts = nil
	marks := n.caps&wire.CapMarks != 0
	s.peer = states.Copy{ResUID: n.hello.ResUID, LocalCnt: n.hello.LocalCnt, RemoteCnt: n.hello.RemoteCnt}
	own := states.CopyOf(&s.rec)
	if marks {
		s.peer.Marks, own.Marks = n.hello.Marks, s.stand.marks(&s.rec, s.dirty())
		for n.session == 0 {
			n.session = s.res.h.Rand.Uint64()
		}
	}
	s.tell(s.res.pid, &peerHeard{heard{copy: s.peer, told: n.hello.Told, role: states.RolePrimary}})
	if s.refuseSizes(n) {
		return
	}
	n.verdict = s.res.relate(states.RoleSecondary, s.peer, own)
	s.verdict = n.verdict
	rec := s.rec
	if n.verdict == states.VerdictEqual && marks && !n.flushed {
		// The primary may give up its own copy of what it takes from here.
		s.savedFor, s.saving = n, saveFlush
		s.tell(s.res.localdisk, &flushDisk{to: s.self, tag: n.epoch})
		return
	}
	switch {
	case n.verdict == states.VerdictFresh:
		// The map first: with the identity alone, a cut here would say "equal, nothing dirty".
		n.virgin = true
		if states.FreshAsZeroes(n.verdict, s.peer.Marks, own.Marks) {
			s.adoptFresh(n) // the primary's map says all
			return
		}
		s.saving, s.savedFor = saveFresh, n
		full := make([]byte, len(s.image))
		for i := range full {
			full[i] = 0xff
		}
		s.tell(s.res.localdisk, &saveMap{to: s.self, tag: n.epoch, runs: []activemap.Run{{Data: full}}})
		return
	case n.verdict.Refused():
		s.refuseVerdict(n)
		return
	case n.verdict == states.VerdictPrimaryAhead:
		// Durable before the reply (I17). Before the first byte of the copy lands it becomes a mixture. If the record
		// can't be written, this process knows it all the same.
		s.stand.outdated = true
		rec.Unfit = max(rec.Unfit, states.Outdated)
		s.stand.lagKnown = false
	case n.verdict == states.VerdictEqual && rec.Unfit != states.Fit:
		rec.Unfit = states.Fit // equal counters prove that the copy was whole (I15)
	}
	if n.verdict == states.VerdictEqual || n.verdict == states.VerdictSecondaryAhead {
		s.stand.outdated = false
	}
	if n.verdict == states.VerdictEqual && !marks {
		s.stand.whole() // a stock primary says it in no other way
	}
	rec.Zeroed = false // as in gate: bits are about to be cleared
	if marks {
		rec = s.stand.began(rec, s.res.h.Boot)
		// What the primary answers from now on is owed by this copy too: a power cut may lose that.
		rec.Unclean &^= states.UncleanRaised
		if rec.TrySession != 0 && rec.TrySession == n.hello.Marks.LastSession {
			// The primary had the reply, and the mark was lost: it was a session (rule session-two-step).
			rec.LastSession = rec.TrySession
		}
		rec.TrySession = n.session
	}
	if rec == s.rec {
		s.begin(n)
		return
	}
	s.savedFor = n
	s.saveRecord(rec, saveMarks)
}

// onHelloFlushed goes on with a handshake whose flush has ended.
func (s *secondary) onHelloFlushed(m *diskFlushed) {
	s.saving = saveIdle
	if m.err != nil {
		// What was acknowledged may be in no cache any more (I38): the marks say so.
		s.log.Error("Request failed: FLUSH.", "error", m.err)
		s.stats.FlushErrors++
		s.stand.lacking()
	}
	s.savedFor.flushed = true
	s.saved()
}

// dirty reports whether the own map, from a time as primary, has anything in it.
func (s *secondary) dirty() bool {
	for _, b := range s.image {
		if b != 0 {
			return true
		}
	}
	return false
}

func (s *secondary) saveRecord(rec states.Record, use saveUse) {
	s.saving = use
	rec.PrevRole = states.RoleSecondary
	s.stats.MetadataWrites++
	s.tell(s.res.localdisk, &saveRecord{to: s.self, tag: s.session, rec: rec})
}

// refuseSizes refuses a primary of ours whose device has another size, or extents of another size. A stock one
// doesn't tell, and finds out by itself.
func (s *secondary) refuseSizes(n *secondHello) bool {
	h := &n.hello
	switch {
	case h.DataSize != 0 && h.DataSize != s.rec.DataSize:
		msg := wire.MsgDataSize(int64(s.rec.DataSize), int64(h.DataSize))
		s.refuseHello2(n, msg, msg, "create both components with the same size")
	case h.ExtentSize != 0 && h.ExtentSize != s.rec.ExtentSize:
		msg := wire.MsgExtentSize(int64(s.rec.ExtentSize), int64(h.ExtentSize))
		s.refuseHello2(n, msg, msg, "create both components with the same extent size")
	default:
		return false
	}
	return true
}

// refuseVerdict refuses a primary because of its copy; nothing changes on either side (I14).
func (s *secondary) refuseVerdict(n *secondHello) {
	msg := wire.MsgSplitBrain
	own := states.CopyOf(&s.rec)
	own.Marks = s.stand.marks(&s.rec, s.dirty())
	switch n.verdict {
	case states.VerdictSplitBrain:
		s.tell(s.res.pid, &notice{event: "split-brain"})
	case states.VerdictForeign:
		msg = wire.MsgResUIDMismatch(n.hello.ResUID, s.rec.ResUID)
	default:
		msg, _ = n.verdict.Explain(s.peer, own)
	}
	reason, remedy := n.verdict.Explain(s.peer, own)
	s.refuseHello2(n, msg, reason, remedy)
}

// refuseHello2 answers with the message; reason and remedy are for the status here.
func (s *secondary) refuseHello2(n *secondHello, msg, reason, remedy string) {
	s.next = nil
	if s.reason != reason {
		s.log.Error(reason, "remedy", remedy)
		s.reasonAt = s.res.h.Clock.Wall()
	}
	s.reason, s.remedy = reason, remedy
	reply := s.hello2Reply(n)
	reply.ErrMsg, reply.ResUID = msg, s.rec.ResUID
	s.sendOn(n.conn1, n.ver, wire.AppendHello2Reply(nil, &reply), nil)
	n.conn1.CloseAfterSend()
	n.conn2.CloseAfterSend()
}

func (s *secondary) hello2Reply(n *secondHello) wire.Hello2Reply {
	rec := &s.rec
	if s.adopts != nil {
		rec = s.adopts
	}
	r := wire.Hello2Reply{DataSize: int64(rec.DataSize), ExtentSize: int32(rec.ExtentSize), LocalCnt: rec.LocalCnt,
		RemoteCnt: rec.RemoteCnt, Virgin: n.virgin, SyncSrc: n.verdict.SyncSource()}
	r.Caps = n.caps
	if n.caps&wire.CapMarks != 0 {
		dirty := mapBytes(rec, s.image)
		r.Session, r.Marks, r.Unfit, r.Bad = n.session, s.stand.marks(rec, dirty > 0), rec.Unfit, rec.Bad
		r.Told = told(rec, dirty)
		r.Marks.LagKnown = r.Marks.LagKnown && !n.virgin
	}
	return r
}

// begin sends the reply with the map; from here on the session is the one to serve.
func (s *secondary) begin(n *secondHello) {
	s.next = nil
	s.session, s.in, s.out = n.epoch, n.conn1, n.conn2
	s.caps, s.ver, s.verdict = n.caps, n.ver, n.verdict
	s.ident, s.marked, s.lastReceived = n.session, false, 0
	s.raise.on = false
	s.cleared, s.failed, s.paused, s.reason, s.remedy = false, false, false, "", ""
	s.reasonAt = s.res.h.Clock.Wall()
	s.heard = s.res.h.Clock.Now()
	s.stats.Sessions++
	s.in.SetMaxPayload(wire.MaxPayload)
	reply := s.hello2Reply(n)
	reply.MapSize = uint32(len(s.image))
	// The map is lent to the connection: a copy, because the own one changes when it is cleared.
	maps := append([]byte(nil), s.image...)
	if reply.Marks.LagKnown {
		maps = s.stand.lag.AppendBytes(maps)
		reply.LagSize = uint32(len(maps)) - reply.MapSize
	}
	s.sendOn(s.in, s.ver, wire.AppendHello2Reply(nil, &reply), maps)
	s.log.Info("Connected to primary.", "peer", s.in.Peer(), "verdict", n.verdict)
	for _, w := range s.weaker() {
		s.log.Warn("weaker: " + w)
	}
	s.tell(s.res.pid, &notice{event: "connect"})
	s.startTick()
}

// adoptFresh begins a fresh component's first session with a primary of ours, once its map says what it lacks.
func (s *secondary) adoptFresh(n *secondHello) {
	s.stand.lagKnown = false
	rec := s.stand.began(states.Adopted(s.rec, s.peer), s.res.h.Boot)
	rec.Unclean |= states.UncleanReceived
	s.adopts = &rec
	s.begin(n)
}

func (s *secondary) onMapSaved(m *mapSaved) {
	use := s.saving
	switch use {
	case saveFresh:
		if m.err == nil {
			for i := range s.image {
				s.image[i] = 0xff
			}
		}
		if m.err != nil || s.next == nil || s.next != s.savedFor {
			s.saving = saveIdle
			s.giveUp(m.err)
			return
		}
		rec := states.Adopted(s.rec, s.peer)
		if s.next.caps&wire.CapMarks == 0 {
			// A stock primary wants to see zeroes. That the copy has ended its next hello says, by equal
			// counters; until then this copy is none.
			rec.LocalCnt, rec.RemoteCnt = 0, 0
			s.saveRecord(rec, saveFresh)
			return
		}
		s.saving = saveIdle
		s.adoptFresh(s.next)
	case saveRaiseMap:
		s.saving = saveIdle
		s.onRaiseMapSaved(m.err)
		s.saved()
	case saveOwn:
		s.saving = saveIdle
		s.onChangesMapped(m.err)
		s.saved()
	case saveClear:
		s.saving = saveIdle
		if m.err == nil {
			clear(s.image)
			s.log.Debug("Local activemap cleared.")
		} else {
			// Of a flush that failed nobody knows what it lost: all of this session's changes may be
			// (I38). The primary copies them again.
			s.cleared = false
			s.stand.lacking()
			s.endSession("the activemap can't be cleared: " + m.err.Error())
		}
		s.saved()
	}
}

func (s *secondary) onRecordSaved(m *recordSaved) {
	use := s.saving
	s.saving = saveIdle
	if m.err == nil {
		s.rec = m.rec
	}
	switch use {
	case saveFresh, saveMarks:
		if m.err != nil || s.next == nil || s.next != s.savedFor {
			s.giveUp(m.err)
			return
		}
		s.begin(s.next)
	case saveMark:
		s.onMarkSaved(m.err)
	case saveReceived:
		if m.err != nil {
			s.endSession("what was received can't be recorded: " + m.err.Error())
		}
	case saveMixed:
		if m.err != nil {
			s.endSession("that this copy is being overwritten can't be recorded: " + m.err.Error())
		}
	case saveFitMark:
		f := s.fit
		s.fit = nil
		if m.err != nil {
			f.err = m.err
		} else {
			if s.session == f.session && !s.failed {
				s.stand.whole()
				s.ail = nil
			}
			s.tell(s.res.pid, &sidesEqual{own: states.CopyOf(&s.rec)})
		}
		s.finish(f)
		if f.err == nil && s.raise.on && f.order > s.raise.order && s.session == f.session {
			s.raise.on, s.cleared = false, false // the primary maps again
			s.clearMap()
		}
	case saveResolve:
		s.onResolveSaved(m.err)
	case saveRaiseRecord:
		s.raised(m.err)
	case saveStop:
		s.tell(s.res.pid, &settled{})
		return
	}
	s.saved()
}

// saved goes on with what waited while map or record were being written.
func (s *secondary) saved() {
	s.saveRaise()
	s.mapChanges()
	s.saveFit()
	s.resume()
	s.maybeHandshake()
	s.maybeSettled()
}

// giveUp ends a handshake for which nothing could be made durable.
func (s *secondary) giveUp(err error) {
	if n := s.next; n != nil && err != nil {
		s.next = nil
		s.reason = "the handshake's record can't be written: " + err.Error()
		n.conn1.Close()
		n.conn2.Close()
	}
	s.maybeHandshake()
	s.maybeSettled()
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
		// What was acknowledged may be in no cache any more (I38).
		s.log.Error("Request failed: FLUSH.", "error", m.err)
		s.stand.lacking()
	}
	left := s.rec.Unclean | s.stand.crashed
	if s.rec.Unfit == states.Fit && s.stand.lagKnown && !s.stand.lag.Any() {
		left = 0
	}
	if left != s.rec.Unclean {
		s.saveRecord(states.Stopped(s.rec, left), saveStop)
		return
	}
	s.tell(s.res.pid, &settled{})
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
