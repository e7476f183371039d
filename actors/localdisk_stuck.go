package actors

import (
	"fmt"
	"time"

	"hast/wire"
)

// A component may hold an operation for ever without an error. After `timeout` it counts as stuck, which is
// for gate to judge. Once it is given up nothing more is asked of it, and what it holds stays its own until
// it ends (I26, I30).

// diskTick is localdisk's timer, which runs while the component holds anything.
type diskTick struct{ epoch uint64 }

const diskTickEvery = time.Second

// ages counts what the component holds by how many ticks it has held it; the last place has all that are
// older.
type ages struct {
	counts []int
	now    uint64
}

// newAges has a last place that holds only what is at least so old. What was begun just before a tick is a tick
// old right after it, so that takes one tick more than the time is long.
func newAges(least time.Duration) ages {
	return ages{counts: make([]int, int((least+diskTickEvery-1)/diskTickEvery)+2)}
}

func (a *ages) place(born uint64) int { return int(min(a.now-born, uint64(len(a.counts)-1))) }

// begin counts an operation, and returns when it was born.
func (a *ages) begin() uint64 {
	a.counts[0]++
	return a.now
}

func (a *ages) end(born uint64) { a.counts[a.place(born)]-- }

// tick makes all a tick older, and reports how many are older than the last place.
func (a *ages) tick() int {
	n := len(a.counts)
	a.counts[n-1] += a.counts[n-2]
	copy(a.counts[1:n-1], a.counts[:n-2])
	a.counts[0] = 0
	a.now++
	return a.counts[n-1]
}

// errGivenUp answers what is asked of a component that was given up.
var errGivenUp = fmt.Errorf("the component was given up: %w", wire.ENXIO)

// begin counts an operation.
func (d *localdisk) begin(op *DiskOp) {
	if d.ages.counts == nil {
		d.ages = newAges(d.res.cfg.Timeout)
	}
	op.born = d.ages.begin()
}

// watch counts an operation that the component gets, and has the timer run.
func (d *localdisk) watch(op *DiskOp) {
	d.begin(op)
	if !d.ticks {
		d.ticks = true
		d.startTick()
	}
}

func (d *localdisk) startTick() {
	d.res.h.Clock.TellAfter(diskTickEvery, d.self, &diskTick{epoch: d.epoch})
}

func (d *localdisk) onTick(m *diskTick) {
	if m.epoch != d.epoch {
		return
	}
	old := d.ages.tick()
	if d.outstanding == 0 {
		d.ticks = false
		return
	}
	if old > 0 && !d.quarantined {
		d.tell(d.res.gate, &diskStuck{err: fmt.Errorf("component %s has not answered %d operations for %v: %w", d.res.cfg.Local, old, d.res.cfg.Timeout, wire.ETIMEDOUT)})
	}
	d.startTick()
}

// onQuarantine ends all that isn't in the component's hands yet.
func (d *localdisk) onQuarantine() {
	d.quarantined = true
	for _, s := range d.saves[min(1, len(d.saves)):] {
		s.err = errGivenUp
	}
	d.healStops()
}

// refuses answers what is asked of a component that was given up.
func (d *localdisk) refuses(op *DiskOp) bool {
	if !d.quarantined {
		return false
	}
	d.bounce(op, errGivenUp)
	return true
}
