package actors

import (
	"fmt"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// The copying of extents, chunk by chunk, under the range lock of each chunk (I11): sync sets the pace,
// gate does it, because it owns ranges and map. Regular writes go to both sides all the time, so that a
// chunk, once copied in this session, stays equal.

// amapP and amapS are the map's names for the two sides.
const (
	amapP = activemap.P
	amapS = activemap.S
)

// extentCopy is an extent of which chunks are under way.
type extentCopy struct {
	extent  uint32
	dir     activemap.Direction
	session uint64
	next    int64 // where the next chunk begins
	end     int64
	left    int // chunks under way
	err     error
	repair  bool // it is no extent, but a range that the own component can't read (gate_repair.go)
}

// chunk is one piece of a copy: a read from the source, then a write to the target.
type chunk struct {
	req     *Request
	of      *extentCopy
	writing bool
}

// onCopyNext begins one more chunk, if there is one.
func (g *gate) onCopyNext(m *copyNext) {
	if m.session != g.session || g.closed {
		return
	}
	c := g.nextCopy()
	if c == nil {
		g.tell(g.res.sync, &copyNone{session: m.session, busy: len(g.copies) > 0})
		return
	}
	g.newChunk(c, min(MaxRequest, c.end-c.next))
}

// newChunk begins with the next n bytes of a copy.
func (g *gate) newChunk(c *extentCopy, n int64) {
	k := g.takeChunk()
	r := k.req
	k.of, k.writing = c, false
	r.Op, r.Off, r.Len, r.Buf, r.Err = states.OpRead, c.next, n, r.Buf[:n], nil
	c.next += n
	c.left++
	r.flow.copying, r.flow.whole = k, nil
	frame := r.flow.link.frame
	r.flow = newFlow(r, states.FullSync)
	r.flow.link.frame = frame
	g.all.push(r)
	r.flow.rng = states.Range{Off: uint64(r.Off), End: uint64(r.Off + r.Len), Class: states.RangeCopy, Owner: r}
	if !g.ranges.Acquire(&r.flow.rng) {
		r.flow.at = atRange
		return
	}
	g.startChunk(r)
}

// nextCopy finds the extent that the next chunk is of.
func (g *gate) nextCopy() *extentCopy {
	for _, c := range g.copies {
		if c.session == g.session && c.next < c.end && c.err == nil {
			return c
		}
	}
	if len(g.copies) >= maxCopies {
		return nil
	}
	from := g.cursor
	for len(g.urgent) > 0 {
		e := g.urgent[0]
		g.urgent = g.urgent[1:]
		if g.lag.Has(e) && !g.isCopied(e) {
			from = e
			break
		}
	}
	for tries := 0; tries <= len(g.copies)+int(g.ail.wanted.Count()); tries++ {
		e, dir, ok := g.amap.NextSync(from)
		if !ok {
			return nil
		}
		if g.isCopied(e) || g.ail.wanted.Has(e) {
			from = e + 1
			continue
		}
		off, n := g.amap.Bounds(e)
		c := &extentCopy{extent: e, dir: dir, session: g.session, next: int64(off), end: int64(off + n)}
		g.amap.HoldCopy(e)
		g.copies = append(g.copies, c)
		g.cursor = e + 1
		return c
	}
	return nil
}

// maxCopies is how many extents are under way at most.
const maxCopies = 4

func (g *gate) isCopied(e uint32) bool {
	for _, c := range g.copies {
		if c.extent == e {
			return true
		}
	}
	return false
}

func (g *gate) takeChunk() *chunk {
	if n := len(g.chunks); n > 0 {
		k := g.chunks[n-1]
		g.chunks = g.chunks[:n-1]
		k.req.Buf = k.req.Buf[:cap(k.req.Buf)]
		return k
	}
	k := &chunk{req: &Request{Buf: make([]byte, MaxRequest)}}
	return k
}

// startChunk reads from the source; the range is locked from before the read until the write's end.
func (g *gate) startChunk(r *Request) {
	f := &r.flow
	c := f.copying.of
	f.at = atWork
	if c.session != g.session {
		g.endChunk(r, errSessionOver)
		return
	}
	if c.repair && !g.mayRepair(r) {
		return
	}
	if c.dir == activemap.FromPeer {
		g.readRemote(r)
		g.stats.RemoteReads--
		return
	}
	f.local = states.PartPending
	g.tell(g.res.localdisk, &f.toDisk)
}

var errSessionOver = fmt.Errorf("the session has ended: %w", wire.ENOTCONN)

func (g *gate) onChunkLocal(r *Request) {
	f := &r.flow
	k := f.copying
	switch {
	case k.writing:
		if f.local == states.PartDone {
			g.amap.Landed(uint64(r.Off), uint64(r.Len))
		}
		g.chunkWritten(r)
	case f.local == states.PartFailed:
		g.endChunk(r, f.failed)
	case k.of.session != g.session:
		g.endChunk(r, errSessionOver)
	default:
		k.writing = true
		r.Op = states.OpWrite
		f.remote, f.session, f.loaned = states.PartPending, g.session, true
		g.amap.Sent(uint64(r.Off), uint64(r.Len))
		g.tell(g.res.link, &f.toPeer)
		if g.res.cache.Doubted(uint64(r.Off), uint64(r.Len)) {
			f.local = states.PartPending
			g.tell(g.res.localdisk, &f.toDisk)
		}
	}
}

func (g *gate) onChunkRemote(r *Request) {
	f := &r.flow
	k := f.copying
	switch {
	case !f.remote.Final():
	case k.writing:
		g.chunkWritten(r)
	case f.remote != states.PartDone:
		g.endChunk(r, errPeerChunk(r))
	default:
		k.writing = true
		r.Op = states.OpWrite
		f.local = states.PartPending
		g.tell(g.res.localdisk, &f.toDisk)
	}
}

func errPeerChunk(r *Request) error {
	return fmt.Errorf("the secondary failed a copy's %s(%d, %d): %w", r.Op, r.Off, r.Len, wire.EIO)
}

// chunkWritten ends a chunk when all who write it have ended: the target, and the own component, too, if
// what it has may be lost there.
func (g *gate) chunkWritten(r *Request) {
	f := &r.flow
	switch {
	case !f.local.Final() || !f.remote.Final():
	case f.local == states.PartFailed:
		g.endChunk(r, f.failed)
	case f.remote != states.PartDone:
		g.endChunk(r, errPeerChunk(r))
	default:
		g.endChunk(r, nil)
	}
}

// clientsWork tells what clients did since it was asked last: copying should let one pass that was at work, and go on
// for one that waits for it.
func (g *gate) clientsWork() states.Clients {
	active := g.clients.inside > 0 || g.clients.came
	g.clients.came = false
	switch {
	case len(g.lagWait) > 0 || g.flushing != nil && g.flushing.lagged:
		return states.ClientsWait
	case active:
		return states.ClientsWork
	default:
		return states.ClientsAway
	}
}

// endChunk lets go of the chunk; the last one of an extent ends its copy. An extent of which a chunk
// failed stays where it is (A4).
func (g *gate) endChunk(r *Request, err error) {
	f := &r.flow
	k := f.copying
	c := k.of
	if c.repair {
		g.endRepair(r, err)
		return
	}
	g.ranges.Release(&f.rng)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.left--
	n := r.Len
	g.release(r)
	if c.left == 0 && (c.next >= c.end || c.err != nil || c.session != g.session) {
		g.endCopy(c)
	}
	if c.session == g.session {
		g.tell(g.res.sync, &chunkDone{session: c.session, bytes: n, err: err, clients: g.clientsWork()})
	}
	g.granted()
}

func (g *gate) endCopy(c *extentCopy) {
	for i := range g.copies {
		if g.copies[i] == c {
			g.copies = append(g.copies[:i], g.copies[i+1:]...)
			break
		}
	}
	if c.err == nil && c.session == g.session && c.dir == activemap.FromPeer {
		g.amap.ClearBad(c.extent) // durably when the counters are equal
	}
	if c.err == nil && c.session == g.session && g.amap.Copied(c.extent, c.dir) && c.dir == activemap.ToPeer {
		g.lk.Clear(c.extent)
		if g.lag.Clear(c.extent) {
			// Before the range goes, so that later writes come behind it.
			off, n := g.amap.Bounds(c.extent)
			g.tell(g.res.link, &markPeer{session: g.session, off: off, len: n})
		}
	}
	g.amap.DropCopy(c.extent)
	if c.session != g.session {
		g.moreToCopy() // it held a place that the new session's copies waited for
	}
	if c.err != nil && c.err != errRewrite && c.session == g.session && g.flushing != nil && g.flushing.local.Final() && g.flushing.remote.Final() {
		// A client's flush waits for what can't be copied: it is answered as a lone one, after the raise.
		g.dropSession(fmt.Sprintf("extent %d can't be copied: %v", c.extent, c.err))
		return
	}
	g.recheck()
	g.settleFlush()
}

// dropChunks frees the copy's buffers when nothing is left to be copied.
func (g *gate) dropChunks() { g.chunks = nil }
