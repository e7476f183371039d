package report

import (
	"fmt"
	"io"

	"hast/actors"
	"hast/states"
)

// Resolved writes what the end of a split-brain gave up.
func Resolved(w io.Writer, how states.Resolution, a *actors.ResolveAnswer) {
	whose, other := "the peer's", "the peer"
	if how == states.DiscardMine {
		whose, other = "this node's", "this node"
	}
	size := "of unknown size"
	if a.BytesKnown {
		size = "in extents of " + bytesOf(a.Bytes)
	}
	fmt.Fprintf(w, "%s: %s changes, %s, are given up. Once the nodes are connected %s gets the other copy; it needs no command there.\n",
		a.Name, whose, size, other)
	for _, r := range a.Extents {
		fmt.Fprintf(w, "  given up: extents %d to %d\n", r.First, r.First+r.Count-1)
	}
	if more := a.Runs - len(a.Extents); more > 0 {
		fmt.Fprintf(w, "  given up: %d more runs of extents\n", more)
	}
}

// ResolvedJSON writes the same as JSON.
func ResolvedJSON(w io.Writer, a *actors.ResolveAnswer) error { return write(w, a) }
