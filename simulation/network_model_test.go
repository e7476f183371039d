package simulation

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"hast/actors"
	"hast/wire"
)

// A connection of the made-up network is held against what TCP promises and what it doesn't, whatever is done to it:
// what arrives is what was sent, in order, from the first byte on, and nothing is missing between; without a close all
// of it arrives once it can; who isn't reached is told nothing; and what lies between the two programs is bounded.

// talk is a connection to which random things happen.
type talk struct {
	*pair
	t     *testing.T
	r     *rand.Rand
	ends  [2]*end // what a and b have
	sizes [2][]int
	cut   bool // some way doesn't pass
}

func newTalk(t *testing.T, seed uint64) *talk {
	t.Helper()
	x := &talk{pair: connect(t, seed), t: t, r: rand.New(rand.NewPCG(seed, 9))}
	x.ends = [2]*end{x.ca.(*end), x.cb.(*end)}
	return x
}

func (x *talk) probes() [2]*probe { return [2]*probe{x.pa, x.pb} }

// random does one thing that ends no connection.
func (x *talk) random() {
	who := x.r.IntN(2)
	switch what := x.r.IntN(24); {
	case what == 0:
		x.w.Cut(x.a, x.b)
		x.cut = true
	case what == 1:
		from, to := x.a, x.b
		if who == 1 {
			from, to = to, from
		}
		x.w.CutOneWay(from, to)
		x.cut = true
	case what < 4:
		x.heal()
	case what < 6:
		x.ends[who].SetReading(false)
	case what < 10:
		x.ends[who].SetReading(true)
	case what < 18:
		size := x.r.IntN(3000)
		if oneIn(x.r, 4) {
			size = x.r.IntN(150 << 10)
		}
		send(x.ends[who], len(x.sizes[who]), size)
		x.sizes[who] = append(x.sizes[who], size)
	default:
		x.w.RunFor(between(x.r, time.Microsecond, 2*time.Second))
	}
}

func (x *talk) heal() {
	x.w.Heal(x.a, x.b)
	x.cut = false
}

// look holds what has come about against what may have.
func (x *talk) look() {
	x.t.Helper()
	for who, p := range x.probes() {
		e, its := x.ends[1-who], x.sizes[1-who]
		got := received(x.t, p)
		inOrder(x.t, got, len(got))
		if len(got) > len(its) {
			x.t.Fatalf("%d frames came, and %d were sent", len(got), len(its))
		}
		taken := messages[numbered](x.probes()[1-who])
		for i, n := range taken {
			if n != numbered(i) {
				x.t.Fatalf("frames were taken in the order %v", taken)
			}
		}
		if e.state == endClosed {
			continue
		}
		// What the sender is rid of and the receiver doesn't have is in the two kernels, but for a frame of which a
		// part has been read.
		between, most := 0, socketBuffer+e.out.window+wire.MaxPayload
		for n := len(got); n < len(taken); n++ {
			between += its[n]
		}
		if e.out.socket.len() > socketBuffer || e.out.flying > e.out.window || e.peer.received.len() > e.out.window || between > most {
			x.t.Fatalf("%d bytes wait at the sender, %d are under way or unread, of them %d at the receiver, with a window of %d; %d are between the two",
				e.out.socket.len(), e.out.flying, e.peer.received.len(), e.out.window, between)
		}
	}
}

// settle lets everything pass, and waits for it.
func (x *talk) settle() {
	x.heal()
	for _, e := range x.ends {
		e.SetReading(true)
	}
	x.w.RunFor(5 * time.Minute)
}

// closes are what a probe heard of its connection's end.
func closes(p *probe) []*actors.ConnClosed { return messages[*actors.ConnClosed](p) }

func TestStreamIsKeptWhateverHappens(t *testing.T) {
	frames, cuts := 0, uint64(0)
	seeds(t, 100, func(t *testing.T, seed uint64) {
		x := newTalk(t, seed)
		for range 80 {
			x.random()
			x.look()
		}
		x.settle()
		x.look()
		for who, p := range x.probes() {
			inOrder(t, received(t, p), len(x.sizes[1-who]))
			if n := len(closes(p)); n != 0 {
				t.Fatalf("seed %d: %d connections were closed, and nobody had asked for it", seed, n)
			}
			frames += len(x.sizes[who])
		}
		cuts += x.w.Effect(FaultCut)
		mustCheck(t, x.w)
	})
	if frames < 2000 || cuts < 300 {
		t.Errorf("%d frames and %d held packets prove little", frames, cuts)
	}
}

// Who closes in order has all that was queued arrive, and then the end; a reset may take what is under way, but makes
// no holes, and is told to both once.
func TestStreamEndsOnce(t *testing.T) {
	short := 0
	seeds(t, 100, func(t *testing.T, seed uint64) {
		x := newTalk(t, seed)
		for range 40 {
			x.random()
		}
		orderly := seed%2 == 0
		var queued int
		if orderly {
			// What a closes after must have been read of the other side, or its kernel resets the connection.
			x.settle()
			send(x.ca, len(x.sizes[0]), 40_000)
			x.sizes[0] = append(x.sizes[0], 40_000)
			queued = len(x.sizes[0])
			x.ca.CloseAfterSend()
		} else {
			x.w.Reset(x.a, x.b)
		}
		x.settle()
		x.look()
		got := len(received(t, x.pb))
		if orderly && got != queued {
			t.Fatalf("seed %d: %d of %d frames came before the end", seed, got, queued)
		}
		if got < len(x.sizes[0]) {
			short++
		}
		for who, p := range x.probes() {
			c := closes(p)
			if len(c) != 1 {
				t.Fatalf("seed %d: %d heard %d times of the end", seed, who, len(c))
			}
			switch err := c[0].Err; {
			case orderly && who == 0 && err == nil, orderly && who == 1 && errors.Is(err, io.EOF), !orderly && errors.Is(err, wire.ECONNRESET):
			default:
				t.Fatalf("seed %d: orderly %v, and %d heard %v", seed, orderly, who, err)
			}
		}
		mustCheck(t, x.w)
	})
	if short < 10 {
		t.Errorf("only %d resets took something", short)
	}
}

// Behind a cut a connection is half open: of what one side does, its death included, the other hears nothing until
// the cut heals, or its own kernel gives up.
func TestHalfOpen(t *testing.T) {
	ends := map[string]func(x *talk){
		"close":  func(x *talk) { x.ca.Close() },
		"killed": func(x *talk) { x.a.Kill() },
		"power":  func(x *talk) { x.a.Power() },
	}
	for _, name := range []string{"close", "killed", "power"} {
		t.Run(name, func(t *testing.T) {
			x := newTalk(t, 3)
			send(x.ca, 0, 1000)
			x.w.RunFor(time.Second)
			x.w.Cut(x.a, x.b)
			ends[name](x)
			x.w.RunFor(10 * time.Minute)
			if len(closes(x.pb)) != 0 || len(received(t, x.pb)) != 1 {
				t.Fatal("something came through a cut")
			}
			// Nothing was sent, so b's kernel has nothing to give up; and a's has told its own end already.
			x.w.Heal(x.a, x.b)
			if name == "power" {
				send(x.cb, 0, 1000) // a machine that is up again knows nothing of the connection
				start(t, x.a, nil)
			}
			c := until[*actors.ConnClosed](t, x.w, x.pb, 1)
			if !errors.Is(c.Err, io.EOF) && !errors.Is(c.Err, wire.ECONNRESET) {
				t.Errorf("b heard %v", c.Err)
			}
			mustCheck(t, x.w)
		})
	}
}
