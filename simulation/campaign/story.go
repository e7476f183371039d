package campaign

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"hast/simulation/script"
)

// story is a script while it is drawn: what is to happen when, and what the operator, who isn't told what
// the nodes think, believes of them.
type story struct {
	seed    uint64
	profile *Profile
	chance  *rand.Rand
	script  *script.Script

	length  time.Duration // of the storm
	timeout time.Duration
	sectors int64
	border  int64 // sector that divides the components' fault sets
	upper   int   // whose lies above it
	noPower bool  // power stays on: maps aren't flushed, so that nothing could be demanded after a loss (X12)
	twins   bool  // what happens brings something else along

	agenda []plan
	order  int
	now    time.Duration
	told   time.Duration // time of the newest step

	nodes [2]belief
	*service
	two
	stock    bool // the secondary has the original's manners, all along
	original bool // one of the two has them, and may be primary
	leads    bool // it is the first primary
	foreign  int  // the node that has them; -1: none, or not yet
}

// service is what the operator believes of a resource.
type service struct {
	primary int
	silent  bool // a silent fault was armed
	// busy are the faults that last, by name: none of them begins twice.
	busy map[string]bool
}

// belief is what the operator believes of a node.
type belief struct{ up, paused bool }

// plan is something that is to happen.
type plan struct {
	at       time.Duration
	order    int
	resource int
	do       func()
}

var names = [2]string{"a", "b"}

// at plans something.
func (s *story) at(t time.Duration, do func()) {
	s.order++
	s.agenda = append(s.agenda, plan{t, s.order, s.resource, do})
}

// later plans something for a while from now, within the storm or not at all: the end repairs all.
func (s *story) later(d time.Duration, do func()) { s.at(s.now+d, do) }

// do adds a step at the present.
func (s *story) do(verb string, args ...string) {
	at := (s.now - s.told).Round(time.Microsecond)
	s.told += at
	if s.resource == 1 && isOfResource(verb) {
		verb, args = "neighbour", append([]string{verb}, args...)
	}
	s.script.Steps = append(s.script.Steps, script.Step{At: at, Verb: verb, Args: args})
}

// oneIn is true once in n times.
func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// opening brings the pair into service: nothing goes wrong before it is (X9).
func (s *story) opening() {
	s.nodes = [2]belief{{up: true}, {up: true}}
	s.primary = s.chance.IntN(2)
	s.do("start", "a")
	s.do("start", "b")
	s.do("role", names[1-s.primary], "secondary")
	s.role(s.primary, "primary")
	s.takeOver()
	if oneIn(s.chance, 2) {
		s.do("await", names[s.primary], "complete")
	}
	s.do("load", "on", "pause="+s.pause().String())
	s.openSecond()
}

// pause is the client's between two requests, so that it makes about as many as the profile wants.
func (s *story) pause() time.Duration {
	return max(100*time.Microsecond, (s.length / time.Duration(s.profile.Requests) * 7).Round(10*time.Microsecond))
}

// storm lets happen what was planned.
func (s *story) storm() {
	for len(s.agenda) > 0 {
		next := 0
		for i, p := range s.agenda {
			if q := s.agenda[next]; p.at < q.at || p.at == q.at && p.order < q.order {
				next = i
			}
		}
		p := s.agenda[next]
		s.agenda = slices.Delete(s.agenda, next, next+1)
		if p.at > s.length {
			continue
		}
		s.now = max(s.now, p.at)
		s.turnTo(p.resource)
		p.do()
	}
	s.turnTo(0)
	s.now = s.length
}

// finale repairs all and looks at what is left.
func (s *story) finale() {
	switch {
	case s.apart:
		s.closeSecond()
	case s.foreign < 0:
		s.core()
	}
	s.do("heal")
	s.do("unstall")
	for _, way := range []string{"a->b", "b->a"} {
		s.do("throttle", way, "lag=0s", "rate=0")
	}
	for n, name := range names {
		s.do("refuse", name, "off")
		s.each(func() {
			s.do("disk", name, "heal")
			s.do("disk", name, "mend")
		})
		s.do("continue", name)
		s.do("wake", name)
		if !s.nodes[n].up {
			s.start(n)
		}
	}
	s.each(func() {
		s.role(1-s.primary, "secondary")
		s.role(s.primary, "primary")
	})
	s.each(func() { s.do("load", "off") })
	s.each(func() { s.do("audit") })
}

// role gives a node a role, as far as the operator can tell. The original's has the one that it was started for.
func (s *story) role(n int, role string, more ...string) {
	if n == s.foreign {
		return
	}
	s.do("role", append([]string{names[n], role}, more...)...)
}

// dies is the end of a node's process, by verb; it comes back later.
func (s *story) dies(r *rand.Rand, n int, verb ...string) {
	if !s.nodes[n].up {
		return
	}
	defer s.turnTo(s.resource)
	s.turnTo(0)
	s.nodes[n] = belief{}
	if s.noPower {
		verb = []string{"kill"}
	}
	s.do(verb[0], append([]string{names[n]}, verb[1:]...)...)
	s.later(exponential(r, 3*time.Second), func() { s.returns(n) })
	if n == s.primary && s.nodes[1-n].up && r.IntN(5) < 2 && (s.foreign < 0 || s.original && n == s.foreign) {
		s.later(draw(r, 4*time.Second), func() { s.failover(n, r) })
	}
	s.secondDies(n)
}

// returns starts a node again, in the role that the operator thinks it has.
func (s *story) returns(n int) {
	if s.nodes[n].up {
		return
	}
	s.nodes[n].up = true
	s.start(n)
	s.each(func() { s.resume(n) })
}

// resume gives a node the role that the operator thinks it has.
func (s *story) resume(n int) {
	if n == s.primary {
		s.role(n, "primary")
	} else {
		s.role(n, "secondary")
	}
}

// failover promotes the other node of one that is still down.
func (s *story) failover(n int, r *rand.Rand) {
	if s.primary != n || s.nodes[n].up || !s.nodes[1-n].up {
		return
	}
	s.primary = 1 - n
	if oneIn(r, 8) {
		s.role(1-n, "primary", "--force")
		return
	}
	s.role(1-n, "primary")
}

// while begins something that lasts, and ends it after a time; it is not begun twice.
func (s *story) while(name string, d time.Duration, begin, end func()) {
	if s.busy[name] {
		return
	}
	s.busy[name] = true
	begin()
	s.later(d, func() {
		s.busy[name] = false
		end()
	})
}

// span is a range of sectors in the set of a node in which its disk may lose what it had (X1), in the
// script's words.
func (s *story) span(r *rand.Rand, n int) string {
	from, to := int64(0), s.border
	if n == s.upper {
		from, to = s.border, s.sectors
	}
	first := from + r.Int64N(to-from)
	last := min(to, first+1+r.Int64N(64))
	return strconv.FormatInt(first, 10) + "s.." + strconv.FormatInt(last, 10) + "s"
}
