package nbd

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkRead and BenchmarkWrite go through a real socket, with as many requests under way at a time as
// the name says, against a gate that answers at once. Client and server share the machine.
func BenchmarkRead(b *testing.B) {
	run(b, func(c *Client, buf []byte, off int64) error {
		_, err := c.ReadAt(buf, off)
		return err
	})
}

func BenchmarkWrite(b *testing.B) {
	run(b, func(c *Client, buf []byte, off int64) error {
		_, err := c.WriteAt(buf, off, false)
		return err
	})
}

func run(b *testing.B, do func(*Client, []byte, int64) error) {
	for _, p := range []struct{ size, depth int }{{4096, 1}, {4096, 32}, {128 << 10, 8}, {1 << 20, 4}} {
		b.Run(fmt.Sprintf("size=%d/depth=%d", p.size, p.depth), func(b *testing.B) {
			const device = 64 << 20
			g, _, socket := newGate(b, device, 0)
			g.forget()
			c := dial(b, socket)
			b.SetBytes(int64(p.size))
			b.ReportAllocs()
			b.ResetTimer()
			var next atomic.Int64
			var workers sync.WaitGroup
			for range p.depth {
				workers.Go(func() {
					buf := make([]byte, p.size)
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if err := do(c, buf, i*int64(p.size)%device); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			workers.Wait()
		})
	}
}
