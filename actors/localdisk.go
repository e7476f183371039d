package actors

import (
	"errors"
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
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
	opHeal // to write anew what a failed flush may have lost
)

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
	// flushLost is a failed flush of metadata or map of which no flush of data has told yet (I38).
	flushLost error
	asked     bool // describeDisk waits for the end of the savings

	opening *opening // nil once open
	reading DiskOp
	saves   []*saving // the first one is under way
	// number is that of the last write of the record; copies has what each slot holds, 0 if it isn't known
	// to be whole.
	number  uint64
	copies  [states.CopySlots]uint64
	unsafe  string // why the metadata is less than it should be
	flushes map[uint64]*flushing
	nextID  uint64
	// outstanding counts operations that the disk holds.
	outstanding int
	heal        healing
	ages        ages
	ticks       bool // the timer runs
	quarantined bool // given up
	noted       bool // the ledger has an entry that is to go
	rewrite     bool // the record isn't whole in all its places
	reopening   bool // for gate, which goes on without it meanwhile
	noFlush     bool // the provider can't flush; said once
	busy        bool // somebody else had it open at the last attempt
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
	case *diskTick:
		d.onTick(m)
	case *quarantine:
		d.onQuarantine()
	case *LedgerRead:
		d.onLedger(m)
	case *LedgerWritten:
		d.onUnnoted(m)
	case *reopenDisk:
		d.onReopen()
	case *DiskClosed:
		d.onClosed()
	case *statusWalk:
		d.onStatus(m)
	default:
		panic(fmt.Sprintf("localdisk: unexpected %T", m))
	}
}

func (d *localdisk) tell(to *actor.PID, msg any) { d.res.h.Tell(to, msg) }

func (d *localdisk) owner() Owner { return Owner{PID: d.self, Exec: d.res.ex, Epoch: d.epoch} }

func (d *localdisk) submit(op *DiskOp) {
	if !d.refuses(op) && !d.waits(op) {
		d.hand(op)
	}
}

// letGo closes the component; resource hears of it, so that it works also while this actor stops.
func (d *localdisk) letGo() {
	d.open = false
	if d.disk != nil {
		d.disk.Close(Owner{PID: d.res.pid, Exec: d.res.ex, Epoch: d.epoch})
	} else if d.reopening || d.quarantined {
		d.tell(d.res.pid, &DiskClosed{Epoch: d.epoch}) // nothing is open, which the resource doesn't know
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

// onSaved takes one operation of the saving under way back: after a step's writes comes its flush.
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
			d.endStep(s)
			return
		}
		s.left = 1
		s.flush = DiskOp{Kind: DiskFlush, use: opSave, save: s}
		d.submit(&s.flush)
		return
	}
	if s.flushed && s.err != nil && !errors.Is(s.err, wire.EOPNOTSUPP) {
		d.flushLost = s.err // it covered data, too, and a disk tells only once: the next flush says it
	}
	if s.flushed && errors.Is(s.err, wire.EOPNOTSUPP) {
		d.cannotFlush()
		s.err = nil
	}
	d.endStep(s)
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
	d.ages.end(op.born)
	d.ended(op)
	switch op.use {
	case opHeal:
		d.onHealed(op)
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
		} else if op.Kind == DiskFlush && op.Err == nil {
			op.Err, d.flushLost = d.flushLost, nil
		}
		if op.Kind == DiskRead && op.Err == nil && d.cache().Rely(d.extent(op)) {
			d.healOn() // the primary will hold that both components have it durably
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
		} else if err == nil {
			err, d.flushLost = d.flushLost, nil
		}
		d.tell(f.to, &diskFlushed{tag: f.tag, err: err})
	}
	d.healDrained()
}

func (d *localdisk) onStatus(m *statusWalk) {
	s := m.status
	s.DataSize, s.ExtentSize, s.KeepDirty = d.rec.DataSize, d.rec.ExtentSize, d.rec.KeepDirty
	s.ResUID, s.LocalCnt, s.RemoteCnt = d.rec.ResUID, d.rec.LocalCnt, d.rec.RemoteCnt
	s.Stats.QueueLocal = uint64(d.outstanding)
	s.Unfit = d.rec.Unfit.String()
	s.Metadata = d.metadataNote()
	if d.open && d.res.standing != nil {
		s.Own = ownCopy(&d.rec, d.image, d.res.standing)
	}
	d.res.walkOn(m, d.self)
}
