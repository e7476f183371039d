package simulation

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// pair is two machines with a probe each, and a connection between them.
type pair struct {
	w      *World
	a, b   *Machine
	pa, pb *probe
	ca, cb actors.Conn
}

func connect(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := newPairOfMachines(t, seed)
	p.pa.host.Net.Dial(p.pa.owner(7), actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 5 * time.Second})
	dialed := until[*actors.Dialed](t, p.w, p.pa, 1)
	if dialed.Err != nil || dialed.Epoch != 7 {
		t.Fatalf("seed %d: dialing gave %v, epoch %d", seed, dialed.Err, dialed.Epoch)
	}
	p.ca = dialed.Conn
	p.ca.Own(p.pa.owner(7))
	accepted := until[*actors.Accepted](t, p.w, p.pb, 1)
	if len(accepted.Remotes) != 1 || accepted.Remotes[0] != "tcp4://10.0.0.1" {
		t.Fatalf("accepted from %v", accepted.Remotes)
	}
	p.cb = accepted.Conn
	p.cb.Own(p.pb.owner(8))
	return p
}

func newPairOfMachines(t *testing.T, seed uint64) *pair {
	t.Helper()
	w := newWorld(t, seed)
	p := &pair{w: w, a: w.AddMachine("a", "10.0.0.1"), b: w.AddMachine("b", "10.0.0.2")}
	p.pa = start(t, p.a, nil)
	p.pb = start(t, p.b, nil)
	p.pb.host.Net.SetPeers([]string{"tcp4://10.0.0.1"})
	p.pb.host.Net.Listen(p.pb.owner(5), "tcp4://0.0.0.0:8457")
	if l := until[*actors.Listening](t, w, p.pb, 1); l.Err != nil {
		t.Fatal(l.Err)
	}
	return p
}

// send queues a frame with a number, some payload, and the number as its note.
func send(c actors.Conn, n int, size int) {
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(n + i)
	}
	f := &wire.OutFrame{Version: 1, Payload: payload, Compression: states.CompressionHole, Checksum: states.ChecksumCRC32}
	f.NV = wire.AppendU64(f.Scratch[:0], "seq", uint64(n))
	c.Send(f, numbered(n))
	*f = wire.OutFrame{} // the frame itself is the caller's again
}

// received lists the numbers of the frames that a probe got, and checks their payloads.
func received(t *testing.T, p *probe) []uint64 {
	t.Helper()
	var list []uint64
	for _, in := range messages[*actors.FramesIn](p) {
		for _, f := range in.Frames {
			n, ok := f.NV.U64("seq")
			if !ok || f.PayloadErr != nil {
				t.Fatalf("a frame came without its number, or: %v", f.PayloadErr)
			}
			for i, c := range f.Payload {
				if c != byte(int(n)+i) {
					t.Fatalf("frame %d: byte %d of its payload is %d", n, i, c)
				}
			}
			list = append(list, n)
		}
	}
	return list
}

func inOrder(t *testing.T, list []uint64, n int) {
	t.Helper()
	for i, x := range list {
		if x != uint64(i) {
			t.Fatalf("frames came in the order %v", list)
		}
	}
	if len(list) != n {
		t.Fatalf("%d frames came of %d", len(list), n)
	}
}

func TestFramesArriveInOrder(t *testing.T) {
	seeds(t, 30, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		const n = 40
		for i := range n {
			send(p.ca, i, (i*977)%(70<<10))
		}
		p.w.RunFor(2 * time.Second)
		inOrder(t, received(t, p.pb), n)
		if notes := messages[numbered](p.pa); len(notes) != n || notes[n-1] != n-1 {
			t.Fatalf("seed %d: %d notes came back", seed, len(notes))
		}
		p.ca.CloseAfterSend()
		if c := until[*actors.ConnClosed](t, p.w, p.pa, 1); c.Err != nil || c.Epoch != 7 {
			t.Fatalf("seed %d: our own close said %v", seed, c.Err)
		}
		if c := until[*actors.ConnClosed](t, p.w, p.pb, 1); !errors.Is(c.Err, io.EOF) {
			t.Fatalf("seed %d: the peer's close said %v", seed, c.Err)
		}
		p.ca.Close()
		p.cb.Close()
		p.w.RunFor(time.Hour)
		if len(messages[*actors.ConnClosed](p.pa)) != 1 || len(messages[*actors.ConnClosed](p.pb)) != 1 {
			t.Fatalf("seed %d: a close was told twice", seed)
		}
		if len(p.w.fabric.ends) != 0 {
			t.Fatalf("seed %d: %d ends are left", seed, len(p.w.fabric.ends))
		}
		mustCheck(t, p.w)
	})
}

func TestBackpressure(t *testing.T) {
	p := connect(t, 3)
	p.cb.SetReading(false)
	const n = 60
	for i := range n {
		send(p.ca, i, 64<<10)
	}
	p.w.RunFor(time.Minute)
	stalled := len(messages[numbered](p.pa))
	if stalled > 20 || len(received(t, p.pb)) > 1 {
		t.Fatalf("nobody reads, but %d frames were taken and %d came", stalled, len(received(t, p.pb)))
	}
	p.cb.SetReading(true)
	p.w.RunFor(time.Minute)
	inOrder(t, received(t, p.pb), n)
	mustCheck(t, p.w)
}

func TestCutHoldsBackAndHealDelivers(t *testing.T) {
	p := connect(t, 4)
	p.w.CutOneWay(p.a, p.b)
	for i := range 3 {
		send(p.ca, i, 100)
		send(p.cb, i, 100)
	}
	p.w.RunFor(10 * time.Second)
	if n := len(received(t, p.pb)); n != 0 {
		t.Fatalf("%d frames came through a cut", n)
	}
	inOrder(t, received(t, p.pa), 3)
	p.w.Heal(p.a, p.b)
	p.w.RunFor(10 * time.Second)
	inOrder(t, received(t, p.pb), 3)
}

func TestKernelGivesUp(t *testing.T) {
	p := connect(t, 4)
	p.w.Cut(p.a, p.b)
	send(p.ca, 0, 100)
	p.w.RunFor(repeatFor + time.Minute)
	if c := messages[*actors.ConnClosed](p.pa); len(c) != 1 || !errors.Is(c[0].Err, wire.ETIMEDOUT) {
		t.Fatalf("after a quarter of an hour of silence: %v", c)
	}
}

func TestDeadPeers(t *testing.T) {
	p := connect(t, 5)
	p.b.Kill()
	if c := until[*actors.ConnClosed](t, p.w, p.pa, 1); !errors.Is(c.Err, io.EOF) && !errors.Is(c.Err, wire.ECONNRESET) {
		t.Errorf("a killed peer gave %v", c.Err)
	}

	p = connect(t, 6)
	p.b.Power()
	send(p.ca, 0, 100)
	p.w.RunFor(time.Minute)
	if n := len(messages[*actors.ConnClosed](p.pa)); n != 0 {
		t.Error("a peer without power closed its connection")
	}
	start(t, p.b, nil)
	if c := until[*actors.ConnClosed](t, p.w, p.pa, 1); !errors.Is(c.Err, wire.ECONNRESET) {
		t.Errorf("a rebooted peer gave %v", c.Err)
	}

	p = connect(t, 7)
	p.w.Reset(p.a, p.b)
	for _, q := range []*probe{p.pa, p.pb} {
		if c := until[*actors.ConnClosed](t, p.w, q, 1); !errors.Is(c.Err, wire.ECONNRESET) {
			t.Errorf("a reset gave %v", c.Err)
		}
	}
}

func TestDial(t *testing.T) {
	p := newPairOfMachines(t, 8)
	dial := func(spec actors.DialSpec) *actors.Dialed {
		n := len(messages[*actors.Dialed](p.pa))
		p.pa.host.Net.Dial(p.pa.owner(1), spec)
		return until[*actors.Dialed](t, p.w, p.pa, n+1)
	}
	second := time.Second
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2:99", Timeout: second}); !d.Refused {
		t.Errorf("a port without listener gave %v", d.Err)
	}
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.9", Timeout: second}); d.Refused || !errors.Is(d.Err, wire.EHOSTUNREACH) {
		t.Errorf("a strange address gave %v", d.Err)
	}
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Source: "tcp4://10.0.0.8", Timeout: second}); !errors.Is(d.Err, wire.EINVAL) {
		t.Errorf("a strange source gave %v", d.Err)
	}
	p.w.Refuse(p.b, true)
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: second}); !d.Refused {
		t.Errorf("a refusing machine gave %v", d.Err)
	}
	p.w.Refuse(p.b, false)
	p.w.Cut(p.a, p.b)
	before := p.w.Now()
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 3 * second}); d.Refused || !errors.Is(d.Err, wire.ETIMEDOUT) {
		t.Errorf("a cut gave %v", d.Err)
	}
	if took := p.w.Now() - before; took < 3*second {
		t.Errorf("a timeout of 3 s came after %v", took)
	}
	p.w.Heal(p.a, p.b)
	p.pb.host.Net.SetPeers([]string{"tcp4://10.0.0.77"})
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 3 * second}); d.Err != nil {
		t.Errorf("a healed network gave %v", d.Err)
	}
	until[*actors.Stranger](t, p.w, p.pb, 1)
	p.b.Kill()
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: second}); !d.Refused {
		t.Errorf("a machine without node gave %v", d.Err)
	}
	p.b.Power()
	if d := dial(actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: second}); d.Refused {
		t.Error("a machine without power refused a connection")
	}
}

func TestGarbageClosesTheConnection(t *testing.T) {
	p := connect(t, 9)
	f := &wire.OutFrame{Version: 1, Payload: make([]byte, 4096)}
	f.NV = wire.AppendU64(f.Scratch[:0], "seq", 1)
	p.cb.SetMaxPayload(1024)
	p.ca.Send(f, nil)
	var limit *wire.LimitError
	if c := until[*actors.ConnClosed](t, p.w, p.pb, 1); !errors.As(c.Err, &limit) {
		t.Errorf("too much payload gave %v", c.Err)
	}
	until[*actors.ConnClosed](t, p.w, p.pa, 1)
}

func TestConnFindsChangedPayloads(t *testing.T) {
	p := connect(t, 10)
	payload := make([]byte, 4096)
	f := &wire.OutFrame{Version: 1, Payload: payload}
	f.NV = wire.AppendU64(f.Scratch[:0], "seq", 1)
	p.ca.Send(f, numbered(1))
	payload[9] = 1
	until[numbered](t, p.w, p.pa, 1)
	if len(p.w.Violations()) != 1 {
		t.Errorf("violations: %v", p.w.Violations())
	}
}

var _ actor.Actor = (*probe)(nil)

// Who owns a connection that has ended before that hears of its end, once, as at the machine's edge: a node that
// was paused meanwhile finds the end of what it dialed only this way.
func TestConnectionThatEndedBeforeItWasOwned(t *testing.T) {
	p := newPairOfMachines(t, 1)
	p.pa.host.Net.Dial(p.pa.owner(7), actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 5 * time.Second})
	dialed := until[*actors.Dialed](t, p.w, p.pa, 1)
	p.w.Reset(p.a, p.b)
	p.w.RunFor(time.Second)
	dialed.Conn.Own(p.pa.owner(7))
	closed := until[*actors.ConnClosed](t, p.w, p.pa, 1)
	if closed.Epoch != 7 || closed.Conn != dialed.Conn || !errors.Is(closed.Err, wire.ECONNRESET) {
		t.Errorf("heard %+v", closed)
	}
	dialed.Conn.Own(p.pa.owner(8))
	dialed.Conn.Close()
	p.w.RunFor(time.Second)
	if n := len(messages[*actors.ConnClosed](p.pa)); n != 1 {
		t.Errorf("heard %d times that the connection ended", n)
	}
}
