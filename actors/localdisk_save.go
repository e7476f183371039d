package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// saving is one change of metadata or map that becomes durable, step by step, and its answer.
type saving struct {
	to     *actor.PID
	tag    uint64
	rec    *states.Record
	repair bool // the record is written anew at open, nobody asked
	runs   []activemap.Run

	steps []saveStep // the first one is under way
	ops   []DiskOp   // its writes
	flush DiskOp     // what follows them
	// left is how many of ops the disk holds; flushed says that they are the step's flush.
	left    int
	flushed bool
	// again: another flush failed since the step began, and may have lost what the step has written.
	again bool
	err   error
}

// saveStep is a set of writes that must be durable before the next step begins.
type saveStep struct {
	writes []DiskOp
	slot   int // the copy that it writes, or noSlot
}

const noSlot = -1

func (d *localdisk) onSaveRecord(m *saveRecord) {
	rec := m.rec
	d.enqueue(&saving{to: m.to, tag: m.tag, rec: &rec})
}

func (d *localdisk) onSaveMap(m *saveMap) {
	s := &saving{to: m.to, tag: m.tag, runs: m.runs}
	var writes []DiskOp
	for _, b := range m.runs {
		writes = append(writes, DiskOp{Kind: DiskWrite, Off: states.MapOffset + int64(b.Off), Buf: b.Data, use: opSave, save: s})
	}
	if len(writes) > 0 {
		s.steps = []saveStep{{writes: writes, slot: noSlot}}
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
		if s.rec != nil && s.err == nil {
			s.err = d.planRecord(s)
		}
		if s.err == nil && len(s.steps) > 0 {
			d.startStep(s)
			return
		}
		d.endSave(s)
	}
	if d.asked {
		d.describe()
	}
}

// planRecord divides the writing of a record into steps: the worse copy, the better one, FreeBSD's block.
// One of the three at a time is written, so that the two others hold a whole record at every moment, and
// each holds the newest once all is done (I20). Numbers are never used twice: a write that failed may
// have happened.
func (d *localdisk) planRecord(s *saving) error {
	offs, ok := s.rec.CopyOffsets()
	d.number++
	number := d.number
	if !ok {
		number = 0
		s.rec.Bad = s.rec.Bad.Widened(wire.MaxBlockRuns)
	}
	block, err := wire.EncodeBlock(s.rec, number)
	if err != nil {
		return err
	}
	write := func(off uint64, buf []byte, slot int) {
		s.steps = append(s.steps, saveStep{[]DiskOp{{Kind: DiskWrite, Off: int64(off), Buf: buf, use: opSave, save: s}}, slot})
	}
	if ok {
		first := int(d.number % 2)
		if d.copies[0] != d.copies[1] {
			first = 0
			if d.copies[1] < d.copies[0] {
				first = 1
			}
		}
		for _, slot := range [...]int{first, 1 - first} {
			buf, err := wire.EncodeCopy(s.rec, number, offs[slot])
			if err != nil {
				return err
			}
			write(offs[slot], buf, slot)
		}
	}
	write(0, block, noSlot)
	return nil
}

// startStep submits the writes of the first step.
func (d *localdisk) startStep(s *saving) {
	step := &s.steps[0]
	if step.slot != noSlot {
		d.copies[step.slot] = 0 // until it is durable
	}
	s.ops, s.left, s.flushed, s.again = step.writes, len(step.writes), false, false
	for i := range s.ops {
		d.submit(&s.ops[i])
	}
}

// endStep goes on to the next step, or ends the saving.
func (d *localdisk) endStep(s *saving) {
	if s.err == nil && s.again {
		d.startStep(s)
		return
	}
	if s.err == nil {
		if slot := s.steps[0].slot; slot != noSlot {
			d.copies[slot] = d.number
		}
		if s.steps = s.steps[1:]; len(s.steps) > 0 {
			d.startStep(s)
			return
		}
	}
	d.endSave(s)
	d.startSave()
}

// endSave answers the first saving and takes it off the queue.
func (d *localdisk) endSave(s *saving) {
	d.saves = d.saves[1:]
	if s.err != nil {
		what := "activemap"
		if s.rec != nil {
			what = "metadata"
		}
		d.log.Error("cannot save", "what", what, "error", s.err)
	}
	switch {
	case s.repair:
		d.repaired(s.err)
	case s.rec != nil:
		if s.err == nil {
			d.rec, d.unsafe = *s.rec, ""
			if d.rec.Unclean&states.UncleanRestarted != 0 {
				d.res.cache.shaken = false
			}
		}
		d.tell(s.to, &recordSaved{tag: s.tag, rec: d.rec, err: s.err})
	default:
		if s.err == nil {
			for _, b := range s.runs {
				copy(d.image[b.Off:], b.Data)
			}
		}
		d.tell(s.to, &mapSaved{tag: s.tag, err: s.err})
	}
}

// metadataNote says for status what is not as it should be with the metadata; empty if all is well.
func (d *localdisk) metadataNote() string {
	if _, ok := d.rec.CopyOffsets(); !ok && d.open {
		return fmt.Sprintf("torn metadata can't be told: component %s has FreeBSD's layout, without room for copies", d.res.cfg.Local)
	}
	return d.unsafe
}
