package cmd_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/tcp"
	"hast/simulation"
	"hast/wire"
)

// TestNetworksAgree plays random talks on a connection of the made-up network and on one of TCP on the loopback interface,
// both through the seam that the nodes have, and wants each side to see the same: what arrives, in which order, which
// notes come back, and how the connection ends. Nothing is timed: each wait is for what must come.
func TestNetworksAgree(t *testing.T) {
	seen := make(map[string]int)
	n := uint64(60)
	if testing.Short() {
		n = 12
	}
	for seed := range n {
		talk := newTalk(seed)
		t.Run(fmt.Sprintf("%d-%s", seed, talk.ending), func(t *testing.T) {
			made, real := talk.play(t, madeUp(t, seed)), talk.play(t, overTCP(t))
			seen[talk.ending]++
			for who := range made {
				m, r := made[who], real[who]
				// Who closes second may hear of the first close before.
				either := talk.ending == "both" && who != talk.who && r.end == theirClose
				// A reader that was slow to stop may have taken all into its buffer, though it hands nothing on: then nothing
				// is unread for the kernel, and TCP just closes.
				either = either || talk.ending == "unread" && who != talk.who && r.end == theirClose
				if m.end != r.end && !either {
					t.Errorf("side %d hears %q in the made-up world, and %q of TCP", who, m.end, r.end)
				}
				// A reset takes what is under way: how much is open, what arrives is not.
				frames := min(len(m.frames), len(r.frames))
				if talk.ending != "unread" && len(m.frames) != len(r.frames) || !slices.Equal(m.frames[:frames], r.frames[:frames]) {
					t.Errorf("side %d gets %d frames in the made-up world, and %d of TCP: %v and %v", who, len(m.frames), len(r.frames), m.frames, r.frames)
				}
				if !slices.Equal(m.notes, r.notes) {
					t.Errorf("side %d has the notes %v back in the made-up world, and %v of TCP", who, m.notes, r.notes)
				}
			}
		})
	}
	for _, ending := range endings {
		if seen[ending] == 0 {
			t.Errorf("no talk ends like this: %s", ending)
		}
	}
}

// The ways in which talks end: one side closes; it closes after what it has queued; it closes while it has not read what
// the other one has sent, which resets the connection; both close; one floods the other, which doesn't read, until both
// kernels are full, and then reads.
var endings = []string{"close", "after-send", "unread", "both", "full"}

// talk is what happens on a connection.
type talk struct {
	acts   []talkAct
	ending string
	who    int // who ends it
}

// talkAct: one side sends frames of these sizes, in bytes, or the other side stops or resumes reading before.
type talkAct struct {
	who   int
	sizes []int
	pause bool // who doesn't send stops reading for this act, until all is sent
}

func newTalk(seed uint64) *talk {
	r := rand.New(rand.NewPCG(seed, 77))
	x := &talk{ending: endings[seed%uint64(len(endings))], who: r.IntN(2)}
	for range 1 + r.IntN(8) {
		a := talkAct{who: r.IntN(2), pause: r.IntN(3) == 0}
		for range 1 + r.IntN(12) {
			size := r.IntN(3000)
			if r.IntN(5) == 0 {
				size = r.IntN(128 << 10)
			}
			a.sizes = append(a.sizes, size)
		}
		x.acts = append(x.acts, a)
	}
	return x
}

// heardOf is what one side saw.
type heardOf struct {
	frames []frameSeen
	notes  []int
	end    string
}

// frameSeen is a frame by its number, and the sum of its payload.
type frameSeen struct {
	number uint64
	sum    uint32
}

// road is a connection's two ends in one of the two worlds, and how to wait there.
type road struct {
	ends  [2]actors.Conn
	heard *[2]heardOf
	await func(t *testing.T, what string, until func() bool)
	quiet func(look func()) // looks at heard while nobody changes it
	pass  func()            // lets arrive what was sent; on the loopback interface that has happened
}

// sizeOfFlood is more than the two kernels of a TCP connection hold together, as they are configured anywhere.
const sizeOfFlood = 96 << 20

func (x *talk) play(t *testing.T, r *road) [2]heardOf {
	t.Helper()
	var sent [2]int
	payload := make([]byte, 128<<10)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	send := func(who, size int) {
		f := &wire.OutFrame{Version: 2, Payload: payload[:size]}
		f.NV = wire.AppendU64(f.Scratch[:0], "seq", uint64(sent[who]))
		r.ends[who].Send(f, sent[who])
		sent[who]++
	}
	arrived := func(who int) {
		t.Helper()
		r.await(t, fmt.Sprintf("%d frames at side %d", sent[1-who], who), func() bool { return len(r.heard[who].frames) == sent[1-who] })
		r.await(t, fmt.Sprintf("%d notes at side %d", sent[1-who], 1-who), func() bool { return len(r.heard[1-who].notes) == sent[1-who] })
	}
	ended := func(who int) {
		t.Helper()
		r.await(t, fmt.Sprintf("the end at side %d", who), func() bool { return r.heard[who].end != "" })
	}
	for _, a := range x.acts {
		if a.pause {
			r.ends[1-a.who].SetReading(false)
		}
		for _, size := range a.sizes {
			send(a.who, size)
		}
		r.ends[1-a.who].SetReading(true)
		arrived(1 - a.who)
	}
	one, other := r.ends[x.who], r.ends[1-x.who]
	switch x.ending {
	case "close":
		one.Close()
	case "after-send":
		for range 20 {
			send(x.who, 10_000)
		}
		one.CloseAfterSend()
		arrived(1 - x.who)
	case "unread":
		one.SetReading(false)
		// The first may still be read, by a reader that waits for it already; what lies behind it is not. A kernel takes
		// all of it.
		for range 6 {
			send(1-x.who, 8<<10)
			r.await(t, "a note", func() bool { return len(r.heard[1-x.who].notes) == sent[1-x.who] })
		}
		r.pass()
		one.Close()
	case "both":
		one.Close()
		other.Close()
	case "full":
		other.SetReading(false)
		for range sizeOfFlood / len(payload) {
			send(x.who, len(payload))
		}
		r.quiet(func() {
			if len(r.heard[x.who].notes) == sent[x.who] {
				t.Errorf("%d bytes are with two kernels, and nobody reads", sizeOfFlood)
			}
		})
		other.SetReading(true)
		arrived(1 - x.who)
		other.Close()
	}
	ended(0)
	ended(1)
	// A note always comes back, before the end.
	var result [2]heardOf
	r.quiet(func() { result = *r.heard })
	for who := range result {
		if len(result[who].notes) != sent[who] {
			t.Errorf("side %d has %d of its %d notes back at the end", who, len(result[who].notes), sent[who])
		}
	}
	return result
}

// The ends that a side may hear of.
const ownClose, theirClose, reset = "its own close", "the other's close", "a reset"

// take notes what a side is told.
func (h *heardOf) take(t *testing.T, msg any) {
	switch m := msg.(type) {
	case *actors.FramesIn:
		for _, f := range m.Frames {
			n, ok := f.NV.U64("seq")
			if !ok || f.PayloadErr != nil {
				t.Errorf("a frame came without its number, or: %v", f.PayloadErr)
			}
			h.frames = append(h.frames, frameSeen{n, crc32.ChecksumIEEE(f.Payload)})
			f.Release()
		}
	case int:
		h.notes = append(h.notes, m)
	case *actors.ConnClosed:
		switch {
		case m.Err == nil:
			h.end += ownClose
		case errors.Is(m.Err, io.EOF):
			h.end += theirClose
		case errors.Is(m.Err, wire.ECONNRESET), errors.Is(m.Err, syscall.ECONNRESET), errors.Is(m.Err, syscall.EPIPE):
			h.end += reset
		default:
			h.end += m.Err.Error()
		}
	}
}

// madeUp connects two machines of a simulated world.
func madeUp(t *testing.T, seed uint64) *road {
	t.Helper()
	w := simulation.NewWorld(seed)
	t.Cleanup(w.Close)
	r := &road{heard: new([2]heardOf)}
	r.quiet = func(look func()) { look() }
	r.pass = func() { w.RunFor(time.Minute) }
	r.await = func(t *testing.T, what string, until func() bool) {
		t.Helper()
		if err := w.Run(until, time.Hour); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	var hosts [2]*actors.Host
	var owners [2]actors.Owner
	listens := false
	for i := range hosts {
		m := w.AddMachine(string(rune('a'+i)), fmt.Sprintf("10.0.0.%d", 1+i))
		var exec actors.Executor
		if err := m.Start(func(h *actors.Host) *actor.Props {
			hosts[i], exec = h, h.Exec.Executor("talk")
			return actor.PropsFromFunc(func(c actor.Context) {
				switch msg := c.Message().(type) {
				case *actors.Listening:
					listens = msg.Err == nil
				case *actors.Dialed:
					r.ends[i] = msg.Conn
				case *actors.Accepted:
					r.ends[i] = msg.Conn
				default:
					r.heard[i].take(t, msg)
				}
			}, exec.Options()...)
		}); err != nil {
			t.Fatal(err)
		}
		owners[i] = actors.Owner{PID: m.Root(), Exec: exec, Epoch: 1}
	}
	hosts[1].Net.SetPeers([]string{"tcp4://10.0.0.1"})
	hosts[1].Net.Listen(owners[1], "tcp4://0.0.0.0:8457")
	r.await(t, "a listener", func() bool { return listens })
	hosts[0].Net.Dial(owners[0], actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: time.Minute})
	r.await(t, "a connection", func() bool { return r.ends[0] != nil && r.ends[1] != nil })
	for i, c := range r.ends {
		c.Own(owners[i])
	}
	return r
}

// overTCP connects two ends by TCP.
func overTCP(t *testing.T) *road {
	t.Helper()
	var mu sync.Mutex
	changed := sync.NewCond(&mu)
	r := &road{heard: new([2]heardOf)}
	pids := [2]*actor.PID{{Id: "a"}, {Id: "b"}}
	var listener actors.Listener
	n := tcp.NewNetwork(hclog.NewNullLogger(), func(to *actor.PID, msg any) {
		mu.Lock()
		defer mu.Unlock()
		defer changed.Broadcast()
		i := slices.Index(pids[:], to)
		switch m := msg.(type) {
		case *actors.Listening:
			listener = m.Listener
		case *actors.Dialed:
			r.ends[i] = m.Conn
		case *actors.Accepted:
			r.ends[i] = m.Conn
		default:
			r.heard[i].take(t, msg)
		}
	})
	r.pass = func() {}
	r.quiet = func(look func()) {
		mu.Lock()
		defer mu.Unlock()
		look()
	}
	r.await = func(_ *testing.T, _ string, until func() bool) {
		mu.Lock()
		defer mu.Unlock()
		for !until() {
			changed.Wait()
		}
	}
	owner := func(i int) actors.Owner { return actors.Owner{PID: pids[i], Epoch: 1} }
	n.SetPeers([]string{"127.0.0.1"})
	n.Listen(owner(1), "tcp4://127.0.0.1:0")
	r.await(t, "a listener", func() bool { return listener != nil })
	t.Cleanup(listener.Close)
	n.Dial(owner(0), actors.DialSpec{Remote: listener.(interface{ Addr() string }).Addr(), Timeout: time.Minute})
	r.await(t, "a connection", func() bool { return r.ends[0] != nil && r.ends[1] != nil })
	for i, c := range r.ends {
		c.Own(owner(i))
	}
	return r
}
