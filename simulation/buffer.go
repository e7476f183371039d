package simulation

// buffer is a queue of bytes that keeps its memory.
type buffer struct {
	bytes []byte
	head  int
}

func (b *buffer) len() int { return len(b.bytes) - b.head }

// first is the first n bytes, without taking them.
func (b *buffer) first(n int) []byte { return b.bytes[b.head : b.head+n] }

func (b *buffer) push(more []byte) {
	if b.head > 0 && len(b.bytes)+len(more) > cap(b.bytes) {
		b.bytes = b.bytes[:copy(b.bytes, b.bytes[b.head:])]
		b.head = 0
	}
	b.bytes = append(b.bytes, more...)
}

// drop forgets the first n bytes.
func (b *buffer) drop(n int) {
	if b.head += n; b.head == len(b.bytes) {
		b.bytes, b.head = b.bytes[:0], 0
	}
}

// queue is a queue of anything that keeps its memory.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

// first is the oldest item; it is good until the next push or pop.
func (q *queue[T]) first() *T { return &q.items[q.head] }

func (q *queue[T]) push(x T) {
	if q.head > 32 && q.head*2 > len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, x)
}

func (q *queue[T]) pop() T {
	var none T
	x := q.items[q.head]
	q.items[q.head] = none
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return x
}

func (q *queue[T]) clear() {
	clear(q.items)
	q.items, q.head = q.items[:0], 0
}

// store is memory for pieces of streams that is used again and again.
type store struct{ free [][]byte }

// copyOf returns memory of the store with the same bytes.
func (s *store) copyOf(b []byte) []byte {
	if n := len(s.free); n > 0 {
		m := s.free[n-1]
		s.free = s.free[:n-1]
		return append(m, b...)
	}
	return append(make([]byte, 0, max(4096, len(b))), b...)
}

func (s *store) back(b []byte) {
	if cap(b) > 0 {
		s.free = append(s.free, b[:0])
	}
}
