package states

import "fmt"

// Mixed reports that a copy which is to be a secondary's can't be shown to a primary of the original's manners. That one
// keeps no marks: of two copies it takes one for the source of all. Where the secondary is ahead, and lists extents of
// which the other side alone holds the current content (I37), it would take their old content from here and overwrite
// what was answered (I11). As primary this node takes those from there, and gives the rest: so the reason names the
// one act that helps. Both texts are empty if the copy can be shown.
func Mixed(v Verdict, marks bool, bad ExtentRuns) (reason, remedy string) {
	if marks || v != VerdictSecondaryAhead || bad.IsEmpty() {
		return "", ""
	}
	return fmt.Sprintf("this copy is ahead of the primary's, which alone has the current content of %d extents, and the primary keeps no marks: it would overwrite them with what is here", bad.Extents()),
		"make this node primary and the other one secondary until both hold the same"
}

// MapWithBad is the map that a primary of the original's manners is shown: what is dirty, and the extents that are bad
// here, of which it is told in no other way. The image is the one that is lent, one bit for each extent.
func MapWithBad(image []byte, bad ExtentRuns) {
	bad.ForEach(func(first, count uint64) {
		for e := first; e < first+count && e/8 < uint64(len(image)); e++ {
			image[e/8] |= 1 << (e % 8)
		}
	})
}
