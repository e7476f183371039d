package simulation

import (
	"runtime"
	"testing"
	"time"
)

// Worlds that are closed leave nothing behind: ten thousand of them fit into one process.
func TestWorldsLeaveNothing(t *testing.T) {
	worlds := func(from, n uint64) uint64 {
		for seed := from; seed < from+n; seed++ {
			p, err := tale(seed%8, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.World.RunFor(time.Second)
			p.World.Close()
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	n := uint64(few(16))
	before := worlds(0, 16)
	if after := worlds(16, n); after > before+n*4096+256<<10 {
		t.Errorf("%d bytes are held after 16 worlds, %d after %d more", before, after, n)
	}
}
