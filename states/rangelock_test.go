package states

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// rangeModel is the second opinion: everybody who came and hasn't left, in the order of arrival.
type rangeModel struct {
	live []*rangeEntry
}

type rangeEntry struct {
	id               int
	class            RangeClass
	off, end         uint64
	held             bool
	landed, answered bool
	loose            bool // a read in async mode
}

// meet says whether an earlier request, as far as it has come, keeps a later one out.
func meet(early, late *rangeEntry) bool {
	if early.off >= late.end || late.off >= early.end || early.loose {
		return false
	}
	switch [2]RangeClass{early.class, late.class} {
	case [2]RangeClass{RangeWrite, RangeWrite}:
		return !early.landed
	case [2]RangeClass{RangeWrite, RangeRead}:
		return !early.answered
	case [2]RangeClass{RangeWrite, RangeCopy}, [2]RangeClass{RangeCopy, RangeWrite}, [2]RangeClass{RangeCopy, RangeCopy},
		[2]RangeClass{RangeRead, RangeWrite}:
		return true
	}
	return false
}

// settle grants whoever is kept out by nobody who came before, or came later and got in.
func (m *rangeModel) settle() (granted []int) {
	for _, e := range m.live {
		if !e.held && !m.keptOut(e) {
			e.held = true
			granted = append(granted, e.id)
		}
	}
	return granted
}

func (m *rangeModel) keptOut(e *rangeEntry) bool {
	if e.loose {
		return false
	}
	before := true
	for _, o := range m.live {
		if o == e {
			before = false
		} else if (before || o.held) && meet(o, e) {
			return true
		}
	}
	return false
}

func TestRangesAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		q, m := Ranges{ReadWaits: seed%4 != 0}, &rangeModel{}
		real := map[int]*Range{}
		var have, want []int
		drain := func() {
			for r := q.NextReady(); r != nil; r = q.NextReady() {
				have = append(have, r.Owner.(int))
			}
		}
		for id := range 1500 {
			if rnd.IntN(50) == 0 {
				q.ReadWaits = !q.ReadWaits
			}
			switch op := rnd.IntN(10); {
			case op < 5 && len(m.live) < 60:
				off := rnd.Uint64N(100)
				e := &rangeEntry{id: id, class: RangeClass(rnd.IntN(3)), off: off, end: off + 1 + rnd.Uint64N(12)}
				e.loose = e.class == RangeRead && !q.ReadWaits
				r := &Range{Off: e.off, End: e.end, Class: e.class, Owner: id}
				m.live = append(m.live, e)
				if free := !m.keptOut(e); rnd.IntN(5) == 0 {
					if q.TryAcquire(r) != free {
						t.Fatalf("TryAcquire of %+v: not %v", e, free)
					}
					if !free {
						m.live = m.live[:len(m.live)-1]
						continue
					}
					e.held = true
				} else {
					if q.Acquire(r) != free {
						t.Fatalf("Acquire of %+v: not %v", e, free)
					}
					e.held = free
				}
				real[id] = r
			case len(m.live) == 0:
			case op < 7:
				e := m.live[rnd.IntN(len(m.live))]
				if !e.held || e.class != RangeWrite {
					continue
				}
				stage := RangeStage(rnd.IntN(2))
				if stage == RangeLanded {
					e.landed = true
				} else {
					e.answered = true
				}
				q.Downgrade(real[e.id], stage)
			default:
				i := rnd.IntN(len(m.live))
				e := m.live[i]
				m.live = slices.Delete(m.live, i, i+1)
				more := q.Release(real[e.id])
				if more != (q.ready.first != nil) {
					t.Fatal("Release said the wrong thing")
				}
				delete(real, e.id)
			}
			drain()
			want = append(want, m.settle()...)
			checkRanges(t, &q, m, real, have, want)
		}
		// Nobody starves: when all who hold leave, again and again, all get their turn.
		for len(m.live) > 0 {
			i := slices.IndexFunc(m.live, func(e *rangeEntry) bool { return e.held })
			if i < 0 {
				t.Fatalf("seed %d: %d wait for nobody", seed, len(m.live))
			}
			e := m.live[i]
			m.live = slices.Delete(m.live, i, i+1)
			q.Release(real[e.id])
			drain()
			want = append(want, m.settle()...)
			checkRanges(t, &q, m, real, have, want)
		}
		if q.Holders() != 0 || q.Waiters() != 0 || len(want) == 0 {
			t.Fatalf("seed %d: %d hold, %d wait, %d were granted", seed, q.Holders(), q.Waiters(), len(want))
		}
	}
}

func checkRanges(t *testing.T, q *Ranges, m *rangeModel, real map[int]*Range, have, want []int) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Fatalf("granted %v, want %v", have, want)
	}
	waiting := 0
	for i, e := range m.live {
		if real[e.id].Held() != e.held || real[e.id].Waiting() == e.held {
			t.Fatalf("%+v: held %v", e, real[e.id].Held())
		}
		if !e.held {
			waiting++
		}
		for _, o := range m.live[:i] {
			if e.held && o.held && meet(o, e) && meet(e, o) {
				t.Fatalf("%+v and %+v hold at once", o, e)
			}
		}
	}
	if q.Waiters() != waiting {
		t.Fatalf("%d wait, want %d", q.Waiters(), waiting)
	}
}

// TestRangeStories tells the rules one by one. A step is a request as class and range, or what happens
// to the request of that number: l landed, a answered, x released.
func TestRangeStories(t *testing.T) {
	for _, c := range []struct {
		name  string
		async bool
		steps []string
		want  string // who held, in order
	}{
		{"writes apart go together", false, []string{"w 0 4", "w 4 8"}, "[0 1]"},
		{"writes wait until landed", false, []string{"w 0 4", "w 3 8", "a 0", "l 0"}, "[0 1]"},
		{"copy waits until retired", false, []string{"w 0 4", "c 0 9", "l 0", "a 0"}, "[0]"},
		{"copy goes when retired", false, []string{"w 0 4", "c 0 9", "l 0", "a 0", "x 0"}, "[0 1]"},
		{"copies exclude copies", false, []string{"c 0 4", "c 0 4"}, "[0]"},
		{"reads and copies go together", false, []string{"c 0 4", "r 0 4", "r 0 4"}, "[0 1 2]"},
		{"read waits until answered", false, []string{"w 0 4", "r 0 4", "l 0"}, "[0]"},
		{"read goes when answered", false, []string{"w 0 4", "r 0 4", "a 0"}, "[0 1]"},
		{"read doesn't wait in async", true, []string{"w 0 4", "r 0 4", "w 8 9"}, "[0 1 2]"},
		{"write waits for a read", false, []string{"r 0 4", "w 0 4"}, "[0]"},
		{"write passes an async read", true, []string{"r 0 4", "w 0 4", "x 0"}, "[0 1]"},
		{"no overtaking", false, []string{"w 0 4", "w 2 8", "w 6 9", "w 9 10"}, "[0 3]"},
		{"a waiter that leaves lets others by", false, []string{"w 0 4", "w 2 8", "w 6 9", "x 1"}, "[0 2]"},
		{"first come, first served", false, []string{"c 0 9", "w 0 1", "w 5 6", "w 3 4", "x 0"}, "[0 1 2 3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := Ranges{ReadWaits: !c.async}
			var all []*Range
			var held []int
			for _, step := range c.steps {
				var what string
				var a, b uint64
				fmt.Sscan(step, &what, &a, &b)
				switch what {
				case "l", "a":
					q.Downgrade(all[a], map[string]RangeStage{"l": RangeLanded, "a": RangeAnswered}[what])
				case "x":
					q.Release(all[a])
				default:
					class := map[string]RangeClass{"w": RangeWrite, "c": RangeCopy, "r": RangeRead}[what]
					r := &Range{Off: a, End: b, Class: class, Owner: len(all)}
					all = append(all, r)
					if q.Acquire(r) {
						held = append(held, r.Owner.(int))
					}
				}
				for r := q.NextReady(); r != nil; r = q.NextReady() {
					held = append(held, r.Owner.(int))
				}
			}
			if have := fmt.Sprint(held); have != c.want {
				t.Errorf("held %s, want %s", have, c.want)
			}
		})
	}
}

func TestRangeMisusePanics(t *testing.T) {
	for name, f := range map[string]func(q *Ranges){
		"empty":           func(q *Ranges) { q.Acquire(&Range{Off: 4, End: 4}) },
		"twice":           func(q *Ranges) { r := &Range{End: 4}; q.Acquire(r); q.Acquire(r) },
		"release of free": func(q *Ranges) { q.Release(&Range{End: 4}) },
		"stage of a copy": func(q *Ranges) { r := &Range{End: 4, Class: RangeCopy}; q.Acquire(r); q.Downgrade(r, RangeLanded) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it went unnoticed")
				}
			}()
			f(&Ranges{ReadWaits: true})
		})
	}
}

func BenchmarkRanges256(b *testing.B) {
	q := Ranges{ReadWaits: true}
	var all [256]Range
	for i := range all {
		all[i] = Range{Off: uint64(i) * 8192, End: uint64(i)*8192 + 4096}
		q.Acquire(&all[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := &all[i%256]
		q.Release(r)
		q.Acquire(r)
	}
}

// A range that could go, and is given up before anybody asked for it, is free again.
func TestReleaseOfAReadyRange(t *testing.T) {
	var q Ranges
	first, second, third := &Range{Off: 0, End: 8, Class: RangeWrite}, &Range{Off: 0, End: 8, Class: RangeWrite}, &Range{Off: 4, End: 6, Class: RangeCopy}
	q.Acquire(first)
	if q.Acquire(second) || !q.Release(first) || q.Holders() != 1 {
		t.Fatalf("the second write doesn't follow the first: %d hold", q.Holders())
	}
	q.Release(second)
	if q.Holders() != 0 || q.NextReady() != nil || !q.Acquire(third) {
		t.Errorf("a range that was given up keeps others out: %d hold, %d wait", q.Holders(), q.Waiters())
	}
	q.Release(third)
	if !q.Acquire(first) {
		t.Error("a range that was released can't be taken again")
	}
}
