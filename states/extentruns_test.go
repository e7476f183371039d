package states

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func runs(pairs ...uint64) ExtentRuns {
	var list []ExtentRun
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, ExtentRun{pairs[i], pairs[i+1]})
	}
	return NewExtentRuns(list...)
}

func TestExtentRunsAreCanonical(t *testing.T) {
	for _, c := range []struct {
		name string
		got  ExtentRuns
		want string
		n    int
	}{
		{"none", runs(), "", 0},
		{"empty runs", runs(5, 0), "", 0},
		{"touching", runs(3, 2, 5, 1), "3-5", 1},
		{"overlapping, in any order", runs(8, 4, 1, 2, 9, 10), "1-2 8-18", 2},
		{"inside", runs(1, 10, 3, 2), "1-10", 1},
		{"beyond every component", runs(1<<31-1, 5, 1<<40, 1), "2147483647-2147483647", 1},
		{"union", runs(1, 2).Union(runs(3, 1, 9, 1)), "1-3 9-9", 2},
		{"minus its middle", runs(1, 9).Minus(runs(3, 2)), "1-2 5-9", 2},
		{"minus more", runs(4, 2, 8, 1).Minus(runs(0, 100)), "", 0},
		{"minus something else", runs(4, 2).Minus(runs(0, 4, 6, 3)), "4-5", 1},
		{"minus across runs", runs(0, 4, 6, 4).Minus(runs(2, 6)), "0-1 8-9", 2},
	} {
		if c.got.String() != c.want || c.got.Len() != c.n || c.got.IsEmpty() != (c.n == 0) {
			t.Errorf("%s: got %q in %d runs, want %q", c.name, c.got, c.got.Len(), c.want)
		}
	}
	if a, b := runs(1, 3, 7, 1), runs(7, 1, 1, 1, 2, 2); a != b || !a.Equal(b) || a == runs(1, 3) {
		t.Error("equal sets differ, or different ones are equal")
	}
}

// The operations against sets of bits, with sets large enough to be widened: never fewer extents than asked.
func TestExtentRunsAgainstBits(t *testing.T) {
	const extents = 10000
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) (ExtentRuns, []bool) {
		bits := make([]bool, extents)
		var list []ExtentRun
		for range n {
			run := ExtentRun{r.Uint64N(extents - 3), 1 + r.Uint64N(2)}
			list = append(list, run)
			for e := run.First; e < run.First+run.Count; e++ {
				bits[e] = true
			}
		}
		return NewExtentRuns(list...), bits
	}
	widened := 0
	for i := range 60 {
		n := []int{3, 100, 4000}[i%3]
		a, bitsA := random(n)
		b, bitsB := random(n / 2)
		for name, c := range map[string]struct {
			got  ExtentRuns
			want func(e int) bool
		}{
			"itself": {a, func(e int) bool { return bitsA[e] }},
			"union":  {a.Union(b), func(e int) bool { return bitsA[e] || bitsB[e] }},
			"minus":  {a.Minus(b), func(e int) bool { return bitsA[e] && !b.Contains(uint64(e)) }},
			"wide":   {a.Widened(2), func(e int) bool { return bitsA[e] }},
		} {
			if c.got.Len() > MaxExtentRuns || name == "wide" && c.got.Len() > 2 {
				t.Fatalf("%s: %d runs", name, c.got.Len())
			}
			exact := name != "wide" && c.got.Len() < MaxExtentRuns && a.Len() < MaxExtentRuns && b.Len() < MaxExtentRuns
			if !exact {
				widened++
			}
			count := uint64(0)
			for e := range extents {
				has := c.got.Contains(uint64(e))
				if has {
					count++
				}
				if c.want(e) && !has || exact && has && !c.want(e) {
					t.Fatalf("%s of %d runs: extent %d: %v, want %v", name, c.got.Len(), e, has, c.want(e))
				}
			}
			if count != c.got.Extents() {
				t.Fatalf("%s: %d extents, Extents says %d", name, count, c.got.Extents())
			}
			if back, err := ParseExtentRuns(c.got.Bytes(), extents); err != nil || back != c.got {
				t.Fatalf("%s came back as %v, %v", name, back, err)
			}
		}
	}
	if widened == 0 {
		t.Error("nothing was widened")
	}
}

// The nearest runs are joined first.
func TestExtentRunsWidenTheSmallestGaps(t *testing.T) {
	s := runs(0, 1, 10, 1, 12, 1, 40, 1, 43, 1)
	for n, want := range map[int]string{9: "0-0 10-10 12-12 40-40 43-43", 4: "0-0 10-12 40-40 43-43", 3: "0-0 10-12 40-43", 2: "0-12 40-43", 0: "0-43"} {
		if got := s.Widened(n).String(); got != want {
			t.Errorf("in %d runs: %q, want %q", n, got, want)
		}
	}
}

func TestParseExtentRunsRefuses(t *testing.T) {
	good := runs(1, 2, 5, 1).Bytes()
	for name, b := range map[string][]byte{
		"cut off":         good[:12],
		"too many":        bytes.Repeat(good, MaxExtentRuns),
		"empty run":       make([]byte, 8),
		"out of order":    append(runs(5, 1).Bytes(), runs(1, 1).Bytes()...),
		"touching":        append(runs(1, 1).Bytes(), runs(2, 1).Bytes()...),
		"beyond the end":  runs(99, 2).Bytes(),
		"far beyond":      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"the same again":  append(runs(1, 1).Bytes(), runs(1, 1).Bytes()...),
		"begins too late": runs(100, 1).Bytes(),
	} {
		if s, err := ParseExtentRuns(b, 100); err == nil {
			t.Errorf("%s: read as %v", name, s)
		}
	}
}
