package campaign

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// kind is one way in which things go wrong.
type kind struct {
	name, about string
	least, most float64 // how often a minute (correctness.md 6.2)
	tell        func(s *story, r *rand.Rand)
}

// Fault describes a kind for people.
type Fault struct{ Name, About string }

// Faults lists the kinds that are drawn.
func Faults() []Fault {
	list := make([]Fault, 0, len(kinds)+len(worldKinds))
	for _, k := range kinds {
		list = append(list, Fault{k.name, k.about})
	}
	for _, w := range worldKinds {
		list = append(list, Fault{w.name, w.about})
	}
	return list
}

var kinds = []kind{
	{"kill", "a node's process ends; it comes back, or the other node is promoted", 0.2, 6, func(s *story, r *rand.Rand) {
		s.dies(r, r.IntN(2), "kill")
		s.twin(r, "cut")
	}},
	{"kill-both", "both processes end within a moment", 0.1, 2, func(s *story, r *rand.Rand) {
		first := r.IntN(2)
		s.dies(r, first, "kill")
		s.now += draw(r, 20*time.Millisecond)
		s.dies(r, 1-first, "kill")
	}},
	{"power", "a machine loses its power, and its disks some of what wasn't durable", 0.1, 3, func(s *story, r *rand.Rand) {
		s.dies(r, r.IntN(2), "power", keep(r))
	}},
	{"power-both", "both machines lose their power within a moment", 0.1, 1, func(s *story, r *rand.Rand) {
		first := r.IntN(2)
		s.dies(r, first, "power", keep(r))
		s.now += draw(r, 20*time.Millisecond)
		s.dies(r, 1-first, "power", keep(r))
	}},
	{"pause", "a node gets no turn, for up to five timeouts", 0.2, 3, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		if !s.nodes[n].up || s.nodes[n].paused {
			return
		}
		s.nodes[n].paused = true
		s.do("pause", names[n])
		s.later(10*time.Millisecond+draw(r, min(5*s.timeout, 20*time.Second)), func() {
			if s.nodes[n].paused {
				s.nodes[n].paused = false
				s.do("continue", names[n])
			}
		})
		s.twin(r, "cut")
	}},
	{"panic", "one actor falls", 0.2, 4, func(s *story, r *rand.Rand) {
		actors := [...]string{"gate", "localdisk", "remotelink", "sync", "guard", "secondary", "resource"}
		s.do("panic", names[r.IntN(2)], actors[r.IntN(len(actors))], "after="+strconv.Itoa(r.IntN(20)), "moment="+strconv.Itoa(r.IntN(5)-1))
	}},
	{"cut", "no packet gets through, either way", 0.2, 4, func(s *story, r *rand.Rand) {
		s.while("cut", exponential(r, 4*time.Second), func() { s.do("cut") }, func() { s.do("heal") })
	}},
	{"one-way", "no packet gets through, one way", 0.2, 4, func(s *story, r *rand.Rand) {
		s.while("cut", exponential(r, 4*time.Second), func() { s.do("cut", way(r)) }, func() { s.do("heal") })
	}},
	{"hold", "one way stalls, and all of it arrives later", 0.5, 10, func(s *story, r *rand.Rand) {
		w := way(r)
		s.while("hold "+w, exponential(r, time.Second), func() { s.do("hold", w) }, func() { s.do("release", w) })
	}},
	{"reset", "the connections end", 0.2, 5, func(s *story, r *rand.Rand) { s.do("reset") }},
	{"read-error", "a disk can't read some sectors", 0.5, 6, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.do("disk", names[n], "read-error", s.span(r, n), "times="+strconv.Itoa(1+r.IntN(4)))
	}},
	{"write-error", "a disk can't write some sectors", 0.2, 4, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.do("disk", names[n], "write-error", s.span(r, n), "times="+strconv.Itoa(1+r.IntN(4)))
		s.twinDeath(r, n)
	}},
	{"flush-error", "a disk's flush fails, and what it should have covered may be lost", 0.2, 2, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		if n == s.foreign {
			n = 1 - n // the original takes the next flush's word for what a failed one has lost (I38)
		}
		s.do("disk", names[n], "flush-error", "times="+strconv.Itoa(1+r.IntN(2)))
	}},
	{"map-error", "a disk can't write its map", 0.2, 2, func(s *story, r *rand.Rand) {
		s.do("disk", names[r.IntN(2)], "write-error", "map", "times="+strconv.Itoa(1+r.IntN(2)))
	}},
	{"slow", "a disk is ten to a thousand times as slow", 0.2, 2, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		times := [...]string{"10", "100", "1000"}[r.IntN(3)]
		s.while("disk "+names[n], exponential(r, 2*time.Second), func() { s.do("disk", names[n], "slow", times) }, func() { s.do("disk", names[n], "heal") })
	}},
	{"stuck", "a disk ends no operation for a while", 0.1, 1, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.while("disk "+names[n], exponential(r, 10*time.Second), func() { s.do("disk", names[n], "stuck") }, func() { s.do("disk", names[n], "unstuck") })
		s.twinDeath(r, n)
	}},
	{"gone", "a disk vanishes and comes back", 0.1, 0.5, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.while("disk "+names[n], exponential(r, 5*time.Second), func() { s.do("disk", names[n], "gone") }, func() { s.do("disk", names[n], "heal") })
	}},
	{"latent", "sectors of a disk can't be read until they are rewritten", 0.2, 2, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.do("disk", names[n], "latent", s.span(r, n))
	}},
	{"full", "a disk takes no more writes for a while: full, or read-only", 0.1, 1, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		how := [...]string{"full", "read-only"}[r.IntN(2)]
		s.while("disk "+names[n], exponential(r, 3*time.Second), func() { s.do("disk", names[n], how) }, func() { s.do("disk", names[n], "heal") })
	}},
	{"silent", "a disk loses, misplaces, flips or makes up what it was given, and says nothing", 0.1, 2, func(s *story, r *rand.Rand) {
		if s.silent { // at most one at a time, so that damage never meets damage (X3)
			return
		}
		s.silent = true
		n := r.IntN(2)
		what := [...]string{"lost-write", "misdirected", "bit-flip", "stale-read"}[r.IntN(4)]
		s.do("medium", names[n], what, s.span(r, n))
	}},
	{"operator", "the operator changes roles, in order", 0.5, 6, orderly},
	{"operator-error", "the operator errs: both primary, nobody primary, force", 0.2, 2, wrong},
}

// way is one of the two directions.
func way(r *rand.Rand) string { return [...]string{"a->b", "b->a"}[r.IntN(2)] }

// keep says what a power cut leaves of what wasn't durable.
func keep(r *rand.Rand) string {
	return "keep=" + [...]string{"p", "p", "p", "none", "all", "half", "few", "most", "all-but-one", "newest", "oldest"}[r.IntN(11)]
}

// orderly is what an operator does who knows what he does.
func orderly(s *story, r *rand.Rand) {
	if s.foreign >= 0 {
		s.orderlyBeside(r)
		return
	}
	p, o := s.primary, 1-s.primary
	switch r.IntN(4) {
	case 0: // the secondary is started anew
		if s.nodes[o].up && !s.nodes[o].paused {
			s.role(o, "init")
			s.role(o, "secondary")
		}
	case 1:
		if s.nodes[p].up && !s.nodes[p].paused {
			s.role(p, "init")
			s.role(p, "primary")
		}
	default:
		if s.nodes[p].up && s.nodes[o].up && !s.nodes[p].paused && !s.nodes[o].paused {
			s.role(p, "secondary")
			s.role(o, "primary")
			s.primary = o
		}
	}
}

// wrong is what he does at night. Some time later he sees it.
func wrong(s *story, r *rand.Rand) {
	p, o := s.primary, 1-s.primary
	switch r.IntN(4) {
	case 0:
		s.role(o, "primary")
	case 1:
		s.role(o, "primary", "--force")
	case 2:
		s.role(p, "secondary")
	case 3:
		s.role(p, "init")
		s.role(o, "init")
	}
	s.later(draw(r, 10*time.Second), func() {
		s.resume(1 - s.primary)
		s.resume(s.primary)
	})
}

// twin lets something else happen along with what happens, in a storm of that shape.
func (s *story) twin(r *rand.Rand, name string) {
	if s.twins && s.profile.allows(name) {
		s.while(name, exponential(r, 4*time.Second), func() { s.do("cut") }, func() { s.do("heal") })
	}
}

// twinDeath lets the node of a disk that fails die soon after.
func (s *story) twinDeath(r *rand.Rand, n int) {
	if s.twins && s.profile.allows("kill") && !s.apart {
		s.later(draw(r, 200*time.Millisecond), func() { s.dies(r, n, "kill") })
	}
}
