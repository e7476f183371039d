package simulation

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"hast/actors"
	"hast/wire"
)

// openDisk boots a machine with a disk and opens it.
func openDisk(t *testing.T, seed uint64, size int64) (*World, *Machine, *probe, actors.Disk) {
	t.Helper()
	w := newWorld(t, seed)
	m := w.AddMachine("a", "10.0.0.1")
	m.AddDisk("/disk", size)
	p, d := reopen(t, w, m)
	return w, m, p, d
}

func reopen(t *testing.T, w *World, m *Machine) (*probe, actors.Disk) {
	t.Helper()
	p := start(t, m, nil)
	p.host.Disks.Open(p.owner(1), "/disk", 4)
	opened := until[*actors.DiskOpened](t, w, p, 1)
	if opened.Err != nil {
		t.Fatal(opened.Err)
	}
	return p, opened.Disk
}

// do submits an operation and waits for its answer.
func do(t *testing.T, w *World, p *probe, d actors.Disk, op actors.DiskOp) error {
	t.Helper()
	op.To = p.pid
	n := len(messages[*actors.DiskOp](p))
	d.Submit(&op)
	return until[*actors.DiskOp](t, w, p, n+1).Err
}

func filled(c byte, n int) []byte { return bytes.Repeat([]byte{c}, n) }

func TestDiskReadsWhatWasWritten(t *testing.T) {
	w, _, p, d := openDisk(t, 1, 8192)
	if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Off: 512, Buf: filled('x', 2048)}); err != nil {
		t.Fatal(err)
	}
	if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskZero, Off: 1024, Len: 512}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2048)
	if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskRead, Off: 512, Buf: got}); err != nil {
		t.Fatal(err)
	}
	want := append(append(filled('x', 512), filled(0, 512)...), filled('x', 1024)...)
	if !bytes.Equal(got, want) {
		t.Error("the disk returned something else than was written")
	}
	mustCheck(t, w)
}

func TestPowerKeepsFlushed(t *testing.T) {
	lost, kept := 0, 0
	seeds(t, 100, func(t *testing.T, seed uint64) {
		w, m, p, d := openDisk(t, seed, 8192)
		write := func(off int64, c byte) {
			if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Off: off, Buf: filled(c, 1024)}); err != nil {
				t.Fatal(err)
			}
		}
		write(0, 'a')
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskFlush}); err != nil {
			t.Fatal(err)
		}
		write(2048, 'b')
		write(512, 'c')
		m.Power()
		p, d = reopen(t, w, m)
		got := make([]byte, 8192)
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskRead, Buf: got}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[:512], filled('a', 512)) {
			t.Fatalf("seed %d: a flushed sector was lost", seed)
		}
		if got[512] != 'a' && got[512] != 'c' {
			t.Fatalf("seed %d: an overwritten flushed sector reads %q", seed, got[512])
		}
		if got[2048] == 'b' {
			kept++
		} else {
			lost++
		}
	})
	if kept < 10 || lost < 10 {
		t.Errorf("an unflushed sector survived %d times and was lost %d times", kept, lost)
	}
}

// A flush covers what was answered before it was submitted, also if it is overwritten meanwhile, and nothing more.
func TestFlushCoversWhatItFound(t *testing.T) {
	older := 0
	defer func() {
		if older < 20 {
			t.Errorf("what ended after a flush began was lost %d times", older)
		}
	}()
	seeds(t, 100, func(t *testing.T, seed uint64) {
		w, m, p, d := openDisk(t, seed, 4096)
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Buf: filled('a', 512)}); err != nil {
			t.Fatal(err)
		}
		d.Submit(&actors.DiskOp{Kind: actors.DiskFlush, To: p.pid})
		d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Buf: filled('b', 512), To: p.pid})
		until[*actors.DiskOp](t, w, p, 3)
		m.Power()
		c := m.Disk("/disk").Written()[0]
		if c != 'a' && c != 'b' {
			t.Fatalf("seed %d: after a flush and a power cut the sector reads %q", seed, c)
		}
		if c == 'a' {
			older++
		}
	})
}

func TestFailedFlushIsFinal(t *testing.T) {
	lost := false
	seeds(t, 40, func(t *testing.T, seed uint64) {
		w, m, p, d := openDisk(t, seed, 4096)
		disk := m.Disk("/disk")
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Buf: filled('a', 512)}); err != nil {
			t.Fatal(err)
		}
		disk.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskFlush}, Times: 1})
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskFlush}); !errors.Is(err, wire.EIO) {
			t.Fatalf("seed %d: a failing flush gave %v", seed, err)
		}
		if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskFlush}); err != nil {
			t.Fatal(err)
		}
		if disk.Written()[0] != 'a' {
			t.Fatalf("seed %d: the cache lost a write", seed)
		}
		m.Power()
		lost = lost || disk.Written()[0] != 'a'
	})
	if !lost {
		t.Error("no seed lost what a failed flush should have covered")
	}
}

func TestKillEndsOperationsBeforeTheNextOpen(t *testing.T) {
	var all, none, torn, late int
	seeds(t, 100, func(t *testing.T, seed uint64) {
		w, m, p, d := openDisk(t, seed, 8192)
		d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Buf: filled('x', 4096), To: p.pid})
		m.Kill()
		disk := m.Disk("/disk")
		w.RunFor(time.Duration(seed) * 30 * time.Millisecond) // in most seeds less than the kernel has time for
		reopen(t, w, m)
		after := bytes.Clone(disk.Written())
		late += int(w.Effect(FaultLateLanding))
		w.RunFor(time.Second)
		if !bytes.Equal(after, disk.Written()) {
			t.Fatalf("seed %d: a write of a dead process landed after the next open", seed)
		}
		switch n := bytes.Count(after[:4096], filled('x', 512)); n {
		case 0:
			none++
		case 8:
			all++
		default:
			torn++
		}
	})
	if all == 0 || none == 0 || torn == 0 || late == 0 {
		t.Errorf("after a kill %d writes were there, %d were not, %d were torn and %d came late", all, none, torn, late)
	}
}

func TestDiskLock(t *testing.T) {
	w, _, p, d := openDisk(t, 1, 4096)
	p.host.Disks.Open(p.owner(2), "/disk", 4)
	if second := until[*actors.DiskOpened](t, w, p, 2); !errors.Is(second.Err, wire.EBUSY) {
		t.Errorf("a second open gave %v", second.Err)
	}
	p.host.Disks.Open(p.owner(2), "/none", 4)
	if none := until[*actors.DiskOpened](t, w, p, 3); !errors.Is(none.Err, wire.ENOENT) {
		t.Errorf("a missing disk gave %v", none.Err)
	}
	// Close waits for what is under way.
	d.Submit(&actors.DiskOp{Kind: actors.DiskFlush, To: p.pid})
	d.Close(p.owner(3))
	if closed := until[*actors.DiskClosed](t, w, p, 1); closed.Epoch != 3 {
		t.Errorf("closed with epoch %d", closed.Epoch)
	}
	if n := len(messages[*actors.DiskOp](p)); n != 1 {
		t.Errorf("%d operations were answered before the close", n)
	}
	p.host.Disks.Open(p.owner(4), "/disk", 4)
	if again := until[*actors.DiskOpened](t, w, p, 4); again.Err != nil {
		t.Errorf("an open after the close gave %v", again.Err)
	}
	mustCheck(t, w)
}

func TestDiskFaults(t *testing.T) {
	w, m, p, d := openDisk(t, 1, 8192)
	disk := m.Disk("/disk")
	disk.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead}, Off: 1024, Len: 512})
	read := func(off int64) error {
		return do(t, w, p, d, actors.DiskOp{Kind: actors.DiskRead, Off: off, Buf: make([]byte, 512)})
	}
	if err := read(512); err != nil {
		t.Errorf("beside the fault: %v", err)
	}
	if err := read(1024); !errors.Is(err, wire.EIO) {
		t.Errorf("at the fault: %v", err)
	}
	disk.Heal()
	if err := read(1024); err != nil {
		t.Errorf("after healing: %v", err)
	}
	disk.Stick()
	d.Submit(&actors.DiskOp{Kind: actors.DiskRead, Buf: make([]byte, 512), To: p.pid})
	n := len(messages[*actors.DiskOp](p))
	w.RunFor(time.Hour)
	if len(messages[*actors.DiskOp](p)) != n {
		t.Error("a stuck disk answered")
	}
	disk.Unstick()
	until[*actors.DiskOp](t, w, p, n+1)
	disk.Remove()
	if err := read(0); !errors.Is(err, wire.ENXIO) {
		t.Errorf("a disk that is gone gave %v", err)
	}
	mustCheck(t, w)
}

func TestDiskRefusesWhatIsOpen(t *testing.T) {
	w, _, p, d := openDisk(t, 1, 8192)
	if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Off: 8192, Buf: make([]byte, 512)}); !errors.Is(err, wire.EINVAL) {
		t.Errorf("a write beyond the end gave %v", err)
	}
	d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 0, Buf: make([]byte, 1024), To: p.pid})
	if err := do(t, w, p, d, actors.DiskOp{Kind: actors.DiskWrite, Off: 512, Buf: make([]byte, 512)}); err == nil && len(w.Violations()) < 2 {
		t.Error("two overlapping writes under way were not found")
	}
	if len(w.Violations()) != 2 {
		t.Errorf("violations: %v", w.Violations())
	}
}

func TestDiskFindsChangedBuffers(t *testing.T) {
	w, _, p, d := openDisk(t, 1, 8192)
	buf := make([]byte, 512)
	d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Buf: buf, To: p.pid})
	buf[7] = 1
	until[*actors.DiskOp](t, w, p, 1)
	if len(w.Violations()) != 1 {
		t.Errorf("violations: %v", w.Violations())
	}
}
