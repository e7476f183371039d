package simulation

import (
	"fmt"
	"math"
	"slices"

	"hast/states"
)

// Judge knows for each sector of a device which values a read may return: a register that can be
// linearized, sector by sector (I1, I4, I5). Its rules:
//
//   - a write that is invoked may be seen;
//   - one that is answered with success hides every write that ended before it was invoked;
//   - one that fails, or whose device goes away, may have happened or not: it stays, with an end;
//   - what a read returned hides what else had ended before that read was invoked.
//
// A sector that no client has written may hold anything.
type Judge struct {
	world   *World
	sectors [][]value
	writes  []written // by generation; 0 is what was there before
	tick    uint64
	ghost   *ghost   // what else is known of the device; nil for nothing
	under   []uint64 // invocations of the requests under way, ascending
	orders  []reigning
	scratch []zone
	history historian // nil for none
}

// value is a content that a sector may have.
type value struct {
	gen     uint64
	inv     uint64
	end     uint64 // never while under way
	dropped uint64 // when it was hidden; never if it isn't
	covered uint64 // when it was hidden by the answer to a write, not only by what a read saw
	ok      bool   // it was answered with success
}

const never = math.MaxUint64

// written is a write of a client.
type written struct {
	op     states.Op
	sector int64
	n      int64
	inv    uint64
	end    uint64
}

func newJudge(w *World, sectors int64) *Judge {
	j := &Judge{world: w, sectors: make([][]value, sectors), writes: []written{{}}, orders: make([]reigning, sectors)}
	for s := range j.sectors {
		j.sectors[s] = []value{{gen: 0, inv: 0, end: 0, dropped: never, covered: never}}
	}
	return j
}

// invoked begins a request and numbers it.
func (j *Judge) invoked(io *clientIO) {
	j.tick++
	io.inv = j.tick
	j.under = append(j.under, j.tick)
	if !io.op.Changes() {
		return
	}
	io.gen = uint64(len(j.writes))
	first, n := io.off/SectorSize, io.n/SectorSize
	j.writes = append(j.writes, written{io.op, first, n, j.tick, never})
	for s := first; s < first+n; s++ {
		j.sectors[s] = append(j.sectors[s], value{gen: io.gen, inv: j.tick, end: never, dropped: never, covered: never})
		if io.op == states.OpWrite {
			j.wroteZone(s, io.gen, j.tick)
		}
	}
}

// answered ends a request that was answered with success.
func (j *Judge) answered(io *clientIO, data []byte) {
	j.tick++
	first, n := io.off/SectorSize, io.n/SectorSize
	switch {
	case io.op == states.OpRead:
		for i := range n {
			j.readSector(first+i, io.inv, data[i*SectorSize:(i+1)*SectorSize])
		}
	case io.op.Changes():
		j.writes[io.gen].end = j.tick
		for s := first; s < first+n; s++ {
			v := j.find(s, io.gen)
			v.end, v.ok = j.tick, true
			j.endZone(s, io.gen, true)
			if io.op != states.OpDelete { // a trim leaves open what is read until it was
				j.hide(s, v.inv, io.gen, true)
			}
		}
	}
}

// unresolved ends a request that failed or got no answer.
func (j *Judge) unresolved(io *clientIO) {
	j.tick++
	if io.op.Changes() {
		j.writes[io.gen].end = j.tick
		first, n := io.off/SectorSize, io.n/SectorSize
		for s := first; s < first+n; s++ {
			j.find(s, io.gen).end = j.tick
			j.endZone(s, io.gen, false)
		}
	}
}

// forget ends all interest in what was legal while a request was under way.
func (j *Judge) forget(io *clientIO) { j.under = drop(j.under, io.inv) }

// find returns the entry of a write that is under way: it is never hidden.
func (j *Judge) find(s int64, gen uint64) *value {
	for i := range j.sectors[s] {
		if v := &j.sectors[s][i]; v.gen == gen {
			return v
		}
	}
	panic(fmt.Sprintf("simulation: the judge lost write %d of sector %d", gen, s))
}

// hide drops what ended before a moment, except one write, and forgets what nobody can ask for any more.
func (j *Judge) hide(s int64, before, except uint64, byWrite bool) {
	oldest := j.tick
	if len(j.under) > 0 {
		oldest = j.under[0]
	}
	j.sectors[s] = slices.DeleteFunc(j.sectors[s], func(v value) bool { return v.dropped < oldest && v.covered < oldest })
	for i := range j.sectors[s] {
		v := &j.sectors[s][i]
		if v.gen == except || v.end >= before {
			continue
		}
		v.dropped = min(v.dropped, j.tick)
		if byWrite {
			v.covered = min(v.covered, j.tick)
		}
	}
}

// readSector judges one sector of a read.
func (j *Judge) readSector(s int64, inv uint64, data []byte) {
	j.world.checked(ruleI1)
	c := decode(data)
	for i := len(j.sectors[s]) - 1; i >= 0; i-- {
		v := j.sectors[s][i]
		if (v.dropped == never || v.dropped >= inv) && j.holds(v.gen, s, c) {
			j.hide(s, inv, v.gen, false)
			if c.kind != contentZero && (j.ghost == nil || !j.ghost.readDamaged(s, inv)) {
				j.readZone(s, v.gen, inv)
			}
			return
		}
	}
	if j.ghost != nil && j.ghost.readDamaged(s, inv) {
		return
	}
	j.broken(ruleI1, s, "a read returned %s; legal were %s", j.name(s, c), j.legal(s, inv))
}

// broken records a broken rule, with the sector's past if that is known.
func (j *Judge) broken(r rule, s int64, format string, args ...any) {
	if g := j.ghost; g != nil {
		g.violate(r, g.reign.server, s, format, args...)
		return
	}
	j.world.violate(r, "", s, format, args...)
}

// holds reports whether a content is that of a write to a sector.
func (j *Judge) holds(gen uint64, s int64, c content) bool {
	if gen == 0 {
		return c.kind != contentStamp && c.kind != contentTorn
	}
	if j.writes[gen].op == states.OpWrite {
		return c.kind == contentStamp && c.gen == gen && c.sector == s
	}
	return c.kind == contentZero
}

// admits reports whether a sector may hold a value.
func (j *Judge) admits(s int64, v valueID) bool {
	for i := range j.sectors[s] {
		if have := &j.sectors[s][i]; have.dropped == never && j.is(have.gen, v) {
			return true
		}
	}
	return false
}

// is reports whether a value is what a write leaves; 0 stands for what was there before the first one.
func (j *Judge) is(gen uint64, v valueID) bool {
	switch {
	case gen == 0:
		return !v.isWrite() && !v.isStray()
	case j.writes[gen].op == states.OpWrite:
		return v.isWrite() && uint64(v) == gen
	}
	return v == zeroes
}

// rebase makes values what a sector may hold, each by its write, beside what was invoked after a tick.
func (j *Judge) rebase(s int64, gens []uint64, after uint64) {
	j.newReign(s, gens, after)
	var list []value
	for _, gen := range gens {
		w := j.writes[gen]
		list = append(list, value{gen: gen, inv: w.inv, end: min(w.end, after), dropped: never, covered: never, ok: true})
	}
	for _, v := range j.sectors[s] {
		if v.inv > after {
			list = append(list, v)
		}
	}
	j.sectors[s] = list
}

// alsoLegal makes a value that a sector had before legal again, beside those that are.
func (j *Judge) alsoLegal(s int64, gen uint64) {
	after := j.tick
	if len(j.under) > 0 {
		after = j.under[0] - 1 // what is under way may still be seen
	}
	gens := []uint64{gen}
	for _, v := range j.sectors[s] {
		if v.dropped == never && v.inv <= after && v.gen != gen {
			gens = append(gens, v.gen)
		}
	}
	j.rebase(s, gens, after)
}

func (j *Judge) name(s int64, c content) string {
	switch c.kind {
	case contentZero:
		return "zeroes"
	case contentForeign:
		return "foreign bytes"
	case contentTorn:
		return fmt.Sprintf("a torn sector that begins as write %d of sector %d", c.gen, c.sector)
	}
	if c.sector != s {
		return fmt.Sprintf("write %d of another sector, %d", c.gen, c.sector)
	}
	return fmt.Sprintf("write %d", c.gen)
}

func (j *Judge) legal(s int64, inv uint64) string {
	text := ""
	for _, v := range j.sectors[s] {
		if v.dropped == never || v.dropped >= inv {
			text += fmt.Sprintf(" [%v %d inv %d", j.writes[v.gen].op, v.gen, v.inv)
			if v.end != never {
				text += fmt.Sprintf(" end %d", v.end)
			}
			text += "]"
		}
	}
	return text
}
