package simulation

import (
	"testing"

	"hast/states"
)

// promote lets a node serve, as far as the judge can see; if both are with one another, the other side may be the source.
func (h *playedGhost) promote(m *Machine, with bool) {
	g, s := h.g, h.g.at(m)
	g.reign = reign{server: s, last: g.reign.server, at: g.judge.tick, same: g.servesAgain(s), damaged: make(map[int64]bool)}
	g.reign.hold(s)
	if with {
		g.reign.hold(s.other())
	}
}

// served is a read at a node that returns a write, the first answer of its reign or a later one.
func (h *playedGhost) served(m *Machine, write *clientIO) {
	io := h.ask(states.OpRead, false)
	b := make([]byte, SectorSize)
	stampSectors(b, write.gen, 0)
	h.g.settle()
	h.g.judge.answered(io, b)
	h.g.answered(h.g.at(m), io, b)
	h.g.judge.forget(io)
}

// claimed is a write of A that lands where it is told to, and is answered with a claim.
func (h *playedGhost) claimed(c states.Claim, on ...*Machine) *clientIO {
	io := h.ask(states.OpWrite, false)
	for _, m := range on {
		h.land(m, io)
	}
	h.tell(io, c, states.ClaimNone)
	return io
}

// received is a write of A that B has in its process, and nothing more.
func (h *playedGhost) received() *clientIO {
	io := h.ask(states.OpWrite, false)
	h.land(h.p.A, io)
	h.g.sides[1].memory[0] = valueID(io.gen)
	h.tell(io, states.ClaimReceived, states.ClaimNone)
	return io
}

// sent is a write of A that only A has. That no node keeps a record here, which would have to say so, is no finding.
func (h *playedGhost) sent() *clientIO {
	io := h.claimed(states.ClaimSent, h.p.A)
	h.p.World.violations = nil
	return io
}

func (h *playedGhost) flushed(c states.Claim) {
	h.flush(h.p.A)
	h.flush(h.p.B)
	h.tell(h.ask(states.OpFlush, false), states.ClaimNone, c)
}

func (h *playedGhost) killed(m *Machine) { h.g.processDied(h.p.Disk(m)) }

// raised is the durable beginning of a period alone at the node that serves.
func (h *playedGhost) raised(m *Machine) {
	before := paper{number: 1, rec: states.Record{ResUID: 1}}
	now := paper{number: 2, rec: states.Record{ResUID: 1, LocalCnt: 1}}
	h.p.Client.door = &door{}
	h.g.moved(h.g.at(m), before, now)
	h.p.Client.door = nil
}

// behindAndKnows is a write that B has from a period alone, and a flush answered at A, which lacks it, and has been told
// so or not. What A held before comes first.
func (h *playedGhost) behindAndKnows(told bool) (old, w *clientIO) {
	old = h.everywhere()
	w = h.ask(states.OpWrite, false)
	h.land(h.p.B, w)
	h.g.judge.answered(w, nil)
	h.g.over(w, true)
	h.g.sides[1].vv[1]++
	h.g.sides[1].owed[0] = debt{w.inv, h.g.judge.tick}
	h.g.done[0] = w.inv
	h.g.sides[0].told = told
	h.promote(h.p.A, false)
	h.g.settle()
	return old, w
}

// owes are the numbers of the newest writes that a side owes: in its process, written, durable; 0 is none.
func (h *playedGhost) owes(s *side) (levels [3]uint64) {
	for i, d := range []debt{s.received[0], s.owed[0], s.kept[0]} {
		for gen := range h.g.judge.writes {
			if gen > 0 && h.g.judge.writes[gen].inv == d.inv {
				levels[i] = uint64(gen)
			}
		}
	}
	return levels
}

// TestWhatIsOwed: each answer raises what a component owes as its claim says, each fault lowers it to what that fault
// leaves (correctness 3, must).
func TestWhatIsOwed(t *testing.T) {
	none := func(int64) bool { return false }
	tests := []struct {
		name string
		run  func(h *playedGhost)
		a, b [3]uint64 // in the process, written, durable
	}{
		{"nothing was answered", func(h *playedGhost) { h.land(h.p.A, h.ask(states.OpWrite, false)) }, [3]uint64{}, [3]uint64{}},
		{"both", func(h *playedGhost) { h.everywhere() }, [3]uint64{0, 1, 0}, [3]uint64{0, 1, 0}},
		{"received", func(h *playedGhost) { h.received() }, [3]uint64{0, 1, 0}, [3]uint64{1, 0, 0}},
		{"sent", func(h *playedGhost) { h.claimed(states.ClaimSent, h.p.A) }, [3]uint64{0, 1, 0}, [3]uint64{}},
		{"local", func(h *playedGhost) { h.claimed(states.ClaimLocal, h.p.A, h.p.B) }, [3]uint64{0, 1, 0}, [3]uint64{}},
		{"remote", func(h *playedGhost) { h.claimed(states.ClaimRemote, h.p.B) }, [3]uint64{}, [3]uint64{0, 1, 0}},
		{"source", func(h *playedGhost) { h.claimed(states.ClaimSource, h.p.A, h.p.B) }, [3]uint64{}, [3]uint64{0, 1, 0}},
		{"a newer one takes an older one's place", func(h *playedGhost) {
			h.everywhere()
			h.everywhere()
		}, [3]uint64{0, 2, 0}, [3]uint64{0, 2, 0}},
		{"a flush of both", func(h *playedGhost) {
			h.everywhere()
			h.flushed(states.ClaimBoth)
		}, [3]uint64{0, 1, 1}, [3]uint64{0, 1, 1}},
		{"a flush alone", func(h *playedGhost) {
			h.everywhere()
			h.flushed(states.ClaimLocal)
		}, [3]uint64{0, 1, 1}, [3]uint64{0, 1, 0}},
		{"a flush of what is on the other one only", func(h *playedGhost) {
			h.claimed(states.ClaimRemote, h.p.B)
			h.flushed(states.ClaimRemote)
		}, [3]uint64{}, [3]uint64{0, 1, 1}},
		{"a flush that was invoked before the answer", func(h *playedGhost) {
			flush := h.ask(states.OpFlush, false)
			h.everywhere()
			h.tell(flush, states.ClaimNone, states.ClaimBoth)
		}, [3]uint64{0, 1, 0}, [3]uint64{0, 1, 0}},
		{"power of B is lost", func(h *playedGhost) {
			h.everywhere()
			h.p.B.PowerKeep(none)
		}, [3]uint64{0, 1, 0}, [3]uint64{}},
		{"power of B is lost after a flush and another write", func(h *playedGhost) {
			h.everywhere()
			h.flushed(states.ClaimBoth)
			h.everywhere()
			h.p.B.PowerKeep(none)
		}, [3]uint64{0, 2, 1}, [3]uint64{1, 1, 1}},
		{"B dies before it has applied", func(h *playedGhost) {
			h.received()
			h.killed(h.p.B)
		}, [3]uint64{0, 1, 0}, [3]uint64{}},
		{"B dies after it has applied", func(h *playedGhost) {
			h.land(h.p.B, h.received())
			h.killed(h.p.B)
		}, [3]uint64{0, 1, 0}, [3]uint64{1, 1, 0}},
		{"A dies", func(h *playedGhost) {
			h.everywhere()
			h.killed(h.p.A)
		}, [3]uint64{1, 1, 0}, [3]uint64{0, 1, 0}},
		{"a handshake with B, whose process has died", func(h *playedGhost) {
			h.everywhere()
			h.killed(h.p.B)
			h.g.learns(states.RolePrimary, h.g.sides[0], h.g.sides[1])
		}, [3]uint64{0, 1, 0}, [3]uint64{1, 1, 0}},
		{"a handshake with B, whose first flush has failed since its process died", func(h *playedGhost) {
			h.everywhere()
			h.flushed(states.ClaimBoth)
			h.everywhere()
			h.killed(h.p.B)
			h.g.flushEnded(h.p.Disk(h.p.B), false)
			h.g.learns(states.RolePrimary, h.g.sides[0], h.g.sides[1])
		}, [3]uint64{0, 2, 1}, [3]uint64{1, 1, 1}},
		{"the component of A is another one", func(h *playedGhost) {
			h.everywhere()
			h.g.Damaged(h.p.A, h.p.Disk(h.p.A), 0, FaultReplaced, nil)
		}, [3]uint64{}, [3]uint64{0, 1, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			tt.run(h)
			if a, b := h.owes(h.g.sides[0]), h.owes(h.g.sides[1]); a != tt.a || b != tt.b {
				t.Errorf("a owes %v, b %v; want %v, %v", a, b, tt.a, tt.b)
			}
		})
	}
}

// disownsOlder is a promotion of A that has lost power, says of its older copy that it isn't current, and answers
// something before B is there.
func (h *playedGhost) disownsOlder(force bool) (old, write *clientIO) {
	old = h.everywhere()
	h.flushed(states.ClaimBoth)
	write = h.everywhere()
	h.p.A.PowerKeep(func(int64) bool { return false })
	a := h.g.sides[0]
	a.kept1.err, a.forced = nil, force
	a.kept1.rec.Bad = states.NewExtentRuns(states.ExtentRun{Count: 1})
	h.promote(h.p.A, false)
	h.g.settle()
	return old, write
}

// TestPromotions judges hand-written failovers: what is served then is not older than what the server owes, and it is
// what may be read from then on (correctness 3).
func TestPromotions(t *testing.T) {
	tests := []struct {
		name   string
		run    func(h *playedGhost)
		behind uint64 // sectors of answered writes that were left behind
		want   string // the invariant that is broken first; empty for none
	}{
		{"what both have", func(h *playedGhost) {
			w := h.everywhere()
			h.promote(h.p.B, false)
			h.served(h.p.B, w)
		}, 0, ""},
		{"an older write than it owes", func(h *playedGhost) {
			old := h.everywhere()
			h.everywhere()
			h.g.sides[1].written[0] = valueID(old.gen)
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
		}, 1, "I2"},
		{"a promotion without what was written alone", func(h *playedGhost) {
			old := h.everywhere()
			h.sent()
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
		}, 1, ""},
		{"what was left behind is no more", func(h *playedGhost) {
			old := h.everywhere()
			tail := h.sent()
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
			h.served(h.p.B, tail)
		}, 1, "I1"},
		{"received, and lost with the process", func(h *playedGhost) {
			old := h.everywhere()
			h.received()
			h.killed(h.p.B)
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
		}, 1, ""},
		{"received, and not applied by a process that lives", func(h *playedGhost) {
			old := h.everywhere()
			h.received()
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
		}, 1, "I2"},
		{"a write without an answer that it has", func(h *playedGhost) {
			old := h.everywhere()
			open := h.ask(states.OpWrite, false)
			h.land(h.p.B, open)
			h.g.judge.unresolved(open)
			h.promote(h.p.B, false)
			h.served(h.p.B, open)
			h.served(h.p.B, old)
		}, 0, "I1"},
		{"a write without an answer that it lacks", func(h *playedGhost) {
			old := h.everywhere()
			open := h.ask(states.OpWrite, false)
			h.land(h.p.A, open)
			h.g.judge.unresolved(open)
			h.promote(h.p.B, false)
			h.served(h.p.B, old)
			h.served(h.p.B, open)
		}, 0, "I1"},
		{"a period without an answer leaves behind what was only sent", func(h *playedGhost) {
			old := h.everywhere()
			h.sent()
			h.promote(h.p.B, false)
			h.raised(h.p.B)
			h.land(h.p.A, old) // the copy from B
		}, 1, ""},
		{"it answers, knows that it is behind, and then its peer is the source", func(h *playedGhost) {
			_, w := h.behindAndKnows(true)
			h.served(h.p.A, w)
		}, 0, ""},
		{"it answers, knows that it is behind, and serves what it lacks", func(h *playedGhost) {
			old, _ := h.behindAndKnows(true)
			h.served(h.p.A, old)
		}, 0, "I1"},
		{"it answers, is behind, and can't know", func(h *playedGhost) {
			_, w := h.behindAndKnows(false)
			h.served(h.p.A, w)
		}, 1, "I1"},
		{"it disowns what its peer has, and then that is the source", func(h *playedGhost) {
			_, w := h.disownsOlder(false)
			h.served(h.p.A, w)
		}, 0, ""},
		{"it disowns what its peer has, and serves its own", func(h *playedGhost) {
			old, _ := h.disownsOlder(false)
			h.served(h.p.A, old)
		}, 0, "I1"},
		{"it disowns what its peer has, and serves its own by force", func(h *playedGhost) {
			old, _ := h.disownsOlder(true)
			h.served(h.p.A, old)
		}, 1, ""},
		{"a promotion without a period leaves nothing behind", func(h *playedGhost) {
			old := h.everywhere()
			h.sent()
			h.promote(h.p.B, false)
			h.land(h.p.A, old)
		}, 0, "I11"},
		{"with its peer, which is the source", func(h *playedGhost) {
			old := h.everywhere()
			h.flushed(states.ClaimBoth)
			w := h.everywhere()
			h.p.A.PowerKeep(func(int64) bool { return false })
			if h.g.sides[0].written[0] != valueID(old.gen) {
				panic("power kept what it was to lose")
			}
			h.promote(h.p.A, true)
			h.served(h.p.A, w)
		}, 0, ""},
		{"with its peer, and its own older copy is served", func(h *playedGhost) {
			old := h.everywhere()
			h.flushed(states.ClaimBoth)
			h.everywhere()
			h.p.A.PowerKeep(func(int64) bool { return false })
			h.promote(h.p.A, true)
			h.served(h.p.A, old)
		}, 0, "I1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			h.promote(h.p.A, false)
			h.g.settle()
			tt.run(h)
			got := ""
			if v := h.p.World.Violations(); len(v) > 0 {
				got = v[0].Invariant
			}
			if got != tt.want || h.g.leftBehind != tt.behind {
				t.Errorf("found %q, want %q; left behind %d, want %d: %s", got, tt.want, h.g.leftBehind, tt.behind, text(h.p.World.Violations()))
			}
		})
	}
}
