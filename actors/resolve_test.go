package actors

import (
	"reflect"
	"strings"
	"testing"
)

// TestResolveWords: what is given up is told as runs of extents, of which the log has a bounded number.
func TestResolveWords(t *testing.T) {
	for _, c := range []struct {
		image []byte
		runs  []Run
		text  string
	}{
		{nil, []Run{}, ""},
		{[]byte{0, 0}, []Run{}, ""},
		{[]byte{0x83, 0x01, 0, 0x10}, []Run{{0, 2}, {7, 2}, {28, 1}}, "0-1,7-8,28"},
	} {
		runs := mapRuns(c.image)
		if !reflect.DeepEqual(runs, c.runs) {
			t.Errorf("%x: %v, not %v", c.image, runs, c.runs)
		}
		if text := runsText(runs); text != c.text {
			t.Errorf("%x: %q, not %q", c.image, text, c.text)
		}
	}
	many := make([]Run, runsMost+2)
	for i := range many {
		many[i] = Run{First: uint64(2 * i), Count: 1}
	}
	if text := runsText(many); strings.Count(text, ",") != runsMost || !strings.HasSuffix(text, ",62,… (34 runs)") {
		t.Errorf("many: %q", text)
	}
	if known, unknown := discardedBytes(&ResolveAnswer{Bytes: 5, BytesKnown: true}), discardedBytes(&ResolveAnswer{Bytes: 5}); known != "5" || unknown != "unknown" {
		t.Errorf("%q, %q", known, unknown)
	}
}
