package states

import (
	"strings"
	"testing"
)

// The counters against version vectors (I14, I15). A version vector counts, for each node, the alone
// periods of that node whose changes a component contains; it is the truth that the counters are to
// tell.

type vector [2]int

// holds reports whether everything that w contains is contained in v.
func (v vector) holds(w vector) bool { return v[0] >= w[0] && v[1] >= w[1] }

// twins is a pair of nodes, cut from each other but for the syncs.
type twins struct {
	rec [2]Record
	vv  [2]vector
}

func newTwins() twins {
	r := Record{ResUID: pair}
	return twins{rec: [2]Record{r, r}}
}

// truth is the verdict that the version vectors give with node p as primary.
func (w *twins) truth(p int) Verdict {
	has, lacks := w.vv[p].holds(w.vv[1-p]), !w.vv[1-p].holds(w.vv[p])
	switch {
	case has && lacks:
		return VerdictPrimaryAhead
	case has:
		return VerdictEqual
	case lacks:
		return VerdictSplitBrain
	}
	return VerdictSecondaryAhead
}

func (w *twins) verdict(p int) Verdict { return Decide(CopyOf(&w.rec[p]), CopyOf(&w.rec[1-p])) }

// alone is an alone period of one node, which writes in it.
func (w *twins) alone(n int) {
	w.rec[n] = Raised(w.rec[n], 0, ExtentRuns{})
	w.vv[n][n]++
}

// handshake gives the node that is to be overwritten its mark; it is -1 if there is none.
func (w *twins) handshake(p int) (target int, ok bool) {
	switch w.verdict(p) {
	case VerdictEqual:
		return -1, true
	case VerdictPrimaryAhead:
		target = 1 - p
	case VerdictSecondaryAhead:
		target = p
	default:
		return -1, false
	}
	w.rec[target].Unfit = Inconsistent
	return target, true
}

// sync is a session under primary p whose copy ends.
func (w *twins) sync(p int) {
	target, ok := w.handshake(p)
	if !ok {
		return
	}
	if target >= 0 {
		w.vv[target] = w.vv[1-target]
	}
	w.rec[p] = Equalised(w.rec[p], CopyOf(&w.rec[1-p]))
	w.rec[1-p].Unfit = Fit
}

// broken is a session whose copy is cut short: only the mark remains of it.
func (w *twins) broken(p int) { w.handshake(p) }

type happening struct {
	name string
	do   func(*twins)
}

var happenings = []happening{
	{"A writes alone", func(w *twins) { w.alone(0) }},
	{"B writes alone", func(w *twins) { w.alone(1) }},
	{"A syncs with B", func(w *twins) { w.sync(0) }},
	{"B syncs with A", func(w *twins) { w.sync(1) }},
	{"A's sync with B breaks", func(w *twins) { w.broken(0) }},
	{"B's sync with A breaks", func(w *twins) { w.broken(1) }},
}

// TestEverySequence tries every sequence of up to six happenings, forced promotions of a half
// overwritten copy included. After each the counters must say what the vectors say, with either node as
// primary; that leaves no room for an impossible cell.
func TestEverySequence(t *testing.T) {
	seen := map[Verdict]int{}
	var story []string
	var try func(w twins, left int)
	try = func(w twins, left int) {
		for p := range 2 {
			have, want := w.verdict(p), w.truth(p)
			seen[have]++
			if have != want {
				t.Fatalf("%s; with %c as primary: %v, want %v\n%+v\n%+v", strings.Join(story, ", "), 'A'+p, have, want,
					CopyOf(&w.rec[0]), CopyOf(&w.rec[1]))
			}
		}
		// The mark of a half overwritten copy stays as long as the copy lacks something (I17).
		for n := range 2 {
			if w.rec[n].Unfit != Fit && w.verdict(n) != VerdictSecondaryAhead {
				t.Fatalf("%s: %c is %v, and as primary %v", strings.Join(story, ", "), 'A'+n, w.rec[n].Unfit, w.verdict(n))
			}
		}
		if left == 0 {
			return
		}
		for _, h := range happenings {
			next := w
			h.do(&next)
			story = append(story, h.name)
			try(next, left-1)
			story = story[:len(story)-1]
		}
	}
	try(newTwins(), 6)
	for _, v := range []Verdict{VerdictEqual, VerdictPrimaryAhead, VerdictSecondaryAhead, VerdictSplitBrain} {
		if seen[v] == 0 {
			t.Errorf("no sequence led to %v: the model is too small", v)
		}
	}
}

// TestUnraisedSequenceIsCaught plants the original's A10 into the model, to see that it would notice:
// a primary that starts without its peer, with a counter that isn't 0 already, doesn't raise it.
func TestUnraisedSequenceIsCaught(t *testing.T) {
	w := newTwins()
	w.alone(0)
	w.sync(1)
	w.alone(1)
	w.vv[0][0]++ // A wrote, and left its counter where it was
	if have, want := w.verdict(1), w.truth(1); have == want || want != VerdictSplitBrain {
		t.Errorf("counters %v, vectors %v: the defect went unnoticed", have, want)
	}
}

// TestRaiseEach walks A10's trace with ours (rule raise-each): it ends in split-brain on both nodes.
func TestRaiseEach(t *testing.T) {
	const a, b = 0, 1
	w := newTwins()
	step := func(what string, do func(), al, ar, bl, br uint64) {
		t.Helper()
		do()
		if have := CopyOf(&w.rec[a]); have != counters(al, ar) {
			t.Fatalf("%s: A has %+v, want (%d,%d)", what, have, al, ar)
		}
		if have := CopyOf(&w.rec[b]); have != counters(bl, br) {
			t.Fatalf("%s: B has %+v, want (%d,%d)", what, have, bl, br)
		}
	}
	step("A writes alone", func() { w.alone(a) }, 1, 0, 0, 0)
	step("B is promoted and copies from A", func() { w.sync(b) }, 1, 0, 0, 1)
	step("the link is cut, B keeps writing", func() { w.alone(b) }, 1, 0, 1, 1)
	step("A is promoted without contact and writes", func() { w.alone(a) }, 2, 0, 1, 1)
	for p := range 2 {
		if v := w.verdict(p); v != VerdictSplitBrain {
			t.Errorf("healed with %c as primary: %v", 'A'+p, v)
		}
	}
	before := w
	w.sync(a)
	w.sync(b)
	if w != before {
		t.Errorf("a split-brain changed something (I14): %+v, was %+v", w, before)
	}
}
