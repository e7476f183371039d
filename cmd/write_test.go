package cmd_test

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"hast/gate/nbd"
)

const (
	pairSize     = 32 << 20 // bytes of a component; all of its data fits into the extents that stay dirty
	block        = 4096
	mostPerWrite = 2 // heap allocations of both nodes for one write, on average
)

// writeBlocks makes n writes of 4 KiB all over the device, with depth of them under way at a time. The
// client allocates nothing per request; its workers are there before start is called.
func writeBlocks(tb testing.TB, c *nbd.Client, n, depth int, start func()) {
	var next atomic.Int64
	var workers sync.WaitGroup
	gun := make(chan struct{})
	blocks := c.Size() / block
	for range depth {
		workers.Go(func() {
			buf := bytes.Repeat([]byte{0xa5}, block)
			<-gun
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				// A step without a common factor with the number of blocks visits each, in no order.
				if _, err := c.WriteAt(buf, i*7919%blocks*block, false); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	start()
	close(gun)
	workers.Wait()
}

// BenchmarkPairWrite4k writes to a complete pair in this process, over the loopback and a unix socket.
// What is counted and measured is both nodes and the client.
func BenchmarkPairWrite4k(b *testing.B) {
	for _, depth := range []int{1, 32} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			_, _, c := localPair(b, pairSize)
			writeBlocks(b, c, 200, depth, func() {})
			b.SetBytes(block)
			b.ReportAllocs()
			b.ResetTimer()
			writeBlocks(b, c, b.N, depth, b.ResetTimer)
		})
	}
}

// In steady state a write takes next to no memory, on both nodes together: else the garbage collector
// would be what limits the pair.
func TestWriteAllocations(t *testing.T) {
	for _, depth := range []int{1, 32} {
		t.Run(fmt.Sprintf("depth=%d", depth), func(t *testing.T) {
			_, _, c := localPair(t, pairSize)
			const n = 2000
			writeBlocks(t, c, n, depth, func() {})
			// A collection in between would throw pooled memory away.
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			var before, after runtime.MemStats
			writeBlocks(t, c, n, depth, func() { runtime.ReadMemStats(&before) })
			runtime.ReadMemStats(&after)
			per := float64(after.Mallocs-before.Mallocs) / n
			t.Logf("%.2f allocations, %d bytes a write", per, (after.TotalAlloc-before.TotalAlloc)/n)
			if per > mostPerWrite {
				t.Errorf("%.2f allocations a write, more than %d", per, mostPerWrite)
			}
		})
	}
}
