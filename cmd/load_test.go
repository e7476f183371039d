package cmd_test

import (
	"context"
	"encoding/binary"
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
	loadSector  = 512
)

// load is a client that writes as fast as it may and remembers what was acknowledged. Every block belongs
// to one worker, so that a block's writes are one after the other; each has a number of its own.
type load struct {
	client  *nbd.Client
	issued  [loadSpan]uint64 // number of a block's last write
	acked   [loadSpan]uint64 // and of the last one that was acknowledged
	acks    atomic.Int64
	under   atomic.Int64 // writes under way
	stop    atomic.Bool
	broken  atomic.Int64 // writes that ended with an error
	workers sync.WaitGroup
}

// stamp fills a block so that each sector says which one it is, and of which write.
func stamp(b []byte, block int, number uint64) {
	for at := 0; at < len(b); at += 16 {
		binary.LittleEndian.PutUint64(b[at:], uint64(block)<<16|uint64(at/loadSector))
		binary.LittleEndian.PutUint64(b[at+8:], number)
	}
}

// work writes the worker's blocks in turn, until it is told to stop or a write fails.
func (l *load) work(worker int) {
	buf := make([]byte, block)
	for number := uint64(1); ; number++ {
		for i := worker; i < loadSpan; i += loadWorkers {
			if l.stop.Load() {
				return
			}
			l.issued[i] = number
			stamp(buf, i, number)
			l.under.Add(1)
			_, err := l.client.WriteAt(buf, l.offset(i), false)
			l.under.Add(-1)
			if err != nil {
				l.broken.Add(1)
				return
			}
			l.acked[i] = number
			l.acks.Add(1)
		}
	}
}

// offset spreads the blocks over the device.
func (l *load) offset(i int) int64 { return int64(i) * (l.client.Size() / loadSpan &^ (block - 1)) }

// loadWord is the word load:
//
//	load start NODE      begins to write to the device of a node
//	load more N          waits until N more writes are acknowledged than now
//	load kill NODE...    kills nodes in the middle of it; a write must be under way
//	load stop            ends it, without an error
//	load lost            waits until it has ended because the device is gone, with writes not acknowledged
//	load verify NODE     looks, through the device of a node, for every write that was acknowledged
func loadWord(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "load start|more|kill|stop|lost|verify ...")
	f := fleetOf(ts)
	if args[0] == "start" {
		f.load = startLoad(ts, args[1])
		return
	}
	l := f.load
	switch args[0] {
	case "more":
		n, err := strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
		l.more(ts, n)
	case "kill":
		for l.under.Load() == 0 {
			l.more(ts, 1)
		}
		kill(ts, false, args[1:])
	case "blackout":
		for l.under.Load() == 0 {
			l.more(ts, 1)
		}
		blackout(ts, false, args[1:])
	case "stop":
		l.stop.Store(true)
		l.ended(ts)
		if n := l.broken.Load(); n > 0 {
			ts.Fatalf("%d writes failed\n%s", n, logs(ts))
		}
	case "lost":
		l.ended(ts)
		acks, lost := l.acks.Load(), l.broken.Load()
		ts.Logf("%d writes acknowledged, %d in flight at the kill", acks, lost)
		if acks < 1000 || lost == 0 {
			ts.Fatalf("too little was under way: %d writes acknowledged, %d in flight at the kill", acks, lost)
		}
	case "verify":
		l.verify(ts, args[1])
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

func startLoad(ts *testscript.TestScript, node string) *load {
	l := &load{client: dialDevice(ts, node)}
	ts.Defer(func() {
		l.client.Close()
		l.workers.Wait()
	})
	for i := range loadWorkers {
		l.workers.Go(func() { l.work(i) })
	}
	return l
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

// verify reads all that was written: a sector is that of the last acknowledged write of its block, or of
// a later one that was under way when the primary ended, and of no other.
func (l *load) verify(ts *testscript.TestScript, node string) {
	c := dialDevice(ts, node)
	defer c.Close()
	got, want := make([]byte, block), make([]byte, block)
	for i := range loadSpan {
		if l.acked[i] == 0 {
			continue
		}
		_, err := c.ReadAt(got, l.offset(i))
		ts.Check(err)
		for at := 0; at < block; at += loadSector {
			number := binary.LittleEndian.Uint64(got[at+8:])
			stamp(want, i, number)
			if number < l.acked[i] || number > l.issued[i] || string(got[at:at+loadSector]) != string(want[at:at+loadSector]) {
				ts.Fatalf("block %d, byte %d: holds write %d; acknowledged was %d, the last was %d\n%s",
					i, at, number, l.acked[i], l.issued[i], logs(ts))
			}
		}
	}
}
