package mutants

// switches is the package that woven files import. It exists in overlays only.
const switches = "hast/states/planted"

// switchesFile is where that package is, from the top of the tree.
const switchesFile = "states/planted/planted.go"

// switchesSource reads the environment before any other package of ours is initialised, because tables are
// built then.
const switchesSource = `// Package planted says which planted bug is in force.
package planted

import (
	"os"
	"strconv"
)

// Active is the bug in force, 0 for none.
var Active = func() int { n, _ := strconv.Atoi(os.Getenv("` + Env + `")); return n }()

// Met counts how often a run came to the bug in force.
var Met uint64

// On reports whether bug n is in force.
func On(n int) bool {
	if n != Active {
		return false
	}
	Met++
	return true
}

// Pick is other if bug n is in force, usual if not.
func Pick[T any](n int, other, usual T) T {
	if On(n) {
		return other
	}
	return usual
}
`
