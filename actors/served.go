package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// served is one request of the primary at the secondary.
type served struct {
	cmd     states.Op
	raw     states.Op
	seq     uint64
	off, n  int64
	buf     []byte
	session uint64
	err     error
	frame   *wire.InFrame // whose payload buf is; nil for a read
	rng     states.Range
	ranged  bool
	before  int   // for a flush: changes that must end first
	memory  int64 // bytes that it holds
	kept    bool  // it failed, but not what the component was to do: all changes are done and flushed
	order   uint64
	op      DiskOp
	done    servedDone
	sent    payloadSent
}

// servedDone tells that the component has done a served request; payloadSent that a read's data is on
// its way. Both are embedded in it.
type servedDone struct{ s *served }
type payloadSent struct{ s *served }

func (s *secondary) onFrames(m *FramesIn) {
	for _, f := range m.Frames {
		if m.Epoch != s.session || m.Conn != s.in || s.failed {
			f.Release() // of a superseded session (I30), or out of turn
			continue
		}
		s.onFrame(f)
	}
	m.Done()
}

// onFrame takes a request in, behind those that wait.
func (s *secondary) onFrame(f *wire.InFrame) {
	s.heard = s.res.h.Clock.Now()
	if len(s.backlog) > 0 || !s.begun(f) {
		s.backlog = append(s.backlog, f)
		s.backBytes += int64(len(f.Payload))
		s.throttle()
	}
}

// resume goes on with the requests that waited for a record.
func (s *secondary) resume() {
	for len(s.backlog) > 0 && s.session != 0 && !s.failed {
		f := s.backlog[0]
		size := int64(len(f.Payload))
		if !s.begun(f) {
			return
		}
		if len(s.backlog) > 0 { // else the session ended in between
			s.backlog = s.backlog[1:]
			s.backBytes -= size
		}
	}
	s.throttle()
}

// dropBacklog forgets requests that were never acknowledged in any way.
func (s *secondary) dropBacklog() {
	for _, f := range s.backlog {
		f.Release()
	}
	s.backlog, s.backBytes = nil, 0
}

// begun begins a request, unless a record must be written first.
func (s *secondary) begun(f *wire.InFrame) bool {
	q, err := wire.DecodeRequest(f.NV)
	if err == nil && q.Cmd == states.OpKeepalive {
		f.Release()
		if q.Seq != 0 && s.caps&wire.CapEcho != 0 {
			s.sendOn(s.out, s.ver, wire.AppendReply(nil, &wire.Reply{Seq: q.Seq}), nil)
		}
		return true
	}
	if err == nil && q.Cmd.Changes() && s.rec.Unfit == states.Outdated {
		// Durable before the first byte lands on a copy that is behind: from then on it never was like this.
		if s.saving == saveIdle {
			rec := s.rec
			rec.Unfit = states.Inconsistent
			s.saveRecord(rec, saveMixed)
		}
		return false
	}
	if err == nil && s.caps&wire.CapMarks != 0 {
		first := q.Cmd == opMark && q.Length == 0
		switch {
		case s.mark != nil, !s.marked && first && s.saving != saveIdle:
			return false
		case !s.marked && !first:
			err = fmt.Errorf("%s before the session was confirmed", q.Cmd)
		case q.Cmd == opMark:
			return s.onMark(&q, f)
		case q.Memsync && (s.saving == saveFitMark || s.rec.Unclean&states.UncleanReceived == 0):
			// Durable before the first receipt: if this process dies, it may lack what it has acknowledged. A record
			// that is being written because the copy is fit takes the mark away.
			if s.saving == saveIdle {
				rec := s.rec
				rec.Unclean |= states.UncleanReceived
				s.saveRecord(rec, saveReceived)
			}
			return false
		}
	}
	r := s.take()
	r.raw, r.seq, r.off, r.n, r.session, r.frame = q.Cmd, q.Seq, int64(q.Offset), int64(q.Length), s.session, f
	s.served++
	s.occupy(r, int64(len(f.Payload)))
	if err != nil || q.Seq == 0 {
		s.log.Error("request not understood", "peer", s.in.Peer(), "error", err)
		s.reject(r, wire.EINVAL)
		s.breakOff("the primary sent a request that can't be understood", "see the log of both nodes: the primary may be of another version")
		return true
	}
	if rule := s.validate(&q, f); rule != "" {
		s.log.Error("Header is invalid: "+rule, "request", q.String())
		s.reject(r, wire.EINVAL)
		if q.Cmd.Changes() && s.caps != 0 {
			// What is queued behind it would leave a hole in front of itself (I32, rule fail-ends).
			s.stand.lacking()
			s.breakOff(fmt.Sprintf("%s(%d, %d) was refused here: %s", q.Cmd, q.Offset, q.Length, rule),
				"none is needed: the primary connects again by itself and copies what this copy lacks")
		}
		return true
	}
	s.accept(r, q.Memsync)
	return true
}

// onMark takes what the primary says that this copy lacks: at first all of it, which confirms the session
// and is durable before the answer; later what it lacks no more.
func (s *secondary) onMark(q *wire.Request, f *wire.InFrame) bool {
	extent := uint64(s.rec.ExtentSize)
	if q.Length > 0 {
		if q.Fits(s.rec.DataSize) {
			for e := q.Offset / extent; e <= (q.Offset+q.Length-1)/extent; e++ {
				s.stand.lag.Clear(uint32(e))
			}
		}
		f.Release()
		return true
	}
	r := s.take()
	r.raw, r.cmd, r.seq, r.session, r.frame = q.Cmd, q.Cmd, q.Seq, s.session, f
	s.served++
	s.occupy(r, int64(len(f.Payload)))
	if s.marked || f.PayloadErr != nil || s.stand.lag.LoadBytes(f.Payload) != nil {
		s.log.Error("the primary's mark makes no sense", "bytes", len(f.Payload), "error", f.PayloadErr)
		s.reject(r, wire.EINVAL)
		s.breakOff("the primary's mark makes no sense", "see the log of both nodes: the primary may be of another version")
		return true
	}
	rec := s.rec
	if s.adopts != nil {
		rec = *s.adopts
	}
	s.mark = r
	rec, s.sure = states.Confirmed(rec, states.Confirming{Session: s.ident, Verdict: s.verdict, Named: q.Offset == markNamed,
		Lacks: s.stand.lag.Any()})
	s.saveRecord(rec, saveMark)
	return true
}

func (s *secondary) onMarkSaved(err error) {
	r := s.mark
	s.mark, s.adopts = nil, nil
	r.err = err
	if err == nil && r.session == s.session {
		s.marked, s.stand.lagKnown = true, true
		if s.sure {
			s.stand.crashed = 0
		}
		s.tell(s.res.pid, &sessionKnown{last: s.rec.LastSession})
	}
	s.finish(r)
	if s.marked {
		s.clearMap()
	}
}

// validate says which rule a request breaks; empty: none. It is the only thing that looks at a request
// before the rest believes it (B5: no wrap-around).
func (s *secondary) validate(q *wire.Request, f *wire.InFrame) string {
	op := q.Cmd
	switch {
	case op == states.OpFlush || q.Cmd == opFit:
		return ""
	case q.Cmd == opRaise && s.caps&wire.CapMarks != 0:
		if f.PayloadErr != nil {
			return f.PayloadErr.Error()
		}
		return ""
	case op != states.OpRead && op != states.OpWrite && op != states.OpDelete:
		return fmt.Sprintf("unknown command %d", q.Cmd)
	case q.Length == 0:
		return "length 0"
	case q.Offset > s.rec.DataSize || q.Length > s.rec.DataSize-q.Offset:
		return fmt.Sprintf("%d+%d is outside of the device of %d bytes", q.Offset, q.Length, s.rec.DataSize)
	case q.Offset%512 != 0 || q.Length%512 != 0:
		return "not whole sectors"
	case op != states.OpDelete && q.Length > wire.MaxPayload:
		return fmt.Sprintf("Data length is too large (%d > %d).", q.Length, wire.MaxPayload)
	case op == states.OpWrite && f.PayloadErr != nil:
		return f.PayloadErr.Error()
	case op == states.OpWrite && uint64(len(f.Payload)) != q.Length:
		return fmt.Sprintf("payload of %d bytes for a length of %d", len(f.Payload), q.Length)
	}
	return ""
}

// accept takes a request in: the receipt goes out at once, before the disk knows (memsync).
func (s *secondary) accept(r *served, memsync bool) {
	r.cmd = r.raw
	if s.caps&wire.CapMarks == 0 {
		s.clearMap()
	}
	if r.cmd == states.OpRead {
		s.occupy(r, r.n)
	}
	s.throttle()
	switch {
	case r.raw == opRaise && !s.mayRaise():
		s.reject(r, wire.EPERM)
		return
	case r.raw == opFit || r.raw == opRaise:
		s.stats.Flushes++
		s.barrier(r)
		return
	case r.cmd == states.OpFlush:
		s.stats.Flushes++
		s.barrier(r)
		return
	case r.cmd == states.OpWrite:
		s.stats.Writes++
		r.buf = r.frame.Payload
		if memsync && s.ver >= 2 {
			s.lastReceived = r.order
			s.reply(r, wire.Reply{Seq: r.seq, Received: true}, nil)
		}
	case r.cmd == states.OpDelete:
		s.stats.Deletes++
	case r.cmd == states.OpRead:
		s.stats.Reads++
		r.frame.Release()
		r.frame = nil
		r.buf = make([]byte, r.n)
	}
	class := states.RangeWrite
	if r.cmd == states.OpRead {
		class = states.RangeRead
	}
	r.rng = states.Range{Off: uint64(r.off), End: uint64(r.off + r.n), Class: class, Owner: r}
	r.ranged = true
	if r.cmd != states.OpRead {
		s.writes++
	}
	if s.ranges.Acquire(&r.rng) {
		s.toDisk(r)
	}
}

func (s *secondary) toDisk(r *served) {
	if !s.unmapped(r) {
		s.tell(s.res.localdisk, r)
	}
}

// barrier holds a flush back until all changes that came before it have ended.
func (s *secondary) barrier(r *served) {
	r.before = s.writes
	s.flushes = append(s.flushes, r)
	s.passBarriers()
}

// passBarriers hands those flushes on for which nothing is left to wait. Changes end in any order, so
// the first waiting flush goes when as many have ended as were under way when it came, and none that is
// older is left: which is when those that came after it are all that is under way.
func (s *secondary) passBarriers() {
	for len(s.flushes) > 0 && s.flushes[0].before == 0 {
		r := s.flushes[0]
		s.flushes = s.flushes[1:]
		r.cmd = states.OpFlush
		s.toDisk(r)
	}
}

// take takes a request from those that free1 keeps for reuse.
func (s *secondary) take() *served {
	s.order++
	if n := len(s.free); n > 0 {
		r := s.free[n-1]
		s.free = s.free[:n-1]
		*r = served{order: s.order}
		r.done.s, r.sent.s = r, r
		return r
	}
	r := &served{order: s.order}
	r.done.s, r.sent.s = r, r
	return r
}

// occupy counts memory that a request holds until it is done.
func (s *secondary) occupy(r *served, n int64) {
	r.memory += n
	s.bytes += n
}

// throttle stops reading while too much is outstanding, and reads on when half of it is done.
func (s *secondary) throttle() {
	if s.session == 0 || s.failed {
		return
	}
	n, bytes := s.served+len(s.backlog), s.bytes+s.backBytes
	full := n >= servedMost || bytes >= servedBytes
	if full && !s.paused {
		s.paused = true
		s.in.SetReading(false)
	} else if s.paused && n <= servedMost/2 && bytes <= servedBytes/2 {
		s.paused = false
		s.in.SetReading(true)
	}
}

// clearMap clears the own map at the session's first request: it proves that the primary holds it,
// merged with its own and durable (I10). A keepalive proves nothing (bug 73).
func (s *secondary) clearMap() {
	if s.cleared || s.saving != saveIdle {
		return
	}
	s.cleared = true
	dirty := false
	for _, b := range s.image {
		dirty = dirty || b != 0
	}
	if !dirty {
		return
	}
	s.saving = saveClear
	s.stats.MapUpdates++
	s.tell(s.res.localdisk, &saveMap{to: s.self, tag: s.session, runs: []activemap.Run{{Data: make([]byte, len(s.image))}}})
}
