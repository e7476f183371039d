package simulation

import (
	"time"
)

// road is what is wrong with one way between two machines besides being cut.
type road struct {
	direction
	lag   time.Duration // by which each packet is late
	rate  int64         // bytes a second; 0 is as many as one likes
	flips int           // how many payloads still get a wrong bit
}

// road finds what is wrong with a way, nil if nothing.
func (f *fabric) road(from, to *Machine) *road {
	for _, r := range f.roads {
		if r.from == from && r.to == to {
			return r
		}
	}
	return nil
}

func (f *fabric) makeRoad(from, to *Machine) *road {
	r := f.road(from, to)
	if r == nil {
		r = &road{direction: direction{from, to}}
		f.roads = append(f.roads, r)
	}
	return r
}

// Throttle makes a way slow: each packet later by lag, and at most so many bytes a second; 0 and 0 end it.
func (w *World) Throttle(from, to *Machine, lag time.Duration, bytesPerSecond int64) {
	w.note(from, "throttle to", to, lag.String())
	r := w.fabric.makeRoad(from, to)
	r.lag, r.rate = lag, bytesPerSecond
}

// FlipPayloads changes one bit in each of the next so many payloads from one machine to another. Only
// payloads with a checksum are touched: nothing else can find it (X5).
func (w *World) FlipPayloads(from, to *Machine, times int) {
	w.fabric.makeRoad(from, to).flips = times
}

func (w *World) note(m *Machine, what string, to *Machine, more ...string) {
	w.trace.add(w.now, m.name, what, append([]string{to.name}, more...)...)
}

// travel is how long n bytes take beyond the usual delay, and how long the way is taken by them.
func (f *fabric) travel(from, to *Machine, n int) (late, taken time.Duration) {
	if len(f.roads) == 0 {
		return 0, 0
	}
	r := f.road(from, to)
	if r == nil {
		return 0, 0
	}
	if r.rate > 0 {
		taken = time.Duration(n) * time.Second / time.Duration(r.rate)
	}
	if r.lag+taken > 0 {
		f.world.effect(FaultDelay)
	}
	return r.lag, taken
}

// flip changes a bit of a payload on its way; it returns other memory than it got.
func (f *fabric) flip(from, to *Machine, body []byte) []byte {
	r := f.road(from, to)
	if r == nil || r.flips == 0 || len(body) == 0 {
		return body
	}
	r.flips--
	f.world.effect(FaultWireFlip)
	f.world.note(from, "a bit flips on the way to", to)
	c := f.world.chance.network
	body = append([]byte(nil), body...)
	body[c.IntN(len(body))] ^= 1 << c.IntN(8)
	return body
}

// between lists the connections between two machines, by their dialers' ends, the oldest first.
func (f *fabric) between(a, b *Machine) []*end {
	var list []*end
	for _, e := range f.ends {
		x, y := e.boot.machine, e.peer.boot.machine
		if e.dialer && (x == a && y == b || x == b && y == a) && (e.state != endClosed || e.peer.state != endClosed) {
			list = append(list, e)
		}
	}
	return list
}

// pick finds one of the connections between two machines: from 0 on the oldest first, below 0 the newest
// first. It is nil if there is none such.
func (f *fabric) pick(a, b *Machine, which int) *end {
	list := f.between(a, b)
	if which < 0 {
		which += len(list)
	}
	if which < 0 || which >= len(list) {
		return nil
	}
	return list[which]
}

// Stall lets nothing pass on one connection between two machines, while others live, until Unstall: from 0
// on the oldest first, below 0 the newest first. It reports whether there is such a connection.
func (w *World) Stall(a, b *Machine, which int) bool {
	e := w.fabric.pick(a, b, which)
	if e == nil {
		return false
	}
	w.note(a, "a connection stalls to", b)
	e.out.stalled, e.peer.out.stalled = true, true
	return true
}

// Unstall lets all connections between two machines go on.
func (w *World) Unstall(a, b *Machine) {
	w.note(a, "connections go on to", b)
	for _, e := range w.fabric.between(a, b) {
		e.unstall()
	}
}

func (e *end) unstall() {
	e.out.stalled, e.peer.out.stalled = false, false
	e.out.release()
	e.peer.out.release()
}

// Swizzle stalls the connections between two machines one by one within a time, and lets them go on in
// another order within the same time again.
func (w *World) Swizzle(a, b *Machine, within time.Duration) {
	w.note(a, "swizzle to", b, within.String())
	for _, e := range w.fabric.between(a, b) {
		at := between(w.chance.network, 0, within)
		w.after(at, nil, func() { e.out.stalled, e.peer.out.stalled = true, true })
		w.after(within+between(w.chance.network, 0, within), nil, e.unstall)
	}
}

// ResetOne breaks one connection between two machines, as Stall counts them.
func (w *World) ResetOne(a, b *Machine, which int) bool {
	e := w.fabric.pick(a, b, which)
	if e == nil {
		return false
	}
	w.note(a, "a connection is reset to", b)
	w.effect(FaultReset)
	e.broken(errReset)
	e.peer.broken(errReset)
	return true
}

// ResetAt breaks all connections of a machine with another, and only the former hears of it: the latter
// believes in them until it sends something. So a new session begins while the old one is being drained.
func (w *World) ResetAt(m, peer *Machine) bool {
	list := w.fabric.between(m, peer)
	w.note(m, "its connections are reset to", peer)
	for _, e := range list {
		if e.boot.machine != m {
			e = e.peer
		}
		w.effect(FaultHalfOpen)
		e.torn()
	}
	return len(list) > 0
}

// torn ends an end with an error of which its peer hears nothing. What the peer sends is answered with a
// reset by the kernel.
func (e *end) torn() {
	if e.state == endClosed || e.boot.dead {
		return
	}
	e.world.hungUp(e)
	e.state = endClosed
	e.queue.clear()
	e.current, e.received, e.out.socket = [2][]byte{}, buffer{}, buffer{}
	e.boot.ends = drop(e.boot.ends, e)
	e.tellClosed(errReset)
}

// HalfOpen makes the next so many connections to a machine half-open: who dials believes to be connected
// and can send, but no process there ever hears of it.
func (w *World) HalfOpen(m *Machine, times int) {
	w.trace.add(w.now, m.name, "half-open")
	m.holes = times
}

// hole takes a connection away from the process that listens.
func (e *end) hole() bool {
	m := e.boot.machine
	if m.holes == 0 {
		return false
	}
	m.holes--
	e.world.effect(FaultHalfOpen)
	e.boot.ends = drop(e.boot.ends, e)
	e.boot.holes = append(e.boot.holes, e)
	e.unheard = true
	return true
}
