package demo

import (
	"strings"
	"testing"
)

// history writes down a journal by hand: "b1" begins write 1, "a1" acknowledges it, "f" is a flush that is
// acknowledged at once. All writes but those of places go to block 0.
func history(t *testing.T, blocks int, places map[int][2]int, steps ...string) *journal {
	t.Helper()
	j := newJournal(blocks)
	for _, s := range steps {
		switch n := int(s[len(s)-1] - '0'); s[0] {
		case 'b':
			at, ok := places[n]
			if !ok {
				at = [2]int{0, 1}
			}
			if w := j.begin(at[0], at[1]); int(w.id) != n {
				t.Fatalf("write %d is the %dth", n, w.id)
			}
		case 'a':
			j.acknowledge(j.writes[n-1])
		case 'f':
			j.acknowledgeFlush(j.beginFlush())
		}
	}
	return j
}

func TestJudge(t *testing.T) {
	other := map[int][2]int{2: {1, 1}}
	cases := []struct {
		name   string
		places map[int][2]int
		steps  string
		seen   []uint64
		tail   bool
		want   finding
		err    string
	}{
		{name: "nothing was written", seen: []uint64{0}},
		{name: "the last one is there", steps: "b1 a1 b2 a2", seen: []uint64{2}, want: finding{acked: 2}},
		{name: "a lost write", steps: "b1 a1 b2 a2", seen: []uint64{1}, err: "acknowledged write 2 of block 0 is lost: the block holds the older write 1"},
		{name: "all is lost", steps: "b1 a1", seen: []uint64{0}, err: "holds the older write 0"},
		{name: "in flight, not applied", steps: "b1 a1 b2", seen: []uint64{1}, want: finding{acked: 1, inFlight: 1}},
		{name: "in flight, applied", steps: "b1 a1 b2", seen: []uint64{2}, want: finding{acked: 1, inFlight: 1, applied: 1}},
		{name: "in flight and applied after a later one", steps: "b1 b2 a2", seen: []uint64{1}, want: finding{acked: 1, inFlight: 1, applied: 1}},
		{name: "of two at once either may be last", steps: "b1 b2 a2 a1", seen: []uint64{2}, want: finding{acked: 2}},
		{name: "or the other", steps: "b1 b2 a2 a1", seen: []uint64{1}, want: finding{acked: 2}},
		{name: "neither of two at once", steps: "b1 a1 b2 b3 a3 a2", seen: []uint64{1}, err: "is lost"},
		{name: "a write from nowhere", steps: "b1 a1", seen: []uint64{7}, err: "which was never made"},
		{name: "a write of another place", places: other, steps: "b1 a1 b2 a2", seen: []uint64{2, 2}, err: "which went to blocks 1 to 1"},
		{name: "half of a write in flight", places: map[int][2]int{1: {0, 2}}, steps: "b1", seen: []uint64{1, 0}, want: finding{inFlight: 1, applied: 1}},
		{name: "half of an acknowledged write", places: map[int][2]int{1: {0, 2}}, steps: "b1 a1", seen: []uint64{1, 0}, err: "write 1 of block 1 is lost"},

		{name: "a tail", places: other, steps: "b1 a1 b2 a2 b3 a3", seen: []uint64{1, 2}, tail: true, want: finding{acked: 3, lost: 1, tail: 1}},
		{name: "a tail of two", places: other, steps: "b1 a1 b2 a2 b3 a3", seen: []uint64{1, 0}, tail: true, want: finding{acked: 3, lost: 2, tail: 2}},
		{name: "a hole is no tail", places: other, steps: "b1 a1 b2 a2", seen: []uint64{0, 2}, tail: true, err: "not a tail: write 1 is lost, but write 2"},
		{name: "out of order at once is a tail", places: other, steps: "b1 b2 a1 a2", seen: []uint64{0, 2}, tail: true, want: finding{acked: 2, lost: 1, tail: 2}},
		{name: "a flush has no tail", steps: "b1 a1 f", seen: []uint64{0}, tail: true, err: "though a flush was acknowledged after it"},
		{name: "a flush covers what was answered before it began", steps: "b1 f a1", seen: []uint64{0}, tail: true, want: finding{acked: 1, lost: 1, tail: 1}},
		{name: "a write in flight proves that a tail is none", places: other, steps: "b1 a1 b2", seen: []uint64{0, 2}, tail: true, err: "not a tail"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			j := history(t, len(c.seen), c.places, strings.Fields(c.steps)...)
			got, err := j.judge(c.seen, c.tail)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("finding %+v, want %+v", got, c.want)
			}
		})
	}
}

// A block that goes back and forth is seen by the second reading, whatever the judge thinks of the first.
func TestSameSeesAFlipFlop(t *testing.T) {
	j := history(t, 1, nil, "b1", "b2", "a2", "a1")
	for _, seen := range [][]uint64{{1}, {2}} {
		if _, err := j.judge(seen, false); err != nil {
			t.Fatalf("%v alone is fine, but: %v", seen, err)
		}
	}
	if err := same([]uint64{1}, []uint64{1}); err != nil {
		t.Errorf("two equal readings: %v", err)
	}
	if err := same([]uint64{1}, []uint64{2}); err == nil {
		t.Error("a block that changed by itself was not noticed")
	}
}

func TestStamp(t *testing.T) {
	good := make([]byte, blockSize)
	stamp(good, 9, 5, 3)
	if id, err := stamped(good, 9, 5); id != 3 || err != nil {
		t.Fatalf("id %d, error %v", id, err)
	}
	cases := []struct {
		name        string
		at          int // the byte to change; -1 for none
		seed, block uint64
		want        string
	}{
		{"garbage", 0, 9, 5, "never written there"},
		{"another run", -1, 8, 5, "another run"},
		{"another place", -1, 9, 6, "what was written to block 5"},
		{"a bit in the middle", 2000, 9, 5, "a part of write 3 only"},
		{"the last bit", blockSize - 1, 9, 5, "a part of write 3 only"},
		{"another id", 24, 9, 5, "a part of write"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := append([]byte(nil), good...)
			if c.at >= 0 {
				p[c.at] ^= 4
			}
			if _, err := stamped(p, c.seed, c.block); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
