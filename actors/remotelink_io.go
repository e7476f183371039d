package actors

import (
	"fmt"
	"time"

	"hast/states"
	"hast/wire"
)

// linkList is the link's own intrusive list of what is outstanding, the longest first.
type linkList struct{ head, tail *Request }

func (l *linkList) push(r *Request) {
	f := &r.flow.link
	f.prev, f.next = l.tail, nil
	if l.tail != nil {
		l.tail.flow.link.next = r
	} else {
		l.head = r
	}
	l.tail = r
}

func (l *linkList) remove(r *Request) {
	f := &r.flow.link
	if f.prev != nil {
		f.prev.flow.link.next = f.next
	} else {
		l.head = f.next
	}
	if f.next != nil {
		f.next.flow.link.prev = f.prev
	} else {
		l.tail = f.prev
	}
	f.prev, f.next = nil, nil
}

// zeroes is what a zeroing towards a stock peer is made of: its delete need not read back as zeroes.
var zeroes [MaxRequest]byte

// onIO sends a request's part to the peer.
func (l *remotelink) onIO(r *Request) {
	f := &r.flow.link
	if l.fsm.Current() != states.LinkIsUp || r.flow.session != l.attempt {
		l.settle(r, states.PartLost, 0)
		return
	}
	now := l.res.h.Clock.Now()
	l.lastSent, f.sent, f.more, f.first = now, now, 0, l.seq+1
	cmd := r.Op
	switch r.Op {
	case states.OpRead:
		l.put(r, wire.Request{Cmd: cmd, Offset: uint64(r.Off), Length: uint64(r.Len)}, nil)
	case states.OpWrite:
		memsync := r.flow.mode == states.MemSync && r.flow.copying == nil && l.version >= 2
		l.put(r, wire.Request{Cmd: cmd, Offset: uint64(r.Off), Length: uint64(r.Len), Memsync: memsync}, r.Buf)
	default:
		if l.caps&wire.CapExtensions != 0 {
			l.put(r, wire.Request{Cmd: states.OpDelete, Offset: uint64(r.Off), Length: uint64(r.Len)}, nil)
			break
		}
		for off := int64(0); off < r.Len; off += MaxRequest {
			n := min(MaxRequest, r.Len-off)
			if off > 0 {
				f.more++
			}
			l.put(r, wire.Request{Cmd: states.OpWrite, Offset: uint64(r.Off + off), Length: uint64(n)}, zeroes[:n])
		}
	}
	l.order.push(r)
}

// Our commands (docs/protocol.md).
const (
	opRaise states.Op = 32
	opMark  states.Op = 33
	opFit   states.Op = 34
)

// markNamed is the offset of the mark that confirms a session whose primary's record names what it takes.
const markNamed uint64 = 1

// mustRequest encodes a request of ours; one that can't be encoded is our bug.
func mustRequest(dst []byte, q *wire.Request) []byte {
	dst, err := wire.AppendRequest(dst, q)
	if err != nil {
		panic(err)
	}
	return dst
}

// put gives a frame its sequence number and sends it.
func (l *remotelink) put(r *Request, q wire.Request, payload []byte) {
	l.seq++
	q.Seq = l.seq
	r.flow.link.seq = q.Seq
	f := &r.flow.link.frame
	f.Reset()
	f.Version, f.Payload = l.version, payload
	f.NV = mustRequest(f.Scratch[:0], &q)
	f.Compression, f.Checksum = l.res.cfg.Compression, l.res.cfg.Checksum
	l.pending[q.Seq] = r
	l.out.Send(f, nil)
}

// onFlush and onFit send gate's own requests.
func (l *remotelink) onFlush(m *flushPeer) { l.sendControl(m.session, states.OpFlush) }
func (l *remotelink) onFit(m *fitPeer)     { l.sendControl(m.session, opFit) }

// onMark sends what the peer lacks, or lacks no more.
func (l *remotelink) onMark(m *markPeer) {
	if m.session != l.attempt || l.fsm.Current() != states.LinkIsUp {
		return
	}
	l.seq++
	q := wire.Request{Cmd: opMark, Seq: l.seq, Offset: m.off, Length: m.len}
	if m.named {
		q.Offset = markNamed
	}
	if m.len == 0 {
		l.control = append(l.control, controlWait{seq: l.seq, cmd: opMark, sent: l.res.h.Clock.Now()})
	}
	l.frame.Reset()
	l.frame.Version, l.frame.Payload = l.version, m.image
	l.frame.NV = mustRequest(nil, &q)
	l.lastSent = l.res.h.Clock.Now()
	l.out.Send(&l.frame, nil)
}

// onRaise asks the peer to count in our stead, and tells what may differ.
func (l *remotelink) onRaise(m *raisePeer) {
	if m.session != l.attempt || l.fsm.Current() != states.LinkIsUp {
		return // as in sendControl
	}
	l.seq++
	l.lastSent = l.res.h.Clock.Now()
	l.control = append(l.control, controlWait{seq: l.seq, cmd: opRaise, sent: l.lastSent})
	l.frame.Reset()
	l.frame.Version, l.frame.Payload = l.version, m.image
	l.frame.NV = mustRequest(nil, &wire.Request{Cmd: opRaise, Seq: l.seq})
	l.out.Send(&l.frame, nil)
}

func (l *remotelink) sendControl(session uint64, cmd states.Op) {
	if session != l.attempt || l.fsm.Current() != states.LinkIsUp {
		return // gate has, or will have, linkLost for it
	}
	l.seq++
	now := l.res.h.Clock.Now()
	l.control = append(l.control, controlWait{seq: l.seq, cmd: cmd, sent: now})
	l.send(l.out, mustRequest(nil, &wire.Request{Cmd: cmd, Seq: l.seq}))
}

func (l *remotelink) onFrames(m *FramesIn) {
	for _, f := range m.Frames {
		if m.Epoch == l.attempt {
			l.onFrame(m.Conn, f)
		}
		f.Release()
	}
	m.Done()
}

func (l *remotelink) onFrame(c Conn, f *wire.InFrame) {
	switch l.fsm.Current() {
	case states.LinkIsHello1:
		if c == l.out {
			l.onHello1Reply(f.NV)
			return
		}
	case states.LinkIsHello2:
		if c == l.out {
			l.onHello2Reply(f)
			return
		}
		// A rejected second hello is answered on its own connection, which the original never reads.
		if reply, err := wire.DecodeHello1Reply(f.NV); err == nil && reply.ErrMsg != "" {
			l.refused(classifyRefusal(reply.ErrMsg, reply.Wait), reply.ErrMsg)
			return
		}
	case states.LinkIsUp:
		if c == l.in {
			l.onReply(f)
			return
		}
	case states.LinkIsClosing, states.LinkIsDown:
		return
	}
	l.reason = fmt.Sprintf("%s sent something out of turn", l.res.cfg.Remote)
	l.log.Warn(l.reason)
	l.step(states.LinkOnLost)
}

func (l *remotelink) onReply(f *wire.InFrame) {
	reply, err := wire.DecodeReply(f.NV)
	if err != nil {
		l.broken(fmt.Sprintf("reply not understood: %v", err))
		return
	}
	for i, w := range l.control {
		if w.seq == reply.Seq {
			l.control = append(l.control[:i], l.control[i+1:]...)
			l.onControlReply(w, wire.Errno(reply.Error))
			return
		}
	}
	r := l.pending[reply.Seq]
	if r == nil {
		l.log.Warn(fmt.Sprintf("Found no request matching received 'seq' field (%d).", reply.Seq))
		return
	}
	if r.flow.session != l.attempt || r.flow.remote.Final() {
		return // gate has ended the session, and may have given the buffer back; its word is on its way
	}
	if reply.Received && reply.Error == 0 {
		if r.Op == states.OpWrite && r.flow.remote == states.PartPending {
			l.tellPart(r, states.PartReceived, 0)
		}
		return
	}
	delete(l.pending, reply.Seq)
	if reply.Error == 0 && r.Op == states.OpRead {
		if f.PayloadErr != nil || int64(len(f.Payload)) != r.Len {
			// Never believe a length that is not the one asked for (A22).
			l.pending[reply.Seq] = r
			l.broken(fmt.Sprintf("read reply of %d bytes instead of %d (%v)", len(f.Payload), r.Len, f.PayloadErr))
			return
		}
		copy(r.Buf, f.Payload)
	}
	if reply.Error != 0 {
		l.log.Error(fmt.Sprintf("Remote request failed (%v): %s(%d, %d).", wire.Errno(reply.Error), r.Op, r.Off, r.Len))
		l.drop(r)
		l.settle(r, states.PartFailed, wire.Errno(reply.Error))
		return
	}
	if r.flow.link.more > 0 {
		r.flow.link.more--
		return
	}
	l.order.remove(r)
	l.settle(r, states.PartDone, 0)
}

func (l *remotelink) onControlReply(w controlWait, errno wire.Errno) {
	switch w.cmd {
	case states.OpKeepalive:
		return
	case opMark:
		l.tell(l.res.gate, &peerMarked{session: l.attempt, errno: errno})
		return
	case opRaise:
		l.tell(l.res.gate, &peerRaised{session: l.attempt, errno: errno})
		return
	case opFit:
		l.tell(l.res.gate, &peerFitted{session: l.attempt, errno: errno})
		return
	}
	l.tell(l.res.gate, &peerFlushed{session: l.attempt, errno: errno})
}

// drop forgets all that is outstanding of a request.
func (l *remotelink) drop(r *Request) {
	for seq := r.flow.link.first; seq <= r.flow.link.seq; seq++ {
		delete(l.pending, seq) // answers come in any order
	}
	l.order.remove(r)
}

// settle reports the end of a request's remote part; it is the last that the link knows of it.
func (l *remotelink) settle(r *Request, part states.Part, errno wire.Errno) {
	l.tellPart(r, part, errno)
}

// tellPart sends gate how far the peer is. A receipt and the final answer may both be on their way, so
// a receipt has a message of its own.
func (l *remotelink) tellPart(r *Request, part states.Part, errno wire.Errno) {
	if part == states.PartReceived {
		r.flow.receipt = remoteDone{r: r, session: l.attempt, part: part}
		l.tell(l.res.gate, &r.flow.receipt)
		return
	}
	r.flow.fromPeer = remoteDone{r: r, session: l.attempt, part: part, errno: errno}
	l.tell(l.res.gate, &r.flow.fromPeer)
}

// broken ends the session because the peer can't be trusted with the rest of it.
func (l *remotelink) broken(why string) {
	l.reason = l.res.cfg.Remote + ": " + why
	l.log.Error(l.reason)
	l.step(states.LinkOnLost)
}

// failOutstanding ends every request of the session: nothing of it is matched ever again (A24).
func (l *remotelink) failOutstanding() {
	for r := l.order.head; r != nil; r = l.order.head {
		l.drop(r)
		l.settle(r, states.PartLost, 0)
	}
	clear(l.pending)
	l.control = l.control[:0]
}

func (l *remotelink) startTick() {
	l.res.h.Clock.TellAfter(linkTickEvery, l.self, &linkTick{epoch: l.attempt})
}

// onTick keeps the session alive and finds the peer that answers no more. It has its own lane: nothing
// that the data path does can hold it up (L3).
func (l *remotelink) onTick(m *linkTick) {
	if m.epoch != l.attempt || l.fsm.Current() != states.LinkIsUp {
		return
	}
	now := l.res.h.Clock.Now()
	oldest := now
	if r := l.order.head; r != nil {
		oldest = r.flow.link.sent
	}
	if len(l.control) > 0 {
		oldest = min(oldest, l.control[0].sent)
	}
	if waited := now - oldest; waited >= l.res.cfg.Timeout {
		l.reason = fmt.Sprintf("%s has not answered for %v", l.res.cfg.Remote, waited)
		l.step(states.LinkOnTimeout)
		return
	}
	if now-l.lastSent >= keepaliveEvery {
		l.sendKeepalive(now)
	}
	l.startTick()
}

// sendKeepalive says something, and to a peer of ours in a way that is answered: an idle link that leads
// nowhere would else be taken for a pair in sync.
func (l *remotelink) sendKeepalive(now time.Duration) {
	q := wire.Request{Cmd: states.OpKeepalive}
	if l.caps&wire.CapEcho != 0 {
		l.seq++
		q = wire.Request{Cmd: states.OpKeepalive, Seq: l.seq}
		l.control = append(l.control, controlWait{seq: l.seq, cmd: q.Cmd, sent: now})
	}
	l.send(l.out, mustRequest(nil, &q))
}
