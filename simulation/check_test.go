package simulation

import (
	"testing"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// paired lets the two components pass for a pair with one another's identity.
func (h *playedGhost) paired() {
	for _, s := range h.g.sides {
		s.kept1.rec.ResUID = 7
		s.kept1.err = nil
	}
}

// serves gives A a device, and a session with B that began before all that is asked from now on.
func (h *playedGhost) serves() *door {
	h.p.Disk(h.p.A).Put(states.MapOffset, []byte{1}) // the first extent is dirty
	h.g.sides[0].kept1.rec.Unclean |= states.UncleanSent
	d := newDoor(&boot{world: h.p.World, machine: h.p.A, name: "a1"}, actors.Owner{}, actors.DoorSpec{Resource: Resource, Credits: 4})
	h.p.Client.attach(d)
	h.g.reign.settled = true
	h.g.link = session{at: &end{boot: d.boot}, tick: h.g.judge.tick, confirmed: true}
	h.g.sides[1].hearsSince = h.g.judge.tick
	h.ask(states.OpFlush, false) // time passes
	return d
}

// takeIn has B's process take in a write.
func (h *playedGhost) takeIn(io *clientIO) {
	h.g.sides[1].memory[0] = valueID(io.gen)
	h.g.tookIn(h.g.sides[1], 0, valueID(io.gen))
}

// arrives has a connection bring B a write of one sector, damaged on the way or not.
func (h *playedGhost) arrives(e *end, io *clientIO, damaged bool) {
	nv, err := wire.AppendRequest(nil, &wire.Request{Cmd: io.op, Seq: io.gen, Offset: uint64(io.off), Length: SectorSize})
	if err != nil {
		panic(err)
	}
	f := &wire.InFrame{NV: nv, PayloadErr: &wire.PayloadError{Reason: "Hash mismatch."}}
	if !damaged {
		f.Payload, f.PayloadErr = make([]byte, SectorSize), nil
		stampSectors(f.Payload, io.gen, io.off/SectorSize)
	}
	h.g.requestIn(e, f)
}

// landThere puts a write of one sector, wherever that is, on a component.
func (h *playedGhost) landThere(m *Machine, io *clientIO) {
	b := make([]byte, SectorSize)
	stampSectors(b, io.gen, io.off/SectorSize)
	h.p.Disk(m).landSector(int64(h.p.Record.LocalOff/SectorSize)+io.off/SectorSize, b)
}

// damagedFirst is a write of A that is answered as sent and reaches B damaged, and a later one, of another sector, that
// reaches B behind it.
func (h *playedGhost) damagedFirst() (second *clientIO) {
	h.serves()
	e := &end{boot: &boot{world: h.p.World, machine: h.p.B, name: "b1"}}
	before := h.ask(states.OpWrite, false)
	h.arrives(e, before, false)
	h.land(h.p.A, before)
	h.tell(before, states.ClaimSent, states.ClaimNone)
	first := h.ask(states.OpWrite, false)
	h.land(h.p.A, first)
	h.tell(first, states.ClaimSent, states.ClaimNone)
	second = &clientIO{op: states.OpWrite, off: 3 * SectorSize, n: SectorSize}
	h.g.judge.invoked(second)
	h.g.invoked(second)
	h.arrives(e, first, true)
	h.arrives(e, second, false)
	return second
}

func (h *playedGhost) status(s *actors.Status, change func()) {
	seen := h.p.World.lookBefore(h.p.A, []string{Resource})
	change()
	s.Name = Resource
	h.p.World.statusTold(h.p.A, seen, s)
}

func nothing() {}

// told is a hand-written history, and the invariant that is broken first; empty for none.
type told struct {
	name string
	run  func(h *playedGhost)
	want string
}

// TestChecks holds hand-written histories against the checks of single promises: what each must find, and what it
// must let pass.
func TestChecks(t *testing.T) {
	write := states.OpWrite
	tests := []told{
		{"a read of a write in flight that the secondary has", func(h *playedGhost) {
			h.serves()
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.g.read(h.g.sides[0], 0, valueID(io.gen), h.g.judge.tick)
		}, ""},
		{"a read of a write in flight that only the primary has", func(h *playedGhost) {
			h.serves()
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.g.read(h.g.sides[0], 0, valueID(io.gen), h.g.judge.tick)
		}, "I4"},
		{"the same under async", func(h *playedGhost) {
			h.g.mode = states.Async
			h.serves()
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.g.read(h.g.sides[0], 0, valueID(io.gen), h.g.judge.tick)
		}, ""},
		{"what was read is owed though it has no answer", func(h *playedGhost) {
			h.serves()
			old := h.everywhere()
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.land(h.p.B, io)
			h.g.read(h.g.sides[0], 0, valueID(io.gen), h.g.judge.tick)
			h.land(h.p.B, old)
		}, "I11"},
		{"clean extents that are equal", func(h *playedGhost) {
			h.paired()
			h.everywhere()
			h.g.checkClean(0, 1)
		}, ""},
		{"clean extents that differ", func(h *playedGhost) {
			h.paired()
			h.land(h.p.A, h.everywhere())
			h.land(h.p.B, h.ask(write, false))
			h.g.checkClean(0, 1)
		}, "I7"},
		{"zeroes that are on both", func(h *playedGhost) {
			io := h.ask(states.OpZero, false)
			h.land(h.p.A, io)
			h.land(h.p.B, io)
			h.tell(io, states.ClaimBoth, states.ClaimNone)
		}, ""},
		{"a trim that is on one only", func(h *playedGhost) {
			io := h.ask(states.OpDelete, false)
			h.land(h.p.A, io)
			h.tell(io, states.ClaimBoth, states.ClaimNone)
		}, "I12"},
		{"a trim alone, in an extent that isn't dirty", func(h *playedGhost) {
			io := h.ask(states.OpDelete, false)
			h.land(h.p.A, io)
			h.tell(io, states.ClaimLocal, states.ClaimNone)
		}, "I12"},
		{"as many messages as may wait", func(h *playedGhost) { h.p.World.bounded(h.p.A, "messages", mostWaiting, mostWaiting) }, ""},
		{"one more", func(h *playedGhost) { h.p.World.bounded(h.p.A, "messages", mostWaiting+1, mostWaiting) }, "I24"},
		{"a role that is left, and no device", func(h *playedGhost) {
			d := h.serves()
			h.g.roleLeft(h.g.sides[0], d.boot, states.RoleSecondary)
		}, ""},
		{"a role that is left, and an open device", func(h *playedGhost) {
			d := h.serves()
			d.boot.doors = append(d.boot.doors, d)
			h.g.roleLeft(h.g.sides[0], d.boot, states.RoleSecondary)
		}, "I26"},
		{"a role that is left, and a device that a later command has opened", func(h *playedGhost) {
			b := h.serves().boot
			b.doors = append(b.doors, h.p.Client.door)
			left := &roleAnswers{boot: b, role: states.RoleSecondary}
			b.newest = map[string]*roleAnswers{Resource: {boot: b, role: states.RolePrimary}}
			left.RolesSet([]actors.RoleAnswer{{Name: Resource}})
		}, ""},
		{"the newest command's answer, and an open device", func(h *playedGhost) {
			b := h.serves().boot
			b.doors = append(b.doors, h.p.Client.door)
			left := &roleAnswers{boot: b, role: states.RoleSecondary}
			b.newest = map[string]*roleAnswers{Resource: left}
			left.RolesSet([]actors.RoleAnswer{{Name: Resource}})
		}, "I26"},
		{"a role that is left, and what it wrote isn't durable", func(h *playedGhost) {
			d := h.serves()
			h.everywhere()
			h.p.World.steps = 5
			h.g.deviceGone(h.p.A)
			h.g.roleLeft(h.g.sides[0], d.boot, states.RoleInit)
		}, "I26"},
		{"a role that is left after a flush", func(h *playedGhost) {
			d := h.serves()
			h.everywhere()
			h.flush(h.p.A)
			h.p.World.steps = 5
			h.g.deviceGone(h.p.A)
			h.g.roleLeft(h.g.sides[0], d.boot, states.RoleInit)
		}, ""},
		{"complete, and both have the same", func(h *playedGhost) {
			h.paired()
			h.status(&actors.Status{Role: "primary", Status: "complete"}, nothing)
		}, ""},
		{"complete, and the secondary lacks a period", func(h *playedGhost) {
			h.paired()
			h.g.sides[0].vv[0]++
			h.status(&actors.Status{Role: "primary", Status: "complete"}, nothing)
		}, "I27"},
		{"complete, and the period may have begun meanwhile", func(h *playedGhost) {
			h.paired()
			h.status(&actors.Status{Role: "primary", Status: "complete"}, func() { h.g.sides[0].vv[0]++ })
		}, ""},
		{"degraded without a reason", func(h *playedGhost) { h.status(&actors.Status{Role: "secondary", Status: "degraded"}, nothing) }, "I27"},
		{"more answers than there were", func(h *playedGhost) {
			h.everywhere()
			h.status(&actors.Status{Role: "primary", Stats: actors.Stats{ClaimBoth: 2}}, nothing)
		}, "I27"},
		{"fewer dirty bytes than differ", func(h *playedGhost) {
			h.paired()
			h.everywhere()
			h.serves()
			last := h.ask(write, false)
			h.land(h.p.A, last)
			h.tell(last, states.ClaimNone, states.ClaimNone)
			h.status(&actors.Status{Role: "primary", State: string(states.RoleIsPrimary), DataSize: 1}, nothing)
		}, "I27"},
		{"the secondary has what precedes", func(h *playedGhost) {
			h.serves()
			first := h.ask(write, false)
			h.land(h.p.A, first)
			h.takeIn(first)
			h.tell(first, states.ClaimSent, states.ClaimNone)
			h.takeIn(h.ask(write, false))
		}, ""},
		{"the secondary lacks what precedes", func(h *playedGhost) {
			h.serves()
			first := h.ask(write, false)
			h.land(h.p.A, first)
			h.tell(first, states.ClaimSent, states.ClaimNone)
			second := h.ask(write, false)
			h.g.tookIn(h.g.sides[1], 3, valueID(second.gen))
		}, "I32"},
		{"what is behind a damaged write has arrived, and isn't done", func(h *playedGhost) { h.damagedFirst() }, ""},
		{"what is behind a damaged write is done", func(h *playedGhost) { h.landThere(h.p.B, h.damagedFirst()) }, "I32"},
		{"what is behind a damaged write is acknowledged as received", func(h *playedGhost) {
			io := h.damagedFirst()
			h.landThere(h.p.A, io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
		}, "I29"},
		{"a session after a damaged write", func(h *playedGhost) {
			second := h.damagedFirst()
			e := &end{boot: &boot{world: h.p.World, machine: h.p.B, name: "b1"}}
			h.arrives(e, second, false)
			h.landThere(h.p.B, second)
		}, ""},
		{"a bit for what a client has touched", func(h *playedGhost) {
			h.paired()
			h.ask(write, false)
			h.g.marked(h.g.sides[0], 0, "became dirty")
		}, ""},
		{"a bit for nothing", func(h *playedGhost) {
			h.paired()
			h.g.marked(h.g.sides[0], 0, "became dirty")
		}, "I33"},
		{"a bit for nothing any more", func(h *playedGhost) {
			h.paired()
			h.everywhere()
			h.g.cleaned(0)
			h.p.Client.busy = nil
			h.g.marked(h.g.sides[1], 0, "became dirty")
		}, "I33"},
		{"an error out of the blue", func(h *playedGhost) { h.p.World.refused(h.p.A, "role refused") }, "I34"},
		{"an error after a fault", func(h *playedGhost) {
			h.p.World.effect(FaultReset)
			h.p.World.refused(h.p.A, "role refused")
		}, ""},
		{"an error of a current copy on a sound disk", func(h *playedGhost) {
			h.paired()
			h.serves()
			h.p.World.effect(FaultReset)
			h.g.failed(h.g.sides[0], h.ask(states.OpRead, false), ErrNoDevice)
		}, "I34"},
		{"the other copy is ahead of what was served", func(h *playedGhost) {
			h.serves()
			h.g.sides[1].vv[1]++
			h.g.maybeJump(h.g.sides[0])
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.land(h.p.B, io)
			h.tell(io, states.ClaimSource, states.ClaimNone)
		}, "I35"},
		{"it was ahead from the beginning", func(h *playedGhost) {
			h.serves()
			h.g.reign.behind = true
			h.g.sides[1].vv[1]++
			h.g.maybeJump(h.g.sides[0])
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.land(h.p.B, io)
			h.tell(io, states.ClaimSource, states.ClaimNone)
		}, ""},
		{"received and applied", func(h *playedGhost) {
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
			h.land(h.p.B, io)
			h.g.checkApplied(h.g.sides[1], "a session has begun")
		}, ""},
		{"received and forgotten", func(h *playedGhost) {
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
			h.g.checkApplied(h.g.sides[1], "a session has begun")
		}, "I36"},
		{"received, not written, and zeroes there of a write before it", func(h *playedGhost) {
			zero := h.ask(states.OpZero, false)
			h.land(h.p.A, zero)
			h.land(h.p.B, zero)
			h.tell(zero, states.ClaimBoth, states.ClaimNone)
			h.receivedOverZeroes(false)
		}, ""},
		{"received, and written as zeroes, and another one of before lands late", func(h *playedGhost) {
			h.everywhere()
			h.receivedOverZeroes(true)
		}, "I11"},
		{"received by an actor that has fallen since", func(h *playedGhost) {
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
			h.g.actorsFell(h.g.sides[1])
			h.g.checkApplied(h.g.sides[1], "a session has begun")
		}, ""},
		{"received by one that fell before its primary heard", func(h *playedGhost) {
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.g.actorsFell(h.g.sides[1])
			h.tell(io, states.ClaimReceived, states.ClaimNone)
			h.g.checkApplied(h.g.sides[1], "a session has begun")
		}, ""},
		{"received and forgotten after a fall", func(h *playedGhost) {
			h.g.actorsFell(h.g.sides[1])
			io := h.ask(write, false)
			h.land(h.p.A, io)
			h.takeIn(io)
			h.tell(io, states.ClaimReceived, states.ClaimNone)
			h.g.checkApplied(h.g.sides[1], "a session has begun")
		}, "I36"},
	}
	tests = append(tests, olderChecks...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			tt.run(h)
			h.finds(t, tt.want)
		})
	}
}
