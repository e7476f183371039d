package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hast/simulation"
)

// words are the arguments of a step, taken from the front one by one. The first mistake is kept; what is
// taken after it is zero.
type words struct {
	script *Script
	rest   []string
	taken  string // the newest one
	err    error
}

func (w *words) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// next takes a word; what says what it has to be.
func (w *words) next(what string) string {
	if len(w.rest) == 0 {
		w.fail("%s is missing", what)
		return ""
	}
	word := w.rest[0]
	w.rest, w.taken = w.rest[1:], word
	return word
}

// peek is the next word, empty at the end.
func (w *words) peek() string {
	if len(w.rest) == 0 {
		return ""
	}
	return w.rest[0]
}

// option takes a word out from wherever it stands, and reports whether it was there.
func (w *words) option(name string) bool {
	i := slices.Index(w.rest, name)
	if i >= 0 {
		w.rest = slices.Delete(slices.Clone(w.rest), i, i+1)
	}
	return i >= 0
}

// valued takes an option of the form name=value from wherever it stands.
func (w *words) valued(name string) (value string, ok bool) {
	i := slices.IndexFunc(w.rest, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	if i < 0 {
		return "", false
	}
	value = strings.TrimPrefix(w.rest[i], name+"=")
	w.rest = slices.Delete(slices.Clone(w.rest), i, i+1)
	return value, true
}

// oneOf takes one of a few words.
func (w *words) oneOf(what string, allowed ...string) string {
	word := w.next(what + " (" + strings.Join(allowed, ", ") + ")")
	if w.err == nil && !slices.Contains(allowed, word) {
		w.fail("unknown %s %q; there are %s", what, word, strings.Join(allowed, ", "))
	}
	return word
}

// node takes the name of a node.
func (w *words) node() nodeName { return nodeName(w.oneOf("node", "a", "b")) }

// nodeName is "a" or "b".
type nodeName string

func (n nodeName) other() nodeName {
	if n == "a" {
		return "b"
	}
	return "a"
}

// way takes a direction such as a->b.
func (w *words) way() nodeName {
	return nodeName(strings.TrimSuffix(strings.TrimSuffix(w.oneOf("direction", "a->b", "b->a"), "->b"), "->a"))
}

func (w *words) duration(what string) time.Duration {
	word := w.next(what)
	if w.err != nil {
		return 0
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 || d > 24*time.Hour {
		w.fail("%s %q: allowed is a time such as 20ms or 1.5s, up to 24h", what, word)
	}
	return d
}

func (w *words) number(what string, max int64) int64 {
	word := w.next(what)
	if w.err != nil {
		return 0
	}
	n, err := whole(word, 0, max)
	if err != nil {
		w.fail("%s %q: allowed is a number from 0 to %d", what, word, max)
	}
	return n
}

// area takes an offset and a length of the device, in bytes, both whole sectors.
func (w *words) area() (off, n int64) {
	off, n = w.size("offset"), w.size("length")
	if w.err == nil {
		w.inside(off, n)
	}
	return off, n
}

// span takes a range of the device such as 1M..2M, in bytes: where it begins, and how long it is.
func (w *words) span() (off, n int64) {
	word := w.next("range")
	if w.err != nil {
		return 0, 0
	}
	from, to, ok := strings.Cut(word, "..")
	off, errFrom := parseSize(from)
	end, errTo := parseSize(to)
	if !ok || errFrom != nil || errTo != nil || end <= off {
		w.fail("range %q: allowed is a range such as 4k..1M, in bytes", word)
		return 0, 0
	}
	w.inside(off, end-off)
	return off, end - off
}

func (w *words) inside(off, n int64) {
	const sector = simulation.SectorSize
	switch size := w.script.size(); {
	case off%sector != 0 || n%sector != 0 || n == 0:
		w.fail("%d+%d is not whole sectors of %d bytes, at least one", off, n, sector)
	case off+n > size:
		w.fail("%d+%d is beyond the device, which has %d bytes", off, n, size)
	}
}

func (w *words) size(what string) int64 {
	word := w.next(what)
	if w.err != nil {
		return 0
	}
	n, err := parseSize(word)
	if err != nil {
		w.fail("%s %q: %v", what, word, err)
	}
	return n
}

// end takes nothing and demands that nothing is left.
func (w *words) end() error {
	if w.err == nil && len(w.rest) > 0 {
		w.fail("%q is too much", w.rest[0])
	}
	return w.err
}

var errSize = errors.New("allowed is a number of bytes such as 512, 4k, 1M or 8s (sectors)")

// parseSize reads a number of bytes: with k, M or G for units, or s for sectors.
func parseSize(word string) (int64, error) {
	unit := int64(1)
	if word != "" {
		switch word[len(word)-1] {
		case 'k', 'K':
			unit = 1 << 10
		case 'm', 'M':
			unit = 1 << 20
		case 'g', 'G':
			unit = 1 << 30
		case 's':
			unit = simulation.SectorSize
		}
	}
	if unit > 1 {
		word = word[:len(word)-1]
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 || n > 1<<40/unit {
		return 0, errSize
	}
	return n * unit, nil
}

// whole reads a whole number.
func whole(v string, min, max int64) (int64, error) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < min || n > max {
		return 0, strconv.ErrRange
	}
	return n, nil
}
