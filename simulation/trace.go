package simulation

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Trace is what happened in a world, line by line. Each line runs into a hash; the newest lines, or
// all, are kept as text. A line holds no pointer and nothing whose order is not defined.
type Trace struct {
	hash  uint64
	lines uint64
	keep  int // how many lines are kept; negative for all
	ring  []string
	next  int
	buf   []byte
	told  func(line string)
}

const keptLines = 300

func newTrace() *Trace {
	h := fnv.New64a()
	return &Trace{hash: h.Sum64(), keep: keptLines}
}

// Hash is the hash of all lines so far (FNV-1a, 64 bits).
func (t *Trace) Hash() uint64 { return t.hash }

// Lines is how many lines there were.
func (t *Trace) Lines() uint64 { return t.lines }

// KeepAll keeps every line from now on instead of the newest few hundred.
func (t *Trace) KeepAll() { t.keep = -1 }

// Follow has each line told to somebody from now on.
func (t *Trace) Follow(f func(line string)) { t.told = f }

// Tail returns the newest n lines that were kept, oldest first.
func (t *Trace) Tail(n int) string {
	all := append(append([]string(nil), t.ring[t.next:]...), t.ring[:t.next]...)
	if len(all) > n {
		all = all[len(all)-n:]
	}
	return strings.Join(all, "\n")
}

// add appends one line: the time in nanoseconds, who, and what.
func (t *Trace) add(now time.Duration, who, what string, more ...string) {
	b := strconv.AppendInt(t.buf[:0], int64(now), 10)
	b = append(b, ' ')
	b = append(b, who...)
	b = append(b, ' ')
	b = append(b, what...)
	for _, m := range more {
		b = append(b, ' ')
		b = append(b, m...)
	}
	t.buf = b
	const prime = 1099511628211
	h := t.hash
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	t.hash = (h ^ '\n') * prime
	t.lines++
	line := string(b)
	if t.told != nil {
		t.told(line)
	}
	t.retain(line)
}

func (t *Trace) retain(line string) {
	if t.keep < 0 || len(t.ring) < t.keep {
		// A full ring that begins to keep all lines is put in order first.
		if t.next != 0 {
			t.ring = append(append([]string(nil), t.ring[t.next:]...), t.ring[:t.next]...)
			t.next = 0
		}
		t.ring = append(t.ring, line)
		return
	}
	t.ring[t.next] = line
	t.next = (t.next + 1) % len(t.ring)
}
