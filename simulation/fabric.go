package simulation

import (
	"time"

	"hast/wire"
)

// fabric is the network between the machines: who reaches whom, and how fast.
type fabric struct {
	world *World
	cuts  []direction
	roads []*road
	ends  []*end // all ends that are not forgotten yet, for resets and for what cuts hold back
	port  int    // the next ephemeral port
	store store  // for what is on its way
	// frames have been sent: their memory is used again.
	frames []*wire.OutFrame
	// refuse lists machines whose kernel refuses connections as if nobody listened.
	refuse []*Machine

	minDelay, maxDelay time.Duration
	manners            manners // instead of the two, if its mean isn't 0
	shred              int     // how many in a thousand pieces of a stream are cut small
}

// direction is one way between two machines.
type direction struct{ from, to *Machine }

func newFabric(w *World) *fabric {
	return &fabric{world: w, port: 49152, minDelay: 30 * time.Microsecond, maxDelay: 500 * time.Microsecond, shred: 160}
}

// frame returns an empty frame.
func (f *fabric) frame() *wire.OutFrame {
	if n := len(f.frames); n > 0 {
		g := f.frames[n-1]
		f.frames = f.frames[:n-1]
		return g
	}
	return new(wire.OutFrame)
}

// SetLatency bounds how long bytes are under way in each direction.
func (w *World) SetLatency(min, max time.Duration) { w.fabric.minDelay, w.fabric.maxDelay = min, max }

// Cut lets nothing pass between two machines. What is sent waits, as TCP repeats it, and arrives after
// Heal if its connection lives till then.
func (w *World) Cut(a, b *Machine) {
	w.CutOneWay(a, b)
	w.CutOneWay(b, a)
}

// CutOneWay lets nothing pass from one machine to another.
func (w *World) CutOneWay(from, to *Machine) {
	if w.fabric.blocked(from, to) {
		return
	}
	w.trace.add(w.now, from.name, "cut from", to.name)
	w.fabric.cuts = append(w.fabric.cuts, direction{from, to})
}

// Heal lets everything pass again between two machines: nothing is cut, stalled, slow or refused any more.
func (w *World) Heal(a, b *Machine) {
	w.trace.add(w.now, a.name, "heal to", b.name)
	w.fabric.cuts = drop(w.fabric.cuts, direction{a, b})
	w.fabric.cuts = drop(w.fabric.cuts, direction{b, a})
	for _, way := range []direction{{a, b}, {b, a}} {
		if r := w.fabric.road(way.from, way.to); r != nil {
			*r = road{direction: way}
		}
		way.to.holes = 0
		w.fabric.refuse = drop(w.fabric.refuse, way.to)
	}
	for _, e := range w.fabric.between(a, b) {
		e.out.stalled, e.peer.out.stalled = false, false
	}
	w.fabric.release()
}

// Reset breaks all connections between two machines at once.
func (w *World) Reset(a, b *Machine) {
	w.trace.add(w.now, a.name, "reset to", b.name)
	for _, e := range append([]*end(nil), w.fabric.ends...) {
		if e.boot.machine == a && e.peer.boot.machine == b {
			w.effect(FaultReset)
			e.broken(errReset)
			e.peer.broken(errReset)
		}
	}
}

// Refuse makes the machine answer new connections as if nobody listened, or stops that.
func (w *World) Refuse(m *Machine, on bool) {
	w.fabric.refuse = drop(w.fabric.refuse, m)
	if on {
		w.fabric.refuse = append(w.fabric.refuse, m)
	}
}

// Connections is how many connections have an end that a node still holds open.
func (w *World) Connections() int {
	n := 0
	for _, e := range w.fabric.ends {
		if e.state != endClosed && (e.peer.state == endClosed || e.dialer) {
			n++
		}
	}
	return n
}

// blocked reports whether packets are lost: by a cut, or because the receiver has no power.
func (f *fabric) blocked(from, to *Machine) bool {
	if !to.on || to.asleep || from.asleep {
		return true
	}
	for _, c := range f.cuts {
		if c.from == from && c.to == to {
			return true
		}
	}
	return false
}

func (f *fabric) refuses(m *Machine) bool {
	for _, r := range f.refuse {
		if r == m {
			return true
		}
	}
	return false
}

// delay is how long a packet takes.
func (f *fabric) delay() time.Duration {
	r := f.world.chance.network
	if f.manners.mean > 0 {
		return f.manners.draw(r)
	}
	d := between(r, f.minDelay, f.maxDelay)
	if oneIn(r, 200) {
		d += between(r, 0, 40*f.maxDelay)
	}
	return d
}

// release sends again what was held back and is not blocked any more.
func (f *fabric) release() {
	for _, e := range append([]*end(nil), f.ends...) {
		e.out.release()
	}
}

func (f *fabric) poweredOn(*Machine) { f.release() }

// processDied closes a dead node's connections, as its kernel does: in order, or with a reset if bytes
// were unread.
func (f *fabric) processDied(b *boot) {
	for _, e := range append(append([]*end(nil), b.ends...), b.holes...) {
		if e.state != endClosed {
			e.abandon(e.received.len() == 0 && !oneIn(f.world.chance.network, 4))
		}
	}
	b.ends, b.holes = nil, nil
}

// powerLost forgets a machine's connections; nobody tells the peers.
func (f *fabric) powerLost(b *boot) {
	for _, e := range append(b.ends, b.holes...) {
		f.world.hungUp(e)
		e.state = endClosed
		e.out.socket = buffer{}
	}
	b.ends, b.holes = nil, nil
}

// forget drops pairs of which both ends are closed and nothing is under way.
func (f *fabric) forget(e *end) {
	if e.state == endClosed && e.peer.state == endClosed && e.out.idle() && e.peer.out.idle() {
		f.ends = drop(f.ends, e)
		f.ends = drop(f.ends, e.peer)
	}
}
