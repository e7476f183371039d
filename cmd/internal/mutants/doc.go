// Package mutants plants bugs: it makes copies of source files that hold switches, one for each bug, which
// the go command compiles in place of the originals (its -overlay option). One binary then carries all bugs
// of a set, and the environment variable HASTSIM_PLANTED says which one is in force. The shipped source
// holds no switch, so neither does a shipped binary.
//
// There are two sets. The listed bugs are written down in listed.txt, each with the lines that it changes
// and what should find it. The automatic ones are made from the syntax of the source: comparisons inverted,
// guards inverted or dropped, statements omitted, neighbours swapped.
package mutants

// Mutant is one bug that a set can put in force.
type Mutant struct {
	// ID is what HASTSIM_PLANTED is set to, from 1 in each set.
	ID int `json:"id"`
	// Name stays the same as long as the function that it is in keeps its shape: the number or a few words
	// for a listed bug, file:function:kind:ordinal for an automatic one.
	Name string `json:"name"`
	// File and Line are where it is, from the top of the tree.
	File string `json:"file"`
	Line int    `json:"line"`
	// What says what is changed.
	What string `json:"what"`
	// Test are the tests that must notice it, for one of the made-up world.
	Test string `json:"test,omitempty"`
}

// Env is the environment variable that puts a mutant in force in a binary that was built with a set.
const Env = "HASTSIM_PLANTED"

// Tag is the build tag of files that know of the set's switches.
const Tag = "planted"
