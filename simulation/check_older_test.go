package simulation

import (
	"time"

	"hast/actors"
	"hast/states"
)

// verdict has a node compare the two copies as they are.
func (h *playedGhost) verdict(v states.Verdict) {
	a, b := states.CopyOf(&h.g.sides[0].kept1.rec), states.CopyOf(&h.g.sides[1].kept1.rec)
	h.g.Decided(h.p.A, Resource, states.RolePrimary, v, a, b)
}

// olderChecks are histories for rules that TestGhost and TestGuard don't look at.
var olderChecks = []told{
	{"a device that lacks what its component owes", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.g.sides[0].owed[0] = debt{io.inv, h.g.judge.tick}
		h.p.Client.attach(newDoor(&boot{world: h.p.World, machine: h.p.A}, actors.Owner{}, actors.DoorSpec{Resource: Resource}))
		h.g.settle()
	}, "I2"},
	{"an older write over a newer one, on who serves", func(h *playedGhost) {
		h.serves()
		old := h.everywhere()
		h.everywhere()
		h.land(h.p.A, old)
	}, "I6"},
	{"data on who serves, in an extent that isn't dirty", func(h *playedGhost) {
		h.serves()
		h.p.Disk(h.p.A).Put(states.MapOffset, []byte{0})
		h.land(h.p.A, h.ask(states.OpWrite, false))
	}, "I9"},
	{"a read that is older than what is owed", func(h *playedGhost) {
		old := h.everywhere()
		h.everywhere()
		h.g.read(h.g.sides[0], 0, valueID(old.gen), h.g.judge.tick+1)
	}, "I13"},
	{"both wrote alone, and are called equal", func(h *playedGhost) {
		h.paired()
		h.g.sides[0].vv[0]++
		h.g.sides[1].vv[1]++
		h.verdict(states.VerdictEqual)
	}, "I14"},
	{"both wrote alone, and a split-brain", func(h *playedGhost) {
		h.paired()
		h.g.sides[0].vv[0]++
		h.g.sides[1].vv[1]++
		h.verdict(states.VerdictSplitBrain)
	}, ""},
	{"one wrote alone, and a split-brain", func(h *playedGhost) {
		h.paired()
		h.g.sides[0].vv[0]++
		h.verdict(states.VerdictSplitBrain)
	}, "I15"},
	{"a copy onto who doesn't say that it is inconsistent", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.paired()
		h.g.sides[0].vv[0]++
		h.g.sides[1].told = true
		h.land(h.p.B, io)
	}, "I17"},
	{"two devices at once", func(h *playedGhost) {
		h.serves()
		h.p.Client.attach(newDoor(&boot{world: h.p.World, machine: h.p.B}, actors.Owner{}, actors.DoorSpec{Resource: Resource}))
	}, "I18"},
	{"an answer alone, and no counter", func(h *playedGhost) {
		h.serves()
		h.paired()
		io := h.ask(states.OpWrite, false)
		h.land(h.p.A, io)
		h.tell(io, states.ClaimLocal, states.ClaimNone)
	}, "I19"},
	{"a counter that was raised before the device opened, since the last session", func(h *playedGhost) {
		h.aloneSince(0, 1000, 2000)
	}, ""},
	{"a counter that was raised before the last session", func(h *playedGhost) {
		h.aloneSince(0, 2000, 1000)
	}, "I19"},
	{"a counter that was raised for the device before", func(h *playedGhost) {
		h.aloneSince(3000, 1000, 2000)
	}, "I19"},
	{"no copy of the record is left", func(h *playedGhost) {
		h.g.checkPaper(h.g.sides[0], paper{}, paper{err: errTooSmall})
	}, "I20"},
	{"a write that lands after its answer", func(h *playedGhost) {
		h.serves()
		io := h.ask(states.OpWrite, false)
		h.g.judge.unresolved(io)
		h.land(h.p.A, io)
	}, "I30"},
	{"the copy that would win lacks what the other one owes", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.land(h.p.A, io)
		h.paired()
		for _, s := range h.g.sides {
			s.written1 = s.kept1
		}
		h.g.sides[0].owed[0] = debt{io.inv, h.g.judge.tick}
		h.g.crashNow(0, 1)
	}, "I31"},
	{"an answer on the other copy alone, and no record of it", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.land(h.p.B, io)
		h.tell(io, states.ClaimRemote, states.ClaimNone)
	}, "I37"},
	{"the same, of what is written here too, and not flushed", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.land(h.p.A, io)
		h.land(h.p.B, io)
		h.tell(io, states.ClaimRemote, states.ClaimNone)
	}, "I37"},
	{"the same, of what is durable here again", func(h *playedGhost) {
		io := h.ask(states.OpWrite, false)
		h.land(h.p.A, io)
		h.flush(h.p.A)
		h.land(h.p.B, io)
		h.tell(io, states.ClaimRemote, states.ClaimNone)
	}, ""},
	{"a new component that was only copied to, and a split-brain", func(h *playedGhost) {
		h.joinedAnew()
		h.verdict(states.VerdictSplitBrain)
	}, "I15"},
	{"a new component that wrote alone, and a split-brain", func(h *playedGhost) {
		h.joinedAnew()
		h.counts(1)
		h.verdict(states.VerdictSplitBrain)
	}, ""},
	{"a new component that wrote alone, and passes for one that didn't", func(h *playedGhost) {
		h.joinedAnew()
		h.counts(1)
		h.verdict(states.VerdictPrimaryAhead)
	}, "I14"},
}

// aloneSince is an answer of A alone. It lost a device at one step, its last session began at another one, and its counter
// was raised at a third.
func (h *playedGhost) aloneSince(left, began, raised uint64) {
	h.paired()
	h.p.World.steps, h.p.World.now = left, time.Minute
	if left > 0 {
		h.p.Client.detach(h.serves())
	}
	h.p.World.steps = 10000
	h.serves()
	s := h.g.sides[0]
	s.kept1.rec.LocalCnt, s.raised = 1, raised
	h.g.link = session{began: began, confirmed: true}
	io := h.ask(states.OpWrite, false)
	h.land(h.p.A, io)
	h.tell(io, states.ClaimLocal, states.ClaimNone)
}

// joinedAnew puts a new component into B's place, when A knows four periods alone of the one before it, and has
// one of its own since.
func (h *playedGhost) joinedAnew() {
	h.paired()
	a, b := h.g.sides[0], h.g.sides[1]
	a.vv, b.vv = [2]uint32{1, 4}, [2]uint32{}
	a.kept1.rec.LocalCnt = 1
	before, now := b.kept1, b.kept1
	before.rec.ResUID = 0
	now.number++
	h.g.moved(b, before, now)
}

// counts is a period alone of a side.
func (h *playedGhost) counts(n int) {
	s := h.g.sides[n]
	before, now := s.kept1, s.kept1
	now.number++
	now.rec.LocalCnt++
	h.g.moved(s, before, now)
	s.kept1 = now
}
