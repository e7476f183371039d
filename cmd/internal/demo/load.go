package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"hast/gate/nbd"
	"hast/gate/spawn"
)

const (
	// workers is how many writes are under way at once.
	workers = 16
	// longest is the most blocks of one write.
	longest = 8
	// flushEvery is after how many of its writes a worker flushes.
	flushEvery = 400
	// hotBlocks is a small area at the load's beginning that gets every other write, so that workers
	// overwrite each other's blocks.
	hotBlocks = 64
	// piece is how much is read and written at once where speed matters, in bytes.
	piece = 256 << 10
)

// area is a part of the device, for stamped blocks.
type area struct {
	off    int64 // bytes
	blocks int
	seed   uint64
}

func (a area) at(block int) int64 { return a.off + int64(block)*blockSize }

// fill stamps a whole area as write 0 and makes that durable.
func (a area) fill(c *nbd.Client) error {
	buf := make([]byte, piece)
	for b := 0; b < a.blocks; {
		n := min(piece/blockSize, a.blocks-b)
		for i := range n {
			stamp(buf[i*blockSize:][:blockSize], a.seed, uint64(b+i), 0)
		}
		if _, err := c.WriteAt(buf[:n*blockSize], a.at(b), false); err != nil {
			return err
		}
		b += n
	}
	return c.Flush()
}

// read says for each block which write it holds.
func (a area) read(c *nbd.Client) ([]uint64, error) {
	seen := make([]uint64, a.blocks)
	buf := make([]byte, piece)
	for b := 0; b < a.blocks; {
		n := min(piece/blockSize, a.blocks-b)
		if _, err := c.ReadAt(buf[:n*blockSize], a.at(b)); err != nil {
			return nil, err
		}
		for i := range n {
			id, err := stamped(buf[i*blockSize:][:blockSize], a.seed, uint64(b+i))
			if err != nil {
				return nil, err
			}
			seen[b+i] = id
		}
		b += n
	}
	return seen, nil
}

// write makes one write of the journal and waits for its answer. It returns how many were answered so far.
func (a area) write(c *nbd.Client, j *journal, first, count int, buf []byte) (int, error) {
	w := j.begin(first, count)
	for i := range count {
		stamp(buf[i*blockSize:][:blockSize], a.seed, uint64(first+i), w.id)
	}
	if _, err := c.WriteAt(buf[:count*blockSize], a.at(first), false); err != nil {
		return 0, err
	}
	return j.acknowledge(w), nil
}

// load writes to the area without a pause, over several connections at once, until the device goes away.
// Once so many writes are acknowledged it calls crash, in the middle of everything, which must take the
// device away. An error that comes before that is one.
func (a area) load(ctx context.Context, clients []*nbd.Client, j *journal, acked int, crash func()) error {
	l := &load{area: a, j: j, acked: acked, crash: crash}
	var wait sync.WaitGroup
	errs := make([]error, workers)
	for i := range workers {
		wait.Add(1)
		spawn.Go("load", func(err error, _ []byte) { errs[i] = err; wait.Done() }, func() {
			errs[i] = l.work(ctx, clients[i%len(clients)], rand.New(rand.NewPCG(a.seed, uint64(i))))
			wait.Done()
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// load is what its workers share.
type load struct {
	area
	j       *journal
	acked   int
	crash   func()
	once    sync.Once
	crashed atomic.Bool
}

// work is one worker: one write after the other.
func (l *load) work(ctx context.Context, c *nbd.Client, r *rand.Rand) error {
	buf := make([]byte, longest*blockSize)
	for n := 1; ; n++ {
		acked, err := l.step(c, l.j, r, buf, n)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && l.crashed.Load():
			return nil
		case err != nil:
			return fmt.Errorf("a write of the load failed while its primary was well: %w", err)
		case acked >= l.acked:
			l.once.Do(func() {
				l.crashed.Store(true)
				l.crash()
			})
		}
	}
}

// step is a worker's nth act; it returns how many writes of all are acknowledged.
func (a area) step(c *nbd.Client, j *journal, r *rand.Rand, buf []byte, n int) (int, error) {
	if n%flushEvery == 0 {
		begun := j.beginFlush()
		if err := c.Flush(); err != nil {
			return 0, err
		}
		j.acknowledgeFlush(begun)
	}
	count, span := 1+r.IntN(longest), a.blocks
	if r.IntN(2) == 0 {
		span = min(span, hotBlocks)
	}
	return a.write(c, j, r.IntN(span-count+1), count, buf)
}
