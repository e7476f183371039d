package simulation

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// stock is a node with the manners of FreeBSD's own hastd as a secondary (hast-protocol 3 and 9): it
// decides by counters alone, executes requests one after the other, forgets its queue when the session
// ends, and knows nothing of our marks. It may also play tricks.
type stock struct {
	h        *actors.Host
	exec     actors.Executor
	resource string
	path     string
	peer     string // address of the primary, as in hast.conf
	trick    Trick

	disk  actors.Disk
	rec   states.Record
	image []byte // its activemap
	ready bool

	half    actors.Conn // connection 1 after the first hello
	token   wire.Token
	version uint8
	in, out actors.Conn // connections 1 and 2 of the session
	epoch   uint64
	queue   []*stockRequest
	busy    bool // the disk works on the first of the queue
	cleared bool // the map was cleared in this session
}

// stockRequest is a request on its way through the secondary.
type stockRequest struct {
	wire.Request
	data []byte
}

// Trick is what a crooked peer does in place of what it should. Those with a number do it at that step: 1
// is the answer to the first hello, 2 that to the second, 3 the answers to requests.
type Trick uint8

const (
	TrickNone     Trick = iota
	TrickDeaf           // takes connections and never reads
	TrickMute           // reads and never answers a hello
	TrickWait           // asks to wait, for ever
	TrickGarbage1       // answers with nonsense
	TrickGarbage2
	TrickGarbage3
	TrickDies1 // ends the connections instead of answering
	TrickDies2
	TrickDies3
	TrickSilent3 // answers no request
	TrickTrickle // reads one byte a second
	tricks
)

var trickNames = [tricks]string{"none", "deaf", "mute", "wait", "garbage-1", "garbage-2", "garbage-3", "dies-1", "dies-2", "dies-3", "silent-3", "trickle"}

// String is the trick's name.
func (t Trick) String() string { return trickNames[t%tricks] }

// Tricks lists all of them.
func Tricks() []Trick {
	list := make([]Trick, tricks)
	for i := range list {
		list[i] = Trick(i)
	}
	return list
}

// ParseTrick finds a trick by its name.
func ParseTrick(s string) (Trick, error) {
	for i, n := range trickNames {
		if n == s {
			return Trick(i), nil
		}
	}
	return 0, fmt.Errorf("unknown trick %q: there are %v", s, trickNames)
}

// StartStock starts a node of the original's manners on a machine, as secondary of the pair's resource,
// with a trick or none. It never becomes primary. The component must have been paired or be fresh.
func (p *Pair) StartStock(m *Machine, trick Trick) error {
	defer func() { m.stock = true }()
	return m.Start(func(h *actors.Host) *actor.Props {
		s := &stock{h: h, exec: h.Exec.Executor("stock"), resource: p.resource, path: p.path,
			peer: "tcp4://" + p.Other(m).addr, trick: trick}
		return actor.PropsFromProducer(func() actor.Actor { return s }, s.exec.Options()...)
	})
}

// world is the one that the node lives in.
func (s *stock) world() *World { return s.h.Disks.(disks).boot.world }

func (s *stock) owner(c actor.Context, epoch uint64) actors.Owner {
	return actors.Owner{PID: c.Self(), Exec: s.exec, Epoch: epoch}
}

// Receive is the node's turn.
func (s *stock) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		s.h.Disks.Open(s.owner(c, 0), s.path, 1)
	case *actors.DiskOpened:
		if m.Err == nil {
			s.disk = m.Disk
			s.submit(c, actors.DiskRead, 0, make([]byte, states.MetadataSize))
		}
	case *actors.DiskOp:
		s.onDisk(c, m)
	case *actors.Accepted:
		if s.trick == TrickDeaf {
			s.world().effect(FaultGarbage)
			return
		}
		s.epoch++
		m.Conn.Own(s.owner(c, s.epoch))
	case *actors.FramesIn:
		for _, f := range m.Frames {
			s.onFrame(c, m.Conn, f)
		}
	case *actors.ConnClosed:
		s.onClosed(m.Conn)
	}
}

func (s *stock) submit(c actor.Context, kind actors.DiskKind, off int64, buf []byte) {
	s.disk.Submit(&actors.DiskOp{Kind: kind, Off: off, Buf: buf, To: c.Self()})
}

// onDisk goes on after a disk operation: those of the start first, then one request after the other.
func (s *stock) onDisk(c actor.Context, op *actors.DiskOp) {
	switch {
	case !s.ready && s.rec.Resource == "":
		if s.load(op) {
			s.image = make([]byte, (states.MapBytes(s.rec.DataSize, s.rec.ExtentSize)+SectorSize-1)/SectorSize*SectorSize)
			s.submit(c, actors.DiskRead, states.MapOffset, s.image)
		}
	case !s.ready:
		s.ready = true
		s.h.Net.SetPeers([]string{s.peer})
		s.h.Net.Listen(s.owner(c, 0), "tcp4://0.0.0.0:8457")
	case s.busy:
		s.executed(c, op)
	}
}

func (s *stock) load(op *actors.DiskOp) bool {
	rec, err := wire.DecodeMetadata(op.Buf)
	if op.Err != nil || err != nil {
		s.h.Log.Error("Unable to read metadata", "error", errors.Join(op.Err, err))
		return false
	}
	s.rec = rec
	return true
}

// onFrame takes a frame: a hello, or a request of the session.
func (s *stock) onFrame(c actor.Context, conn actors.Conn, f *wire.InFrame) {
	switch {
	case conn == s.in:
		s.onRequest(c, f)
	case conn == s.out:
	case wire.IsHello2(f.NV):
		s.onHello2(c, conn, f)
	default:
		s.onHello1(conn, f)
	}
}

// trickAt does the trick of a step, if that is the one. It reports whether there is nothing more to do.
func (s *stock) trickAt(step int, conn actors.Conn) bool {
	switch s.trick {
	case TrickMute:
	case TrickGarbage1, TrickGarbage2, TrickGarbage3:
		if int(s.trick-TrickGarbage1)+1 != step {
			return false
		}
		if e, ok := conn.(*end); ok {
			e.speak([]byte{0x02, 0x10, 0x00, 0x00, 0x00, 'n', 'o', 'n', 's', 'e', 'n', 's', 'e', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		}
	case TrickDies1, TrickDies2, TrickDies3:
		if int(s.trick-TrickDies1)+1 != step {
			return false
		}
		s.end()
		conn.Close()
	case TrickSilent3:
		if step != 3 {
			return false
		}
	default:
		return false
	}
	s.world().effect(FaultGarbage)
	return true
}

// onHello1 begins a session: what there was of an earlier one ends.
func (s *stock) onHello1(conn actors.Conn, f *wire.InFrame) {
	s.end()
	hello, err := wire.DecodeHello1(f.NV)
	if err != nil || hello.Resource != s.resource {
		conn.Close()
		return
	}
	if s.trickAt(1, conn) {
		return
	}
	reply := wire.Hello1Reply{Version: min(hello.Version, wire.ProtocolVersion)}
	if s.trick == TrickWait {
		s.world().effect(FaultGarbage)
		reply.ErrMsg, reply.Wait = "Remote node acts as primary for the resource and not as secondary.", true
	}
	for i := 0; i < wire.TokenSize; i += 8 {
		binary.LittleEndian.PutUint64(s.token[i:], s.h.Rand.Uint64())
	}
	reply.Token = s.token
	s.half, s.version = conn, reply.Version
	g := wire.OutFrame{Version: s.version}
	g.NV = wire.AppendHello1Reply(g.Scratch[:0], &reply)
	conn.Send(&g, nil)
}

// onHello2 completes it: the secondary decides by the counters (hast-protocol 7.2).
func (s *stock) onHello2(c actor.Context, conn actors.Conn, f *wire.InFrame) {
	hello, err := wire.DecodeHello2(f.NV)
	if err != nil || s.half == nil || hello.Token != s.token {
		conn.Close()
		return
	}
	s.in, s.out, s.half = s.half, conn, nil
	if s.trickAt(2, s.in) {
		return
	}
	s.in.SetMaxPayload(wire.MaxPayload)
	reply := wire.Hello2Reply{DataSize: int64(s.rec.DataSize), ExtentSize: int32(s.rec.ExtentSize), SyncSrc: states.SourcePrimary}
	full := s.decide(c, &hello, &reply)
	reply.LocalCnt, reply.RemoteCnt = s.rec.LocalCnt, s.rec.RemoteCnt
	g := wire.OutFrame{Version: s.version}
	if reply.ErrMsg == "" && !(reply.Virgin && hello.Virgin) {
		g.Payload = bytes.Clone(s.image)
		if full {
			g.Payload = bytes.Repeat([]byte{0xff}, len(s.image))
		}
		reply.MapSize = uint32(len(g.Payload))
	}
	g.NV = wire.AppendHello2Reply(g.Scratch[:0], &reply)
	s.in.Send(&g, nil)
	if reply.ErrMsg != "" {
		s.in.CloseAfterSend()
		s.out.Close()
		s.in, s.out = nil, nil
		return
	}
	s.world().effect(FaultStockPeer)
	if e, ok := s.in.(*end); ok && s.trick == TrickTrickle {
		s.world().effect(FaultGarbage)
		e.trickle = true
	}
}

// decide is the table of the original; it reports whether all is to be copied.
func (s *stock) decide(c actor.Context, p *wire.Hello2, reply *wire.Hello2Reply) (full bool) {
	if s.rec.ResUID == 0 {
		s.rec.ResUID = p.ResUID
		reply.Virgin = true
		if block, err := wire.EncodeMetadata(&s.rec); err == nil {
			s.submit(c, actors.DiskWrite, 0, block)
		}
		return true
	}
	if s.rec.ResUID != p.ResUID {
		reply.ErrMsg = fmt.Sprintf("Resource unique ID mismatch (primary=%d, secondary=%d).", p.ResUID, s.rec.ResUID)
		return false
	}
	sl, sr, pl, pr := s.rec.LocalCnt, s.rec.RemoteCnt, p.LocalCnt, p.RemoteCnt
	switch {
	case sl > pr && sr < pl:
		reply.ErrMsg = "Split-brain condition!"
	case sl > pr:
		reply.SyncSrc = states.SourceSecondary
		return sr > pl
	}
	return sl < pr || sr > pl
}

// onRequest queues a request; one under memsync is acknowledged as soon as it is here.
func (s *stock) onRequest(c actor.Context, f *wire.InFrame) {
	r, err := wire.DecodeRequest(f.NV)
	switch {
	case err != nil || f.PayloadErr != nil:
		s.end()
		return
	case r.Cmd == states.OpKeepalive:
		return
	case s.trickAt(3, s.out):
		return
	case !r.Fits(s.rec.DataSize) || (r.Cmd != states.OpFlush && r.Length == 0) || r.Cmd > states.OpKeepalive:
		s.reply(&wire.Reply{Seq: r.Seq, Error: int16(wire.EINVAL)}, nil)
		return
	}
	if r.Memsync && r.Cmd == states.OpWrite {
		s.reply(&wire.Reply{Seq: r.Seq, Received: true}, nil)
	}
	s.queue = append(s.queue, &stockRequest{r, bytes.Clone(f.Payload)})
	s.next(c)
}

// next hands the disk the first of the queue. The first of a session clears the map before.
func (s *stock) next(c actor.Context) {
	if s.busy || len(s.queue) == 0 {
		return
	}
	s.busy = true
	if !s.cleared {
		clear(s.image)
		s.submit(c, actors.DiskWrite, states.MapOffset, bytes.Clone(s.image))
		return
	}
	r := s.queue[0]
	off := int64(s.rec.LocalOff + r.Offset)
	switch r.Cmd {
	case states.OpRead:
		s.submit(c, actors.DiskRead, off, make([]byte, r.Length))
	case states.OpWrite:
		s.submit(c, actors.DiskWrite, off, r.data)
	case states.OpDelete:
		s.disk.Submit(&actors.DiskOp{Kind: actors.DiskZero, Off: off, Len: int64(r.Length), To: c.Self()})
	default:
		s.submit(c, actors.DiskFlush, 0, nil)
	}
}

// executed answers what the disk has done, unless its session is over.
func (s *stock) executed(c actor.Context, op *actors.DiskOp) {
	if op.Kind == actors.DiskWrite && op.Off < int64(s.rec.LocalOff) {
		if op.Off == states.MapOffset {
			s.busy, s.cleared = false, op.Err == nil
			s.next(c)
		}
		return
	}
	s.busy = false
	r := s.queue[0]
	s.queue = s.queue[1:]
	if r.Cmd != 0 {
		reply := wire.Reply{Seq: r.Seq}
		var no wire.Errno
		if op.Err != nil {
			reply.Error = int16(wire.EIO)
			if errors.As(op.Err, &no) {
				reply.Error = int16(no)
			}
		}
		var data []byte
		if r.Cmd == states.OpRead && op.Err == nil {
			data = op.Buf
		}
		s.reply(&reply, data)
	}
	s.next(c)
}

func (s *stock) reply(r *wire.Reply, data []byte) {
	if s.out == nil {
		return
	}
	g := wire.OutFrame{Version: s.version, Payload: data}
	g.NV = wire.AppendReply(g.Scratch[:0], r)
	s.out.Send(&g, nil)
}

// end is the death of the original's worker: what it hasn't executed is forgotten.
func (s *stock) end() {
	for _, conn := range []actors.Conn{s.half, s.in, s.out} {
		if conn != nil {
			conn.Close()
		}
	}
	s.half, s.in, s.out = nil, nil, nil
	s.cleared = false
	if s.busy {
		s.queue = []*stockRequest{{}} // what the disk works on still ends; nobody hears of it
	} else {
		s.queue = nil
	}
}

func (s *stock) onClosed(conn actors.Conn) {
	switch conn {
	case s.half:
		s.half = nil
	case s.in, s.out:
		s.end()
	}
}

var _ actor.Actor = (*stock)(nil)

// speak sends bytes that are no frame.
func (e *end) speak(b []byte) {
	if e.state != endOpen {
		return
	}
	e.out.socket.push(b)
	e.out.push()
}

// trickleEvery is how long who reads byte by byte takes for one.
const trickleEvery = time.Second
