package campaign

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"hast/simulation"
	"hast/simulation/script"
	"hast/states"
)

// Generate draws a seed's story: the knobs, a storm of what a profile lets go wrong, and an end in which all
// is repaired and looked at. One seed and one profile give one script, to the byte; each concern draws from
// a stream of its own, so that a change in one leaves the others as they were.
func Generate(seed uint64, p *Profile) *script.Script {
	s := &story{seed: seed, profile: p, chance: stream(seed, "story"),
		script: &script.Script{Name: fmt.Sprintf("seed %d", seed), Seed: seed, Lenient: true}}
	s.knobs()
	s.share()
	s.drawStock()
	s.swarm()
	s.opening()
	s.storm()
	s.finale()
	return s.script
}

// stream is the source of chance of one concern of a seed.
func stream(seed uint64, concern string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(concern))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// knobs draws the configuration.
func (s *story) knobs() {
	r := stream(s.seed, "knobs")
	k := simulation.DrawKnobs(r)
	s.script.SetKnobs(k)
	names := make([]string, 0, len(s.profile.Knobs))
	for name := range s.profile.Knobs { //house:ordered the names are sorted below
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.script.Set(name, s.profile.Knobs[name])
	}
	s.tail()
	s.length = s.profile.Least + draw(r, s.profile.Most-s.profile.Least)
	s.sectors, s.timeout, s.noPower = k.Sectors, k.Timeout, !k.MetaFlush
	// The components' fault sets are disjoint, so that the other side has what one side lost (X1). The
	// line is often drawn through the part of the device that is used most.
	s.border = 8 * (1 + r.Int64N(max(1, min(s.sectors, 4*k.Hot)/8)))
	s.border = min(s.border, s.sectors-8)
	s.upper = r.IntN(2)
}

// tail draws in half of the async seeds how far answers may run ahead of the secondary: less than the product's own
// bounds, which a small pair never comes near.
func (s *story) tail() {
	r := stream(s.seed, "tail")
	if mode, _ := s.script.Knob("mode"); mode != states.Async.String() {
		return
	}
	for _, x := range []struct{ name, value string }{
		{"async-time", fmt.Sprintf("%ds", 1+r.IntN(4))},
		{"async-bound", strconv.Itoa(1 << 20)},
	} {
		if _, named := s.profile.Knobs[x.name]; oneIn(r, 2) && !named {
			s.script.Set(x.name, x.value)
		}
	}
}

// swarm draws which kinds go wrong, how often, and in bursts or not (correctness.md 6.2): a tenth of the
// seeds has none, a tenth one, all others from one to all.
func (s *story) swarm() {
	r := stream(s.seed, "swarm")
	var all []*kind
	for i := range kinds {
		if s.allows(&kinds[i]) {
			all = append(all, &kinds[i])
		}
	}
	if len(all) == 0 {
		return
	}
	n := 1 + r.IntN(len(all))
	switch x := r.IntN(10); {
	case x == 0 && !s.profile.Always:
		n = 0
	case x <= 1:
		n = 1
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	shape := r.IntN(3)
	// More kinds at once mean less of each, so that a pair has a chance to come back between two of them.
	share := 1 / (1 + float64(n)/4)
	for _, k := range all[:n] {
		s.arrivals(k, stream(s.seed, k.name), shape, share)
	}
	s.twins = shape == shapeCorrelated
	if n > 0 {
		s.world()
	}
}

// The shapes of a storm.
const (
	shapeEven       = iota // independent
	shapeBursts            // twenty times as often, for 1 to 30 s
	shapeCorrelated        // what happens here brings something else along
)

// arrivals draws when a kind happens.
func (s *story) arrivals(k *kind, r *rand.Rand, shape int, share float64) {
	perMinute := k.least + (k.most-k.least)*r.Float64()*r.Float64()
	perMinute *= share
	add := func(from, to time.Duration, perMinute float64) {
		for t := from; ; {
			if t += exponential(r, time.Duration(float64(time.Minute)/perMinute)); t >= to {
				return
			}
			s.at(t, func() { s.befall(k, r) })
		}
	}
	if perMinute <= 0 {
		return
	}
	add(0, s.length, perMinute)
	if shape == shapeBursts {
		from := draw(r, s.length)
		add(from, min(s.length, from+time.Second+draw(r, 29*time.Second)), min(20*perMinute, 40))
	}
	// A kind that was drawn happens at least once.
	s.at(draw(r, s.length), func() { s.befall(k, r) })
}

// draw draws a time below d.
func draw(r *rand.Rand, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(r.Int64N(int64(d)))
}

// exponential draws a time with a mean, in whole microseconds and without floating-point functions that
// processors may round differently: a geometric number of halves.
func exponential(r *rand.Rand, mean time.Duration) time.Duration {
	unit := mean * 693 / 1000
	d := draw(r, max(unit, 1))
	for r.IntN(2) == 0 && d < 20*mean {
		d += unit
	}
	return d
}
