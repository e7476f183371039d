package simulation

import (
	"testing"
	"time"

	"hast/actors"
)

// TestLateOperationTakesNothingAlong: what a dead process had handed to a stuck disk lands when the disk goes on,
// and nothing that was planned meanwhile is lost by that.
func TestLateOperationTakesNothingAlong(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(t, seed)
		x := w.AddMachine("x", "10.0.0.1")
		d := x.AddDisk("/dev/disk", 1<<20)
		p := start(t, x, nil)
		p.host.Disks.Open(p.owner(1), "/dev/disk", 4)
		disk := until[*actors.DiskOpened](t, w, p, 1).Disk
		disk.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Buf: make([]byte, SectorSize), To: p.pid, Epoch: 1})
		d.Stick()
		x.Kill()
		w.RunFor(lateFor + time.Second)
		// Each of these uses an event again.
		happened := 0
		for range 20 {
			w.After(time.Second, func() { happened++ })
		}
		d.Unstick()
		q := start(t, x, nil)
		q.host.Disks.Open(q.owner(1), "/dev/disk", 4)
		until[*actors.DiskOpened](t, w, q, 1)
		w.RunFor(2 * time.Second)
		if happened != 20 {
			t.Errorf("seed %d: %d of 20 things happened", seed, happened)
		}
	}
}
