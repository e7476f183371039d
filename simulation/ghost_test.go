package simulation

import (
	"testing"

	"hast/states"
)

// playedGhost is a hand-written run: what clients ask and are told, and what lands where. Nothing runs at the nodes.
type playedGhost struct {
	p *Pair
	g *ghost
}

func playGhost(t *testing.T) *playedGhost {
	t.Helper()
	p, err := NewPair(PairSpec{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.World.Close)
	return &playedGhost{p, p.Client.ghost}
}

// finds compares the first invariant that was broken; empty for none.
func (h *playedGhost) finds(t *testing.T, want string) {
	t.Helper()
	got := ""
	if v := h.p.World.Violations(); len(v) > 0 {
		got = v[0].Invariant
	}
	if got != want {
		t.Errorf("found %q, want %q: %s", got, want, text(h.p.World.Violations()))
	}
}

func (h *playedGhost) ask(op states.Op, fua bool) *clientIO {
	io := &clientIO{op: op, fua: fua}
	if op != states.OpFlush {
		io.n = SectorSize
	}
	h.g.judge.invoked(io)
	h.g.invoked(io)
	return io
}

// land puts a write on a component.
func (h *playedGhost) land(m *Machine, io *clientIO) {
	b := make([]byte, SectorSize)
	if io.op == states.OpWrite {
		stampSectors(b, io.gen, 0)
	}
	h.p.Disk(m).landSector(int64(h.p.Record.LocalOff/SectorSize), b)
}

func (h *playedGhost) flush(m *Machine) { h.p.Disk(m).settle(int64(h.p.Record.LocalOff / SectorSize)) }

// tell answers a request of A.
func (h *playedGhost) tell(io *clientIO, written, durable states.Claim) {
	io.written, io.durable = written, durable
	h.g.judge.answered(io, nil)
	h.g.over(io, true)
	h.g.answered(h.g.sides[0], io, nil)
}

// everywhere is a write that is answered for both, as it should be.
func (h *playedGhost) everywhere() *clientIO {
	io := h.ask(states.OpWrite, false)
	h.land(h.p.A, io)
	h.land(h.p.B, io)
	h.tell(io, states.ClaimBoth, states.ClaimNone)
	return io
}

// receivedOverZeroes is a write and two zeroings behind it that B takes in, and the answer of the first zeroing. B dies,
// and the write lands late. applied: the first zeroing had landed before.
func (h *playedGhost) receivedOverZeroes(applied bool) {
	var ios []*clientIO
	for _, op := range []states.Op{states.OpWrite, states.OpZero, states.OpZero} {
		io := h.ask(op, false)
		h.land(h.p.A, io)
		h.takeIn(io)
		if ios = append(ios, io); len(ios) < 3 {
			h.tell(io, states.ClaimReceived, states.ClaimNone)
		}
	}
	if applied {
		h.land(h.p.B, ios[1])
	}
	h.g.processDied(h.p.Disk(h.p.B))
	h.land(h.p.B, ios[0])
}

// afterForgottenFlush is a write that a failed flush of A has lost, the death of that process, and a newer write that no
// flush covers yet; one that covers the first write only is answered.
func (h *playedGhost) afterForgottenFlush() {
	h.everywhere()
	h.flush(h.p.B)
	h.p.Disk(h.p.A).volatile.remove(int64(h.p.Record.LocalOff / SectorSize))
	h.g.processDied(h.p.Disk(h.p.A))
	flush := h.ask(states.OpFlush, false)
	h.everywhere()
	h.flush(h.p.B)
	h.tell(flush, states.ClaimNone, states.ClaimBoth)
}

// failedFlush loses what A's component has of the first sector in its cache, and B's has durably; a flush is answered
// for both then.
func (h *playedGhost) failedFlush() {
	h.flush(h.p.B)
	sector := int64(h.p.Record.LocalOff / SectorSize)
	h.p.Disk(h.p.A).volatile.remove(sector)
	h.g.flushLost(h.p.Disk(h.p.A), sector)
	h.tell(h.ask(states.OpFlush, false), states.ClaimNone, states.ClaimBoth)
}

// TestGhost judges hand-written histories, legal and illegal.
func TestGhost(t *testing.T) {
	tests := []struct {
		name string
		run  func(h *playedGhost)
		want string // the invariant that is broken first; empty for none
	}{
		{"a write on both, answered for both", func(h *playedGhost) { h.everywhere() }, ""},
		{"a write on one, answered for both", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			h.land(h.p.A, io)
			h.tell(io, states.ClaimBoth, states.ClaimNone)
		}, "I29"},
		{"a write on the other one only", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			h.land(h.p.B, io)
			h.tell(io, states.ClaimBoth, states.ClaimNone)
		}, "I29"},
		{"received, and not in the secondary's process", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			h.land(h.p.A, io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
		}, "I29"},
		{"received by the secondary's process", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			h.land(h.p.A, io)
			h.g.sides[1].memory[0] = valueID(io.gen)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
		}, ""},
		{"alone, in an extent that isn't dirty", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			h.land(h.p.A, io)
			h.tell(io, states.ClaimLocal, states.ClaimNone)
		}, "I29"},
		{"a flush that one side had not done", func(h *playedGhost) {
			h.everywhere()
			h.flush(h.p.A)
			h.tell(h.ask(states.OpFlush, false), states.ClaimNone, states.ClaimBoth)
		}, "I3"},
		{"a flush that both had done", func(h *playedGhost) {
			h.everywhere()
			h.flush(h.p.A)
			h.flush(h.p.B)
			h.tell(h.ask(states.OpFlush, false), states.ClaimNone, states.ClaimBoth)
		}, ""},
		{"a flush does not cover what is answered after its invocation", func(h *playedGhost) {
			flush := h.ask(states.OpFlush, false)
			h.everywhere()
			h.tell(flush, states.ClaimNone, states.ClaimBoth)
		}, ""},
		{"a durable write that isn't", func(h *playedGhost) {
			io := h.ask(states.OpWrite, true)
			h.land(h.p.A, io)
			h.land(h.p.B, io)
			h.tell(io, states.ClaimBoth, states.ClaimBoth)
		}, "I3"},
		{"a copy of an older write over what is owed", func(h *playedGhost) {
			old := h.everywhere()
			h.everywhere()
			h.land(h.p.B, old)
		}, "I11"},
		{"what was not flushed is gone with the power", func(h *playedGhost) {
			old := h.everywhere()
			h.flush(h.p.B)
			h.everywhere()
			h.p.B.PowerKeep(func(int64) bool { return false })
			h.land(h.p.B, old)
		}, ""},
		{"what a failed flush has lost no later process knows", func(h *playedGhost) { h.afterForgottenFlush() }, ""},
		{"what is written since is demanded", func(h *playedGhost) {
			h.afterForgottenFlush()
			h.tell(h.ask(states.OpFlush, false), states.ClaimNone, states.ClaimBoth)
		}, "I3"},
		{"a failed flush takes what a dead process wrote, which no map names", func(h *playedGhost) {
			h.everywhere()
			h.g.processDied(h.p.Disk(h.p.A))
			h.failedFlush()
		}, ""},
		{"a failed flush takes what a dead process wrote, which its map names", func(h *playedGhost) {
			h.p.Disk(h.p.A).Put(states.MapOffset, []byte{1})
			h.everywhere()
			h.g.processDied(h.p.Disk(h.p.A))
			h.failedFlush()
		}, "I3"},
		{"a failed flush takes what this process wrote", func(h *playedGhost) {
			h.g.processDied(h.p.Disk(h.p.A))
			h.everywhere()
			h.failedFlush()
		}, "I3"},
		{"another sector's stamp", func(h *playedGhost) {
			io := h.ask(states.OpWrite, false)
			b := make([]byte, SectorSize)
			stampSectors(b, io.gen, 7)
			h.p.Disk(h.p.A).landSector(int64(h.p.Record.LocalOff/SectorSize), b)
		}, "I5"},
		{"zeroes that nobody asked for", func(h *playedGhost) { h.land(h.p.A, &clientIO{op: states.OpZero}) }, "I5"},
		{"zeroes over a write that is owed", func(h *playedGhost) {
			zero := h.ask(states.OpZero, false)
			h.land(h.p.A, zero)
			h.land(h.p.B, zero)
			h.tell(zero, states.ClaimBoth, states.ClaimNone)
			h.everywhere()
			h.land(h.p.B, zero)
		}, "I11"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			tt.run(h)
			h.finds(t, tt.want)
		})
	}
}

// TestGhostTellsCopiesFromRewriting: a copy that is behind says that it is a mixture before something else lands on it;
// what lands as it was before makes none.
func TestGhostTellsCopiesFromRewriting(t *testing.T) {
	h := playGhost(t)
	p := h.p
	first := h.everywhere()
	for _, s := range h.g.sides {
		s.kept1.err, s.kept1.rec.ResUID = nil, 1
	}
	h.g.sides[0].vv[0], h.g.sides[1].told = 1, true
	h.land(p.B, first)
	if v := p.World.Violations(); len(v) > 0 {
		t.Fatalf("the same once more is no copy: %s", text(v))
	}
	next := h.ask(states.OpWrite, false)
	h.land(p.B, next)
	if v := p.World.Violations(); len(v) != 1 || v[0].Invariant != "I17" {
		t.Fatalf("a mixture that doesn't call itself one: %s", text(v))
	}
}
