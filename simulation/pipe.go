package simulation

import (
	"time"
)

// pipe is one direction of a connection: the sender's socket buffer and what is on its way. Bytes arrive
// in order, cut anywhere.
type pipe struct {
	from, to *end
	socket   buffer        // taken by the sender's kernel, not sent
	flying   int           // bytes that are sent and have not been read by the receiver's process
	window   int           // the most of them
	flight   queue[packet] // on their way; they arrive in this order
	arriving func()
	last     time.Duration
	held     []packet // lost on the way, to be repeated
	ending   bool     // an end follows what is in socket
	ended    bool     // it was sent
	stalled  bool     // this connection alone passes nothing
	dead     bool     // reset: nothing arrives any more
}

// packet is a piece of the stream, or what ends it.
type packet struct {
	bytes []byte
	open  bool // the first packet: makes the acceptor's end known to its node
	fin   bool
	reset bool
}

// socketBuffer is how many bytes a sender's kernel takes before the writer has to wait.
const socketBuffer = 64 << 10

// repeatFor is how long a kernel repeats what is not acknowledged before it gives up.
const repeatFor = 15 * time.Minute

func (p *pipe) idle() bool { return p.flight.len() == 0 && len(p.held) == 0 }

// push sends what the window allows.
func (p *pipe) push() {
	r := p.from.world.chance.network
	for p.socket.len() > 0 && p.flying < p.window && !p.dead {
		n := min(p.socket.len(), p.window-p.flying)
		if r.IntN(1000) < p.from.world.fabric.shred {
			n = min(n, 1+r.IntN(80))
		} else {
			n = min(n, 1+r.IntN(32<<10))
		}
		p.flying += n
		p.launch(packet{bytes: p.from.world.fabric.store.copyOf(p.socket.first(n))})
		p.socket.drop(n)
	}
	if p.socket.len() == 0 {
		if p.ending && !p.ended && !p.dead {
			p.ended = true
			p.launch(packet{fin: true})
		}
	}
}

// launch puts a packet on its way, behind those launched before.
func (p *pipe) launch(k packet) {
	w := p.from.world
	late, taken := w.fabric.travel(p.from.boot.machine, p.to.boot.machine, len(k.bytes))
	at := max(w.now+w.fabric.delay()+late, p.last) + taken
	p.last = at
	p.flight.push(k)
	w.after(at-w.now, nil, p.arriving)
	p.last++ // two packets never arrive at once: the order among equal times is open
}

// arrive takes the first packet on its way.
func (p *pipe) arrive() {
	w := p.from.world
	k := p.flight.pop()
	switch {
	case p.dead:
	case len(p.held) > 0 || p.blocked():
		p.hold(k)
		return
	case p.to.boot.dead && !k.reset:
		p.dead = true
		p.to.out.launchReset()
	default:
		p.to.arrived(k)
	}
	w.fabric.store.back(k.bytes)
	w.fabric.forget(p.from)
}

// launchReset tells the other side that the connection is no more.
func (p *pipe) launchReset() {
	p.socket, p.ending = buffer{}, false
	p.launch(packet{reset: true})
}

// blocked reports whether nothing passes.
func (p *pipe) blocked() bool {
	return p.stalled || p.from.world.fabric.blocked(p.from.boot.machine, p.to.boot.machine)
}

func (p *pipe) hold(k packet) {
	w := p.from.world
	if p.stalled {
		w.effect(FaultStall)
	} else {
		w.effect(FaultCut)
	}
	p.held = append(p.held, k)
	if len(p.held) > 1 {
		return
	}
	w.after(repeatFor, nil, func() {
		if len(p.held) > 0 && !p.dead {
			p.dead, p.held = true, nil
			p.from.broken(errTimedOut)
			w.fabric.forget(p.from)
		}
	})
}

// release repeats what was lost, if it gets through now.
func (p *pipe) release() {
	w := p.from.world
	if len(p.held) == 0 || p.blocked() {
		return
	}
	held := p.held
	p.held = nil
	p.last = max(p.last, w.now+between(w.chance.network, 0, 400*time.Millisecond))
	// What has been launched since must not overtake it.
	p.flight.items = append(held, p.flight.items[p.flight.head:]...)
	p.flight.head = 0
	for range held {
		w.after(p.last-w.now, nil, p.arriving)
		p.last++
	}
}

// consumed tells that the receiver's process has read n bytes.
func (p *pipe) consumed(n int) {
	p.flying -= n
	p.push()
	if p.from.state != endClosed {
		p.from.write()
	}
}
