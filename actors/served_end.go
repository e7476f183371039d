package actors

import (
	"errors"
	"fmt"

	"hast/states"
	"hast/wire"
)

// onServed: the component has done a request.
func (s *secondary) onServed(r *served) {
	if r.ranged {
		r.ranged = false
		s.ranges.Release(&r.rng)
		if r.cmd != states.OpRead {
			s.writes--
			for _, f := range s.flushes {
				if f.order > r.order {
					f.before--
				}
			}
		}
		for rng := s.ranges.NextReady(); rng != nil; rng = s.ranges.NextReady() {
			s.toDisk(rng.Owner.(*served))
		}
		s.passBarriers()
	}
	if r.raw == opFit && r.err == nil && s.fit == nil && s.session == r.session && !s.failed {
		s.fit = r
		s.saveFit()
		return
	}
	if r.raw == opRaise && (r.err == nil || errors.Is(r.err, wire.EOPNOTSUPP)) {
		r.err = nil
		s.onRaise(r)
		return
	}
	s.finish(r)
	s.maybeHandshake()
	s.maybeSettled()
}

// saveFit makes durable what a fit request says, before that is answered: the primary believes from then
// on that this copy may take over. It waits for the map, if that is being cleared.
func (s *secondary) saveFit() {
	if s.fit == nil || s.saving != saveIdle {
		return
	}
	if s.fit.session != s.session || s.failed {
		// Something in front of it failed, or the copy of another session may have begun: no word of this
		// one may wash a mark away (rule fail-ends).
		r := s.fit
		s.fit = nil
		s.finish(r)
		return
	}
	s.saveRecord(states.Fitted(s.rec, s.lastReceived > s.fit.order), saveFitMark)
}

// finish answers a request that is done, if the session that asked still is the one.
func (s *secondary) finish(r *served) {
	errno := wire.Errno(0)
	if r.err != nil {
		errno = wire.ErrnoOf(r.err)
		unsupported := errno == wire.EOPNOTSUPP && r.cmd == states.OpFlush
		what := fmt.Sprintf("%s(%d, %d)", r.cmd, r.off, r.n)
		if !unsupported {
			s.countError(r)
			if s.ail == nil || wire.ErrnoOf(s.ail) != errno { // what status says already isn't logged again
				s.log.Error("Request failed: "+what+".", "error", r.err)
			}
		}
		if !unsupported && r.cmd != states.OpRead {
			if !r.kept {
				s.stand.lacking()
			}
			if s.session == r.session && s.caps != 0 {
				// Nothing queued behind it is done: the primary copies again what it lacks (rule fail-ends).
				s.ail = r.err
				s.reply(r, wire.Reply{Seq: r.seq, Error: int16(errno)}, nil)
				s.breakOff(fmt.Sprintf("%s failed here: %v", what, r.err), "check the disk below component "+s.res.cfg.Local+
					"; the primary copies again what it lacks")
				s.free1(r)
				return
			}
		}
	}
	var payload []byte
	if r.cmd == states.OpRead && r.err == nil {
		payload = r.buf
	}
	s.reply(r, wire.Reply{Seq: r.seq, Error: int16(errno)}, payload)
	if payload == nil || s.session != r.session {
		s.free1(r)
	}
}

func (s *secondary) countError(r *served) {
	switch r.cmd {
	case states.OpRead:
		s.stats.ReadErrors++
	case states.OpWrite:
		s.stats.WriteErrors++
	case states.OpFlush:
		s.stats.FlushErrors++
	default:
		s.stats.DeleteErrors++
	}
}

func (s *secondary) reject(r *served, errno wire.Errno) {
	s.reply(r, wire.Reply{Seq: r.seq, Error: int16(errno)}, nil)
	s.free1(r)
}

// reply sends an answer, unless its session is over.
func (s *secondary) reply(r *served, a wire.Reply, payload []byte) {
	if s.session == 0 || r.session != s.session {
		return
	}
	f := &s.frame
	f.Reset()
	f.Version, f.Payload = s.ver, payload
	f.NV = wire.AppendReply(f.Scratch[:0], &a)
	var note any
	if payload != nil {
		f.Compression, f.Checksum = s.res.cfg.Compression, s.res.cfg.Checksum
		note = &r.sent
	}
	s.out.Send(f, note)
}

// free1 keeps a request for reuse that is answered; recycle is free1 for a read whose data has been sent.
func (s *secondary) free1(r *served) {
	s.served--
	s.bytes -= r.memory
	r.memory = 0
	if r.frame != nil {
		r.frame.Release()
		r.frame = nil
	}
	r.buf = nil
	s.free = append(s.free, r)
	s.throttle()
}

// breakOff ends the session from this side once its last answer is sent. What was received is applied.
func (s *secondary) breakOff(reason, remedy string) {
	s.failed, s.broke, s.brokeRemedy = true, reason, remedy
	s.in.SetReading(false)
	s.out.CloseAfterSend()
}

func (s *secondary) recycle(r *served) {
	s.free1(r)
	s.maybeHandshake()
	s.maybeSettled()
}
