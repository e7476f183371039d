package activemap

import (
	"bytes"
	"strings"
	"testing"
)

const kib = 1024

// small is a device of ten extents of 4 KiB, the last one short.
func small(t *testing.T, keepdirty uint32) *Map {
	t.Helper()
	m, err := New(9*4*kib+100, 4*kib, keepdirty, 4*kib)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func expect(t *testing.T, m *Map, want string) {
	t.Helper()
	if have := m.Render(); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
}

// save makes the map durable, as a disk that works would.
func save(t *testing.T, m *Map) {
	t.Helper()
	w, ok := m.NextWrite(512)
	if !ok {
		t.Fatal("there is nothing to write")
	}
	m.Written(w)
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   uint64
		extent uint32
		area   uint64
		want   string
	}{
		{"no device", 0, 4096, 4096, "no bytes"},
		{"no extent", 1 << 20, 0, 4096, "power of two"},
		{"odd extent", 1 << 20, 3000, 4096, "power of two"},
		{"too many extents", 1 << 62, 4096, 1 << 60, "larger extents"},
		{"too little room", 1 << 20, 4096, 31, "no room"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(c.size, c.extent, 64, c.area); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRange(t *testing.T) {
	m := small(t, 0)
	for _, c := range []struct {
		off, length uint64
		first, last uint32
	}{{0, 1, 0, 0}, {4095, 1, 0, 0}, {4095, 2, 0, 1}, {4096, 4096, 1, 1}, {0, 9*4096 + 100, 0, 9}} {
		if first, last := m.Range(c.off, c.length); first != c.first || last != c.last {
			t.Errorf("Range(%d, %d) = %d, %d", c.off, c.length, first, last)
		}
	}
	for _, c := range []struct{ off, length uint64 }{{0, 0}, {9*4096 + 100, 1}, {9 * 4096, 101}, {1, 1<<64 - 1}, {1<<64 - 1, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Range(%d, %d) was accepted", c.off, c.length)
				}
			}()
			m.Range(c.off, c.length)
		}()
	}
	if off, length := m.Bounds(9); off != 9*4096 || length != 100 {
		t.Errorf("the last extent is %d bytes at %d", length, off)
	}
}

// TestMapBeforeData is I9 in its simplest form.
func TestMapBeforeData(t *testing.T) {
	m := small(t, 1)
	if m.Begin(0, 100) {
		t.Error("a clean extent was durably dirty")
	}
	w, _ := m.NextWrite(512)
	if m.Durable(0, 100) {
		t.Error("durable while the write is under way")
	}
	if m.Begin(8*kib, 1) || len(w.Runs) != 1 || w.Runs[0].Data[0] != 1 {
		t.Errorf("a later write got into the snapshot: %v", w.Runs)
	}
	m.Written(w)
	if !m.Durable(0, 100) || m.Durable(8*kib, 1) {
		t.Error("the write made something else durable")
	}
	expect(t, m, "0[wdf1t] 2[wf1kt]")
	save(t, m)
	if !m.Begin(0, 9*kib-4*kib*2) {
		t.Error("dirty on disk, and not durable")
	}
}

// TestFailedClear: bits that a failed write was to clear may be clear on disk.
func TestFailedClear(t *testing.T) {
	m := small(t, 0)
	if err := m.Load([]byte{0x03, 0}); err != nil {
		t.Fatal(err)
	}
	save(t, m)
	if m.Sweep(1) != 1 {
		t.Fatal("nothing was cleared")
	}
	expect(t, m, "0[d] 1[wd]")
	w, _ := m.NextWrite(512)
	if m.Begin(0, 1) {
		t.Error("the write under way clears what counts as durable")
	}
	m.Failed(w)
	expect(t, m, "0[wf1t] 1[wd]")
	save(t, m)
	expect(t, m, "0[wdf1t] 1[wd]")
}

func TestKeepDirty(t *testing.T) {
	m := small(t, 2)
	write := func(e uint64) {
		m.Begin(e*4*kib, 1)
		m.End(e*4*kib, 1)
	}
	for _, e := range []uint64{1, 2, 1, 3} { // 2 is the least recently written
		write(e)
	}
	expect(t, m, "1[wkt] 2[wt] 3[wkt]")
	if m.Sweep(10) != 0 {
		t.Error("an extent written just now was cleared")
	}
	m.Tick()
	if m.Sweep(10) != 0 {
		t.Error("an extent written in the last period was cleared")
	}
	m.Tick()
	if m.Sweep(10) != 1 {
		t.Error("the evicted extent was not cleared")
	}
	expect(t, m, "1[wk] 3[wk]")
}

// TestFlushCover: what is written after a flush began isn't covered by it.
func TestFlushCover(t *testing.T) {
	m := small(t, 0)
	for e := range uint64(3) {
		m.Begin(e*4*kib, 1)
		m.Landed(e*4*kib, 1)
		m.Sent(e*4*kib, 1)
	}
	own, peer := m.FlushStart(P), m.FlushStart(S)
	m.Landed(0, 1)
	m.Sent(4*kib, 1)
	m.FlushDone(own, true)
	m.FlushDone(peer, true)
	expect(t, m, "0[wf1tp] 1[wf1ts] 2[wf1t]")
	peer = m.FlushStart(S)
	m.FlushReset(S)
	if m.FlushDone(peer, true) || !m.Unflushed(S, 1) {
		t.Error("a flush of an old session counted (session-epoch)")
	}
	later := m.FlushStart(S)
	if m.FlushDone(peer, true) || !m.Flushing(S) {
		t.Error("an old session's reply ended the new session's flush (session-epoch)")
	}
	m.FlushDone(later, false)
	m.FailPeerUnflushed()
	if !m.Slag(1) || m.AnyUnflushed(S) || m.Slag(0) {
		t.Errorf("what the peer's flush has failed is not what is copied: %s (I38)", m.Render())
	}
}

// TestPeerKeepsWhatIsItsOwn: a failed flush of the peer makes no copy the source that isn't current.
func TestPeerKeepsWhatIsItsOwn(t *testing.T) {
	m := small(t, 0)
	for e := range uint32(3) {
		m.Inherit(e)
		m.MarkUnflushed(S, e)
	}
	m.MarkStale(0)
	m.MarkBad(1)
	m.FailPeerUnflushed()
	if m.Slag(0) || m.Slag(1) || !m.Slag(2) || !m.AwayUnflushed() {
		t.Error(m.Render())
	}
}

// TestLoadedIsNotDurable: of what a component shows at its opening a flush may have failed, and a good one since
// means nothing (I9, I38).
func TestLoadedIsNotDurable(t *testing.T) {
	m := small(t, 0)
	if err := m.Load([]byte{0x05, 0}); err != nil {
		t.Fatal(err)
	}
	if m.Begin(0, 1) || m.Durable(2*4*kib, 1) {
		t.Error("a bit that was read counts as durable")
	}
	save(t, m)
	if !m.Durable(0, 1) || !m.Durable(2*4*kib, 1) {
		t.Error("the first write didn't carry what was read")
	}
	if err := m.Reload([]byte{0x08, 0}); err != nil {
		t.Fatal(err)
	}
	if m.Durable(0, 1) || m.Durable(3*4*kib, 1) || !m.Dirty(3) {
		t.Error("a bit that was read again counts as durable")
	}
	save(t, m)
	if !m.Durable(0, 1) || !m.Durable(3*4*kib, 1) {
		t.Error("the write didn't carry what was read again")
	}
}

// TestMergeKeepsPins is the original's A18: a merge in the middle of writes.
func TestMergeKeepsPins(t *testing.T) {
	m := small(t, 0)
	m.Begin(0, 1)
	m.Begin(0, 1)
	if n, err := m.MergeRemote([]byte{0x05, 0xff, 0xff}); n != 3 || err != nil {
		t.Errorf("merged %d, %v", n, err)
	}
	if _, err := m.MergeRemote([]byte{0}); err == nil {
		t.Error("a short map was merged")
	}
	m.End(0, 1)
	expect(t, m, "0[wf1t] 2[wp] 8-9[wp]") // what was clean here may be in the own component's cache only (I10, I38)
	if m.DirtyBytes() != 3*4*kib+100 {
		t.Errorf("%d bytes are dirty", m.DirtyBytes())
	}
	if img := m.AppendImage(nil); !bytes.Equal(img, []byte{0x05, 0x03, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("image %x", img)
	}
}

// TestRuns: whole blocks, neighbours joined, never past the map's room, buffers used again.
func TestRuns(t *testing.T) {
	const extents = 3 * 512 * 8
	m, err := New(extents*4*kib, 4*kib, 0, 3*512-8+8)
	if err != nil {
		t.Fatal(err)
	}
	begin := func(e uint64) { m.Begin(e*4*kib, 1) }
	begin(512 * 8) // block 1
	begin(2*512*8 + 9)
	w, _ := m.NextWrite(512)
	if len(w.Runs) != 1 || w.Runs[0].Off != 512 || len(w.Runs[0].Data) != 1024 || w.Runs[0].Data[513] != 2 {
		t.Errorf("runs %v", w.Runs)
	}
	m.Written(w)
	begin(0)
	begin(2*512*8 + 10)
	w, _ = m.NextWrite(512)
	if len(w.Runs) != 2 || w.Runs[0].Off != 0 || w.Runs[1].Off != 1024 || w.Epoch != 2 {
		t.Errorf("runs %v", w.Runs)
	}
	m.Written(w)
	begin(1)
	if w, _ = m.NextWrite(4096); len(w.Runs) != 1 || len(w.Runs[0].Data) != 3*512 {
		t.Errorf("a block of 4096 bytes left the map's room of %d: %d", 3*512, len(w.Runs[0].Data))
	}
	m.Written(w)
	if n := testing.AllocsPerRun(10, func() {
		m.MarkSlagExtent(100)
		m.ClearSync()
		m.Sweep(1 << 20)
		if w, ok := m.NextWrite(512); ok {
			m.Written(w)
		}
	}); n != 0 {
		t.Errorf("a map write allocates %v times", n)
	}
}

func TestBrokenInvariantsPanic(t *testing.T) {
	for name, f := range map[string]func(m *Map){
		"data before map":   func(m *Map) { m.Landed(0, 1) },
		"end without begin": func(m *Map) { m.End(0, 1) },
		"copy of clean":     func(m *Map) { m.HoldCopy(0) },
		"two flushes":       func(m *Map) { m.FlushStart(P); m.FlushStart(P) },
		"written twice": func(m *Map) {
			m.Begin(0, 1)
			w, _ := m.NextWrite(512)
			m.Written(w)
			m.Written(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it went unnoticed")
				}
			}()
			f(small(t, 1))
		})
	}
}

// FuzzImages feeds what a disk or a peer may send.
func FuzzImages(f *testing.F) {
	f.Add(uint32(10*4096), []byte{0xff, 0xff}, []byte{1, 2})
	f.Add(uint32(1), []byte{}, []byte{0})
	f.Fuzz(func(t *testing.T, size uint32, disk, peer []byte) {
		m, err := New(uint64(size), 1<<16, 2, 1<<13)
		if err != nil {
			return
		}
		if m.Load(disk) == nil && m.DirtyBytes() > uint64(size) {
			t.Fatal("more is dirty than there is")
		}
		before := m.want.Count()
		added, err := m.MergeRemote(peer)
		if m.want.Count() != before+added || err != nil && added != 0 {
			t.Fatalf("%d and %d make %d", before, added, m.want.Count())
		}
		again, err := New(uint64(size), 1<<16, 2, 1<<13)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Load(m.AppendImage(nil)); err != nil || again.DirtyBytes() != m.DirtyBytes() {
			t.Fatalf("the image reads back as %d of %d bytes, %v", again.DirtyBytes(), m.DirtyBytes(), err)
		}
	})
}

func BenchmarkBeginEnd(b *testing.B) {
	m, err := New(1<<44, 2<<20, 64, 1<<21)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	off := uint64(0)
	for b.Loop() {
		off = (off + 1234567*4096) % (1<<44 - 4096)
		m.Begin(off, 4096)
		m.End(off, 4096)
	}
}

func BenchmarkBeginEndHot(b *testing.B) {
	m, err := New(1<<40, 2<<20, 64, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	off := uint64(0)
	for b.Loop() {
		off = (off + 1234567*4096) % (32 << 21)
		m.Begin(off, 4096)
		m.End(off, 4096)
	}
}
