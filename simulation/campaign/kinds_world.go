package campaign

import (
	"math/rand/v2"
	"time"
)

// worldKinds are what only a share of the seeds has besides what swarm draws. They have streams of their own, so
// that the other seeds are as they were without them.
var worldKinds = []struct {
	share int // one seed in so many
	kind
}{
	{8, kind{"replace", "the secondary's disk is replaced by a new one, while both hold the same", 0.2, 1, func(s *story, r *rand.Rand) {
		n := 1 - s.primary
		if s.nodes[n].up && s.nodes[1-n].up {
			s.do("renew", names[n], [...]string{"empty", "empty", "zero"}[r.IntN(3)])
		}
	}}},
	{12, kind{"wrong-disk", "an earlier state of the secondary's disk is put back, or a disk of another resource in its place", 0.3, 2, func(s *story, r *rand.Rand) {
		n := 1 - s.primary
		if oneIn(r, 3) {
			s.do("wrong-disk", names[n], "foreign")
			return
		}
		s.do("snapshot", names[n])
		s.later(time.Second+draw(r, 30*time.Second), func() { s.do("wrong-disk", names[n], "older") })
	}}},
}

// world draws what else happens in a share of the seeds with faults.
func (s *story) world() {
	for i := range worldKinds {
		w := &worldKinds[i]
		r := stream(s.seed, w.name)
		if named := s.profile.Kinds != nil; s.allows(&w.kind) && (named || oneIn(r, w.share)) {
			s.arrivals(&w.kind, r, shapeEven, 1)
		}
	}
}
