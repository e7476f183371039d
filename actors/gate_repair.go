package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
)

// What the own component can't read is answered from the secondary, and then written anew in its place, as a chunk of
// a copy is, under the lock of its range: most disks put a sector that they can't read elsewhere when it is
// written. It is tried once; after a failure the next one has to wait.

// repairsMost bounds the ranges that wait for their repair; what comes then comes again with the next read.
const repairsMost = 64

// span is a range of bytes.
type span struct{ off, n int64 }

// repairs are the ranges to be written anew.
type repairs struct {
	queue []span
	under bool
	patience
}

// wantRepair notes what a read was answered from the secondary for.
func (g *gate) wantRepair(bad span) {
	p := &g.repairs
	if len(p.queue) >= repairsMost || p.left > 0 {
		return
	}
	for _, s := range p.queue {
		if s.off <= bad.off && bad.off+bad.n <= s.off+s.n {
			return
		}
	}
	p.queue = append(p.queue, bad)
	g.nextRepair()
}

// nextRepair begins one, if this is the time for it.
func (g *gate) nextRepair() {
	p := &g.repairs
	if g.alone() || p.left > 0 || g.dead.at != deadNot || g.drains || g.closed {
		p.queue = nil
		return
	}
	if p.under || g.barrier || len(p.queue) == 0 {
		return
	}
	s := p.queue[0]
	p.queue = p.queue[1:]
	p.under = true
	c := &extentCopy{dir: activemap.FromPeer, session: g.session, next: s.off, end: s.off + s.n, repair: true}
	g.newChunk(c, s.n)
}

// mayRepair takes a repair to where its data may move, as mayGo does a write.
func (g *gate) mayRepair(r *Request) bool {
	f := &r.flow
	off, n := uint64(r.Off), uint64(r.Len)
	if g.gone() || g.amap.SlagIn(off, n) || g.amap.StaleIn(off, n) || g.amap.BadIn(off, n) || g.anyIn(g.ail.wanted, r) {
		g.endRepair(r, fmt.Errorf("the extent is copied anyway")) // or isn't the secondary's to give, or isn't written here any more
		return false
	}
	if !f.mapped {
		f.mapped, f.carrier = true, g.mapCount+1
		g.amap.Begin(off, n)
	}
	if g.amap.Durable(off, n) {
		return true
	}
	f.at = atHold
	g.held = append(g.held, r)
	g.saveMap()
	return false
}

// endRepair ends one, well or not.
func (g *gate) endRepair(r *Request, err error) {
	g.repairs.under = false
	switch {
	case err == nil:
		g.stats.Repairs++
		g.repairs.pause = 0
		g.log.Warn(fmt.Sprintf("READ(%d, %d) failed here; the range is written anew from the secondary's data.", r.Off, r.Len))
	case r.flow.local == states.PartFailed:
		g.repairs.patience.start()
		g.log.Warn(fmt.Sprintf("the range %d+%d, which can't be read here, can't be written either", r.Off, r.Len), "error", err)
	}
	g.unmap(r)
	g.ranges.Release(&r.flow.rng)
	g.release(r)
	g.granted()
	g.nextRepair()
}
