package simulation

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// second makes another connection between the two.
func (p *pair) second(t *testing.T) (ca, cb actors.Conn) {
	t.Helper()
	n, m := len(messages[*actors.Dialed](p.pa)), len(messages[*actors.Accepted](p.pb))
	p.pa.host.Net.Dial(p.pa.owner(17), actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 5 * time.Second})
	ca = until[*actors.Dialed](t, p.w, p.pa, n+1).Conn
	ca.Own(p.pa.owner(17))
	cb = until[*actors.Accepted](t, p.w, p.pb, m+1).Conn
	cb.Own(p.pb.owner(18))
	return ca, cb
}

func TestStalledConnectionBesideOneThatLives(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		ca, _ := p.second(t)
		if !p.w.Stall(p.a, p.b, 0) || p.w.Stall(p.a, p.b, 2) {
			t.Fatal("the wrong connections exist")
		}
		for i := range 3 {
			send(p.ca, 10+i, 100)
			send(ca, i, 100)
		}
		p.w.RunFor(time.Minute)
		inOrder(t, received(t, p.pb), 3)
		p.w.Unstall(p.b, p.a)
		p.w.RunFor(time.Minute)
		if n := len(received(t, p.pb)); n != 6 || p.w.Effect(FaultStall) == 0 {
			t.Fatalf("seed %d: %d frames came of 6", seed, n)
		}
		p.w.ResetOne(p.a, p.b, -1)
		if c := until[*actors.ConnClosed](t, p.w, p.pa, 1); c.Epoch != 17 || !errors.Is(c.Err, wire.ECONNRESET) {
			t.Fatalf("seed %d: the connection of epoch %d ended with %v", seed, c.Epoch, c.Err)
		}
		send(p.ca, 20, 100)
		p.w.RunFor(time.Minute)
		if n := len(received(t, p.pb)); n != 7 {
			t.Fatalf("seed %d: the other connection ended, too", seed)
		}
		p.w.Swizzle(p.a, p.b, time.Minute)
		p.w.RunFor(time.Minute)
		send(p.ca, 21, 100)
		p.w.RunFor(2 * time.Minute)
		if n := len(received(t, p.pb)); n != 8 {
			t.Fatalf("seed %d: after a swizzle %d frames came of 8", seed, n)
		}
		mustCheck(t, p.w)
	})
}

// Bytes arrive in order whatever holds them back on the way.
func TestOrderOverCutsAndStalls(t *testing.T) {
	seeds(t, 60, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		r := p.w.chance.workload
		n := 0
		for range 40 {
			switch r.IntN(6) {
			case 0:
				p.w.CutOneWay(p.a, p.b)
			case 1:
				p.w.Heal(p.a, p.b)
			case 2:
				p.w.Stall(p.a, p.b, 0)
			case 3:
				p.w.Unstall(p.a, p.b)
			default:
				for range 1 + r.IntN(4) {
					send(p.ca, n, r.IntN(30_000))
					n++
				}
			}
			p.w.RunFor(between(r, 0, 3*time.Millisecond))
		}
		p.w.Heal(p.a, p.b)
		p.w.Unstall(p.a, p.b)
		p.w.RunFor(time.Minute)
		inOrder(t, received(t, p.pb), n)
		mustCheck(t, p.w)
	})
}

func TestOneSidedReset(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		p.w.ResetAt(p.a, p.b)
		if c := until[*actors.ConnClosed](t, p.w, p.pa, 1); !errors.Is(c.Err, wire.ECONNRESET) {
			t.Fatalf("seed %d: the reset end was told %v", seed, c.Err)
		}
		p.w.RunFor(time.Hour)
		if n := len(messages[*actors.ConnClosed](p.pb)); n != 0 {
			t.Fatalf("seed %d: the other end heard of a one-sided reset", seed)
		}
		send(p.cb, 0, 100)
		if c := until[*actors.ConnClosed](t, p.w, p.pb, 1); !errors.Is(c.Err, wire.ECONNRESET) {
			t.Fatalf("seed %d: after sending it was told %v", seed, c.Err)
		}
		p.w.RunFor(time.Minute)
		if len(p.w.fabric.ends) != 0 {
			t.Fatalf("seed %d: %d ends are left", seed, len(p.w.fabric.ends))
		}
	})
}

func TestHalfOpenConnection(t *testing.T) {
	p := newPairOfMachines(t, 1)
	p.w.HalfOpen(p.b, 1)
	p.pa.host.Net.Dial(p.pa.owner(7), actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 5 * time.Second})
	c := until[*actors.Dialed](t, p.w, p.pa, 1).Conn
	c.Own(p.pa.owner(7))
	send(c, 0, 1000)
	p.w.RunFor(time.Hour)
	if n := len(messages[*actors.Accepted](p.pb)); n != 0 || p.w.Effect(FaultHalfOpen) != 1 {
		t.Errorf("%d connections were accepted", n)
	}
	if len(messages[numbered](p.pa)) != 1 || len(messages[*actors.ConnClosed](p.pa)) != 0 {
		t.Error("the dialer noticed")
	}
	c.Close()
	p.w.RunFor(time.Hour)
	if len(p.w.fabric.ends) != 0 {
		t.Errorf("%d ends are left", len(p.w.fabric.ends))
	}
	p.second(t)
	mustCheck(t, p.w)
}

func TestThrottledWay(t *testing.T) {
	p := connect(t, 1)
	p.w.Throttle(p.a, p.b, 100*time.Millisecond, 10_000)
	for i := range 10 {
		send(p.ca, i, 0)
		send(p.cb, i, 0)
	}
	p.w.RunFor(90 * time.Millisecond)
	if n, m := len(received(t, p.pa)), len(received(t, p.pb)); n != 10 || m != 0 {
		t.Errorf("%d frames came the fast way, %d the slow way", n, m)
	}
	f := &wire.OutFrame{Version: 1, Payload: bytes.Repeat([]byte{1, 2, 3, 4}, 25_000)}
	f.NV = wire.AppendU64(f.Scratch[:0], "seq", 10)
	p.ca.Send(f, nil)
	p.w.RunFor(9 * time.Second)
	if m := len(received(t, p.pb)); m != 10 {
		t.Errorf("%d frames came at 10 kB/s in 9 s", m)
	}
	p.w.RunFor(3 * time.Second)
	if n := len(messages[*actors.FramesIn](p.pb)); n == 0 || p.w.Effect(FaultDelay) == 0 {
		t.Error("nothing came at all")
	}
}

// A bit that flips on the way is found by the payload's checksum, and what the sender holds is untouched.
func TestFlippedPayloads(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		p.w.FlipPayloads(p.a, p.b, 1)
		payload := filled('x', 4096)
		f := &wire.OutFrame{Version: 1, Payload: payload, Checksum: states.ChecksumSHA256}
		f.NV = wire.AppendU64(f.Scratch[:0], "seq", 1)
		p.ca.Send(f, numbered(1))
		until[numbered](t, p.w, p.pa, 1)
		in := until[*actors.FramesIn](t, p.w, p.pb, 1)
		if in.Frames[0].PayloadErr == nil || p.w.Effect(FaultWireFlip) != 1 {
			t.Fatalf("seed %d: a wrong payload was not found", seed)
		}
		send(p.ca, 0, 2000)
		second := until[*actors.FramesIn](t, p.w, p.pb, 2)
		if second.Frames[0].PayloadErr != nil {
			t.Fatalf("seed %d: the next one is wrong, too: %v", seed, second.Frames[0].PayloadErr)
		}
		mustCheck(t, p.w)
	})
}

func TestThirdParty(t *testing.T) {
	p := newPairOfMachines(t, 1)
	if !p.w.Intrude(p.b, 8457, nil, Hello("shared")) || p.w.Intrude(p.b, 99, nil, nil) {
		t.Error("somebody listens at the wrong port")
	}
	until[*actors.Stranger](t, p.w, p.pb, 1)
	p.w.Intrude(p.b, 8457, p.a, HelloAgain("shared", 7))
	c := until[*actors.Accepted](t, p.w, p.pb, 1).Conn
	c.Own(p.pb.owner(3))
	in := until[*actors.FramesIn](t, p.w, p.pb, 1)
	if h, err := wire.DecodeHello2(in.Frames[0].NV); err != nil || h.Token[0] != 7 {
		t.Errorf("the third party's hello: %+v, %v", h, err)
	}
	if c := until[*actors.ConnClosed](t, p.w, p.pb, 1); !errors.Is(c.Err, io.EOF) {
		t.Errorf("it hung up with %v", c.Err)
	}
	p.w.RunFor(time.Minute)
	if len(p.w.fabric.ends) != 0 {
		t.Errorf("%d ends are left", len(p.w.fabric.ends))
	}
}
