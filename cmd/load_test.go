package cmd_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/gate/nbd"
)

const (
	loadWorkers = 8    // writes under way at a time
	loadSpan    = 1024 // blocks that are written, over and over
	loadHot     = 2    // blocks of a worker that get every other write
	loadSector  = 512
	// loadFlush and loadFUA: after so many of its writes a worker flushes, or lets one be durable at once.
	loadFlush = 25
	loadFUA   = 40
)

// load is a client that writes as fast as it may and remembers what was acknowledged. Every block belongs
// to one worker, so that a block's writes are one after the other; each has a number of its own. It may be
// stopped and started again, at another node too, and then goes on counting.
type load struct {
	client *nbd.Client
	// By block: numbers of the last write, of the last one acknowledged, and of the last one that a
	// flush or FUA made durable.
	issued, acked, flushed [loadSpan]atomic.Uint64
	// settled is which write each sector was of when it was last read, and ceiling the block's last write
	// by then: none of those up to it may turn up later.
	settled [loadSpan][block / loadSector]uint64
	ceiling [loadSpan]uint64

	clock   atomic.Uint64 // moves on with every beginning and every answer
	written [loadWorkers][]loadWrite
	starts  uint64

	// tolerant: a request that the device answers with an error doesn't end the load.
	tolerant bool
	refused  atomic.Int64

	acks    atomic.Int64
	under   atomic.Int64 // writes under way
	stop    atomic.Bool
	broken  atomic.Int64 // writes and flushes that ended with an error
	workers sync.WaitGroup
}

// loadWrite is a write since the last look at all blocks.
type loadWrite struct {
	block               int
	number, begun, done uint64 // done is 0 if it wasn't answered
}

// stamp fills a block so that each sector says which one it is, and of which write.
func stamp(b []byte, block int, number uint64) {
	for at := 0; at < len(b); at += 16 {
		binary.LittleEndian.PutUint64(b[at:], uint64(block)<<16|uint64(at/loadSector))
		binary.LittleEndian.PutUint64(b[at+8:], number)
	}
}

// work writes the worker's blocks, until it is told to stop or a request fails.
func (l *load) work(worker int) {
	r := rand.New(rand.NewPCG(uint64(worker), l.starts))
	buf := make([]byte, block)
	// Who is refused at once doesn't ask again at once.
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for n := 1; !l.stop.Load(); n++ {
		own := loadSpan / loadWorkers
		if r.IntN(2) == 0 {
			own = loadHot
		}
		err := l.write(worker, r.IntN(own)*loadWorkers+worker, n%loadFUA == 0, buf)
		if err == nil && n%loadFlush == 0 {
			err = l.flush(l.client)
		}
		var answer nbd.Errno
		switch {
		case err == nil:
		case l.tolerant && errors.As(err, &answer):
			l.refused.Add(1)
			<-pace.C
		default:
			l.broken.Add(1)
			return
		}
	}
}

// write makes one write; without an error it was acknowledged.
func (l *load) write(worker, i int, fua bool, buf []byte) error {
	w := loadWrite{block: i, number: l.issued[i].Add(1), begun: l.clock.Add(1)}
	stamp(buf, i, w.number)
	l.under.Add(1)
	_, err := l.client.WriteAt(buf, l.offset(l.client, i), fua)
	l.under.Add(-1)
	if err == nil {
		w.done = l.clock.Add(1)
		l.acked[i].Store(w.number)
		if fua {
			l.flushed[i].Store(w.number)
		}
		l.acks.Add(1)
	}
	l.written[worker] = append(l.written[worker], w)
	return err
}

// flush makes durable all that was acknowledged.
func (l *load) flush(c *nbd.Client) error {
	var covered [loadSpan]uint64
	for i := range covered {
		covered[i] = l.acked[i].Load()
	}
	if err := c.Flush(); err != nil {
		return err
	}
	for i, n := range covered {
		for was := l.flushed[i].Load(); was < n && !l.flushed[i].CompareAndSwap(was, n); {
			was = l.flushed[i].Load()
		}
	}
	return nil
}

// offset spreads the blocks over the device.
func (l *load) offset(c *nbd.Client, i int) int64 {
	return int64(i) * (c.Size() / loadSpan &^ (block - 1))
}

// loadWord is the word load:
//
//	load fill NODE       makes the first write of every block, and flushes
//	load start NODE [tolerant]
//	                     begins, or goes on, to write to the device of a node; tolerant of errors it answers
//	load more N          waits until N more writes are acknowledged than now
//	load kill NODE...    kills nodes in the middle of it; a write must be under way
//	load blackout none|all|random SEED NODE...
//	                     cuts their power instead
//	load stop            ends it, without an error
//	load lost            waits until it has ended because the device is gone, with writes not acknowledged
//	load verify NODE [acked|flushed|tail]
//	                     looks, through the device of a node, for every write that was acknowledged, or
//	                     covered by a flush; or for those, and that what is missing of the others is a tail
func loadWord(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "load fill|start|more|kill|blackout|stop|lost|verify ...")
	f := fleetOf(ts)
	if f.load == nil {
		f.load = &load{}
	}
	l := f.load
	switch args[0] {
	case "fill":
		l.fill(ts, args[1])
	case "start":
		l.start(ts, args[1], len(args) > 2 && args[2] == "tolerant")
	case "more":
		n, err := strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
		l.more(ts, n)
	case "kill", "blackout":
		for l.under.Load() == 0 {
			l.more(ts, 1)
		}
		if args[0] == "kill" {
			kill(ts, false, args[1:])
		} else {
			blackout(ts, false, args[1:])
		}
	case "stop":
		l.stop.Store(true)
		l.ended(ts)
		if n := l.broken.Load(); n > 0 {
			ts.Fatalf("%d writes failed\n%s", n, logs(ts))
		}
		if n := l.refused.Swap(0); n > 0 {
			ts.Logf("%d requests were answered with an error", n)
		}
	case "lost":
		l.ended(ts)
		acks, lost := l.acks.Load(), l.broken.Load()
		ts.Logf("%d writes acknowledged, %d in flight at the kill", acks, lost)
		if acks < 100 || lost == 0 {
			ts.Fatalf("too little was under way: %d writes acknowledged, %d in flight at the kill", acks, lost)
		}
	case "verify":
		l.verify(ts, args[1], bound(append(args, string(boundAcked))[2]))
	default:
		ts.Fatalf("unknown: load %s", args[0])
	}
}

func dialDevice(ts *testscript.TestScript, node string) *nbd.Client {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := nbd.Dial(ctx, ts.MkAbs("ctl."+node+".d/shared"), "shared")
	ts.Check(err)
	return c
}

func (l *load) fill(ts *testscript.TestScript, node string) {
	c := dialDevice(ts, node)
	defer c.Close()
	l.client = c
	buf := make([]byte, block)
	for i := range loadSpan {
		ts.Check(l.write(i%loadWorkers, i, false, buf))
	}
	ts.Check(l.flush(c))
}

func (l *load) start(ts *testscript.TestScript, node string, tolerant bool) {
	l.tolerant = tolerant
	l.client = dialDevice(ts, node)
	l.starts++
	l.stop.Store(false)
	l.broken.Store(0)
	ts.Defer(func() {
		l.client.Close()
		l.workers.Wait()
	})
	for i := range loadWorkers {
		l.workers.Go(func() { l.work(i) })
	}
}

// more waits for acknowledgements.
func (l *load) more(ts *testscript.TestScript, n int64) {
	want := l.acks.Load() + n
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for l.acks.Load() < want {
		if l.broken.Load() > 0 {
			ts.Fatalf("a write failed after %d were acknowledged\n%s", l.acks.Load(), logs(ts))
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%d writes acknowledged, %d wanted\n%s", l.acks.Load(), want, logs(ts))
		}
	}
}

func (l *load) ended(ts *testscript.TestScript) {
	done := make(chan struct{})
	go func() {
		l.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		l.client.Close()
	case <-time.After(patience):
		ts.Fatalf("writes neither end nor fail\n%s", logs(ts))
	}
}
