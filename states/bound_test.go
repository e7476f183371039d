package states

import "testing"

func TestBounded(t *testing.T) {
	for _, c := range []struct {
		name           string
		mode           Mode
		tail, n, bound int64
		want           Mode
	}{
		{"below", Async, 4096, 4096, 8192, Async},
		{"at", Async, 4096, 4096, 8191, FullSync},
		{"first, larger than all", Async, 0, 1 << 20, 4096, Async},
		{"no bound", Async, 1 << 40, 4096, 0, Async},
		{"memsync has no tail", MemSync, 1 << 40, 4096, 4096, MemSync},
		{"fullsync has no tail", FullSync, 1 << 40, 4096, 4096, FullSync},
	} {
		if got := Bounded(c.mode, c.tail, c.n, c.bound); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
