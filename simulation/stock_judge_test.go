package simulation

import (
	"testing"

	"hast/states"
)

// TestHandOverToStock: what a secondary calls bad must be durable on its primary, unless that has the original's manners,
// which flushes nothing for that: then it must be written there (I37, correctness 4.6).
func TestHandOverToStock(t *testing.T) {
	for _, tt := range []struct {
		name             string
		stock, on, flush bool
		want             string
	}{
		{"flushed on one of ours", false, true, true, ""},
		{"written on one of ours", false, true, false, "I37"},
		{"written on the original", true, true, false, ""},
		{"not even written on the original", true, false, false, "I37"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			h.everywhere()
			h.flush(h.p.A)
			h.flush(h.p.B)
			on := []*Machine{h.p.B}
			if tt.on {
				on = append(on, h.p.A)
			}
			io := h.claimed(states.ClaimBoth, on...) // a lie, where it isn't on both
			h.p.World.violations = nil
			if tt.flush {
				h.flush(h.p.A)
			}
			h.promote(h.p.A, true)
			h.p.A.stock = tt.stock
			h.g.handOver(h.g.at(h.p.B), io.off/SectorSize)
			h.finds(t, tt.want)
		})
	}
}

// TestTailBesideStock: beside a node of the original's manners nobody is told whose copy may have a tail that was only
// sent. The primary's copy is the source, and the tail is left behind (correctness 4.6).
func TestTailBesideStock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stock bool
		want  string
	}{{"beside the original", true, ""}, {"beside one of ours", false, "I11"}} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			old := h.everywhere()
			h.sent()
			h.p.A.stock = tt.stock
			h.promote(h.p.B, true)
			h.g.tailChosen(h.g.at(h.p.B))
			h.land(h.p.A, old)
			h.finds(t, tt.want)
		})
	}
}
