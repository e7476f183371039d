package simulation

import (
	"testing"
	"time"

	"hast/config"
	"hast/states"
)

// withTail serves at A with a bound of three sectors, and of two seconds.
func (h *playedGhost) withTail() {
	h.paired()
	h.serves()
	h.g.tailMost, h.g.tailFor = 3*SectorSize, 2*time.Second
}

// TestTailIsHeldToItsBound: what is answered as sent and not with the secondary yet is at most what is configured, in
// bytes and in time (I2).
func TestTailIsHeldToItsBound(t *testing.T) {
	lone := func(h *playedGhost) *clientIO { return h.claimed(states.ClaimSent, h.p.A) }
	for _, tt := range []told{
		{"as much as may be", func(h *playedGhost) {
			h.withTail()
			lone(h)
			lone(h)
			lone(h)
		}, ""},
		{"a sector more", func(h *playedGhost) {
			h.withTail()
			lone(h)
			lone(h)
			lone(h)
			lone(h)
		}, "I2"},
		{"a single write is never too much", func(h *playedGhost) {
			h.withTail()
			h.g.tailMost = 1
			lone(h)
		}, ""},
		{"what the secondary has taken in doesn't count", func(h *playedGhost) {
			h.withTail()
			lone(h)
			lone(h)
			h.takeIn(lone(h))
			lone(h)
			lone(h)
			lone(h)
		}, ""},
		{"what was answered as both is no tail", func(h *playedGhost) {
			h.withTail()
			h.g.tailMost = 1
			h.everywhere()
			lone(h)
		}, ""},
		{"a dead secondary has lost what it had, of which its primary needn't know", func(h *playedGhost) {
			h.withTail()
			lone(h)
			lone(h)
			lone(h)
			h.killed(h.p.B)
			lone(h)
		}, ""},
		{"a tail that is too old", func(h *playedGhost) {
			h.withTail()
			lone(h)
			h.p.World.now += 10 * time.Second
			lone(h)
		}, "I2"},
		{"a tail that is nearly too old", func(h *playedGhost) {
			h.withTail()
			lone(h)
			h.p.World.now += 2 * time.Second
			lone(h)
		}, ""},
		{"a tail that is too old for who was awake", func(h *playedGhost) {
			h.withTail()
			lone(h)
			h.p.World.effect(FaultPause)
			h.p.World.now += 10 * time.Second
			lone(h)
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			tt.run(h)
			h.finds(t, tt.want)
		})
	}
}

// TestTailsMay: the judge knows each resource's own bounds, and the greatest that there ever were.
func TestTailsMay(t *testing.T) {
	h := playGhost(t)
	tell := func(name string, bytes int64, d time.Duration) {
		h.p.World.tailsMay(&config.Config{Resources: []config.Resource{{Name: name, AsyncBound: bytes, AsyncTime: d}}})
	}
	tell(Resource, 7, time.Second)
	tell(Resource, 5, 3*time.Second)
	tell("another", 100, time.Hour)
	if h.g.tailMost != 7 || h.g.tailFor != 3*time.Second {
		t.Errorf("%d bytes for %v", h.g.tailMost, h.g.tailFor)
	}
}

// TestLostBeforeTheTailWasChosen: a node that lost power after it had answered for what was only sent is the source,
// and what it lost is left behind, also after a session has made the mark of that loss void (I31). What was answered
// since is not.
func TestLostBeforeTheTailWasChosen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tailed bool
		since  bool
		want   string
	}{
		{"it had answered for what was only sent", true, false, ""},
		{"it had not", false, false, "I31"},
		{"what is owed was answered since", true, true, "I31"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			a, b := h.g.sides[0], h.g.sides[1]
			first := h.everywhere()
			h.flush(h.p.A)
			h.flush(h.p.B)
			h.everywhere()
			h.p.B.PowerKeep(func(int64) bool { return false })
			if b.tailed = tt.tailed; tt.since {
				h.everywhere()
				b.written[0] = valueID(first.gen)
			}
			h.p.Disk(h.p.B).Put(states.MapOffset, []byte{1}) // the extent is dirty
			l := outlook{p: b, s: a, verdict: states.VerdictEqual, prec: &h.p.Record, srec: &h.p.Record,
				pm: states.Marks{Known: true, Sent: true, Crashed: states.UncleanBegan | states.UncleanSent},
				sm: states.Marks{Known: true, Crashed: states.UncleanBegan}}
			h.g.survives(&l, 0)
			h.finds(t, tt.want)
		})
	}
}
