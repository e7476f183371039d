package campaign

import "slices"

// besideStock are the kinds of what befalls a pair whose secondary has the original's manners. What a node of ours
// decides by marks is left out, and so is what an administrator does with roles: such a secondary has one for life
// (correctness.md 4.6).
var besideStock = []string{"kill", "power", "pause", "cut", "one-way", "hold", "reset", "stall", "swizzle", "reset-one", "reset-at",
	"refuse", "half-open", "throttle", "slow", "stuck", "host-sleep", "clock-jump"}

// drawStock decides whether the seed's secondary has the original's manners. Its node knows one resource.
func (s *story) drawStock() {
	s.stock = s.profile.Stock > 0 && !s.second && oneIn(stream(s.seed, "stock"), s.profile.Stock)
}

// allows reports whether a kind may be drawn for this seed.
func (s *story) allows(k *kind) bool {
	return s.profile.allows(k.name) && (!s.apart || k.ofResource()) && (!s.stock || slices.Contains(besideStock, k.name))
}

// start starts a node.
func (s *story) start(n int) {
	if s.stock && n != s.primary {
		s.do("stock", names[n])
		return
	}
	s.do("start", names[n])
}

// takeOver puts the original in the place of one of ours that is a secondary: two components that are new to each other
// it would pair without a copy.
func (s *story) takeOver() {
	if s.stock {
		s.do("await", names[s.primary], "complete")
		s.do("stop", names[1-s.primary])
		s.start(1 - s.primary)
	}
}
