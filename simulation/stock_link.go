package simulation

import (
	"bytes"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// stockLink is the way of a primary of the original's manners to its secondary.
type stockLink struct {
	out, in  actors.Conn // connections 1 and 2
	stage    stockStage
	since    time.Duration // of the stage, or of the last attempt
	sent     time.Duration // when something was sent last
	epoch    uint64
	version  uint8
	token    wire.Token
	seq      uint64
	waiting  []*stockAsked
	source   states.SyncSource // whose data is copied; none if both are alike
	ahead    bool              // the secondary lacks what this node wrote alone
	unsure   bool              // a bit of the map may not be durable
	peerCnt  [2]uint64         // the secondary's counters
	rest     []uint64          // extents that are to be copied
	at       int64             // how far the first of them is
	joined   func()            // ends the handshake, for what waits behind it
	mustWait bool              // the peer is primary, and said so
}

// cut reports that this node is behind a secondary that isn't there: alone it answers nothing.
func (s *stockPrimary) cut() bool { return s.stage != stockUp && s.source == states.SourceSecondary }

// complete reports whether both hold the same, as far as this node knows.
func (s *stockPrimary) complete() bool {
	return s.stage == stockUp && s.source == states.SourceUndef && !s.ahead && len(s.rest) == 0
}

// stockStage is how far a connection has come.
type stockStage uint8

const (
	stockDown stockStage = iota
	stockDialing
	stockHello1 // the first hello is sent
	stockDialing2
	stockHello2
	stockJoining // the record and the map are being written
	stockUp
)

// stockAsked is a request that the secondary has.
type stockAsked struct {
	seq      uint64
	memsync  bool
	received bool
	ended    bool // it has said that it did it
	lost     bool // it will say nothing more, or that it couldn't
	data     []byte
	at       time.Duration
	look     func()
}

// stockPatience is how long a primary of the original's manners waits between two attempts at a connection.
const stockPatience = 10 * time.Second

func (s *stockPrimary) now() time.Duration { return s.h.Clock.Now() }

// tick looks after silence, keepalives and the next attempt.
func (s *stockPrimary) tick() {
	s.h.Clock.TellAfter(stockTickEvery, s.self, &stockTick{})
	switch now := s.now(); {
	case s.stage == stockUp:
		if len(s.waiting) > 0 && now-s.waiting[0].at > s.timeout {
			s.hangUp()
		} else if now-s.sent >= min(stockPatience, s.timeout/2) {
			s.send(s.out, wire.Request{Cmd: states.OpKeepalive}, nil)
		}
	case s.stage == stockDown:
		if now-s.since >= stockPatience {
			s.dial()
		}
	case s.stage != stockJoining && now-s.since > 2*s.timeout:
		s.hangUp()
	}
}

func (s *stockPrimary) dial() {
	if s.stage == stockDown {
		s.stage, s.mustWait = stockDialing, false
	}
	s.epoch++
	s.since = s.now()
	s.h.Net.Dial(s.owner(s.epoch), actors.DialSpec{Remote: s.peer, Timeout: s.timeout})
}

func (s *stockPrimary) onDialed(m *actors.Dialed) {
	switch {
	case m.Epoch != s.epoch || s.stage != stockDialing && s.stage != stockDialing2:
		if m.Conn != nil {
			m.Conn.Close()
		}
	case m.Err != nil:
		s.hangUp()
	case s.stage == stockDialing:
		s.stage, s.out = stockHello1, m.Conn
		s.out.Own(s.owner(s.epoch))
		s.out.SetMaxPayload(wire.MaxPayload)
		g := wire.OutFrame{Version: 1}
		g.NV = wire.AppendHello1(g.Scratch[:0], &wire.Hello1{Resource: s.resource, Version: wire.ProtocolVersion})
		s.out.Send(&g, nil)
	default:
		s.stage, s.in = stockHello2, m.Conn
		s.in.Own(s.owner(s.epoch))
		s.in.SetMaxPayload(wire.MaxPayload)
		// The counters are those of this moment: nothing is answered alone between here and the session.
		s.then(func(done func()) {
			if s.stage != stockHello2 {
				done()
				return
			}
			s.joined = done
			g := wire.OutFrame{Version: s.version}
			g.NV = wire.AppendHello2(g.Scratch[:0], &wire.Hello2{Resource: s.resource, Token: s.token, ResUID: s.rec.ResUID,
				LocalCnt: s.rec.LocalCnt, RemoteCnt: s.rec.RemoteCnt})
			s.in.Send(&g, nil)
		})
	}
}

// hangUp ends whatever there is of a connection. What was asked is lost.
func (s *stockPrimary) hangUp() {
	for _, conn := range []actors.Conn{s.out, s.in} {
		if conn != nil {
			conn.Close()
		}
	}
	waiting := s.waiting
	s.out, s.in, s.waiting, s.rest, s.stage, s.since = nil, nil, nil, nil, stockDown, s.now()
	for _, a := range waiting {
		a.lost = true
		a.look()
	}
	if done := s.joined; done != nil {
		s.joined = nil
		done()
	}
	s.open()
}

func (s *stockPrimary) onFrame(conn actors.Conn, f *wire.InFrame) {
	switch {
	case conn == s.out && s.stage == stockHello1:
		reply, err := wire.DecodeHello1Reply(f.NV)
		if err != nil || reply.ErrMsg != "" {
			s.mustWait = reply.Wait
			s.hangUp()
			return
		}
		s.version, s.token, s.stage = reply.Version, reply.Token, stockDialing2
		s.dial()
	case conn == s.out && s.stage == stockHello2:
		reply, err := wire.DecodeHello2Reply(f.NV)
		if err != nil || f.PayloadErr != nil || reply.ErrMsg != "" {
			s.hangUp()
			return
		}
		s.join(&reply, f.Payload)
	case conn == s.in && s.stage == stockUp:
		s.onReply(f)
	}
}

// join begins a session: the secondary's map is merged into this one, durably, before anything is asked.
func (s *stockPrimary) join(reply *wire.Hello2Reply, theirs []byte) {
	s.stage = stockJoining
	done := s.joined
	s.joined = nil
	for i := range min(len(theirs), len(s.image)) {
		s.image[i] |= theirs[i]
	}
	s.lasting(states.MapOffset, bytes.Clone(s.image), func(err error) {
		switch {
		case s.stage != stockJoining:
		case err != nil:
			s.hangUp()
		default:
			s.stage, s.alone, s.source = stockUp, false, reply.SyncSrc
			s.peerCnt = [2]uint64{reply.LocalCnt, reply.RemoteCnt}
			s.ahead = reply.SyncSrc == states.SourcePrimary && reply.RemoteCnt != s.rec.LocalCnt
			s.sent = s.now()
			for e := range states.Extents(s.rec.DataSize, s.rec.ExtentSize) {
				if s.image[e/8]>>(e%8)&1 == 1 {
					s.rest = append(s.rest, e)
				}
			}
			s.at = 0
			s.h.Disks.(disks).boot.world.effect(FaultStockPeer)
			s.then(s.copyChunk)
		}
		done()
		s.open()
	})
}

func (s *stockPrimary) send(conn actors.Conn, q wire.Request, data []byte) {
	g := wire.OutFrame{Version: s.version, Payload: data}
	nv, err := wire.AppendRequest(g.Scratch[:0], &q)
	if err != nil {
		return
	}
	g.NV, s.sent = nv, s.now()
	conn.Send(&g, nil)
}

// ask sends the secondary a request, nil if there is none; look hears of each answer.
func (s *stockPrimary) ask(q wire.Request, data []byte, look func()) *stockAsked {
	if s.stage != stockUp {
		return nil
	}
	s.seq++
	q.Seq = s.seq
	a := &stockAsked{seq: q.Seq, memsync: q.Memsync, at: s.now(), look: look}
	s.waiting = append(s.waiting, a)
	s.send(s.out, q, data)
	return a
}

func (s *stockPrimary) onReply(f *wire.InFrame) {
	reply, err := wire.DecodeReply(f.NV)
	if err != nil || f.PayloadErr != nil {
		s.hangUp()
		return
	}
	for i, a := range s.waiting {
		if a.seq != reply.Seq {
			continue
		}
		switch {
		case reply.Error != 0:
			s.hangUp()
			return
		case reply.Received:
			a.received = true
		default:
			a.ended, a.data = true, bytes.Clone(f.Payload)
			s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
		}
		a.look()
		return
	}
}

// stockChunk is how much is copied at once, in bytes.
const stockChunk = 32 * SectorSize

// copyChunk copies the next piece once the secondary has answered all that it was asked, or notes that both are alike.
func (s *stockPrimary) copyChunk(done func()) {
	session := s.epoch
	again := func() {
		done()
		if s.stage == stockUp && s.epoch == session {
			s.then(s.copyChunk)
		}
	}
	switch {
	case s.stage != stockUp:
		done()
		return
	case len(s.waiting) > 0:
		last := s.waiting[len(s.waiting)-1]
		look := last.look
		last.look = func() {
			look()
			if last.ended || last.lost {
				last.look = func() {}
				s.copyChunk(done)
			}
		}
		return
	case len(s.rest) == 0:
		s.alike(done)
		return
	}
	extent := int64(s.rec.ExtentSize)
	first := int64(s.rest[0]) * extent
	end := min(first+extent, int64(s.rec.DataSize))
	off := first + s.at
	n := min(stockChunk, end-off)
	if s.at += n; off+n == end {
		s.rest, s.at = s.rest[1:], 0
	}
	if s.source == states.SourceSecondary {
		var there *stockAsked
		there = s.ask(wire.Request{Cmd: states.OpRead, Offset: uint64(off), Length: uint64(n)}, nil, func() {
			if there.lost || int64(len(there.data)) != n {
				done()
				return
			}
			s.do(&actors.DiskOp{Kind: actors.DiskWrite, Off: int64(s.rec.LocalOff) + off, Buf: there.data}, func(op *actors.DiskOp) {
				if op.Err != nil {
					s.hangUp()
				}
				again()
			})
		})
		return
	}
	s.do(&actors.DiskOp{Kind: actors.DiskRead, Off: int64(s.rec.LocalOff) + off, Buf: make([]byte, n)}, func(op *actors.DiskOp) {
		if op.Err != nil || s.stage != stockUp || s.epoch != session {
			if op.Err != nil {
				s.hangUp()
			}
			done()
			return
		}
		s.ask(wire.Request{Cmd: states.OpWrite, Offset: uint64(off), Length: uint64(n)}, op.Buf, again)
	})
}

// alike is the end of the copy: the counters become equal. The original has nothing flushed for that.
func (s *stockPrimary) alike(done func()) {
	before := s.rec
	s.rec.LocalCnt, s.rec.RemoteCnt = s.peerCnt[1], s.peerCnt[0]
	if s.rec == before {
		s.source, s.ahead = states.SourceUndef, false
		done()
		return
	}
	s.save(func(err error) {
		if err != nil {
			s.rec = before
			s.hangUp()
		} else {
			s.source, s.ahead = states.SourceUndef, false
		}
		done()
	})
}
