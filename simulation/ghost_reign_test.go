package simulation

import (
	"testing"

	"hast/states"
)

// trimmed is a trim of A that lands and is durable where it is told to, is answered with a claim, and is settled by a
// read. Of the answer itself, which needs papers that no node keeps here, nothing is judged.
func (h *playedGhost) trimmed(c states.Claim, on *Machine) {
	trim := h.ask(states.OpDelete, false)
	h.land(on, trim)
	h.flush(on)
	h.tell(trim, c, states.ClaimNone)
	io := h.ask(states.OpRead, false)
	b := make([]byte, SectorSize)
	h.g.judge.answered(io, b)
	h.g.answered(h.g.sides[0], io, b)
	h.g.judge.forget(io)
	h.p.World.violations = nil
}

// TestWhoServesAgain: a node whose device opens again without its peer shows what it showed last, as far as that was on
// its own component and nobody was allowed to change it since. Trims raise no debt, so this is all that tells of them.
func TestWhoServesAgain(t *testing.T) {
	tests := []struct {
		name string
		run  func(h *playedGhost) // between two reigns of A
		want string               // the invariant that is broken; empty for none
	}{
		{"nothing has changed", func(h *playedGhost) { h.trimmed(states.ClaimLocal, h.p.A) }, ""},
		{"it has undone a trim that was read", func(h *playedGhost) {
			before := h.g.sides[0].written[0]
			h.trimmed(states.ClaimLocal, h.p.A)
			h.g.sides[0].written[0] = before
		}, "I2"},
		{"the other one has counted in its stead, and alone has a trim", func(h *playedGhost) {
			h.trimmed(states.ClaimRemote, h.p.B)
			h.g.sides[1].vv[1]++
			h.g.stoodIn(h.g.sides[1])
		}, ""},
		{"it knows that its copy of what was trimmed isn't current", func(h *playedGhost) {
			h.trimmed(states.ClaimRemote, h.p.B)
			h.g.sides[0].kept1.err = nil
			h.g.sides[0].kept1.rec.Bad = states.NewExtentRuns(states.ExtentRun{Count: 1})
		}, ""},
		{"it was the other one's target since", func(h *playedGhost) {
			before := h.g.sides[0].written[0]
			h.trimmed(states.ClaimLocal, h.p.A)
			h.g.sides[1].vv[1]++
			h.g.sessionBegan(&end{boot: &boot{machine: h.p.A}})
			h.g.link.at = nil
			h.g.sides[0].vv, h.g.sides[0].written[0] = h.g.sides[1].vv, before
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			h.promote(h.p.A, false)
			h.g.settle()
			tt.run(h)
			h.promote(h.p.A, false)
			h.g.settle()
			h.finds(t, tt.want)
		})
	}
}

// TestWhatIsNotCurrentIsTheOtherSides: of an extent that its record calls bad a node alone serves nothing, and later what
// the other side holds, whatever a write without an answer has left here (seed 501937).
func TestWhatIsNotCurrentIsTheOtherSides(t *testing.T) {
	for _, tt := range []struct {
		name        string
		bad, forced bool
		own         bool // what is read: this component's value, or the other one's
		want        string
	}{
		{"the other side's", true, false, false, ""},
		{"its own", true, false, true, "I1"},
		{"the other side's, of an extent that is current here", false, false, false, "I1"},
		{"its own, of one that is current here", false, false, true, ""},
		{"its own, by force", true, true, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			old := h.everywhere()
			a := h.g.sides[0]
			if a.kept1.err = nil; tt.bad {
				a.kept1.rec.Bad = states.NewExtentRuns(states.ExtentRun{Count: 1})
			}
			failed := h.ask(states.OpWrite, false)
			h.land(h.p.A, failed)
			h.p.Client.unresolved(failed)
			h.promote(h.p.A, false)
			a.forced = tt.forced
			read := old
			if tt.own {
				read = failed
			}
			h.served(h.p.A, read)
			h.finds(t, tt.want)
		})
	}
}

// TestLostBesideStock: what a node loses with its power is left behind if its peer has the original's manners: that one
// can't be the source, although it survived (correctness 4.6). Beside one of ours it is the survivor's to give.
func TestLostBesideStock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stock bool
		want  string
	}{
		{"beside the original", true, ""},
		{"beside one of ours", false, "I11"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			h.p.B.stock = tt.stock
			old := h.everywhere()
			h.flush(h.p.A)
			h.everywhere()
			h.p.A.PowerKeep(func(int64) bool { return false })
			h.land(h.p.B, old)
			h.flush(h.p.B)
			flush := h.ask(states.OpFlush, false)
			h.everywhere() // raises what is owed again, but not what this flush covers (seed 1006094)
			h.tell(flush, states.ClaimNone, states.ClaimBoth)
			h.finds(t, tt.want)
		})
	}
}

// TestForcedGivesUp: a node that is made primary by force owes no flush what it had received before and doesn't have: its
// administrator was told. What it answers then is owed (seed 921899).
func TestForcedGivesUp(t *testing.T) {
	for _, tt := range []struct {
		name          string
		forced, later bool // later: a flush is answered that covers what was written by force
		want          string
	}{
		{"by force", true, false, ""},
		{"without", false, false, "I2"},
		{"by force, and of what was answered since", true, true, "I3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			b := h.g.sides[1]
			tell := func(io *clientIO, written, durable states.Claim) {
				io.written, io.durable = written, durable
				h.g.judge.answered(io, nil)
				h.g.over(io, true)
				h.g.answered(b, io, nil)
			}
			h.p.Disk(h.p.B).Put(states.MapOffset, []byte{1}) // the first extent is dirty
			h.everywhere()
			h.flushed(states.ClaimBoth)
			h.received()
			h.promote(h.p.B, false)
			b.forced = tt.forced
			h.g.settle()
			flush := h.ask(states.OpFlush, false)
			io := h.ask(states.OpWrite, false)
			h.land(h.p.B, io)
			h.g.judge.answered(io, nil)
			h.g.over(io, true)
			io.written = states.ClaimLocal
			h.g.raiseOwed(b, io)
			if tt.later {
				flush = h.ask(states.OpFlush, false)
			}
			tell(flush, states.ClaimNone, states.ClaimLocal)
			h.finds(t, tt.want)
		})
	}
}
