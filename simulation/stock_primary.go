package simulation

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// stockPrimary is a node with the manners of FreeBSD's own hastd as a primary (hast-protocol 6 to 8): it knows counters
// and one map, sends no marks, and no session of it has an identity. What the original's defects A1 to A16 lose isn't
// played, or nothing could be demanded of the pair: it does one thing after the other, keeps all that it has written dirty
// as long as it lives, takes a peer that failed a request for lost, and counts each period alone.
type stockPrimary struct {
	h        *actors.Host
	exec     actors.Executor
	resource string
	path     string
	peer     string // address of the secondary, as in hast.conf
	mode     states.Mode
	timeout  time.Duration

	disk  actors.Disk
	rec   states.Record
	image []byte // its activemap
	door  actors.Door
	asked bool // the door is opening, or open

	tasks []func(done func()) // what is to be done, one after the other
	busy  bool
	after func(op *actors.DiskOp) // the disk's operation under way ends with this
	self  *actor.PID
	alone bool // the counter was raised since the last session began
	stockLink
}

// StartStockPrimary starts a node of the original's manners on a machine, as primary of the pair's resource: the
// component must have been paired. It serves once its first attempt at a connection has come to an end.
func (p *Pair) StartStockPrimary(m *Machine) error {
	c, err := p.Config(m)
	if err != nil {
		return err
	}
	defer func() { m.stock = true }()
	return m.Start(func(h *actors.Host) *actor.Props {
		s := &stockPrimary{h: h, exec: h.Exec.Executor("stock"), resource: p.resource, path: p.path,
			peer: "tcp4://" + p.Other(m).addr, mode: p.spec.Mode, timeout: c.Resources[0].Timeout}
		return actor.PropsFromProducer(func() actor.Actor { return s }, s.exec.Options()...)
	})
}

var errStockBehind = fmt.Errorf("this copy is behind one that can't be reached: %w", wire.EIO)

// stockTick is the guard's: keepalives, silence and attempts at a connection are looked at that often.
type stockTick struct{}

const stockTickEvery = time.Second

func (s *stockPrimary) owner(epoch uint64) actors.Owner {
	return actors.Owner{PID: s.self, Exec: s.exec, Epoch: epoch}
}

// Receive is the node's turn.
func (s *stockPrimary) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		s.self = c.Self()
		s.h.Disks.Open(s.owner(0), s.path, 1)
	case *actors.DiskOpened:
		if m.Err == nil {
			s.disk = m.Disk
			s.load()
		}
	case *actors.DiskOp:
		then := s.after
		s.after = nil
		then(m)
	case *actors.DoorOpened:
		s.door = m.Door
	case *actors.Requests:
		for _, r := range m.Reqs {
			s.then(func(done func()) { s.serve(r, done) })
		}
	case *actors.QueryStatus:
		st := actors.Status{Name: s.resource, Role: states.RolePrimary.String(), Status: "degraded", Reason: "the peer is gone, or lacks something"}
		if s.complete() {
			st.Status, st.Reason = "complete", ""
		}
		m.To.Statuses([]actors.Status{st})
	case *stockTick:
		s.tick()
	case *actors.Dialed:
		s.onDialed(m)
	case *actors.FramesIn:
		for _, f := range m.Frames {
			s.onFrame(m.Conn, f)
		}
	case *actors.ConnClosed:
		if m.Conn == s.out || m.Conn == s.in {
			s.hangUp()
		}
	}
}

// then lets something be done once all before it is.
func (s *stockPrimary) then(task func(done func())) {
	s.tasks = append(s.tasks, task)
	s.next()
}

func (s *stockPrimary) next() {
	if s.busy || len(s.tasks) == 0 {
		return
	}
	task := s.tasks[0]
	s.tasks = s.tasks[1:]
	s.busy = true
	task(func() {
		s.busy = false
		s.next()
	})
}

// do has the disk do one operation.
func (s *stockPrimary) do(op *actors.DiskOp, then func(op *actors.DiskOp)) {
	op.To, s.after = s.self, then
	s.disk.Submit(op)
}

// lasting writes something and has it flushed.
func (s *stockPrimary) lasting(off int64, data []byte, then func(err error)) {
	s.do(&actors.DiskOp{Kind: actors.DiskWrite, Off: off, Buf: data}, func(op *actors.DiskOp) {
		if op.Err != nil {
			then(op.Err)
			return
		}
		s.do(&actors.DiskOp{Kind: actors.DiskFlush}, func(op *actors.DiskOp) { then(op.Err) })
	})
}

// load reads record and map. What only a node of ours knows of is left out of the record, as the original does it.
func (s *stockPrimary) load() {
	s.then(func(done func()) {
		s.do(&actors.DiskOp{Kind: actors.DiskRead, Buf: make([]byte, states.MetadataSize)}, func(op *actors.DiskOp) {
			rec, err := wire.DecodeMetadata(op.Buf)
			if op.Err != nil || err != nil || rec.ResUID == 0 {
				s.h.Log.Error("Unable to read metadata", "error", errors.Join(op.Err, err))
				return // and nothing else is done
			}
			s.rec = states.Record{Resource: rec.Resource, DataSize: rec.DataSize, ExtentSize: rec.ExtentSize, KeepDirty: rec.KeepDirty,
				LocalOff: rec.LocalOff, ResUID: rec.ResUID, LocalCnt: rec.LocalCnt, RemoteCnt: rec.RemoteCnt, PrevRole: states.RolePrimary}
			s.image = make([]byte, (states.MapBytes(rec.DataSize, rec.ExtentSize)+SectorSize-1)/SectorSize*SectorSize)
			s.do(&actors.DiskOp{Kind: actors.DiskRead, Off: states.MapOffset, Buf: s.image}, func(op *actors.DiskOp) {
				if op.Err != nil {
					s.h.Log.Error("Unable to read the activemap", "error", op.Err)
					return
				}
				done()
				s.dial()
				s.tick()
			})
		})
	})
}

// save writes the record.
func (s *stockPrimary) save(then func(err error)) {
	block, err := wire.EncodeMetadata(&s.rec)
	if err != nil {
		then(err)
		return
	}
	s.lasting(0, block, then)
}

// open shows the device, once, unless the peer is primary.
func (s *stockPrimary) open() {
	if !s.asked && !s.mustWait {
		s.asked = true
		s.h.Doors.Open(s.owner(0), actors.DoorSpec{Resource: s.resource, Provider: s.resource, Size: int64(s.rec.DataSize), Sector: SectorSize, Credits: 16})
	}
}

// answer ends a request.
func (s *stockPrimary) answer(r *actors.Request, err error, written, durable states.Claim) {
	if s, ok := r.Slot.(*slot); ok {
		s.written, s.durable = written, durable
	}
	r.Err = err
	r.To.Answered(r)
	r.To.Released(r)
}

// serve does one request to its answer. What the secondary still has to say comes later.
func (s *stockPrimary) serve(r *actors.Request, done func()) {
	switch {
	case r.Op == states.OpRead:
		s.read(r, done)
	case r.Op == states.OpFlush:
		s.flush(func(err error, c states.Claim) {
			s.answer(r, err, states.ClaimNone, c)
			done()
		})
	case s.cut():
		s.answer(r, errStockBehind, states.ClaimNone, states.ClaimNone)
		done()
	default:
		s.mark(r.Off, r.Len, func(err error) {
			if err != nil {
				s.answer(r, fmt.Errorf("activemap: %w", err), states.ClaimNone, states.ClaimNone)
				done()
				return
			}
			s.change(r, done)
		})
	}
}

// mark makes the extents of a range durably dirty.
func (s *stockPrimary) mark(off, n int64, then func(err error)) {
	fresh := false
	extent := int64(s.rec.ExtentSize)
	for e := off / extent; e <= (off+n-1)/extent; e++ {
		fresh = fresh || s.image[e/8]>>(e%8)&1 == 0
		s.image[e/8] |= 1 << (e % 8)
	}
	if !fresh && !s.unsure {
		then(nil)
		return
	}
	s.unsure = true // until it is known to be durable
	s.lasting(states.MapOffset, bytes.Clone(s.image), func(err error) {
		s.unsure = err != nil
		then(err)
	})
}

// change writes, here and on the secondary, and answers as the mode says.
func (s *stockPrimary) change(r *actors.Request, done func()) {
	off := int64(s.rec.LocalOff) + r.Off
	op := &actors.DiskOp{Kind: actors.DiskZero, Off: off, Len: r.Len}
	q := wire.Request{Cmd: states.OpDelete, Offset: uint64(r.Off), Length: uint64(r.Len)}
	var data []byte
	if r.Op != states.OpDelete {
		data = make([]byte, r.Len) // a zeroing: the original knows writes only
		if r.Op == states.OpWrite {
			data = bytes.Clone(r.Buf)
			op = &actors.DiskOp{Kind: actors.DiskWrite, Off: off, Buf: data}
		}
		q.Cmd, q.Memsync = states.OpWrite, s.mode == states.MemSync && !r.FUA
	}
	here, over := false, false
	var there *stockAsked
	look := func() {
		switch {
		case !here || over:
		case there == nil || there.lost:
			over = true
			s.byItself(func(err error) { s.finish(r, err, states.ClaimLocal, done) })
		case there.ended, there.received && s.source != states.SourceSecondary, s.mode == states.Async && !r.FUA && s.source != states.SourceSecondary:
			over = true
			c := states.ClaimSent
			if there.ended {
				c = states.ClaimBoth
			} else if there.received {
				c = states.ClaimReceived
			}
			if s.source == states.SourceSecondary {
				c = states.ClaimSource
			} else if s.ahead {
				c = states.ClaimLocal // the secondary isn't current before the copy has ended
			}
			s.finish(r, nil, c, done)
		}
	}
	there = s.ask(q, data, look)
	s.do(op, func(op *actors.DiskOp) {
		if op.Err != nil {
			over = true
			s.hangUp() // the two differ there: the next session's copy ends that
			s.finish(r, op.Err, states.ClaimNone, done)
			return
		}
		here = true
		look()
	})
}

// finish answers a change, one that must be durable after a flush.
func (s *stockPrimary) finish(r *actors.Request, err error, c states.Claim, done func()) {
	if err != nil || !r.FUA {
		s.answer(r, err, c, states.ClaimNone)
		done()
		return
	}
	s.flush(func(err error, durable states.Claim) {
		if durable == states.ClaimLocal && c != states.ClaimSource {
			c = states.ClaimLocal
		}
		s.answer(r, err, c, durable)
		done()
	})
}

// byItself raises the counter, once in a period alone, before something is answered that the secondary may lack.
func (s *stockPrimary) byItself(then func(err error)) {
	switch {
	case s.cut():
		then(errStockBehind)
		return
	case s.alone:
		then(nil)
		return
	}
	s.rec.LocalCnt++
	s.save(func(err error) {
		if s.alone = err == nil; !s.alone {
			s.rec.LocalCnt--
		}
		then(err)
	})
}

// flush has both disks flushed.
func (s *stockPrimary) flush(then func(err error, c states.Claim)) {
	here, over := false, false
	var there *stockAsked
	look := func() {
		switch {
		case !here || over:
		case there == nil || there.lost:
			over = true
			s.byItself(func(err error) { then(err, states.ClaimLocal) })
		case there.ended:
			over = true
			c := states.ClaimBoth
			if s.ahead {
				c = states.ClaimLocal
			}
			then(nil, c)
		}
	}
	there = s.ask(wire.Request{Cmd: states.OpFlush}, nil, look)
	s.do(&actors.DiskOp{Kind: actors.DiskFlush}, func(op *actors.DiskOp) {
		if op.Err != nil {
			over = true
			then(op.Err, states.ClaimNone)
			return
		}
		here = true
		look()
	})
}

// read reads here, or from a secondary that is the source, or in the place of a disk that can't.
func (s *stockPrimary) read(r *actors.Request, done func()) {
	remote := func(why error) {
		ended := false
		var there *stockAsked
		look := func() {
			if ended || there == nil || !there.ended && !there.lost {
				return
			}
			ended = true
			switch {
			case there.lost:
				s.answer(r, errors.Join(why, wire.EIO), states.ClaimNone, states.ClaimNone)
			default:
				copy(r.Buf, there.data)
				s.answer(r, nil, states.ClaimNone, states.ClaimNone)
			}
			done()
		}
		if there = s.ask(wire.Request{Cmd: states.OpRead, Offset: uint64(r.Off), Length: uint64(r.Len)}, nil, look); there == nil {
			s.answer(r, errors.Join(why, wire.EIO), states.ClaimNone, states.ClaimNone)
			done()
		}
	}
	if s.source == states.SourceSecondary {
		remote(nil)
		return
	}
	buf := make([]byte, r.Len)
	s.do(&actors.DiskOp{Kind: actors.DiskRead, Off: int64(s.rec.LocalOff) + r.Off, Buf: buf}, func(op *actors.DiskOp) {
		switch {
		case op.Err == nil:
			copy(r.Buf, buf)
			s.answer(r, nil, states.ClaimNone, states.ClaimNone)
			done()
		case s.ahead: // the other side may not have it
			s.answer(r, op.Err, states.ClaimNone, states.ClaimNone)
			done()
		default:
			remote(op.Err)
		}
	})
}

var _ actor.Actor = (*stockPrimary)(nil)
