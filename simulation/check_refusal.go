package simulation

import (
	"strings"

	"hast/states"
)

// Nothing is refused without a cause (I34): as long as nothing went wrong in a world, and nobody meddled, no request
// fails, no session ends, no command is refused, and no node logs more than what it does; and whatever goes wrong on
// the way to the peer, a primary with a current copy answers.

// innocent reports whether nothing has happened that a node may complain about.
func (w *World) innocent() bool {
	if w.meddled || len(w.panics) > 0 {
		return false
	}
	for k, n := range w.effects {
		switch FaultKind(k) {
		case FaultDelay, FaultStarved, FaultClockJump, FaultSlow:
			// Patience is part of the deal, but what is slower than a timeout ends a session.
			if n > 0 && FaultKind(k) != FaultDelay {
				return false
			}
		default:
			if n > 0 {
				return false
			}
		}
	}
	return true
}

// refused is something that needs a cause.
func (w *World) refused(m *Machine, what string, args ...any) {
	w.checked(ruleI34)
	if w.innocent() {
		w.violate(ruleI34, m.name, NoSector, "nothing went wrong, and nobody meddled: "+what, args...)
	}
}

// logged looks at a line of a node's log.
func (w *World) logged(m *Machine, line string) {
	if strings.Contains(line, "[WARN]") || strings.Contains(line, "[ERROR]") {
		w.refused(m, "%s", line)
	}
}

// failed is a request that was answered with an error.
func (g *ghost) failed(s *side, io *clientIO, err error) {
	g.world.refused(s.m, "%v %d+%d failed: %v", io.op, io.off, io.n, err)
	w := g.world
	if g.void || g.restored || w.meddled || w.diskFailed() || w.effects[FaultPanic] > 0 || w.effects[FaultGarbage]+w.effects[FaultStockPeer] > 0 || s.m.stock {
		return
	}
	for k := FaultLostWrite; k <= FaultStaleRead; k++ {
		if w.effects[k] > 0 {
			return
		}
	}
	own := &s.kept1
	if s.died > 0 || s.lostPower > 0 || g.strangers() || s.behind(s.other()) || s.told || s.split != nil || own.err != nil || own.rec.Unfit != states.Fit {
		return // its copy may lack something
	}
	if g.client.door == nil || g.client.door.closing {
		return
	}
	g.violate(ruleI34, s, io.off/SectorSize, "%v %d+%d failed (%v), and this copy is current and its disk sound", io.op, io.off, io.n, err)
}
