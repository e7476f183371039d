package mutants

import (
	"strconv"
	"strings"
)

// switches is the package that woven files import. It exists in overlays only.
const switches = "hast/states/planted"

// ImportClause is what a woven file has behind its package clause, on the same line.
const ImportClause = `; import "` + switches + `"`

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

// Seen has a bit for each bug that a run came to, in force or not.
var Seen [SIZE]byte

// On reports whether bug n is in force.
func On(n int) bool {
	Seen[n/8] |= 1 << (n % 8)
	return n == Active
}

// Pick is other if bug n is in force, usual if not.
func Pick[T any](n int, other, usual T) T {
	if On(n) {
		return other
	}
	return usual
}
`

// finish adds the package of switches to the files of a set that is complete.
func (s *Set) finish() {
	size := strconv.Itoa(len(s.Mutants)/8 + 1)
	s.files[switchesFile] = []byte(strings.Replace(switchesSource, "SIZE", size, 1))
}
