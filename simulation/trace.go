package simulation

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Trace is what happened in a world, line by line. Each line runs into a hash; the newest lines, or
// all, are kept as text. A line holds no pointer and nothing whose order is not defined.
type Trace struct {
	hash  uint64
	lines uint64
	keep  int      // how many lines are kept; negative for all
	ring  [][]byte // their memory is used again
	next  int
	buf   []byte
	told  func(line string)

	record bool
	steps  []uint64
}

const keptLines = 300

func newTrace() *Trace { return &Trace{hash: 14695981039346656037, keep: keptLines} }

// Hash is the hash of all lines and steps so far.
func (t *Trace) Hash() uint64 { return t.hash }

// Lines is how many lines there were.
func (t *Trace) Lines() uint64 { return t.lines }

// KeepAll keeps every line from now on instead of the newest few hundred.
func (t *Trace) KeepAll() { t.keep = -1 }

// Follow has each line told to somebody from now on.
func (t *Trace) Follow(f func(line string)) { t.told = f }

// RecordSteps keeps the hash after each step from now on, 8 bytes a step, so that of two runs that differ
// the first differing step can be named.
func (t *Trace) RecordSteps() { t.record = true }

// Steps are the hashes that RecordSteps kept, in order.
func (t *Trace) Steps() []uint64 { return t.steps }

// FirstDifference compares what RecordSteps kept of two runs: the index of the first step after which
// they differ, or -1 if they don't.
func FirstDifference(a, b []uint64) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

// Tail returns the newest n lines that were kept, oldest first.
func (t *Trace) Tail(n int) string {
	all := append(append([][]byte(nil), t.ring[t.next:]...), t.ring[:t.next]...)
	if len(all) > n {
		all = all[len(all)-n:]
	}
	var s strings.Builder
	for i, line := range all {
		if i > 0 {
			s.WriteByte('\n')
		}
		s.Write(line)
	}
	return s.String()
}

// begin starts a line: the time in nanoseconds, and who. What follows is appended to the result, which
// end takes.
func (t *Trace) begin(now time.Duration, who string) []byte {
	b := strconv.AppendInt(t.buf[:0], int64(now), 10)
	b = append(b, ' ')
	b = append(b, who...)
	return append(b, ' ')
}

// add appends one line of words.
func (t *Trace) add(now time.Duration, who, what string, more ...string) {
	b := append(t.begin(now, who), what...)
	for _, m := range more {
		b = append(b, ' ')
		b = append(b, m...)
	}
	t.end(b)
}

// end takes a line.
func (t *Trace) end(b []byte) {
	t.buf = b
	t.mix(uint64(len(b)))
	for len(b) >= 8 {
		t.mix(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		copy(last[:], b)
		t.mix(binary.LittleEndian.Uint64(last[:]))
	}
	t.lines++
	if t.told != nil {
		t.told(string(t.buf))
	}
	t.retain(t.buf)
}

// mix runs one word into the hash: both halves of a product with an odd constant.
func (t *Trace) mix(x uint64) {
	hi, lo := bits.Mul64(t.hash^x, 0x9e3779b97f4a7c15)
	t.hash = hi ^ lo + 1
}

// step ends a step of the world: what it did has run into the hash.
func (t *Trace) step(x uint64) {
	t.mix(x)
	if t.record {
		t.steps = append(t.steps, t.hash)
	}
}

func (t *Trace) retain(line []byte) {
	if t.keep < 0 || len(t.ring) < t.keep {
		// A full ring that begins to keep all lines is put in order first.
		if t.next != 0 {
			t.ring = append(append([][]byte(nil), t.ring[t.next:]...), t.ring[:t.next]...)
			t.next = 0
		}
		t.ring = append(t.ring, append([]byte(nil), line...))
		return
	}
	t.ring[t.next] = append(t.ring[t.next][:0], line...)
	if t.next++; t.next == len(t.ring) {
		t.next = 0
	}
}
