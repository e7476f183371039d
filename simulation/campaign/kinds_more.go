package campaign

import (
	"math/rand/v2"
	"strconv"
	"time"
)

func init() { kinds = append(kinds, moreKinds...) }

// moreKinds are what goes wrong with single connections, clocks and hosts.
var moreKinds = []kind{
	{"power-ruin", "a power cut leaves sectors unreadable that it catches in the middle", 0.1, 1, func(s *story, r *rand.Rand) {
		if n := r.IntN(2); s.nodes[1-n].up {
			s.dies(r, n, "power", keep(r), "ruin="+strconv.Itoa(10+r.IntN(91)))
		}
	}},
	{"stall", "one connection passes nothing, beside another that lives", 0.2, 3, func(s *story, r *rand.Rand) {
		which := connection(r)
		s.while("stall", exponential(r, 4*time.Second), func() { s.do("stall", which) }, func() { s.do("unstall") })
	}},
	{"swizzle", "all connections stall one by one, and go on in another order", 0.1, 1, func(s *story, r *rand.Rand) {
		s.do("swizzle", (100*time.Millisecond + draw(r, 4*time.Second)).Round(time.Millisecond).String())
	}},
	{"reset-one", "one connection ends, and the other doesn't", 0.2, 3, func(s *story, r *rand.Rand) { s.do("reset-one", connection(r)) }},
	{"reset-at", "the connections end for one node, and the other doesn't hear of it", 0.2, 3, func(s *story, r *rand.Rand) {
		s.do("reset-at", names[r.IntN(2)])
	}},
	{"refuse", "a machine refuses connections", 0.1, 2, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.while("refuse "+names[n], exponential(r, 4*time.Second), func() {
			s.do("refuse", names[n])
			s.do("reset")
		}, func() { s.do("refuse", names[n], "off") })
	}},
	{"half-open", "a machine takes connections of which its node never hears", 0.1, 2, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		s.do("half-open", names[n], strconv.Itoa(1+r.IntN(3)))
		s.do("reset")
	}},
	{"throttle", "a way becomes late and slow", 0.1, 2, func(s *story, r *rand.Rand) {
		w := way(r)
		lag := "lag=" + (time.Millisecond + draw(r, 200*time.Millisecond)).Round(time.Millisecond).String()
		rate := "rate=" + strconv.Itoa(10_000<<r.IntN(8))
		s.while("throttle "+w, exponential(r, 5*time.Second), func() { s.do("throttle", w, lag, rate) }, func() { s.do("throttle", w, "lag=0s", "rate=0") })
	}},
	{"wire-flip", "a bit of a payload with a checksum changes on the way", 0.1, 2, func(s *story, r *rand.Rand) {
		s.do("flip", way(r), strconv.Itoa(1+r.IntN(3)))
	}},
	{"stranger", "a third party connects, and speaks or doesn't", 0.1, 2, func(s *story, r *rand.Rand) {
		s.do("intrude", names[r.IntN(2)], [...]string{"hello", "hello2", "garbage"}[r.IntN(3)])
	}},
	{"host-sleep", "a machine sleeps, and its monotonic clock with it", 0.1, 1, func(s *story, r *rand.Rand) {
		n := r.IntN(2)
		if s.nodes[n].up && !s.nodes[n].paused {
			s.do("sleep", names[n], (10*time.Millisecond + exponential(r, 3*s.timeout)).Round(time.Millisecond).String())
		}
	}},
	{"clock-jump", "a machine's time of day jumps, or its clock gets another rate", 0.1, 1, func(s *story, r *rand.Rand) {
		n := names[r.IntN(2)]
		if r.IntN(2) == 0 {
			s.do("clock", n, "jump="+strconv.Itoa(r.IntN(7200)-3600))
		} else {
			s.do("clock", n, "rate="+strconv.Itoa(r.IntN(100_001)-50_000))
		}
	}},
}

// connection is one of those between the nodes.
func connection(r *rand.Rand) string { return [...]string{"first", "second", "newest"}[r.IntN(3)] }
