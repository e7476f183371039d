package simulation

import (
	"testing"

	"hast/states"
)

// carry writes what one component holds on another, or on itself, as a copy, a repair or a rewriting does.
func (h *playedGhost) carry(from, to *Machine) {
	at := int64(h.p.Record.LocalOff)
	b := append([]byte(nil), h.p.Disk(from).Written()[at:at+SectorSize]...)
	h.p.Disk(to).landSector(at/SectorSize, b)
}

// flip is a bit of the sector of a machine's component that is another one.
func (h *playedGhost) flip(m *Machine) { h.p.Disk(m).FlipBit(int64(h.p.Record.LocalOff) + 5) }

// damaged reports whether the judge takes the sector of a machine's component as silently damaged.
func (h *playedGhost) damaged(m *Machine) bool { return h.g.at(m).tainted(0) }

// TestDamageIsFollowed: nothing is demanded of what is silently damaged, wherever it is copied to, until something
// else is written there; and everything of all else.
func TestDamageIsFollowed(t *testing.T) {
	none := func(int64) bool { return false }
	tests := []struct {
		name string
		run  func(h *playedGhost)
		a, b bool   // whether the components' sector is damaged in the end
		want string // the invariant that is broken first; empty for none
	}{
		{"a bit flips", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
		}, true, false, ""},
		{"it is copied", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
			h.carry(h.p.A, h.p.B)
		}, true, true, ""},
		{"it is rewritten in place, and copied later", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
			h.carry(h.p.A, h.p.A)
			h.carry(h.p.A, h.p.B)
		}, true, true, ""},
		{"it is repaired from the other side", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
			h.carry(h.p.B, h.p.A)
		}, false, false, ""},
		{"it is written anew, and what was there before lands", func(h *playedGhost) {
			old := h.everywhere()
			h.flip(h.p.A)
			h.everywhere()
			h.land(h.p.B, old)
		}, false, false, "I11"},
		{"an older write, which is not what is damaged, lands", func(h *playedGhost) {
			old := h.everywhere()
			h.everywhere()
			h.flip(h.p.A)
			h.land(h.p.B, old)
		}, true, false, "I11"},
		{"it is durable, and what was written since is lost", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
			h.flush(h.p.A)
			h.everywhere()
			h.p.A.PowerKeep(none)
		}, true, false, ""},
		{"it is not durable, and lost", func(h *playedGhost) {
			h.everywhere()
			h.flush(h.p.A)
			h.everywhere()
			h.flip(h.p.A)
			h.p.A.PowerKeep(none)
		}, false, false, ""},
		{"a copy of it is durable, and what was written since is lost", func(h *playedGhost) {
			h.everywhere()
			h.flip(h.p.A)
			h.carry(h.p.A, h.p.B)
			h.flush(h.p.B)
			h.everywhere()
			h.p.B.PowerKeep(none)
		}, false, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			tt.run(h)
			h.finds(t, tt.want)
			if a, b := h.damaged(h.p.A), h.damaged(h.p.B); a != tt.a || b != tt.b {
				t.Errorf("damaged: a %v, b %v; want %v, %v", a, b, tt.a, tt.b)
			}
		})
	}
}

// TestReadThatWasGivenDamage: nothing is demanded of a read that was under way while a sector was silently damaged, though
// a write has ended the damage before the answer (seed 1006455). One that was asked for later has no excuse.
func TestReadThatWasGivenDamage(t *testing.T) {
	for _, tt := range []struct {
		name        string
		damaged, on bool // the sector was damaged; the read was under way when the damage ended
		want        string
	}{
		{"under way when the damage ended", true, true, ""},
		{"asked for later", true, false, "I1"},
		{"there was no damage", false, true, "I1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			old := h.everywhere()
			h.everywhere()
			if tt.damaged {
				h.flip(h.p.A)
			}
			read := h.ask(states.OpRead, false)
			h.everywhere()
			if !tt.on {
				h.g.judge.forget(read)
				read = h.ask(states.OpRead, false)
			}
			b := make([]byte, SectorSize)
			stampSectors(b, old.gen, 0)
			h.g.judge.answered(read, b)
			h.g.answered(h.g.sides[0], read, b)
			h.finds(t, tt.want)
		})
	}
}
