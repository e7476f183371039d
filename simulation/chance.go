package simulation

import (
	"math/rand/v2"
	"time"
)

// chance holds one stream of random numbers per concern, so that a draw more in one concern doesn't
// change what happens in the others and a failing seed stays close to itself while code is changed.
type chance struct {
	schedule *rand.Rand
	disk     *rand.Rand
	network  *rand.Rand
	workload *rand.Rand
	identity *rand.Rand
}

func newChance(seed uint64) chance {
	stream := func(concern uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, concern)) }
	return chance{
		schedule: stream(0x5c4ed01e),
		disk:     stream(0xd15c),
		network:  stream(0x9e70),
		workload: stream(0x10ad),
		identity: stream(0x1de7),
	}
}

// between draws a duration from [min, max], more often a short one than a long one.
func between(r *rand.Rand, min, max time.Duration) time.Duration {
	if max <= min {
		return min
	}
	f := r.Float64()
	return min + time.Duration(f*f*float64(max-min))
}

// oneIn is true once in n times; never if n is not positive.
func oneIn(r *rand.Rand, n int) bool { return n > 0 && r.IntN(n) == 0 }
