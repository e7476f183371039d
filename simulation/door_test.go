package simulation

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// ramDevice is a node that serves a door from memory. It may be told to misbehave.
type ramDevice struct {
	data   []byte
	lose   bool // drop every eighth write, but say that it was done
	writes int
}

func (r *ramDevice) serve(p *probe, c actor.Context, msg any) {
	switch m := msg.(type) {
	case *actor.Started:
		p.host.Doors.Open(actors.Owner{PID: c.Self(), Epoch: 1}, actors.DoorSpec{Resource: "shared", Size: int64(len(r.data)), Credits: 4})
	case *actors.Requests:
		for _, q := range m.Reqs {
			p.host.Clock.TellAfter(time.Duration(p.host.Rand.Uint64()%1000000), c.Self(), q)
		}
	case *actors.Request:
		r.apply(m)
		m.To.Answered(m)
		m.To.Released(m)
	}
}

func (r *ramDevice) apply(q *actors.Request) {
	at := r.data[q.Off : q.Off+q.Len]
	switch q.Op {
	case states.OpRead:
		copy(q.Buf, at)
	case states.OpWrite:
		if r.writes++; !r.lose || r.writes%8 != 0 {
			copy(at, q.Buf)
		}
	case states.OpDelete, states.OpZero:
		clear(at)
	}
}

func ramWorld(t *testing.T, seed uint64, r *ramDevice) (*World, *Client) {
	t.Helper()
	w := newWorld(t, seed)
	r.data = make([]byte, 64<<10)
	fillRandom(w.chance.disk, r.data)
	c := w.AddClient("shared", 64<<10)
	start(t, w.AddMachine("a", "10.0.0.1"), r.serve)
	c.Start()
	w.RunFor(100 * time.Millisecond)
	c.Stop()
	w.RunFor(time.Second)
	c.Scan()
	w.RunFor(time.Second)
	return w, c
}

func TestJudgeAcceptsAGoodDevice(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		device := &ramDevice{}
		w, c := ramWorld(t, seed, device)
		mustCheck(t, w)
		if n, err := c.Errors(); n > 0 || !c.Idle() || c.Answered() < 200 {
			t.Fatalf("seed %d: %d answers, %d errors (%v)", seed, c.Answered(), n, err)
		}
	})
}

func TestJudgeFindsLostWrites(t *testing.T) {
	w, _ := ramWorld(t, 1, &ramDevice{lose: true})
	if v := w.Violations(); len(v) == 0 || v[0].Invariant != "I1" {
		t.Errorf("a device that loses writes passed: %v", v)
	}
}

func TestJudgeSector(t *testing.T) {
	write := func(op states.Op) *clientIO { return &clientIO{op: op, n: SectorSize} }
	sector := func(gen uint64) []byte {
		b := make([]byte, SectorSize)
		if gen > 0 {
			stampSectors(b, gen, 0)
		}
		return b
	}
	read := func(j *Judge, gen uint64) {
		io := &clientIO{op: states.OpRead, n: SectorSize}
		j.invoked(io)
		j.answered(io, sector(gen))
	}
	done := func(j *Judge, io *clientIO) *clientIO {
		j.invoked(io)
		j.answered(io, nil)
		return io
	}
	tests := []struct {
		name string
		run  func(j *Judge)
		ok   bool
	}{
		{"the last answered write", func(j *Judge) { done(j, write(states.OpWrite)); done(j, write(states.OpWrite)); read(j, 2) }, true},
		{"an older write", func(j *Judge) { done(j, write(states.OpWrite)); done(j, write(states.OpWrite)); read(j, 1) }, false},
		{"a write under way or its predecessor", func(j *Judge) {
			done(j, write(states.OpWrite))
			j.invoked(write(states.OpWrite))
			read(j, 1)
			read(j, 2)
		}, true},
		{"back to the predecessor when the write was seen", func(j *Judge) {
			done(j, write(states.OpWrite))
			io := write(states.OpWrite)
			j.invoked(io)
			j.unresolved(io)
			read(j, 2)
			read(j, 1)
		}, false},
		{"a failed write stays possible", func(j *Judge) {
			done(j, write(states.OpWrite))
			io := write(states.OpWrite)
			j.invoked(io)
			j.unresolved(io)
			read(j, 2)
			read(j, 2)
		}, true},
		{"a failed write that never happened can't come later", func(j *Judge) {
			done(j, write(states.OpWrite))
			io := write(states.OpWrite)
			j.invoked(io)
			j.unresolved(io)
			read(j, 1)
			read(j, 2)
		}, false},
		{"either of two concurrent writes", func(j *Judge) {
			one, two := write(states.OpWrite), write(states.OpWrite)
			j.invoked(one)
			j.invoked(two)
			j.answered(one, nil)
			j.answered(two, nil)
			read(j, 1)
			read(j, 1)
		}, true},
		{"zeroes after zeroing", func(j *Judge) { done(j, write(states.OpWrite)); done(j, write(states.OpZero)); read(j, 0) }, true},
		{"old data after zeroing", func(j *Judge) { done(j, write(states.OpWrite)); done(j, write(states.OpZero)); read(j, 1) }, false},
		{"a trim leaves the data", func(j *Judge) { done(j, write(states.OpWrite)); done(j, write(states.OpDelete)); read(j, 1) }, true},
		{"a trim is settled by a read", func(j *Judge) {
			done(j, write(states.OpWrite))
			done(j, write(states.OpDelete))
			read(j, 0)
			read(j, 1)
		}, false},
		{"data that nobody wrote", func(j *Judge) { done(j, write(states.OpWrite)); read(j, 17) }, false},
		{"anything before the first write", func(j *Judge) { read(j, 0) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 1)
			tt.run(newJudge(w, 1))
			if ok := len(w.Violations()) == 0; ok != tt.ok {
				t.Errorf("accepted: %v, want %v; %v", ok, tt.ok, w.Violations())
			}
		})
	}
}

func TestDoorCountsAnswers(t *testing.T) {
	w := newWorld(t, 1)
	c := w.AddClient("shared", 64<<10)
	p := start(t, w.AddMachine("a", "10.0.0.1"), nil)
	p.host.Doors.Open(p.owner(3), actors.DoorSpec{Resource: "shared", Credits: 2})
	opened := until[*actors.DoorOpened](t, w, p, 1)
	if opened.Door.Clients() != 1 || !c.Attached() {
		t.Fatal("the client did not come")
	}
	c.Start()
	r := until[*actors.Requests](t, w, p, 1).Reqs[0]
	w.RunFor(time.Second)
	c.Stop()
	if n := len(c.busy); n != 2 {
		t.Fatalf("%d requests are under way with 2 credits", n)
	}
	opened.Door.Close()
	w.RunFor(time.Second)
	if len(messages[*actors.DoorClosed](p)) != 0 {
		t.Fatal("a door went away while requests were under way")
	}
	all := append([]*actors.Request(nil), r)
	for _, m := range messages[*actors.Requests](p) {
		for _, q := range m.Reqs {
			if q != r {
				all = append(all, q)
			}
		}
	}
	for _, q := range all {
		q.Err = wire.EIO
		opened.Door.Answered(q)
		opened.Door.Released(q)
	}
	until[*actors.DoorClosed](t, w, p, 1)
	if n, _ := c.Errors(); n != 2 || c.Attached() {
		t.Errorf("the client saw %d errors, attached: %v", n, c.Attached())
	}
	mustCheck(t, w)
	opened.Door.Released(r)
	opened.Door.Answered(r)
	if len(w.Violations()) != 2 {
		t.Errorf("an answer and a release too many: %v", w.Violations())
	}
}
