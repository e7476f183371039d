package actors

import (
	"fmt"

	"hast/states"
)

// Bookkeeper is an actor that a bystander can have its own numbers held against what they stand for. Between two turns
// all of it agrees: what is counted is there, and who waits does so for something that is under way. What doesn't is
// found at once then, and not only when it has led to a wrong answer, or to none.
type Bookkeeper interface {
	// Books calls wrong with each thing that doesn't agree. It changes nothing.
	Books(wrong func(what string))
}

// gateBooks is what the gate's requests amount to.
type gateBooks struct {
	wrong                                             func(what string)
	clients, moving, ranged, held, lag, flush, chunks int
	lent, repairs, all                                int
	tail                                              int64
	pins                                              int // extents of changes and copies, each once for each
}

func (b *gateBooks) same(what string, noted, is int) {
	if noted != is {
		b.wrong(fmt.Sprintf("%d %s are noted, and there are %d", noted, what, is))
	}
}

func (b *gateBooks) must(ok bool, what string) {
	if !ok {
		b.wrong(what)
	}
}

// Books holds the gate's counters, lists and steps against its requests.
func (g *gate) Books(wrong func(what string)) {
	if !g.opened || g.dead.at == deadEnded {
		return // at the end of a reign without a current copy what waits gets no answer any more
	}
	b := &gateBooks{wrong: wrong}
	for r := g.all.head; r != nil; r = r.flow.next {
		b.all++
		g.bookRequest(b, r)
	}
	b.same("requests", g.all.n, b.all)
	b.same("requests of clients", g.clients.inside, b.clients)
	b.same("changes under way", g.moving, b.moving)
	b.same("ranges", g.ranges.Holders()+g.ranges.Waiters(), b.ranged)
	b.must(!g.ranges.AnyReady(), "who waited for a range may have it, and isn't told")
	b.same("requests that are held", len(g.held), b.held)
	b.same("requests that wait for a copy", len(g.lagWait), b.lag)
	b.same("bytes answered as sent", int(g.tail), int(b.tail))
	b.same("requests lent to a component that was given up", g.dead.lent, b.lent)
	b.same("repairs", count(g.repairs.under), b.repairs)
	waiting := len(g.flushWait)
	if g.flushing != nil {
		waiting += len(g.flushing.reqs)
	}
	b.same("requests that wait for a flush", waiting, b.flush)
	g.bookCopies(b)
	b.same("extents of changes and copies", g.amap.Holds(), b.pins)
	g.bookSteps(b)
}

// bookRequest counts one request, and looks whether it waits for something.
func (g *gate) bookRequest(b *gateBooks, r *Request) {
	f := &r.flow
	copies, piece := f.copying != nil, f.whole != nil
	changes := r.Op.Changes() && !copies
	over := f.at == atRelease || f.at == atLent
	say := func(what string) { b.wrong(fmt.Sprintf("%s(%d, %d): %s", r.Op, r.Off, r.Len, what)) }
	must := func(ok bool, what string) {
		if !ok {
			say(what)
		}
	}
	if !copies && !piece {
		b.clients++
	}
	if copies && !over {
		b.chunks++
		if f.copying.of.repair {
			b.repairs++
		}
	}
	if f.waits {
		b.held++
	}
	if f.tailed {
		b.tail += r.Len
		must(!f.remote.Final(), "it counts as not confirmed, and is")
	}
	if f.mapped {
		first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
		b.pins += int(last-first) + 1
	}
	ordered := changes && !f.loose || copies || f.ranged
	if holds := ordered && !over && f.at != atLag; holds {
		b.ranged++
		must(f.rng.Waiting() == (f.at == atRange), "it waits for a range and has it, or has none and doesn't wait")
	} else {
		must(!f.rng.Waiting() && !f.rng.Held(), "it is over, or waits for something else, and has a range")
	}
	switch f.at {
	case atDoor:
		say("nobody has begun with it")
	case atHold:
		b.held++
		must(!f.answered, "it is answered, and held")
		must(g.holds(r), "nothing holds it, and it doesn't go on")
	case atLag:
		b.lag++
		must(!g.alone() && !g.peerBehind() && g.anyIn(g.lag, r), "it waits for a copy of what isn't lacking")
	case atWork:
		if changes && !f.loose {
			b.moving++
		}
		g.bookWork(b, r, must)
	case atFlush:
		b.flush++
		if changes && !f.loose {
			b.moving++
			must(!f.local.Final() || !f.remote.Final(), "both are done with it, and it keeps its range for a flush")
		}
	case atLent:
		b.lent++
		must(f.lent, "it waits for a component that has nothing of it")
	case atRelease:
		must(f.loaned, "nobody has it, and it isn't released")
	}
}

// bookWork looks at a request that components have.
func (g *gate) bookWork(b *gateBooks, r *Request, must func(ok bool, what string)) {
	f := &r.flow
	under := f.local == states.PartPending || !f.remote.Final() && !g.alone()
	switch {
	case f.waits:
		must(g.raising || g.recBusy != recIdle || g.wantSent || g.ail.wanted.Any(), "it waits for a record that nobody writes")
	case f.copying != nil:
		must(under, "nobody copies it")
	case !r.Op.Changes():
		must(under || f.whole == nil && f.local == states.PartNone && f.remote == states.PartNone, "nobody reads it")
	case f.answered:
		must(under, "it is answered and settled, and not released")
	default:
		// What it waited for may have come about beside it: then its own confirmation, which comes behind, has it answered.
		action, _ := states.CompleteWrite(g.writeState(r))
		must(under || action == states.Wait, "its answer is due")
	}
}

// holds reports whether there is something that a held request has to wait for.
func (g *gate) holds(r *Request) bool {
	off, n := uint64(r.Off), uint64(r.Len)
	switch {
	case r.Op == states.OpRead && r.flow.copying == nil:
		return g.dead.at == deadAsked
	case r.flow.copying != nil:
		return g.dead.at == deadAsked || g.mapBusy && !g.amap.Durable(off, n)
	case g.barrier, g.confirming != 0, g.dead.at == deadAsked:
		return true
	case g.gone():
		return false
	}
	return g.anyIn(g.ail.wanted, r) || g.alone() && g.raising || g.mapBusy && !g.amap.Durable(off, n)
}

// bookCopies holds the copies against their chunks.
func (g *gate) bookCopies(b *gateBooks) {
	left := count(g.repairs.under)
	for i, c := range g.copies {
		left += c.left
		b.pins++
		b.must(c.left > 0 || c.err == nil && c.session == g.session && c.next < c.end, "a copy has ended, and keeps its place")
		for _, other := range g.copies[:i] {
			b.must(other.extent != c.extent, "an extent is copied twice at once")
		}
	}
	b.same("chunks", left, b.chunks)
}

// bookSteps looks whether each step that waits has something to wait for, and whether what excludes one another does.
func (g *gate) bookSteps(b *gateBooks) {
	recording := g.recBusy != recIdle
	flushing := g.flushing != nil
	b.must(g.mapBusy == g.amap.Writing(), "a write of the map is under way here, and not in the map, or the other way round")
	b.must(len(g.flushWait) == 0 || flushing || g.ail.doubted.Any() || g.dead.at == deadAsked, "a flush is wanted, and none begins")
	b.must(!g.wantSent || recording, "nobody writes that answers are for what was only sent")
	b.must(!g.shows || recording, "nobody writes that a reign begins")
	b.must(!g.raiseReady || recording, "nobody writes the raised counter")
	b.must(!g.raiseReady || g.raising, "a raise that isn't wanted may be written")
	b.must(!g.settles || g.raising, "a raise that isn't under way settles something")
	b.must(!g.raised || g.alone(), "the counter counts as raised for a lone primary, which this isn't")
	b.must((g.ail.saving != nil) == (g.recBusy == recBad), "extents are being named in a record that isn't written, or the other way round")
	b.must(!g.drained || (g.mapBusy || recording) && !g.gone() || g.dead.at == deadAsked, "the end of a reign waits for nothing")
	b.must(g.syncFlush == 0 || flushing, "sync waits for a flush that doesn't begin")
	b.must(!g.drains || !g.closed || g.all.n > g.dead.lent || flushing || g.dead.at == deadAsked, "a demotion waits for nothing")
	b.must(g.offered == 0 || g.mergeLeft == 0 || g.mapBusy || recording, "a session waits for a map that nobody writes")
	b.must(g.barrier == (g.equal.at != equalIdle || g.dead.back >= returnBars), "changes wait for a barrier that is none, or pass one")
	b.must(g.dead.at == deadIs || g.dead.back == returnNot, "a component comes back that wasn't given up")
	b.must(!g.alone() || !g.ail.wanted.Any() && !g.ail.doubted.Any(), "a lone primary takes extents from the secondary")
	b.must(!g.alone() || len(g.urgent) == 0, "a lone primary has an extent copied first")
	b.must(g.ticking, "the clock of the gate stands")
	switch g.equal.at {
	case equalDrain:
		b.must(g.moving > 0 || flushing, "equal counters wait for changes, and there are none")
	case equalFlush:
		b.must(flushing && g.flushing.barrier, "equal counters wait for a flush, and there is none")
	case equalWant:
		b.must(recording, "equal counters wait for another record, and there is none")
	case equalSave:
		b.must(g.recBusy == recEqual, "equal counters wait for their record, and nobody writes it")
	}
	b.must(g.equal.at == equalIdle || !g.alone(), "a lone primary makes counters equal")
	if t := g.flushing; t != nil && t.local.Final() && (t.remote.Final() || g.alone()) && (g.equal.at != equalSave || g.gone()) {
		action := states.CompleteFlush(g.flushState(t))
		// One that waited for copies is looked at again when the next one ends.
		copying := t.lagged && (len(g.copies) > 0 || g.amap.SyncBytes() > 0)
		b.must(len(t.reqs) > 0 && (action == states.Wait || action == states.Raise && g.raising || copying), "the answer to a flush is due")
	}
}
