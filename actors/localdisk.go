package actors

import (
	"errors"
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// opUse says which of localdisk's turns a disk operation belongs to.
type opUse uint8

const (
	opData  opUse = iota // a request's part
	opServe              // a peer's request
	opSave               // a step of a saving
	opFlush
	opRead // metadata or map, at open
)

// saving is one write of metadata or map: its writes, then a flush, then the answer.
type saving struct {
	to      *actor.PID
	tag     uint64
	rec     *states.Record
	runs    []activemap.Run
	ops     []DiskOp
	left    int
	flushed bool
	err     error
}

// flushing is one flush of the component and who asked for it.
type flushing struct {
	op  DiskOp
	to  *actor.PID
	tag uint64
}

// localdisk owns the component: it is the only writer of data, metadata and map, and it knows the
// durable state of both, always the latest (I19: no lost update).
type localdisk struct {
	res   *resource
	log   hclog.Logger
	epoch uint64 // of the opened component
	disk  Disk
	self  *actor.PID

	size   int64
	sector int
	rec    states.Record
	image  []byte
	open   bool

	reading DiskOp
	saves   []*saving // the first one is under way
	flushes map[uint64]*flushing
	nextID  uint64
	// outstanding counts operations that the disk holds.
	outstanding int
	noFlush     bool // the provider can't flush; said once
}

func (d *localdisk) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		d.self = c.Self()
	case *actor.Stopping:
		d.letGo()
	case *actor.Stopped, *actor.Restarting:
	case *openDisk:
		d.onOpen()
	case *DiskOpened:
		d.onOpened(m)
	case *describeDisk:
		d.describe()
	case *localIO:
		d.onIO(m.r)
	case *served:
		d.onServe(m)
	case *flushDisk:
		d.onFlush(m)
	case *saveRecord:
		d.onSaveRecord(m)
	case *saveMap:
		d.onSaveMap(m)
	case *DiskOp:
		d.onDone(m)
	case *statusWalk:
		d.onStatus(m)
	default:
		panic(fmt.Sprintf("localdisk: unexpected %T", m))
	}
}

func (d *localdisk) tell(to *actor.PID, msg any) { d.res.h.Tell(to, msg) }

func (d *localdisk) owner() Owner { return Owner{PID: d.self, Exec: d.res.ex, Epoch: d.epoch} }

func (d *localdisk) onOpen() {
	d.epoch = d.res.newEpoch()
	d.res.h.Disks.Open(d.owner(), d.res.cfg.Local, d.res.cfg.Workers)
}

func (d *localdisk) onOpened(m *DiskOpened) {
	if m.Epoch != d.epoch {
		if m.Disk != nil {
			m.Disk.Close(Owner{PID: d.self, Exec: d.res.ex, Epoch: m.Epoch})
		}
		return
	}
	if m.Err != nil {
		d.fail(m.Err.Error(), "check the path in the configuration, and that nobody else uses the component")
		return
	}
	d.disk, d.size, d.sector = m.Disk, m.Size, m.Sector
	if m.Size < states.MetadataSize {
		d.fail(fmt.Sprintf("component %s has %d bytes, too small for metadata", d.res.cfg.Local, m.Size),
			"use a larger component and run 'hastctl create "+d.res.cfg.Name+"'")
		return
	}
	d.read(0, states.MetadataSize)
}

// read starts a read of metadata or map.
func (d *localdisk) read(off, n int64) {
	d.reading = DiskOp{Kind: DiskRead, Off: off, Buf: make([]byte, n), use: opRead}
	d.submit(&d.reading)
}

func (d *localdisk) submit(op *DiskOp) {
	op.Epoch, op.To, op.Err = d.epoch, d.self, nil
	d.outstanding++
	d.disk.Submit(op)
}

func (d *localdisk) onRead(op *DiskOp) {
	name, path := d.res.cfg.Name, d.res.cfg.Local
	if op.Err != nil {
		d.fail(fmt.Sprintf("cannot read metadata of %s: %v", path, op.Err), "check the disk below the component")
		return
	}
	if op.Off == states.MapOffset {
		d.image = op.Buf
		d.open = true
		d.describe()
		return
	}
	rec, err := wire.DecodeMetadata(op.Buf)
	switch {
	case errors.Is(err, wire.ErrNoMetadata):
		d.fail(fmt.Sprintf("component %s has no metadata", path), "run 'hastctl create "+name+"'")
	case err != nil:
		d.fail(fmt.Sprintf("metadata read from %s is invalid: %v", path, err),
			"restore the component, or run 'hastctl create "+name+"' to make it anew from the peer's data")
	case rec.Resource != name:
		d.fail(fmt.Sprintf("provider %s is not part of resource %s: its metadata says %q", path, name, rec.Resource),
			"check the path in the configuration")
	case rec.LocalOff+rec.DataSize > uint64(d.size):
		d.fail(fmt.Sprintf("component %s has %d bytes, its metadata needs %d", path, d.size, rec.LocalOff+rec.DataSize),
			"give the component back its size")
	case rec.LocalOff%uint64(d.sector) != 0 || rec.DataSize%uint64(d.sector) != 0:
		d.fail(fmt.Sprintf("component %s: data at %d of %d bytes doesn't fit its sectors of %d bytes", path, rec.LocalOff,
			rec.DataSize, d.sector), "run 'hastctl create "+name+"' on this provider")
	default:
		d.rec = rec
		d.read(states.MapOffset, int64(rec.MapSize()))
	}
}

// fail gives the component up before it was of use.
func (d *localdisk) fail(reason, remedy string) {
	d.log.Error(reason)
	d.tell(d.res.pid, &diskFailed{reason: reason, remedy: remedy, held: d.disk != nil})
}

func (d *localdisk) describe() {
	if !d.open {
		return
	}
	d.tell(d.res.pid, &diskReady{rec: d.rec, image: append([]byte(nil), d.image...), size: d.size, sector: d.sector})
}

// letGo closes the component; resource hears of it, so that it works also while this actor stops.
func (d *localdisk) letGo() {
	d.open = false
	if d.disk != nil {
		d.disk.Close(Owner{PID: d.res.pid, Exec: d.res.ex, Epoch: d.epoch})
	}
}

// onIO hands a request's part to the component.
func (d *localdisk) onIO(r *Request) {
	op := &r.flow.op
	*op = DiskOp{Off: r.Off + int64(d.rec.LocalOff), use: opData, done: r}
	switch r.Op {
	case states.OpRead:
		op.Kind, op.Buf = DiskRead, r.Buf
	case states.OpWrite:
		op.Kind, op.Buf = DiskWrite, r.Buf
	default:
		op.Kind, op.Len = DiskZero, r.Len
	}
	d.submit(op)
}

// onServe does the same for a request of the peer.
func (d *localdisk) onServe(s *served) {
	s.op = DiskOp{Off: s.off + int64(d.rec.LocalOff), use: opServe, serv: s}
	switch s.cmd {
	case states.OpRead:
		s.op.Kind, s.op.Buf = DiskRead, s.buf
	case states.OpWrite:
		s.op.Kind, s.op.Buf = DiskWrite, s.buf
	case states.OpFlush:
		s.op.Kind = DiskFlush
	default:
		s.op.Kind, s.op.Len = DiskZero, s.n
	}
	d.submit(&s.op)
}

func (d *localdisk) onFlush(m *flushDisk) {
	if d.flushes == nil {
		d.flushes = make(map[uint64]*flushing)
	}
	d.nextID++
	f := &flushing{to: m.to, tag: m.tag}
	f.op = DiskOp{Kind: DiskFlush, use: opFlush, Len: int64(d.nextID)}
	d.flushes[d.nextID] = f
	d.submit(&f.op)
}

func (d *localdisk) onSaveRecord(m *saveRecord) {
	rec := m.rec
	buf, err := wire.EncodeMetadata(&rec)
	s := &saving{to: m.to, tag: m.tag, rec: &rec, err: err}
	s.ops = []DiskOp{{Kind: DiskWrite, Buf: buf, use: opSave, save: s}}
	d.enqueue(s)
}

func (d *localdisk) onSaveMap(m *saveMap) {
	s := &saving{to: m.to, tag: m.tag, runs: m.runs}
	for _, b := range m.runs {
		s.ops = append(s.ops, DiskOp{Kind: DiskWrite, Off: states.MapOffset + int64(b.Off), Buf: b.Data, use: opSave, save: s})
	}
	d.enqueue(s)
}

// enqueue keeps savings in order, one at a time: each is based on the one before.
func (d *localdisk) enqueue(s *saving) {
	d.saves = append(d.saves, s)
	if len(d.saves) == 1 {
		d.startSave()
	}
}

func (d *localdisk) startSave() {
	for len(d.saves) > 0 {
		s := d.saves[0]
		if s.err == nil && len(s.ops) > 0 {
			s.left = len(s.ops)
			for i := range s.ops {
				d.submit(&s.ops[i])
			}
			return
		}
		d.endSave(s)
	}
}

// onSaved takes one step of the saving under way.
func (d *localdisk) onSaved(s *saving, op *DiskOp) {
	if op.Err != nil && s.err == nil {
		s.err = op.Err
	}
	if s.left--; s.left > 0 {
		return
	}
	if s.err == nil && !s.flushed {
		s.flushed = true
		if d.noFlush || s.rec == nil && !d.res.cfg.MetaFlush {
			d.endSave(s)
			d.startSave()
			return
		}
		s.left = 1
		s.ops = append(s.ops[:0], DiskOp{Kind: DiskFlush, use: opSave, save: s})
		d.submit(&s.ops[0])
		return
	}
	if s.flushed && errors.Is(s.err, wire.EOPNOTSUPP) {
		d.cannotFlush()
		s.err = nil
	}
	d.endSave(s)
	d.startSave()
}

// endSave answers the first saving and takes it off the queue.
func (d *localdisk) endSave(s *saving) {
	d.saves = d.saves[1:]
	if s.err != nil {
		d.log.Error("cannot save", "what", map[bool]string{true: "metadata", false: "activemap"}[s.rec != nil], "error", s.err)
	}
	if s.rec != nil {
		if s.err == nil {
			d.rec = *s.rec
		}
		d.tell(s.to, &recordSaved{tag: s.tag, rec: d.rec, err: s.err})
		return
	}
	if s.err == nil {
		for _, b := range s.runs {
			copy(d.image[b.Off:], b.Data)
		}
	}
	d.tell(s.to, &mapSaved{tag: s.tag, err: s.err})
}

func (d *localdisk) cannotFlush() {
	if !d.noFlush {
		d.noFlush = true
		d.log.Warn("the provider doesn't support flushing its write cache: written stands for durable", "path", d.res.cfg.Local)
	}
}

// onDone takes an operation back from the disk.
func (d *localdisk) onDone(op *DiskOp) {
	if op.Epoch != d.epoch {
		return // of an earlier opening; its actors are gone (I30)
	}
	d.outstanding--
	switch op.use {
	case opRead:
		d.onRead(op)
	case opSave:
		d.onSaved(op.save, op)
	case opData:
		r := op.done
		r.flow.fromDisk = localDone{r: r, err: op.Err}
		d.tell(d.res.gate, &r.flow.fromDisk)
	case opServe:
		if op.Kind == DiskFlush && errors.Is(op.Err, wire.EOPNOTSUPP) {
			d.cannotFlush()
		}
		op.serv.err = op.Err
		d.tell(d.res.secondary, &op.serv.done)
	case opFlush:
		f := d.flushes[uint64(op.Len)]
		delete(d.flushes, uint64(op.Len))
		err := op.Err
		if errors.Is(err, wire.EOPNOTSUPP) {
			d.cannotFlush()
			err = nil
		}
		d.tell(f.to, &diskFlushed{tag: f.tag, err: err})
	}
}

func (d *localdisk) onStatus(m *statusWalk) {
	s := m.status
	s.DataSize, s.ExtentSize, s.KeepDirty = d.rec.DataSize, d.rec.ExtentSize, d.rec.KeepDirty
	s.ResUID, s.LocalCnt, s.RemoteCnt = d.rec.ResUID, d.rec.LocalCnt, d.rec.RemoteCnt
	s.Stats.QueueLocal = uint64(d.outstanding)
	s.Unfit = d.rec.Unfit.String()
	d.res.walkOn(m, d.self)
}
