package states

import "testing"

// A copy that is the source of some extents and the target of others is shown to a node of ours only; which one helps is
// said whenever it isn't shown.
func TestMixed(t *testing.T) {
	bad := NewExtentRuns(ExtentRun{First: 3, Count: 2})
	for v := VerdictNone; v <= VerdictEqual; v++ {
		for _, marks := range []bool{false, true} {
			for _, runs := range []ExtentRuns{{}, bad} {
				reason, remedy := Mixed(v, marks, runs)
				want := v == VerdictSecondaryAhead && !marks && runs == bad
				if (reason != "") != want || (remedy != "") != want {
					t.Errorf("%v, marks %v, bad %v: reason %q, remedy %q", v, marks, runs, reason, remedy)
				}
			}
		}
	}
}

// What is bad is added to what is dirty; runs that reach behind the map are cut.
func TestMapWithBad(t *testing.T) {
	image := []byte{0x01, 0x00}
	MapWithBad(image, NewExtentRuns(ExtentRun{First: 2, Count: 1}, ExtentRun{First: 7, Count: 2}, ExtentRun{First: 15, Count: 100}))
	if image[0] != 0x85 || image[1] != 0x81 {
		t.Errorf("the map is %08b", image)
	}
}
