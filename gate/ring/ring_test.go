package ring

import "testing"

func TestOrder(t *testing.T) {
	var r Ring[int]
	in, out := 0, 0
	// Rounds of growing size make the ring wrap, grow while wrapped, and shrink when it is empty.
	for round := 1; round < 3*ringKeep; round = round*2 + 1 {
		for range round {
			r.Push(in)
			in++
		}
		for range round / 2 {
			if got := r.Pop(); got != out {
				t.Fatalf("popped %d, want %d", got, out)
			}
			out++
		}
	}
	if r.Len() != in-out {
		t.Fatalf("%d entries, want %d", r.Len(), in-out)
	}
	for r.Len() > 0 {
		if got := r.Pop(); got != out {
			t.Fatalf("popped %d, want %d", got, out)
		}
		out++
	}
	if out != in {
		t.Errorf("%d entries came out of %d", out, in)
	}
	if len(r.buf) > ringKeep {
		t.Errorf("an empty ring keeps %d entries", len(r.buf))
	}
}
