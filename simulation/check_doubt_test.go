package simulation

import (
	"testing"

	"hast/states"
)

// TestFirstFlushFailed: a node that is started again, and whose first flush fails, can't tell what it lost of what the
// process before it had written. So the other copy, which has lost power, may be the source of what no flush had
// covered (I31). What a flush had covered, what is written later, and what a process writes whose first flush succeeded
// stay owed.
func TestFirstFlushFailed(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		swept, flushed, since bool // a flush succeeds first; a client's flush had covered the write; it is written later
		want                  string
	}{
		{"the first flush fails", false, false, false, ""},
		{"one succeeds before it", true, false, false, "I31"},
		{"a flush had covered the write", false, true, false, "I31"},
		{"it is written later", false, false, true, "I31"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			a, b := h.g.sides[0], h.g.sides[1]
			first := h.everywhere()
			h.flush(h.p.A)
			h.flush(h.p.B)
			if !tt.since {
				h.everywhere()
			}
			h.flush(h.p.B)
			h.g.processDied(h.p.Disk(h.p.B))
			if tt.flushed {
				h.flush(h.p.A)
				h.tell(h.ask(states.OpFlush, false), states.ClaimNone, states.ClaimBoth)
			}
			h.p.A.PowerKeep(func(int64) bool { return false })
			if tt.swept {
				h.g.flushEnded(h.p.Disk(h.p.B), true)
			}
			h.g.flushEnded(h.p.Disk(h.p.B), false)
			if tt.since {
				h.everywhere()
			}
			a.written[0] = valueID(first.gen)
			h.p.Disk(h.p.B).Put(states.MapOffset, []byte{1}) // the extent is dirty
			l := outlook{p: a, s: b, verdict: states.VerdictEqual, prec: &h.p.Record, srec: &h.p.Record,
				pm: states.Marks{Known: true, Crashed: states.UncleanBegan | states.UncleanRestarted},
				sm: states.Marks{Known: true, Crashed: states.UncleanBegan | states.UncleanRestarted}}
			h.g.survives(&l, 0)
			h.finds(t, tt.want)
		})
	}
}
