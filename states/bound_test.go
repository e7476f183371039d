package states

import "testing"

func TestBounded(t *testing.T) {
	for _, c := range []struct {
		name           string
		mode           Mode
		tail, n, bound int64
		late           bool
		want           Mode
	}{
		{"below", Async, 4096, 4096, 8192, false, Async},
		{"at", Async, 4096, 4096, 8191, false, FullSync},
		{"first, larger than all", Async, 0, 1 << 20, 4096, false, Async},
		{"no bound", Async, 1 << 40, 4096, 0, false, Async},
		{"late", Async, 4096, 4096, 1 << 20, true, FullSync},
		{"late without a bound", Async, 4096, 4096, 0, true, FullSync},
		{"nothing can be late", Async, 0, 4096, 1 << 20, true, Async},
		{"memsync is never late", MemSync, 4096, 4096, 1 << 20, true, MemSync},
		{"memsync has no tail", MemSync, 1 << 40, 4096, 4096, false, MemSync},
		{"fullsync has no tail", FullSync, 1 << 40, 4096, 4096, false, FullSync},
	} {
		if got := Bounded(c.mode, c.tail, c.n, c.bound, c.late); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
