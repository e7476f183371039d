package simulation

import (
	"testing"

	"hast/states"
)

// TestWhoKnowsThatItIsBehind: a node that goes on alone although it must know that it is behind breaks I17; one that
// was never told, or only told a process that is dead, does not.
func TestWhoKnowsThatItIsBehind(t *testing.T) {
	a := func(h *playedGhost) *side { return h.g.sides[0] }
	b := func(h *playedGhost) *side { return h.g.sides[1] }
	bDecides := func(p, s *side) func(*playedGhost) {
		return func(h *playedGhost) { h.g.learns(states.RoleSecondary, p, s) }
	}
	tests := []struct {
		name string
		run  func(h *playedGhost, p, s *side)
		// primary, secondary: what follows if that one is behind, and goes on alone.
		primary, secondary string
	}{
		{"nobody has decided", func(*playedGhost, *side, *side) {}, "", ""},
		{"the secondary has decided, and its reply was lost", func(h *playedGhost, p, s *side) {
			bDecides(p, s)(h)
		}, "", "I17"},
		{"the same, and both processes died", func(h *playedGhost, p, s *side) {
			bDecides(p, s)(h)
			h.die(p, s)
		}, "", ""},
		{"both have decided", func(h *playedGhost, p, s *side) {
			bDecides(p, s)(h)
			h.g.learns(states.RolePrimary, p, s)
		}, "I17", "I17"},
		{"both have decided, and died before there was a session", func(h *playedGhost, p, s *side) {
			bDecides(p, s)(h)
			h.g.learns(states.RolePrimary, p, s)
			h.die(p, s)
		}, "", "I17"},
		{"both have died in a session", func(h *playedGhost, p, s *side) {
			bDecides(p, s)(h)
			h.g.learns(states.RolePrimary, p, s)
			h.g.sessionBegan(&end{boot: &boot{machine: p.m}})
			h.die(p, s)
		}, "I17", "I17"},
	}
	for _, tt := range tests {
		for _, who := range []string{"primary", "secondary"} {
			t.Run(tt.name+", "+who, func(t *testing.T) {
				h := playGhost(t)
				p, s, want := a(h), b(h), tt.primary
				one := p
				if who == "secondary" {
					one, want = s, tt.secondary
				}
				other := one.other()
				other.vv[other.n] = 1
				tt.run(h, p, s)
				h.g.reign.server = one
				before, now := one.kept1, one.kept1
				now.number++
				now.rec.LocalCnt++
				h.g.moved(one, before, now)
				h.finds(t, want)
			})
		}
	}
}

// TestForceLastsAsLongAsItsRole: what an administrator insisted on is excused until the role that was taken by force has
// ended, also while its end is under way (seed 300074), and no longer.
func TestForceLastsAsLongAsItsRole(t *testing.T) {
	ask := func(role states.Role, force bool) func(*playedGhost) {
		return func(h *playedGhost) { h.p.World.asked(h.p.A, h.p.Client.resource, role, force) }
	}
	left := func(h *playedGhost) { h.g.roleLeft(h.g.sides[0], &boot{machine: h.p.A}, states.RoleSecondary) }
	gone := func(h *playedGhost) { h.g.deviceGone(h.p.A) }
	tests := []struct {
		name string
		run  []func(*playedGhost)
		want string
	}{
		{"nobody insisted", []func(*playedGhost){ask(states.RolePrimary, false)}, "I17"},
		{"somebody insisted", []func(*playedGhost){ask(states.RolePrimary, true)}, ""},
		{"and asked again without force", []func(*playedGhost){ask(states.RolePrimary, true), ask(states.RolePrimary, false)}, ""},
		{"and its end is under way", []func(*playedGhost){ask(states.RolePrimary, true), ask(states.RoleSecondary, false)}, ""},
		{"and it has ended", []func(*playedGhost){ask(states.RolePrimary, true), ask(states.RoleSecondary, false), left}, "I17"},
		{"and its device is gone", []func(*playedGhost){ask(states.RolePrimary, true), ask(states.RoleSecondary, false),
			ask(states.RolePrimary, false), gone}, "I17"},
		{"and its device has only been withdrawn", []func(*playedGhost){ask(states.RolePrimary, true), gone}, ""},
		{"and somebody insists once more before it has ended", []func(*playedGhost){ask(states.RolePrimary, true), ask(states.RoleSecondary, false),
			ask(states.RolePrimary, true), left, gone}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			a, b := h.g.sides[0], h.g.sides[1]
			b.vv[1], a.told = 1, true
			for _, step := range tt.run {
				step(h)
			}
			h.g.reign.server = a
			before, now := a.kept1, a.kept1
			now.number++
			now.rec.LocalCnt++
			h.g.moved(a, before, now)
			h.finds(t, tt.want)
		})
	}
}

// TestWhatIsGivenUpMayLand: what a component still had in its hands when the secondary began to count in its stead may
// land there after the answer, until it is opened anew (I30), whatever its record says.
func TestWhatIsGivenUpMayLand(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fitness states.Fitness
		reopens bool
		want    string
	}{
		{"a copy that was whole", states.Fit, false, ""},
		{"a target", states.Inconsistent, false, ""},
		{"opened anew", states.Fit, true, "I30"},
		{"a target, opened anew", states.Inconsistent, true, "I30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			s := h.g.sides[0]
			s.kept1.rec.Unfit = tt.fitness
			s.p.owner = &handle{}
			h.g.reign.server = s
			io := h.ask(states.OpWrite, false)
			h.land(h.p.B, io)
			h.flush(h.p.B)
			h.g.sides[1].kept1.rec.LocalCnt++
			h.g.stoodIn(h.g.sides[1])
			h.tell(io, states.ClaimRemote, states.ClaimNone)
			if tt.reopens {
				s.p.owner = &handle{}
			}
			h.land(h.p.B, h.ask(states.OpWrite, false))
			h.g.client.door = &door{}
			h.g.checkLate(s, 0, s.written[0], valueID(io.gen))
			h.finds(t, tt.want)
		})
	}
}

// TestWhoWasNotAskedStandsInForNobody: a raise that becomes durable beside a primary is one in its stead only if it has
// asked for it (I37). Else it is the end of one that this component's last process had begun for itself.
func TestWhoWasNotAskedStandsInForNobody(t *testing.T) {
	for i, want := range []string{"", "I37"} {
		asked := i == 1
		h := playGhost(t)
		p, s := h.g.sides[0], h.g.sides[1]
		s.p.owner = &handle{}
		if asked {
			s.counts = s.p.owner
		}
		io := h.ask(states.OpWrite, false)
		h.land(h.p.A, io)
		p.owed[0] = debt{h.g.judge.writes[io.gen].inv, h.g.judge.tick}
		h.g.reign.server, h.g.client.door = p, &door{}
		before, now := s.kept1, s.kept1
		now.number++
		now.rec.LocalCnt++
		h.g.moved(s, before, now)
		h.finds(t, want)
	}
}

// die ends the processes of some sides.
func (h *playedGhost) die(sides ...*side) {
	for _, s := range sides {
		h.g.processDied(s.p)
	}
}
