package hastsim

import (
	"io"

	"hast/simulation/script"
)

// dumpTo writes down how the pair stands when a run ends.
func dumpTo(w io.Writer) func(*script.Stage) {
	return func(st *script.Stage) { st.Pair.Dump(w) }
}
