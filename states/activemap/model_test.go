package activemap

import (
	"fmt"
	"slices"
	"strings"

	"hast/states"
)

// model is the second opinion: the same promises, kept in Go maps without any cleverness. What the disk
// holds is modelled as what it may hold: a write under way, or one that failed, leaves a bit old or new.
type model struct {
	size      uint64
	extent    uint64
	keep      int
	want      map[uint32]bool
	may0      map[uint32]bool // the disk's bit may be clear
	may1      map[uint32]bool // the disk's bit may be set
	count     map[uint32]int
	lru       []uint32 // most recently written first
	now, then map[uint32]bool
	stale     map[uint32]bool
	slag      map[uint32]bool
	bad       map[uint32]bool
	un, cover [2]map[uint32]bool
	flush     [2]bool
	pending   map[uint32]bool // image of the write under way, of its extents
}

func newModel(size uint64, extent, keep uint32) *model {
	set := func() map[uint32]bool { return map[uint32]bool{} }
	d := &model{size: size, extent: uint64(extent), keep: int(keep), want: set(), may0: set(), may1: set(),
		count: map[uint32]int{}, now: set(), then: set(), stale: set(), slag: set(), bad: set()}
	for i := range d.un {
		d.un[i], d.cover[i] = set(), set()
	}
	for e := range d.extents() {
		d.may0[e] = true
	}
	return d
}

func (d *model) extents() uint32 { return uint32(states.Extents(d.size, uint32(d.extent))) }

func (d *model) touched(off, length uint64) (all []uint32) {
	for e := range d.extents() {
		lo := uint64(e) * d.extent
		if off < lo+d.extent && lo < off+length {
			all = append(all, e)
		}
	}
	return all
}

func (d *model) begin(off, length uint64) (durable bool) {
	durable = true
	for _, e := range d.touched(off, length) {
		d.count[e]++
		d.want[e], d.now[e] = true, true
		if d.keep > 0 {
			if i := slices.Index(d.lru, e); i >= 0 {
				d.lru = slices.Delete(d.lru, i, i+1)
			}
			d.lru = slices.Insert(d.lru, 0, e)
			d.lru = d.lru[:min(len(d.lru), d.keep)]
		}
		durable = durable && d.durable(e)
	}
	return durable
}

func (d *model) end(off, length uint64) {
	for _, e := range d.touched(off, length) {
		d.now[e] = true
		d.drop(e)
	}
}

func (d *model) drop(e uint32) {
	if d.count[e]--; d.count[e] == 0 {
		delete(d.count, e)
	}
}

func (d *model) durable(e uint32) bool { return !d.may0[e] }

func (d *model) unflushed(s Side, e uint32) {
	d.un[s][e] = true
	delete(d.cover[s], e)
}

func (d *model) clearable(e uint32) bool {
	return d.want[e] && d.count[e] == 0 && !slices.Contains(d.lru, e) && !d.now[e] && !d.then[e] && !d.stale[e] &&
		!d.slag[e] && !d.bad[e] && !d.un[P][e] && !d.un[S][e]
}

// nextWrite takes the image from the bytes that the map gave out, so that the bytes are judged too.
func (d *model) nextWrite(w Write) {
	d.pending = map[uint32]bool{}
	for _, r := range w.Runs {
		for i := range uint32(len(r.Data) * 8) {
			if e := uint32(r.Off*8) + i; e < d.extents() {
				bit := r.Data[i/8]>>(i%8)&1 != 0
				d.pending[e] = bit
				if bit {
					d.may1[e] = true
				} else {
					d.may0[e] = true
				}
			}
		}
	}
}

func (d *model) written() {
	for e, bit := range d.pending {
		delete(d.may0, e)
		delete(d.may1, e)
		if bit {
			d.may1[e] = true
		} else {
			d.may0[e] = true
		}
	}
	d.pending = nil
}

func (d *model) bytes(sets ...map[uint32]bool) (n uint64) {
	for _, set := range sets {
		for e := range set {
			n += min(d.extent, d.size-uint64(e)*d.extent)
		}
	}
	return n
}

// render is Render's second opinion.
func (d *model) render() string {
	var parts []string
	var open string
	var first uint32
	flush := func(end uint32) {
		switch {
		case open == "":
		case end-1 == first:
			parts = append(parts, fmt.Sprintf("%d[%s]", first, open))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d[%s]", first, end-1, open))
		}
	}
	for e := range d.extents() {
		if marks := d.marks(e); marks != open {
			flush(e)
			open, first = marks, e
		}
	}
	flush(d.extents())
	if len(parts) == 0 {
		return "clean"
	}
	return strings.Join(parts, " ")
}

func (d *model) marks(e uint32) (s string) {
	flight := ""
	if d.count[e] > 0 {
		flight = fmt.Sprint("f", d.count[e])
	}
	for _, m := range []struct {
		on     bool
		letter string
	}{
		{d.want[e], "w"}, {d.durable(e), "d"}, {d.count[e] > 0, flight}, {slices.Contains(d.lru, e), "k"},
		{d.now[e] || d.then[e], "t"}, {d.stale[e], "<"}, {d.slag[e], ">"}, {d.bad[e], "b"}, {d.un[P][e], "p"},
		{d.cover[P][e], "P"}, {d.un[S][e], "s"}, {d.cover[S][e], "S"},
	} {
		if m.on {
			s += m.letter
		}
	}
	return s
}
