package simulation

import (
	"time"

	"hast/actors"
	"hast/states"
)

// Answer is the answer of one request of a client, for those who watch.
type Answer struct {
	Machine   *Machine
	Op        states.Op
	Off, Len  int64 // bytes of the device
	Gen       uint64
	Asked, At time.Duration
	Claim     states.Claim // of a change, or of a flush; none for others
	Err       error
}

// AnswerWatcher is a Watcher that wants to hear of each answer.
type AnswerWatcher interface{ Answered(a *Answer) }

// DeathWatcher is a Watcher that wants to hear of each end of a process by a kill or a power cut, while it is still
// as it was.
type DeathWatcher interface{ Dies(m *Machine, power bool) }

func (w *World) tellAnswer(c *Client, io *clientIO, err error) {
	for _, by := range w.watchers {
		x, ok := by.(AnswerWatcher)
		if !ok || c.door == nil {
			continue
		}
		claim := io.written
		if io.op == states.OpFlush {
			claim = io.durable
		}
		x.Answered(&Answer{Machine: c.door.boot.machine, Op: io.op, Off: io.off, Len: io.n, Gen: io.gen, Asked: io.at, At: w.now, Claim: claim, Err: err})
	}
}

func (w *World) tellDeath(m *Machine, power bool) {
	for _, by := range w.watchers {
		if x, ok := by.(DeathWatcher); ok {
			x.Dies(m, power)
		}
	}
}

// wrote notes what the component was last changed by.
func (p *Platter) wrote(t *diskTask) {
	switch {
	case t.kind == actors.DiskRead:
	case t.kind == actors.DiskFlush:
		p.latest = "a flush after " + p.before
	default:
		p.before = p.area(t.off)
		p.latest = p.before
	}
}

// area names what lies at an offset of the component.
func (p *Platter) area(off int64) string {
	switch {
	case p.guard == nil || uint64(off) >= p.guard.record.LocalOff:
		return "data"
	case off < states.MapOffset:
		return "record"
	}
	if copies, ok := p.guard.record.CopyOffsets(); ok {
		for _, at := range copies {
			if uint64(off) == at {
				return "copy of the record"
			}
		}
	}
	return "map"
}

// Latest says what kind of thing was the last to end on the component: a write to some area, or a flush after one.
func (p *Platter) Latest() string {
	if p.latest == "" {
		return "nothing"
	}
	return p.latest
}
