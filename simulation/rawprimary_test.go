package simulation

import (
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// rawPrimary speaks to a secondary frame by frame, as an original or a broken primary may.
type rawPrimary struct {
	*Pair
	t       *testing.T
	p       *probe
	epoch   uint64
	out, in actors.Conn // requests; replies
	seq     uint64
	reply   wire.Hello2Reply
}

// newRawPrimary starts B as a secondary whose peer is the test.
func newRawPrimary(t *testing.T, seed uint64) *rawPrimary {
	t.Helper()
	p, err := NewPair(PairSpec{Seed: seed, Node: actors.NewNode, Settings: []string{"timeout 5"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.World.Close)
	r := &rawPrimary{Pair: p, t: t, p: start(t, p.A, nil), epoch: 10}
	p.must(t, "start B", p.Start(p.B))
	p.must(t, "B secondary", p.SetRole(p.B, states.RoleSecondary, false))
	return r
}

func (r *rawPrimary) dial() actors.Conn {
	r.t.Helper()
	r.epoch++
	n := len(messages[*actors.Dialed](r.p))
	r.p.host.Net.Dial(r.p.owner(r.epoch), actors.DialSpec{Remote: "tcp4://10.0.0.2", Timeout: 5 * time.Second})
	d := until[*actors.Dialed](r.t, r.World, r.p, n+1)
	if d.Err != nil {
		r.t.Fatal(d.Err)
	}
	d.Conn.Own(r.p.owner(r.epoch))
	return d.Conn
}

func (r *rawPrimary) send(c actors.Conn, nv, payload []byte) {
	f := &wire.OutFrame{Version: 2, NV: nv, Payload: payload}
	c.Send(f, nil)
}

// frame waits for the next frame of a connection, nil if that ends first.
func (r *rawPrimary) frame(c actors.Conn, n int) *wire.InFrame {
	r.t.Helper()
	var got []*wire.InFrame
	ended := false
	look := func() bool {
		got, ended = nil, false
		for _, m := range r.p.got {
			switch m := m.(type) {
			case *actors.FramesIn:
				if m.Conn == c {
					got = append(got, m.Frames...)
				}
			case *actors.ConnClosed:
				ended = ended || m.Conn == c
			}
		}
		return len(got) >= n || ended
	}
	if err := r.World.Run(look, time.Minute); err != nil {
		r.t.Fatalf("frame %d: %v", n, err)
	}
	if len(got) < n {
		return nil
	}
	return got[n-1]
}

// connect does the handshake of an original with these counters.
func (r *rawPrimary) connect(resuid, local, remote uint64) {
	r.t.Helper()
	r.out = r.dial()
	r.send(r.out, wire.AppendHello1(nil, &wire.Hello1{Resource: Resource, Version: 2}), nil)
	first, err := wire.DecodeHello1Reply(r.frame(r.out, 1).NV)
	if err != nil || first.ErrMsg != "" {
		r.t.Fatal(first.ErrMsg, err)
	}
	r.in = r.dial()
	r.send(r.in, wire.AppendHello2(nil, &wire.Hello2{Resource: Resource, Token: first.Token, ResUID: resuid, LocalCnt: local, RemoteCnt: remote}), nil)
	if r.reply, err = wire.DecodeHello2Reply(r.frame(r.out, 2).NV); err != nil || r.reply.ErrMsg != "" {
		r.t.Fatal(r.reply.ErrMsg, err)
	}
}

func (r *rawPrimary) request(q wire.Request, payload []byte) uint64 {
	r.t.Helper()
	r.seq++
	q.Seq = r.seq
	nv, err := wire.AppendRequest(nil, &q)
	if err != nil {
		r.t.Fatal(err)
	}
	r.send(r.out, nv, payload)
	return r.seq
}

func (r *rawPrimary) write(off uint64, fill byte, memsync bool) uint64 {
	buf := make([]byte, 4096)
	for i := range buf {
		buf[i] = fill
	}
	return r.request(wire.Request{Cmd: states.OpWrite, Offset: off, Length: 4096, Memsync: memsync}, buf)
}

func (r *rawPrimary) hangUp() {
	r.out.Close()
	r.in.Close()
}

func (r *rawPrimary) fitness() string {
	r.t.Helper()
	s, err := r.Status(r.B)
	r.must(r.t, "status", err)
	return s.Unfit
}

// promotable reports whether B, whose peer is gone, lets itself be promoted.
func (r *rawPrimary) promotable() bool {
	r.t.Helper()
	err := r.SetRole(r.B, states.RolePrimary, false)
	if err == nil {
		r.must(r.t, "secondary again", r.SetRole(r.B, states.RoleSecondary, false))
	}
	r.must(r.t, "secondary again", r.AwaitStatus(r.B, "secondary", func(s *actors.Status) bool { return s.State == "secondary" }, time.Minute))
	return err == nil
}

// A fresh copy under an original is none until a hello shows that the counters are equal: it says so in no
// other way that the copy has ended (I17, design 5).
func TestFreshCopyUnderAnOriginalIsUnfit(t *testing.T) {
	seeds(t, 3, func(t *testing.T, seed uint64) {
		r := newRawPrimary(t, 4000+seed)
		r.connect(77, 1, 0)
		if !r.reply.Virgin || r.reply.LocalCnt != 0 || r.reply.RemoteCnt != 0 {
			t.Fatalf("seed %d: %+v", seed, r.reply)
		}
		r.write(0, 1, false)
		r.frame(r.in, 1)
		if f := r.fitness(); f != "inconsistent" {
			t.Fatalf("seed %d: half copied, and %s", seed, f)
		}
		r.hangUp()
		if r.promotable() {
			t.Fatalf("seed %d: a half copied component is promoted", seed)
		}
		r.connect(77, 0, 0)
		if f := r.fitness(); f != "fit" {
			t.Errorf("seed %d: counters are equal, and %s", seed, f)
		}
		r.hangUp()
		if !r.promotable() {
			t.Errorf("seed %d: a whole copy isn't promoted", seed)
		}
	})
}

// A copy that an original finds behind is outdated from the reply on, inconsistent before the first byte lands,
// and fit again when counters are equal (I17).
func TestCopyBehindAnOriginalIsUnfit(t *testing.T) {
	seeds(t, 3, func(t *testing.T, seed uint64) {
		r := newRawPrimary(t, 4100+seed)
		r.connect(77, 1, 0)
		r.hangUp()
		r.connect(77, 0, 0)
		r.hangUp()
		r.connect(77, 1, 0)
		if f := r.fitness(); f != "outdated" {
			t.Errorf("seed %d: behind, and %s", seed, f)
		}
		before := string(r.Data(r.B))
		r.write(0, 7, false)
		r.must(t, "lands", r.World.Run(func() bool { return string(r.Data(r.B)) != before }, time.Minute))
		rec, err := r.Disk(r.B).Record()
		if err != nil || rec.Unfit != states.Inconsistent {
			t.Errorf("seed %d: it is overwritten, and its durable record says %s: %v", seed, rec.Unfit, err)
		}
		r.hangUp()
		r.connect(77, 0, 0)
		if f := r.fitness(); f != "fit" {
			t.Errorf("seed %d: counters are equal, and %s", seed, f)
		}
	})
}

// A request that can't be understood ends the session, and the next one begins like any other.
func TestBrokenRequestEndsTheSession(t *testing.T) {
	for _, c := range []struct {
		name string
		nv   []byte
	}{
		{"no command", wire.AppendU64(nil, "seq", 9)},
		{"seq 0", wire.AppendU64(wire.AppendU64(wire.AppendU64(wire.AppendU8(nil, "cmd", uint8(states.OpRead)), "seq", 0), "offset", 0), "length", 512)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRawPrimary(t, 4200)
			r.connect(77, 1, 0)
			from := r.World.Now()
			r.send(r.out, c.nv, nil)
			r.frame(r.out, 9) // it ends
			r.frame(r.in, 9)
			if took := r.World.Now() - from; took > time.Second {
				t.Errorf("the session ended after %v: it was left to die of silence", took)
			}
			s, err := r.Status(r.B)
			r.must(t, "status", err)
			if s.Link != "none" || !strings.Contains(s.Reason, "understood") || s.Remedy == "" {
				t.Errorf("link %s, reason %q, remedy %q", s.Link, s.Reason, s.Remedy)
			}
			r.connect(77, 1, 0)
		})
	}
}

// What was acknowledged as received is applied although the primary is gone: before the next hello has its
// answer, and before a role or a stop (I36).
func TestReceivedIsApplied(t *testing.T) {
	for _, then := range []string{"hello", "primary", "init", "stop"} {
		t.Run(then, func(t *testing.T) {
			seeds(t, 3, func(t *testing.T, seed uint64) {
				r := newRawPrimary(t, 4300+seed)
				r.connect(77, 1, 0)
				r.hangUp()
				r.connect(77, 0, 0)
				r.write(1<<18, 1, false) // the first request has the own map cleared
				r.frame(r.in, 1)
				r.World.RunFor(time.Second)
				r.Disk(r.B).Slow(200)
				const n = 20
				for i := range uint64(n) {
					r.write(i%5*4096, byte(1+i), true)
				}
				for got, at := 0, 2; got < n; at++ {
					reply, err := wire.DecodeReply(r.frame(r.in, at).NV)
					if err != nil || reply.Error != 0 {
						t.Fatalf("seed %d: %+v: %v", seed, reply, err)
					}
					if reply.Received {
						got++
					}
				}
				r.hangUp()
				switch then {
				case "hello":
					r.connect(77, 0, 0)
				case "primary":
					r.must(t, "primary", r.SetRole(r.B, states.RolePrimary, false))
				case "init":
					r.must(t, "init", r.SetRole(r.B, states.RoleInit, false))
				case "stop":
					r.must(t, "stop", r.B.Shutdown(time.Minute))
				}
				data := r.Data(r.B)
				for i := range 5 {
					if at := i * 4096; data[at] != byte(16+i) || data[at+4095] != byte(16+i) {
						t.Errorf("seed %d: block %d holds %d, not %d", seed, i, data[at], 16+i)
					}
				}
			})
		})
	}
}

// A write that was acknowledged as received and then fails marks the copy, also if its session is over: it
// isn't promoted unasked, not even after a stop in order (I17, I36).
func TestFailedReceivedWriteIsRemembered(t *testing.T) {
	seeds(t, 4, func(t *testing.T, seed uint64) {
		r := newRawPrimary(t, 4400+seed)
		r.connect(77, 1, 0)
		r.hangUp()
		r.connect(77, 0, 0)
		d := r.Disk(r.B)
		d.Slow(20)
		r.write(0, 1, true)
		r.frame(r.in, 1)
		d.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite}, Off: dataOff(r.Pair), Len: dataLen(r.Pair), Times: 1})
		r.write(8192, 2, true)
		r.frame(r.in, 2)
		r.hangUp()
		if seed%2 == 1 {
			r.must(t, "init", r.SetRole(r.B, states.RoleInit, false))
			r.must(t, "secondary", r.SetRole(r.B, states.RoleSecondary, false))
		}
		if r.promotable() {
			t.Fatalf("seed %d: promoted without a word", seed)
		}
		r.connect(77, 0, 0)
		r.hangUp()
		if !r.promotable() {
			t.Errorf("seed %d: equal counters don't help", seed)
		}
	})
}

// However many reads a primary asks for at once, the memory that they take here is bounded (I24).
func TestReadsOfThePrimaryAreBounded(t *testing.T) {
	r := newRawPrimary(t, 4500)
	r.connect(77, 1, 0)
	r.hangUp()
	r.connect(77, 0, 0)
	r.Disk(r.B).Stick()
	for range 500 {
		r.request(wire.Request{Cmd: states.OpRead, Offset: 0, Length: actors.MaxRequest}, nil)
	}
	r.World.RunFor(time.Second)
	g, _ := r.Glance(r.B)
	if most := 32<<20/actors.MaxRequest + 16; g.InFlight > most || g.InFlight < most/2 {
		t.Errorf("%d reads of %d bytes are taken in", g.InFlight, actors.MaxRequest)
	}
	r.Disk(r.B).Heal()
	if r.frame(r.in, 500) == nil {
		t.Errorf("not all are answered")
	}
}
