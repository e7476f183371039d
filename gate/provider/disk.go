package provider

import (
	"fmt"
	"sync"
	"sync/atomic"

	"hast/actors"
	"hast/gate/ring"
	"hast/gate/spawn"
	"hast/gate/turn"
	"hast/wire"
)

const (
	// inlineRead is the largest read that is tried at the end of the turn, without a worker, in bytes;
	// inlineBurst is how many bytes are so read in one go.
	inlineRead  = 128 << 10
	inlineBurst = 1 << 20
)

// disk does the operations of one component. What a burst of turns submits is gathered in pending; the
// flush at its end answers what the page cache can, and hands the rest to the workers and the flusher.
type disk struct {
	*Disks
	p    *Provider
	path string
	exec turn.Executor
	// uncached is set once the file system turns out not to know reads from the cache only.
	uncached atomic.Bool

	mu       sync.Mutex
	pending  []*actors.DiskOp // submitted, not yet handed over
	spare    []*actors.DiskOp // memory for the next pending
	deferred bool             // a Flush is due

	queue   ring.Ring[*actors.DiskOp] // for the workers
	work    *sync.Cond
	workers int
	idle    int // workers that wait

	flushes   []*actors.DiskOp // for the flusher
	flushWork *sync.Cond
	failures  int // how many flushes of the machine have failed

	inFlight int // submitted, not yet answered
	closers  []actors.Owner
	closing  bool
	closed   bool
}

var (
	_ actors.Disk  = (*disk)(nil)
	_ turn.Flusher = (*disk)(nil)
)

func newDisk(p *Provider, ds *Disks, exec turn.Executor, workers int) *disk {
	if workers <= 0 {
		workers = defaultWorkers
	}
	d := &disk{Disks: ds, p: p, path: p.path, exec: exec, workers: min(workers, maxWorkers)}
	d.work, d.flushWork = sync.NewCond(&d.mu), sync.NewCond(&d.mu)
	for range d.workers {
		d.spawn("worker", d.runWorker)
	}
	d.spawn("flusher", d.runFlusher)
	return d
}

// spawn starts a goroutine. Panics of operations are caught where they are executed, so what arrives
// here is a fault of this package; the others go on.
func (d *disk) spawn(what string, fn func()) {
	spawn.Go("disk "+what, func(err error, stack []byte) {
		d.log.Error("goroutine of a component failed", "path", d.path, "error", err, "stack", string(stack))
	}, fn)
}

// Submit implements actors.Disk.
func (d *disk) Submit(op *actors.DiskOp) {
	d.mu.Lock()
	op.Err = d.check(op)
	d.inFlight++
	d.pending = append(d.pending, op)
	first := !d.deferred
	d.deferred = true
	d.mu.Unlock()
	if first {
		d.exec.Defer(d)
	}
}

// check refuses what must not reach the component.
func (d *disk) check(op *actors.DiskOp) error {
	length := op.Len
	if op.Kind == actors.DiskRead || op.Kind == actors.DiskWrite {
		length = int64(len(op.Buf))
	}
	switch {
	case d.closing:
		return fmt.Errorf("%s of %s: the component has been closed: %w", op.Kind, d.path, wire.ENXIO)
	case op.Kind > actors.DiskFlush:
		return fmt.Errorf("operation %d on %s is unknown: %w", uint8(op.Kind), d.path, wire.EINVAL)
	case op.Kind == actors.DiskFlush:
		return nil
	case op.Off < 0 || length < 0 || length > d.p.size || op.Off > d.p.size-length:
		return fmt.Errorf("%s of %d bytes at %d of %s, which has %d bytes: %w", op.Kind, length, op.Off, d.path, d.p.size, wire.EINVAL)
	}
	return nil
}

// Flush implements turn.Flusher.
func (d *disk) Flush() {
	d.mu.Lock()
	ops := d.pending
	d.pending, d.spare, d.deferred = d.spare[:0], nil, false
	failures := d.failures
	d.mu.Unlock()

	rest, budget := ops[:0], inlineBurst
	for _, op := range ops {
		switch {
		case op.Err != nil:
			d.answer(op)
		case op.Kind == actors.DiskRead && len(op.Buf) <= min(inlineRead, budget) && d.cached(op):
			budget -= len(op.Buf)
			d.answer(op)
		default:
			rest = append(rest, op)
		}
	}

	d.mu.Lock()
	// A flush that was submitted before another's failure could be known covers what that one lost.
	doomed := 0
	for _, op := range rest {
		switch {
		case op.Kind != actors.DiskFlush:
			d.queue.Push(op)
		case failures != d.failures:
			op.Err = errEarlierFlush(d.path)
			rest[doomed] = op
			doomed++
		default:
			d.flushes = append(d.flushes, op)
		}
	}
	wake, flush := d.queue.Len() > 0 && d.idle > 0, len(d.flushes) > 0
	d.mu.Unlock()
	if wake {
		d.work.Signal()
	}
	if flush {
		d.flushWork.Signal()
	}
	for _, op := range rest[:doomed] {
		d.answer(op)
	}

	clear(ops)
	d.mu.Lock()
	d.spare = ops[:0]
	d.mu.Unlock()
}

func (d *disk) cached(op *actors.DiskOp) bool {
	if len(op.Buf) == 0 {
		return true
	}
	if d.uncached.Load() {
		return false
	}
	all, supported := d.p.readCached(op.Buf, op.Off)
	if !supported {
		d.uncached.Store(true)
	}
	return all
}

// answer gives an operation back. It belongs to its owner before it is counted as answered, so that the
// *DiskClosed comes after it.
func (d *disk) answer(op *actors.DiskOp) {
	d.tell(op.To, op)
	d.answered(1)
}

// answerAll gives several back at once, so that what they cause is flushed once.
func (d *disk) answerAll(ops []*actors.DiskOp) {
	if len(ops) == 1 {
		d.answer(ops[0])
		return
	}
	held := d.exec.Begin()
	for _, op := range ops {
		d.tell(op.To, op)
	}
	d.answered(len(ops))
	if held {
		d.exec.End()
	}
}

func (d *disk) answered(n int) {
	d.mu.Lock()
	d.inFlight -= n
	last := d.finish()
	d.mu.Unlock()
	if last {
		d.letGo()
	}
}

// Close implements actors.Disk.
func (d *disk) Close(o actors.Owner) {
	d.mu.Lock()
	d.closing = true
	if d.closed && len(d.closers) == 0 {
		d.mu.Unlock()
		d.tell(o.PID, &actors.DiskClosed{Epoch: o.Epoch})
		return
	}
	d.closers = append(d.closers, o)
	last := d.finish()
	d.mu.Unlock()
	if last {
		d.letGo()
	}
}

// finish reports, once, that the component has to be let go.
func (d *disk) finish() bool {
	if !d.closing || d.closed || d.inFlight > 0 {
		return false
	}
	d.closed = true
	d.work.Broadcast()
	d.flushWork.Broadcast()
	return true
}

// letGo closes the component on a goroutine of its own: that may take time on some file systems.
func (d *disk) letGo() {
	d.spawn("closing", func() {
		if err := d.p.Close(); err != nil {
			d.log.Warn("closing a component", "error", err)
		}
		d.mu.Lock()
		closers := d.closers
		d.closers = nil
		d.mu.Unlock()
		for _, o := range closers {
			d.tell(o.PID, &actors.DiskClosed{Epoch: o.Epoch})
		}
	})
}
