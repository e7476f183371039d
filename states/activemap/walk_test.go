package activemap

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestAgainstModel walks at random, and compares everything that can be seen after each step.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		keep := rnd.Uint32N(5)
		size := 1 + rnd.Uint64N(140*4096)
		m, err := New(size, 4096, keep, 4096)
		if err != nil {
			t.Fatal(err)
		}
		w := &walk{t: t, rnd: rnd, m: m, d: newModel(size, 4096, keep), block: 8 << rnd.IntN(3)}
		for range 500 {
			w.step()
			w.compare()
		}
		w.settle()
	}
}

type held struct{ off, length uint64 }

// walk is one random history.
type walk struct {
	t     *testing.T
	rnd   *rand.Rand
	m     *Map
	d     *model
	block int
	held  []held
	copy  []uint32
	write Write
	flush [2]Flush
	last  string
}

func (w *walk) step() {
	switch op := w.rnd.IntN(20); op {
	case 0, 1, 2, 3:
		w.begin()
	case 4, 5, 6, 7:
		w.landOrEnd()
	case 8, 9, 10:
		w.writeMap()
	case 11, 12:
		w.flushes()
	case 13, 14:
		w.marks()
	case 15, 16:
		w.copies()
	case 17:
		w.last = "tick"
		w.m.Tick()
		w.d.then, w.d.now = w.d.now, map[uint32]bool{}
	default:
		w.sweep()
	}
}

func (w *walk) begin() {
	w.last = "begin"
	off := w.rnd.Uint64N(w.d.size)
	h := held{off, 1 + w.rnd.Uint64N(min(w.d.size-off, 3*4096))}
	w.held = append(w.held, h)
	if have, want := w.m.Begin(h.off, h.length), w.d.begin(h.off, h.length); have != want {
		w.t.Fatalf("Begin(%v) = %v, want %v", h, have, want)
	}
}

func (w *walk) landOrEnd() {
	if len(w.held) == 0 {
		return
	}
	w.last = "land, send or end"
	i := w.rnd.IntN(len(w.held))
	h := w.held[i]
	switch w.rnd.IntN(4) {
	case 0:
		w.m.Landed(h.off, h.length)
		for _, e := range w.d.touched(h.off, h.length) {
			w.d.unflushed(P, e)
		}
	case 1:
		w.m.Sent(h.off, h.length)
		for _, e := range w.d.touched(h.off, h.length) {
			w.d.unflushed(S, e)
		}
	default:
		w.m.End(h.off, h.length)
		w.d.end(h.off, h.length)
		w.held = append(w.held[:i], w.held[i+1:]...)
	}
}

func (w *walk) writeMap() {
	w.last = "map write"
	if w.d.pending == nil {
		if next, ok := w.m.NextWrite(w.block); ok {
			w.write = next
			w.d.nextWrite(next)
			for e, bit := range w.d.pending {
				if bit != w.d.want[e] {
					w.t.Fatalf("extent %d is written as %v, dirty %v", e, bit, w.d.want[e])
				}
			}
		}
		return
	}
	if _, ok := w.m.NextWrite(w.block); ok {
		w.t.Fatal("two map writes at once")
	}
	if w.rnd.IntN(3) == 0 {
		w.m.Failed(w.write)
		w.d.pending = nil
	} else {
		w.m.Written(w.write)
		w.d.written()
	}
}

func (w *walk) flushes() {
	w.last = "flush"
	s := Side(w.rnd.IntN(2))
	if !w.d.flush[s] {
		w.flush[s] = w.m.FlushStart(s)
		w.d.flush[s], w.d.cover[s] = true, maps.Clone(w.d.un[s])
		return
	}
	how := w.rnd.IntN(5)
	if how == 0 {
		w.m.FlushReset(s)
		if w.m.FlushDone(w.flush[s], true) {
			w.t.Fatal("a flush that was given up counted")
		}
	} else if !w.m.FlushDone(w.flush[s], how > 1) {
		w.t.Fatal("a flush did not count")
	}
	if how > 1 {
		for e := range w.d.cover[s] {
			delete(w.d.un[s], e)
		}
	}
	w.d.flush[s], w.d.cover[s] = false, map[uint32]bool{}
	if how == 1 && s == S {
		w.failUnflushed()
	}
}

func (w *walk) failUnflushed() {
	w.last = "failed flush"
	w.m.FailPeerUnflushed()
	for e := range w.d.un[S] {
		if !w.d.stale[e] && !w.d.bad[e] {
			w.d.want[e], w.d.slag[e] = true, true
			delete(w.d.un[S], e)
		}
	}
}

func (w *walk) marks() {
	e := w.rnd.Uint32N(w.d.extents())
	off, length := w.m.Bounds(e)
	switch w.rnd.IntN(8) {
	case 0:
		w.last = "slag"
		w.m.MarkSlag(off, length)
		w.d.want[e] = true
		if !w.d.stale[e] {
			w.d.slag[e] = true
		}
	case 1:
		w.last = "stale"
		w.m.MarkStale(e)
		w.d.want[e], w.d.stale[e] = true, true
		delete(w.d.slag, e)
	case 2:
		w.last = "bad"
		w.m.MarkBad(e)
		w.d.want[e], w.d.bad[e] = true, true
	case 3:
		w.last = "merge"
		img := make([]byte, (w.d.extents()+7)/8)
		img[e/8] = byte(w.rnd.Uint32())
		added, err := w.m.MergeRemote(img)
		before := len(w.d.want)
		for e := range w.d.extents() {
			if img[e/8]>>(e%8)&1 != 0 && !w.d.want[e] {
				w.d.want[e] = true
				w.d.unflushed(P, e)
			}
		}
		if err != nil || int(added) != len(w.d.want)-before {
			w.t.Fatalf("merge: %d, %v", added, err)
		}
	case 4:
		if w.rnd.IntN(20) == 0 {
			w.last = "clear sync"
			w.m.ClearSync()
			w.d.stale, w.d.slag = map[uint32]bool{}, map[uint32]bool{}
		}
	default:
		w.last = "clear bad"
		w.m.ClearBad(e)
		delete(w.d.bad, e)
	}
}

func (w *walk) copies() {
	if len(w.copy) > 0 && w.rnd.IntN(2) == 0 {
		e := w.copy[0]
		w.copy = w.copy[1:]
		w.last = "copied"
		dir, marks := ToPeer, w.d.slag
		if w.d.stale[e] {
			dir, marks = FromPeer, w.d.stale
		}
		if w.rnd.IntN(4) > 0 {
			if ok := w.m.Copied(e, dir); ok != marks[e] {
				w.t.Fatalf("Copied(%d, %v) = %v", e, dir, ok)
			}
			if marks[e] && dir == FromPeer {
				w.d.unflushed(P, e)
				w.d.unflushed(S, e)
			}
			delete(marks, e)
		}
		w.m.DropCopy(e)
		w.d.drop(e)
		return
	}
	w.last = "next sync"
	from := w.rnd.Uint32N(w.d.extents())
	e, dir, ok := w.m.NextSync(from)
	for i := range w.d.extents() {
		want := (from + i) % w.d.extents()
		if !w.d.slag[want] && !w.d.stale[want] {
			continue
		}
		if !ok || e != want || (dir == FromPeer) != w.d.stale[e] {
			w.t.Fatalf("NextSync(%d) = %d, %v, %v; want %d", from, e, dir, ok, want)
		}
		w.m.HoldCopy(e)
		w.d.count[e]++
		w.copy = append(w.copy, e)
		return
	}
	if ok {
		w.t.Fatalf("NextSync(%d) = %d, but nothing is left", from, e)
	}
}

// sweep knows which may go; which of them go first is the map's business, so the model follows.
func (w *walk) sweep() {
	w.last = "sweep"
	var may []uint32
	for e := range w.d.extents() {
		if w.d.clearable(e) {
			may = append(may, e)
		}
		if w.m.Clearable(e) != w.d.clearable(e) {
			w.t.Fatalf("Clearable(%d) = %v", e, w.m.Clearable(e))
		}
	}
	max := w.rnd.IntN(6)
	if n := w.m.Sweep(max); n != min(max, len(may)) {
		w.t.Fatalf("Sweep(%d) = %d of %d", max, n, len(may))
	}
	for _, e := range may {
		if !w.m.Dirty(e) {
			delete(w.d.want, e)
		}
	}
}

func (w *walk) compare() {
	w.t.Helper()
	if have, want := w.m.Render(), w.d.render(); have != want {
		w.t.Fatalf("after %s\nhave %s\nwant %s", w.last, have, want)
	}
	if have, want := w.m.DirtyBytes(), w.d.bytes(w.d.want); have != want {
		w.t.Fatalf("DirtyBytes %d, want %d", have, want)
	}
	if have, want := w.m.SyncBytes(), w.d.bytes(w.d.slag, w.d.stale); have != want {
		w.t.Fatalf("SyncBytes %d, want %d", have, want)
	}
	pinned := map[uint32]bool{}
	for e := range w.d.count {
		pinned[e] = true
	}
	for _, e := range w.d.lru {
		pinned[e] = true
	}
	if w.m.Pinned() != len(pinned) {
		w.t.Fatalf("%d pinned, want %d", w.m.Pinned(), len(pinned))
	}
	// I9 as it was meant: what nobody is sure of on the disk is about to be written.
	for e := range w.d.extents() {
		_, underWay := w.d.pending[e]
		if w.d.may0[e] == w.d.may1[e] && !underWay && !w.m.Pending() {
			w.t.Fatalf("extent %d is unknown on disk and nobody will write it", e)
		}
	}
}

// settle ends everything, and wants disk and memory to agree, and all to become clean.
func (w *walk) settle() {
	w.t.Helper()
	for _, h := range w.held {
		w.m.End(h.off, h.length)
	}
	for _, e := range w.copy {
		w.m.DropCopy(e)
	}
	w.m.ClearSync()
	w.m.ForEachBad(w.m.ClearBad)
	for s := range Side(2) {
		w.m.FlushReset(s)
		w.m.FlushDone(w.m.FlushStart(s), true)
	}
	w.m.Tick()
	w.m.Tick()
	if w.m.Writing() {
		w.m.Failed(w.write)
	}
	w.m.Sweep(1 << 20)
	if next, ok := w.m.NextWrite(w.block); ok {
		w.m.Written(next)
	}
	if w.m.Pending() || int(w.m.want.Count()) != len(w.d.lru) || w.m.disk.Count() != w.m.want.Count() {
		w.t.Fatalf("not settled: %s", w.m.Render())
	}
}
