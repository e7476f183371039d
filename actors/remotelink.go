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
	// keepaliveEvery is how long a session may be silent before something is sent: the peer drops it
	// after twice that (hast-protocol 3.7).
	keepaliveEvery = 10 * time.Second
	// linkTickEvery is how often an idle link looks at its clock.
	linkTickEvery = time.Second
	// offeredCaps are the extensions that we speak (docs/protocol.md).
	offeredCaps = wire.CapExtensions | wire.CapMarks | wire.CapEcho
)

// remotelink owns the pair of connections to the secondary, as the primary has it: handshake, sequence
// numbers, keepalive and the time limit of what is outstanding.
type remotelink struct {
	res  *resource
	log  hclog.Logger
	self *actor.PID
	fsm  *states.Machine

	// attempt numbers attempts and the sessions that come of them; it is the epoch of all that the
	// connections deliver.
	attempt uint64
	probing bool
	dialing bool // a Dial is out whose answer must be awaited
	out, in Conn // requests; replies
	open    int  // connections whose ConnClosed has not come
	closed  map[Conn]bool
	inEnded string // the second connection ended while the second hello's reply was awaited
	token   wire.Token
	version uint8 // negotiated; remembered over reconnections, 1 before the first
	caps    uint64
	offer   *peerReply
	reason  string        // why it is down or refused
	trouble states.Plight // of the last attempt that didn't lead to a session
	itself  bool          // this node ended the attempt
	answer  states.PeerAnswer
	told    bool // the answer was reported in this attempt
	hadUp   bool
	limit   Timer
	again   *connect // asked for while the one before was ending

	seq       uint64
	pending   map[uint64]*Request
	order     linkList
	control   []controlWait // in order of sending
	lastSent  time.Duration
	frame     wire.OutFrame
	sendQueue uint64
}

// controlWait is an outstanding request of gate's own: a flush or a fit.
type controlWait struct {
	seq  uint64
	cmd  states.Op
	sent time.Duration
}

func newRemotelink(r *resource) *remotelink {
	return &remotelink{res: r, log: r.log.With("role", states.RolePrimary), fsm: r.machine(states.LinkTable), version: 1,
		pending: make(map[uint64]*Request)}
}

func (l *remotelink) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *remoteIO:
		l.onIO(m.r)
	case *FramesIn:
		l.onFrames(m)
	case *flushPeer:
		l.onFlush(m)
	case *fitPeer:
		l.onFit(m)
	case *markPeer:
		l.onMark(m)
	case *raisePeer:
		l.onRaise(m)
	case *linkTick:
		l.onTick(m)
	case *connect:
		l.onConnect(m)
	case *Dialed:
		l.onDialed(m)
	case *ConnClosed:
		l.onConnClosed(m)
	case *helloCopy:
		l.onHelloCopy(m)
	case *begin:
		l.onBegin(m)
	case *hangUp:
		l.onHangUp(m)
	case *refuseOffer:
		l.onRefuseOffer(m)
	case *linkLimit:
		l.onLimit(m)
	case *relink:
		l.onRelink()
	case *statusWalk:
		l.onStatus(m)
	case *actor.Started:
		l.self = c.Self()
	case *actor.Stopping:
		l.dropConnections()
	case *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("remotelink: unexpected %T", m))
	}
}

func (l *remotelink) tell(to *actor.PID, msg any) { l.res.h.Tell(to, msg) }

func (l *remotelink) owner() Owner { return Owner{PID: l.self, Exec: l.res.ex, Epoch: l.attempt} }

// step takes an event through the link's table and does what it says.
func (l *remotelink) step(ev states.Event) {
	effects, err := l.fsm.Step(ev)
	if err != nil {
		// An event that the table refuses here is a peer or a seam out of order: the attempt is over.
		l.log.Warn("link out of order", "error", err)
		l.reason = err.Error()
		effects, err = l.fsm.Step(states.LinkOnClose)
		if err != nil {
			panic(err)
		}
	}
	for _, e := range effects {
		l.do(e)
	}
}

func (l *remotelink) do(e states.Effect) {
	switch e {
	case states.LinkDoDialOut, states.LinkDoDialIn:
		l.dial()
	case states.LinkDoSendHello1:
		l.sendHello1()
	case states.LinkDoSendHello2:
		l.tell(l.res.gate, &wantCopy{attempt: l.attempt})
		l.startLimit(l.res.cfg.Timeout)
	case states.LinkDoOfferSession:
		l.tell(l.res.gate, l.offer)
		l.offer = nil
	case states.LinkDoAnnounceUp:
		l.announceUp()
	case states.LinkDoAnnounceDown:
		l.log.Warn("Disconnected from "+l.res.cfg.Remote+".", "reason", l.reason)
		l.tell(l.res.gate, &linkLost{session: l.attempt, reason: l.reason})
	case states.LinkDoFailOutstanding:
		l.failOutstanding()
	case states.LinkDoWithdrawOffer:
		l.tell(l.res.gate, &linkLost{session: l.attempt, reason: l.reason})
	case states.LinkDoDropConnections:
		l.dropConnections()
		l.maybeClosed()
	case states.LinkDoTellGuard:
		l.tellDown()
	default:
		panic("remotelink: unknown effect " + string(e))
	}
}

func (l *remotelink) onConnect(m *connect) {
	if at := l.fsm.Current(); at != states.LinkIsDown {
		if at != states.LinkIsUp {
			l.again = m // when the attempt under way has ended
		}
		return
	}
	l.again = nil
	l.attempt = l.res.newEpoch()
	l.probing, l.told, l.hadUp = m.probing, false, false
	l.reason, l.caps, l.offer, l.inEnded = "", 0, nil, ""
	l.answer, l.itself = states.PeerSilent, false
	l.closed = make(map[Conn]bool, 2)
	l.step(states.LinkOnConnect)
}

func (l *remotelink) dial() {
	l.dialing = true
	l.startLimit(l.res.cfg.Timeout)
	l.res.h.Net.Dial(l.owner(), DialSpec{Remote: l.res.cfg.Remote, Source: l.res.cfg.Source, Timeout: l.res.cfg.Timeout})
}

func (l *remotelink) onDialed(m *Dialed) {
	if m.Epoch != l.attempt {
		if m.Conn != nil {
			m.Conn.Close()
		}
		return
	}
	l.dialing = false
	if m.Err != nil {
		l.reason = fmt.Sprintf("Unable to connect to %s: %v", l.res.cfg.Remote, m.Err)
		answer := states.PeerSilent
		if m.Refused {
			answer = states.PeerRefused
		}
		l.report(answer, l.reason)
		l.step(states.LinkOnDialFailed)
		l.maybeClosed()
		return
	}
	m.Conn.Own(l.owner())
	l.open++
	if l.out == nil {
		l.out = m.Conn
	} else {
		l.in = m.Conn
	}
	if l.fsm.Current() == states.LinkIsClosing {
		m.Conn.Close()
	}
	l.step(states.LinkOnDialed)
}

func (l *remotelink) sendHello1() {
	l.startLimit(l.res.cfg.Timeout)
	h := wire.Hello1{Resource: l.res.cfg.Name, Version: wire.ProtocolVersion, Caps: offeredCaps, Node: l.res.nonce}
	if l.probing {
		h.Probe = l.res.probe.nonce
	}
	l.send(l.out, wire.AppendHello1(nil, &h))
}

// send sends a control message.
func (l *remotelink) send(c Conn, nv []byte) {
	l.frame.Reset()
	l.frame.Version, l.frame.NV = l.version, nv
	l.lastSent = l.res.h.Clock.Now()
	c.Send(&l.frame, nil)
}

func (l *remotelink) onHello1Reply(nv wire.NV) {
	reply, err := wire.DecodeHello1Reply(nv)
	if err != nil {
		l.refused(states.PeerUnknown, fmt.Sprintf("%s answered the first hello with something else: %v", l.res.cfg.Remote, err))
		return
	}
	if reply.ErrMsg != "" {
		l.refused(classifyRefusal(reply.ErrMsg, reply.Wait), reply.ErrMsg)
		return
	}
	l.version, l.token, l.caps = reply.Version, reply.Token, reply.Caps&offeredCaps
	l.report(states.PeerSecondary, "")
	l.step(states.LinkOnReplyOK)
}

// refused ends the attempt with what the peer said.
func (l *remotelink) refused(answer states.PeerAnswer, reason string) {
	l.reason = reason
	l.report(answer, reason)
	l.step(states.LinkOnReplyRefused)
}

// report tells a promotion, once an attempt, who the peer is.
func (l *remotelink) report(answer states.PeerAnswer, reason string) {
	l.answer = answer
	if l.probing && !l.told {
		l.told = true
		l.tell(l.res.pid, &peerAnswered{answer: answer, reason: reason})
	}
}

func (l *remotelink) onHelloCopy(m *helloCopy) {
	if m.attempt != l.attempt || l.fsm.Current() != states.LinkIsHello2 {
		return
	}
	h := wire.Hello2{Resource: l.res.cfg.Name, Token: l.token, Virgin: m.virgin, ResUID: m.rec.ResUID,
		LocalCnt: m.rec.LocalCnt, RemoteCnt: m.rec.RemoteCnt, Caps: l.caps, Marks: m.marks, Told: m.told,
		DataSize: m.rec.DataSize, ExtentSize: m.rec.ExtentSize}
	l.out.SetMaxPayload(uint32(2*m.rec.MapSize() + 1<<20))
	l.send(l.in, wire.AppendHello2(nil, &h))
}

func (l *remotelink) onHello2Reply(f *wire.InFrame) {
	reply, err := wire.DecodeHello2Reply(f.NV)
	if err == nil && reply.ErrMsg == "" {
		err = reply.CheckMap(f)
	}
	if err != nil {
		l.refused(states.PeerUnknown, fmt.Sprintf("%s answered the second hello with something else: %v", l.res.cfg.Remote, err))
		return
	}
	l.offer = &peerReply{attempt: l.attempt, reply: reply, image: append([]byte(nil), f.Payload...), caps: l.caps, version: l.version}
	// Of a refusal gate says why, from the counters; it never accepts a reply with an error.
	l.startLimit(l.res.cfg.Timeout)
	l.step(states.LinkOnPeerReply)
	if l.inEnded != "" && reply.ErrMsg == "" {
		l.reason = l.inEnded
		l.step(states.LinkOnLost)
	}
}

func (l *remotelink) onBegin(m *begin) {
	if m.attempt != l.attempt || l.fsm.Current() != states.LinkIsMerging {
		return
	}
	l.stopLimit()
	l.step(states.LinkOnMerged)
}

// onRefuseOffer ends the attempt because gate found that there must be no session.
func (l *remotelink) onRefuseOffer(m *refuseOffer) {
	if m.attempt != l.attempt || l.fsm.Current() != states.LinkIsMerging {
		return
	}
	l.reason, l.itself = m.reason, true // gate has said so
	l.step(states.LinkOnVerdictRefused)
}

func (l *remotelink) onHangUp(m *hangUp) {
	l.itself = true
	l.reason = m.reason
	l.step(states.LinkOnClose)
}

func (l *remotelink) onRelink() {
	if l.fsm.Current() != states.LinkIsDown {
		l.onHangUp(&hangUp{reason: "configuration changed"})
	}
}

func (l *remotelink) announceUp() {
	l.hadUp, l.trouble = true, states.Plight{}
	l.lastSent = l.res.h.Clock.Now()
	l.in.SetMaxPayload(MaxRequest)
	peer := "stock"
	if l.caps != 0 {
		peer = "ours"
	}
	l.log.Info("Connected to " + l.res.cfg.Remote + ".")
	l.tell(l.res.gate, &linkUp{session: l.attempt, caps: l.caps, peer: peer})
	l.startTick()
}

// startLimit gives the next step of the handshake its time.
func (l *remotelink) startLimit(d time.Duration) {
	l.stopLimit()
	l.limit = l.res.h.Clock.TellAfter(d, l.self, &linkLimit{attempt: l.attempt})
}

func (l *remotelink) stopLimit() {
	if l.limit != nil {
		l.limit.Stop()
		l.limit = nil
	}
}

func (l *remotelink) onLimit(m *linkLimit) {
	switch l.fsm.Current() {
	case states.LinkIsDown, states.LinkIsUp, states.LinkIsClosing:
		return
	}
	if m.attempt != l.attempt {
		return
	}
	l.reason = fmt.Sprintf("%s is silent in state %s", l.res.cfg.Remote, l.fsm.Current())
	l.report(states.PeerSilent, l.reason)
	l.step(states.LinkOnTimeout)
}

// dropConnections closes what is open; a dial that is out closes when it answers.
func (l *remotelink) dropConnections() {
	l.stopLimit()
	if l.out != nil {
		l.out.Close()
	}
	if l.in != nil {
		l.in.Close()
	}
}

func (l *remotelink) onConnClosed(m *ConnClosed) {
	if m.Epoch != l.attempt || l.closed[m.Conn] {
		return
	}
	l.closed[m.Conn] = true
	l.open--
	if m.Conn == l.in && l.fsm.Current() == states.LinkIsHello2 {
		// A secondary that refuses closes both; its reason comes on the other one, and may come later.
		l.inEnded = fmt.Sprintf("connection with %s ended: %v", l.res.cfg.Remote, m.Err)
		return
	}
	switch l.fsm.Current() {
	case states.LinkIsClosing, states.LinkIsDown:
	default:
		l.reason = fmt.Sprintf("connection with %s ended: %v", l.res.cfg.Remote, m.Err)
		l.report(states.PeerSilent, l.reason)
		l.step(states.LinkOnLost)
	}
	l.maybeClosed()
}

// maybeClosed ends the attempt when nothing of it can be heard any more (I30).
func (l *remotelink) maybeClosed() {
	if l.fsm.Current() == states.LinkIsClosing && l.open == 0 && !l.dialing {
		l.step(states.LinkOnClosed)
	}
}

// tellDown reports the end of an attempt or session.
func (l *remotelink) tellDown() {
	l.stopLimit()
	l.out, l.in = nil, nil
	l.failed()
	if l.hadUp {
		l.tell(l.res.gate, &linkReturned{session: l.attempt})
	}
	l.tell(l.res.guard, &sessionDown{was: l.hadUp, reason: l.reason})
	// By way of the gate: what the peer's reply meant for a promotion is said before.
	l.tell(l.res.gate, &sessionDown{was: l.hadUp, reason: l.reason})
	if l.again != nil {
		l.tell(l.self, l.again)
	}
}

// failed keeps why an attempt led to no session, and logs it once.
func (l *remotelink) failed() {
	if l.hadUp || l.reason == "" {
		return
	}
	p := states.Plight{Reason: l.reason, Remedy: states.PeerRemedy(l.answer, l.res.cfg.Name)}
	if l.itself {
		p = states.OwnPause(l.reason)
	}
	if p != l.trouble && !l.itself {
		l.log.Warn("no session with the peer: "+p.Reason, "remedy", p.Remedy)
	}
	l.trouble = p
}

// classifyRefusal says what a refused first hello tells of the peer.
func classifyRefusal(msg string, wait bool) states.PeerAnswer {
	switch {
	case wait || msg == wire.MsgWrongRole(states.RolePrimary):
		return states.PeerPrimary
	case msg == wire.MsgWrongRole(states.RoleInit):
		return states.PeerInit
	case msg == msgMyself:
		return states.PeerMyself
	}
	return states.PeerUnknown
}
