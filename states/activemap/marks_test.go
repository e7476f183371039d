package activemap

import "testing"

func TestMarksOfRanges(t *testing.T) {
	m, err := New(64<<10, 4096, 2, 4096)
	if err != nil {
		t.Fatal(err)
	}
	m.MarkSource(3, FromPeer)
	m.MarkSource(5, ToPeer)
	for _, c := range []struct {
		off, n      uint64
		slag, stale bool
	}{{0, 4096, false, false}, {0, 16 << 10, false, true}, {12 << 10, 512, false, true}, {20 << 10, 4096, true, false}, {8 << 10, 32 << 10, true, true}} {
		if got := m.SlagIn(c.off, c.n); got != c.slag {
			t.Errorf("SlagIn(%d, %d) = %v", c.off, c.n, got)
		}
		if got := m.StaleIn(c.off, c.n); got != c.stale {
			t.Errorf("StaleIn(%d, %d) = %v", c.off, c.n, got)
		}
	}
	m.MarkSource(3, ToPeer)
	if m.AnyStale() || !m.Slag(3) || !m.Dirty(3) {
		t.Errorf("a new verdict must replace the old source: %s", m.Render())
	}
}

func TestRestLetsSweepClearKeepdirty(t *testing.T) {
	m, err := New(64<<10, 4096, 2, 4096)
	if err != nil {
		t.Fatal(err)
	}
	m.Begin(0, 4096)
	m.Begin(8192, 4096)
	m.End(0, 4096)
	if n := m.Sweep(16); n != 0 {
		t.Fatalf("swept %d extents that were just written", n)
	}
	m.Rest()
	if n := m.Sweep(16); n != 1 || m.Dirty(0) || !m.Dirty(2) {
		t.Fatalf("swept %d: what is in flight stays, the rest goes: %s", n, m.Render())
	}
	m.End(8192, 4096)
	if n := m.Sweep(16); n != 0 {
		t.Fatal("the end of a write counts as written lately")
	}
}

func TestBusyBytesCountsWhatIsLeftToDo(t *testing.T) {
	m, err := New(62<<10, 4096, 2, 4096) // the last extent is short
	if err != nil {
		t.Fatal(err)
	}
	m.Begin(0, 4096)
	m.Begin(60<<10, 2048)
	m.MarkSlag(4096, 512)
	m.MarkSlag(0, 512)
	if got := m.BusyBytes(); got != 4096+2048+4096 {
		t.Fatalf("%d bytes: two in flight, of which one lags, and one more that lags: %s", got, m.Render())
	}
	m.End(0, 4096)
	m.End(60<<10, 2048)
	if got := m.BusyBytes(); got != 8192 {
		t.Fatalf("%d bytes after the writes: keepdirty doesn't count: %s", got, m.Render())
	}
}

// AllBad is about every extent that a range touches.
func TestAllBad(t *testing.T) {
	m, err := New(64<<10, 4096, 2, 4096)
	if err != nil {
		t.Fatal(err)
	}
	if m.AllBad(0, 4096) {
		t.Error("nothing is bad yet")
	}
	m.MarkBad(2)
	m.MarkBad(3)
	for _, c := range []struct {
		off, n uint64
		want   bool
	}{{8 << 10, 8 << 10, true}, {8<<10 + 512, 4096, true}, {12 << 10, 512, true}, {8 << 10, 8<<10 + 512, false}, {8<<10 - 512, 1024, false}, {0, 4096, false}} {
		if got := m.AllBad(c.off, c.n); got != c.want {
			t.Errorf("AllBad(%d, %d) = %v", c.off, c.n, got)
		}
	}
}

// Extents that come and go take no more memory than those that are held at once (I24).
func TestPinsAreUsedAgain(t *testing.T) {
	m, err := New(1<<20, 4096, 2, 4096)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(1000) {
		off := i % 256 * 4096
		m.Begin(off, 4096)
		m.End(off, 4096)
	}
	if n := len(m.pins.entries); n > 8 {
		t.Errorf("%d entries for one extent at a time and two that are kept", n)
	}
}
