package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

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
	if reason, remedy := states.Mixed(n.verdict, marks, s.rec.Bad); reason != "" {
		s.refuseHello2(n, reason, reason, remedy)
		return
	}
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
		s.stand.behind(&s.rec)
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
		s.log.Error("Request failed: FLUSH.", "error", m.err)
		s.stats.FlushErrors++
		s.lostByFlush()
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
	if n.caps&wire.CapMarks == 0 {
		states.MapWithBad(maps, s.rec.Bad)
	}
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
