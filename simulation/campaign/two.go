package campaign

import (
	"math/rand/v2"
	"slices"
	"time"
)

// two is what a story knows of a pair's second resource. All that is drawn for it comes from a stream of its own,
// so that the seeds without one are what they were before there was any.
type two struct {
	second   bool       // there is one
	apart    bool       // only the first resource has faults, and the second one must not notice (I25)
	draws    *rand.Rand // what is drawn for the second resource
	resource int        // that is spoken of now: 0 is the first
	services [2]service
}

// share decides whether the seed has a second resource.
func (s *story) share() {
	for i := range s.services {
		s.services[i].busy = make(map[string]bool)
	}
	s.turnTo(0)
	s.draws = stream(s.seed, "two")
	if s.profile.Two == 0 || !oneIn(s.draws, s.profile.Two) {
		return
	}
	s.second = true
	s.apart = oneIn(s.draws, 3)
	s.script.Set("resources", "2")
	if s.apart {
		// What is longer than all that the disks and the network of any seed need at worst: no session ends by itself.
		s.script.Set("timeout", "20s")
	}
}

// turnTo has what is told next be about a resource.
func (s *story) turnTo(n int) { s.resource, s.service = n, &s.services[n] }

// each tells something of each resource, the first one first.
func (s *story) each(tell func()) {
	defer s.turnTo(s.resource)
	for n := range s.services {
		if n == 0 || s.second {
			s.turnTo(n)
			tell()
		}
	}
}

// isOfResource reports whether a step is about a resource, and not about its machines.
func isOfResource(verb string) bool {
	return slices.Contains([]string{"alive", "audit", "await", "calm", "disk", "load", "medium", "panic", "renew", "role", "undisturbed"}, verb)
}

// ofResource reports whether a kind befalls a resource, and not its machines or the network.
func (k *kind) ofResource() bool {
	return slices.Contains([]string{"panic", "read-error", "write-error", "flush-error", "map-error", "slow", "stuck", "gone", "latent", "full",
		"silent", "operator", "operator-error", "replace"}, k.name)
}

// befall tells a kind, of the second resource as often as of the first one, if it is one that befalls resources.
func (s *story) befall(k *kind, r *rand.Rand) {
	if s.second && !s.apart && k.ofResource() && oneIn(s.draws, 2) {
		s.turnTo(1)
	}
	k.tell(s, r)
}

// openSecond brings the second resource into service, at either node.
func (s *story) openSecond() {
	if !s.second {
		return
	}
	defer s.turnTo(0)
	s.turnTo(1)
	s.primary = s.draws.IntN(2)
	s.role(1-s.primary, "secondary")
	s.role(s.primary, "primary")
	if s.apart || oneIn(s.draws, 2) {
		s.do("await", names[s.primary], "complete")
	}
	s.do("load", "on", "pause="+s.pause().String())
	if s.apart {
		s.do("calm")
	}
}

// closeSecond ends the time in which only the first resource had faults.
func (s *story) closeSecond() {
	defer s.turnTo(0)
	s.turnTo(1)
	s.do("undisturbed")
}

// secondDies has the operator promote the other node of the second resource's primary, if that has died.
func (s *story) secondDies(n int) {
	if !s.second {
		return
	}
	s.turnTo(1)
	if n == s.primary && s.nodes[1-n].up && s.draws.IntN(5) < 2 {
		s.later(draw(s.draws, 4*time.Second), func() { s.failover(n, s.draws) })
	}
}
