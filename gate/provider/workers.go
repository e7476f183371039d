package provider

import (
	"fmt"
	"runtime/debug"
	"time"

	"hast/actors"
	"hast/gate/spawn"
	"hast/wire"
)

const (
	// takeMost is how many operations a worker takes at a time, if it is quick.
	takeMost = 8
	// quickOp: a worker whose operations took less each, on average, may take several at a time, which
	// saves wakeups. One that waits for a device leaves the others in the queue to its fellows.
	quickOp = 30 * time.Microsecond
)

func (d *disk) runWorker() {
	var batch [takeMost]*actors.DiskOp
	quick := false
	for {
		n := d.take(batch[:], quick)
		if n == 0 {
			return
		}
		start := time.Now()
		for _, op := range batch[:n] {
			d.execute(op)
		}
		quick = time.Since(start) < time.Duration(n)*quickOp
		d.answerAll(batch[:n])
		clear(batch[:n])
	}
}

// take waits for operations and takes a fair share of them. 0 means that the component is closed.
func (d *disk) take(batch []*actors.DiskOp, quick bool) int {
	d.mu.Lock()
	for d.queue.Len() == 0 {
		if d.closed {
			d.mu.Unlock()
			return 0
		}
		d.idle++
		d.work.Wait()
		d.idle--
	}
	n := 1
	if quick {
		n = min(len(batch), (d.queue.Len()+d.workers-1)/d.workers)
	}
	for i := range n {
		batch[i] = d.queue.Pop()
	}
	// Whoever was woken wakes the next one, so that a burst costs its submitter one wakeup.
	more := d.queue.Len() > 0 && d.idle > 0
	d.mu.Unlock()
	if more {
		d.work.Signal()
	}
	return n
}

// execute does an operation, other than a flush, and notes its outcome.
func (d *disk) execute(op *actors.DiskOp) {
	defer d.caught(op)
	switch op.Kind {
	case actors.DiskRead:
		_, op.Err = d.p.ReadAt(op.Buf, op.Off)
	case actors.DiskWrite:
		_, op.Err = d.p.WriteAt(op.Buf, op.Off)
	case actors.DiskZero:
		op.Err = d.p.Zero(op.Off, op.Len)
	}
}

// caught turns a panic into the operation's error.
func (d *disk) caught(op *actors.DiskOp) {
	if r := recover(); r != nil {
		op.Err = fmt.Errorf("%w: %w", spawn.Caught(op.Kind.String(), r), wire.EIO)
		d.log.Error("a disk operation panicked", "path", d.path, "error", op.Err, "stack", string(debug.Stack()))
	}
}

func errEarlierFlush(path string) error {
	return fmt.Errorf("flush %s: an earlier flush has failed that covers the same writes: %w", path, wire.EIO)
}

// runFlusher answers all flushes that wait with the same flush of the machine: one that starts after
// they were submitted, and therefore after what they cover was answered.
func (d *disk) runFlusher() {
	var group []*actors.DiskOp
	for {
		d.mu.Lock()
		for len(d.flushes) == 0 {
			if d.closed {
				d.mu.Unlock()
				return
			}
			d.flushWork.Wait()
		}
		group, d.flushes = d.flushes, group[:0]
		d.mu.Unlock()
		err := d.sync()
		for _, op := range group {
			op.Err = err
		}
		if err != nil {
			group = d.spread(group)
		}
		d.answerAll(group)
		clear(group)
	}
}

// sync is the machine's flush.
func (d *disk) sync() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %w", spawn.Caught("flush", r), wire.EIO)
			d.log.Error("a flush panicked", "path", d.path, "error", err, "stack", string(debug.Stack()))
		}
	}()
	return d.p.Flush()
}

// spread fails, with a flush that failed, also those that were submitted while it ran: the machine
// reports a failure once, so that the next flush would succeed without what was lost (I38). Whoever
// submits a flush after it has heard of the failure gets an answer about what it wrote since.
func (d *disk) spread(group []*actors.DiskOp) []*actors.DiskOp {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures++
	for _, op := range d.flushes {
		op.Err = errEarlierFlush(d.path)
		group = append(group, op)
	}
	clear(d.flushes)
	d.flushes = d.flushes[:0]
	for _, op := range d.pending {
		if op.Kind == actors.DiskFlush && op.Err == nil {
			op.Err = errEarlierFlush(d.path)
		}
	}
	return group
}
