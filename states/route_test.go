package states

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestRouteRead asks for every way a read can find an extent: it is served from a copy that is current,
// the local one first, and fails only if there is none (I13).
func TestRouteRead(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-6s %-5s %-10s %-7s %-10s %s\n", "stale", "lags", "link", "disk", "record", "read from")
	for n := range 32 {
		r := ReadState{Stale: n&8 != 0, Lags: n&4 != 0, Connected: n&2 != 0, LocalFailed: n&1 != 0, Undecided: n&16 != 0}
		have := RouteRead(r)
		fmt.Fprintf(&b, "%-6s %-5s %-10s %-7s %-10s %s\n", word(r.Stale, "stale"), word(r.Lags, "lags"),
			word(r.Connected, "connected"), word(r.LocalFailed, "failed"), word(r.Undecided, "undecided"), have)
		here, there := !r.Stale && !r.LocalFailed, r.Connected && !r.Lags
		want := RouteNone
		if r.Undecided {
			want = RouteNone
		} else if here {
			want = RouteLocal
		} else if there {
			want = RouteRemote
		}
		if have != want {
			t.Errorf("%+v: %v, want %v", r, have, want)
		}
	}
	checkFile(t, filepath.Join("testdata", "route.golden"), b.String())
}

// A read that was under way when a session's plan was made is read again where the secondary's copy is the current one.
func TestReadAgain(t *testing.T) {
	for _, tt := range []struct {
		routed, plan uint64
		stale, want  bool
	}{{0, 0, false, false}, {0, 0, true, false}, {0, 1, false, false}, {0, 1, true, true}, {3, 3, true, false}} {
		if got := ReadAgain(tt.routed, tt.plan, tt.stale); got != tt.want {
			t.Errorf("routed under plan %d, now %d, stale %v: %v", tt.routed, tt.plan, tt.stale, got)
		}
	}
}
