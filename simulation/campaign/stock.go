package campaign

import (
	"math/rand/v2"
	"slices"
)

// besideStock are the kinds of what befalls a pair whose secondary has the original's manners. What a node of ours
// decides by marks is left out, and so is what an administrator does with roles: such a secondary has one for life
// (correctness.md 4.6).
var besideStock = []string{"kill", "power", "pause", "cut", "one-way", "hold", "reset", "stall", "swizzle", "reset-one", "reset-at",
	"refuse", "half-open", "throttle", "slow", "stuck", "host-sleep", "clock-jump"}

// besideOriginal are those of a pair of which either node may be primary, or whose disks fail, too.
var besideOriginal = append([]string{"kill-both", "read-error", "write-error", "flush-error", "latent", "operator"}, besideStock...)

// drawStock decides whether one of the seed's nodes has the original's manners: its secondary all along, or, drawn by
// itself so that no other seed changes, either of the two. Such a node knows one resource.
func (s *story) drawStock() {
	s.foreign = -1
	s.stock = s.profile.Stock > 0 && !s.second && oneIn(stream(s.seed, "stock"), s.profile.Stock)
	r := stream(s.seed, "original")
	if s.original = s.profile.Original > 0 && !s.second && !s.stock && oneIn(r, s.profile.Original); s.original {
		s.leads = oneIn(r, 2)
	}
}

// allows reports whether a kind may be drawn for this seed.
func (s *story) allows(k *kind) bool {
	switch {
	case !s.profile.allows(k.name), s.apart && !k.ofResource():
		return false
	case s.original:
		return slices.Contains(besideOriginal, k.name)
	}
	return !s.stock || slices.Contains(besideStock, k.name)
}

// start starts a node.
func (s *story) start(n int) {
	switch {
	case n != s.foreign:
		s.do("start", names[n])
	case n == s.primary:
		s.do("stock", names[n], "primary")
	default:
		s.do("stock", names[n])
	}
}

// takeOver puts the original in the place of one of ours, once both hold the same: two components that are new to each
// other it would pair without a copy.
func (s *story) takeOver() {
	switch {
	case s.stock, s.original && !s.leads:
		s.foreign = 1 - s.primary
	case s.original:
		s.foreign = s.primary
	default:
		return
	}
	s.do("await", names[s.primary], "complete")
	s.do("stop", names[s.foreign])
	s.start(s.foreign)
}

// orderlyBeside is what an operator does with a pair of which one node has the original's manners: its role is what it
// was started for, so that one is started anew.
func (s *story) orderlyBeside(r *rand.Rand) {
	ours := 1 - s.foreign
	if !s.nodes[0].up || !s.nodes[1].up || s.nodes[0].paused || s.nodes[1].paused {
		return
	}
	if oneIn(r, 4) {
		s.role(ours, "init")
		s.resume(ours)
		return
	}
	if s.primary == ours {
		s.role(ours, "secondary")
		s.do("kill", names[s.foreign])
	} else {
		s.do("kill", names[s.foreign])
		s.role(ours, "primary")
	}
	s.primary = 1 - s.primary
	s.start(s.foreign)
}
