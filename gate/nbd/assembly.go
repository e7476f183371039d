package nbd

import (
	"math/bits"
	"sync"

	"hast/actors"
)

// Limits of the memory in which reads are put together that don't fit a slot, per door, in bytes.
const (
	assemblyLimit = 64 << 20 // in use; two reads of the maximum block size
	assemblyCache = 16 << 20 // kept for the next, unused
)

// assembly lends buffers to reads that are cut: their parts are read to where they belong, so that a
// part's slot is free as soon as it is read and even one credit suffices for a read of any size. A
// simple reply begins with the verdict on the whole read, so that all of its data must be there first.
type assembly struct {
	mu      sync.Mutex
	used    int                     // bytes lent
	kept    int                     // bytes in free
	free    [bits.UintSize][][]byte // by the logarithm of their size
	waiting []*assemblyWait
	retired bool
}

type assemblyWait struct {
	size  int
	ready chan struct{}
}

// assemblySize rounds up to a power of two, so that buffers can be used again.
func assemblySize(n int) int { return 1 << bits.Len(uint(max(n, actors.MaxRequest)-1)) }

// take returns a buffer of at least n bytes, at most maxPayload. It waits for its turn, before which it
// calls blocked; it returns nil without an error once gone is closed.
func (a *assembly) take(n int, blocked func(), gone <-chan struct{}) ([]byte, error) {
	size := assemblySize(n)
	a.mu.Lock()
	if len(a.waiting) > 0 || a.used+size > assemblyLimit {
		w := &assemblyWait{size, make(chan struct{})}
		a.waiting = append(a.waiting, w)
		a.mu.Unlock()
		blocked()
		select {
		case <-w.ready:
			a.mu.Lock()
		case <-gone:
			a.leave(w)
			return nil, nil
		}
	} else {
		a.used += size
	}
	defer a.mu.Unlock()
	class := bits.Len(uint(size)) - 1
	if k := len(a.free[class]); k > 0 {
		mem := a.free[class][k-1]
		a.free[class] = a.free[class][:k-1]
		a.kept -= size
		return mem, nil
	}
	mem, err := mapMemory(size)
	if err != nil {
		a.used -= size
		a.admit()
	}
	return mem, err
}

// leave ends a wait that is pointless by now.
func (a *assembly) leave(w *assemblyWait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.waiting {
		if a.waiting[i] == w {
			a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
			a.admit() // the next may be smaller
			return
		}
	}
	a.used -= w.size
	a.admit()
}

// admit lets in, in order, whom there is room for.
func (a *assembly) admit() {
	for len(a.waiting) > 0 && a.used+a.waiting[0].size <= assemblyLimit {
		a.used += a.waiting[0].size
		close(a.waiting[0].ready)
		a.waiting = append(a.waiting[:0], a.waiting[1:]...)
	}
}

// give takes back what take returned.
func (a *assembly) give(mem []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := len(mem)
	a.used -= size
	if a.retired || a.kept+size > assemblyCache {
		unmapMemory(mem)
	} else {
		class := bits.Len(uint(size)) - 1
		a.free[class] = append(a.free[class], mem)
		a.kept += size
	}
	a.admit()
}

// retire gives back what is unused, now and later.
func (a *assembly) retire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.retired = true
	for class, list := range a.free {
		for _, mem := range list {
			unmapMemory(mem)
		}
		a.free[class] = nil
	}
	a.kept = 0
}
