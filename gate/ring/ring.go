// Package ring is the queue of gate's executors, disks and connections.
package ring

// Ring is a first-in first-out queue. The zero value is empty. It grows as needed, and gives its memory
// back when it has been emptied after a flood.
type Ring[T any] struct {
	buf  []T // its length is a power of two, or 0
	head int // where the oldest entry is
	n    int
}

const (
	ringMin  = 8
	ringKeep = 4096 // entries; an empty ring that is larger is dropped
)

// Len is how many entries there are.
func (r *Ring[T]) Len() int { return r.n }

// Push appends an entry.
func (r *Ring[T]) Push(v T) {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.n)&(len(r.buf)-1)] = v
	r.n++
}

func (r *Ring[T]) grow() {
	buf := make([]T, max(ringMin, 2*len(r.buf)))
	n := copy(buf, r.buf[r.head:])
	copy(buf[n:], r.buf[:r.head])
	r.buf, r.head = buf, 0
}

// Pop takes the oldest entry. The ring must not be empty.
func (r *Ring[T]) Pop() T {
	var none T
	v := r.buf[r.head]
	r.buf[r.head] = none
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	if r.n == 0 && len(r.buf) > ringKeep {
		*r = Ring[T]{}
	}
	return v
}
