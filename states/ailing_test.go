package states

import "testing"

// TestAilingSteps asks for every input: nothing is recorded without a session, nor before the secondary's
// flush (rule bad-flush), and something under way is waited for.
func TestAilingSteps(t *testing.T) {
	for n := range 16 {
		a := Ailing{Alone: n&8 != 0, Unflushed: n&4 != 0, Flushing: n&2 != 0, Recording: n&1 != 0}
		want := AilingRecord
		switch {
		case a.Alone:
			want = AilingForget
		case a.Unflushed && !a.Flushing:
			want = AilingFlush
		case a.Unflushed || a.Recording:
			want = AilingWait
		}
		if have := a.Next(); have != want {
			t.Errorf("%+v: %v, want %v", a, have, want)
		}
	}
}

// TestDisownedIsExact: a record names the extents that it is given and no others, or it isn't made.
func TestDisownedIsExact(t *testing.T) {
	ours := Record{DataSize: 1 << 40, ExtentSize: 2 << 20, LocalOff: 1 << 20}
	compat := ours
	compat.LocalOff = MapOffset + MapBytes(ours.DataSize, ours.ExtentSize)
	for _, c := range []struct {
		name string
		rec  Record
		room int
	}{{"copies", ours, MaxExtentRuns}, {"block", compat, BlockRuns}} {
		r := c.rec
		for i := range c.room {
			var ok bool
			if r, ok = Disowned(r, ExtentRun{uint64(3 * i), 1}); !ok {
				t.Fatalf("%s: no room for run %d", c.name, i)
			}
		}
		if _, ok := Disowned(r, ExtentRun{3, 1}); !ok {
			t.Errorf("%s: an extent that it has needs room", c.name)
		}
		full := r.Bad
		after, ok := Disowned(r, ExtentRun{uint64(3 * c.room), 1})
		if ok || after.Bad != full || r.Bad.Extents() != uint64(c.room) {
			t.Errorf("%s: one run more: %v, %d extents", c.name, ok, after.Bad.Extents())
		}
		if joined, ok := Disowned(r, ExtentRun{1, 2}); !ok || joined.Bad.Extents() != uint64(c.room)+2 || joined.Bad.Contains(7) {
			t.Errorf("%s: a gap that is filled: %v, %d extents", c.name, ok, joined.Bad.Extents())
		}
	}
}

func TestRegained(t *testing.T) {
	r := Record{DataSize: 1 << 30, ExtentSize: 1 << 20, LocalOff: 1 << 20, Bad: NewExtentRuns(ExtentRun{3, 4}, ExtentRun{9, 1})}
	left, ok := Regained(r, ExtentRun{9, 1}, ExtentRun{4, 1})
	if !ok || left.Bad != NewExtentRuns(ExtentRun{4, 1}, ExtentRun{9, 1}) {
		t.Errorf("%v: %v", ok, left.Bad)
	}
	if none, ok := Regained(r); !ok || !none.Bad.IsEmpty() {
		t.Errorf("%v: %v", ok, none.Bad)
	}
}
