package simulation

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"hast/states"
)

// Knobs are all that a run's configuration may vary: the product's settings, the size of its world and
// the manners of its machines. What is broken on purpose is not among them.
type Knobs struct {
	Mode        states.Mode
	Compression states.Compression
	Checksum    states.Checksum
	// Sectors is the size of the data area in sectors of SectorSize, a multiple of 8.
	Sectors int64
	// Hot is how many sectors, from the first one, half of the client's requests go to.
	Hot int64
	// Extent is the size of an extent in sectors, a power of two, at least 8.
	Extent int64
	// KeepDirty is how many extents stay dirty.
	KeepDirty uint32
	// Timeout is hast.conf's, whole seconds.
	Timeout time.Duration
	// AsyncTime is hast.conf's bound of the time for which a write may be answered under async and not be
	// with the peer, whole seconds; 0 leaves the product's own.
	AsyncTime time.Duration
	// AsyncBound is the bound in bytes of the same, from 1 MiB on; 0 leaves the product's own.
	AsyncBound int64
	MetaFlush  bool
	Workers    int
	// Credits is how many requests a door takes at once at most.
	Credits int
	// Order picks who has the next turn; ChangePoints is for OrderPriorities.
	Order        Order
	ChangePoints int
	// DiskMin and DiskMean are the least time and the mean of the rest that a disk needs for an operation;
	// NetMin and NetMean are the same for a packet's way. A mean of 0 leaves the world's usual manners.
	DiskMin, DiskMean, NetMin, NetMean time.Duration
	// Shred is how many in a thousand pieces of a stream are cut to a few bytes.
	Shred int
	// Physical is the size in bytes of the disks' physical sectors, 512 or 4096.
	Physical int64
	// RateA and RateB are by how many parts in a million each node's clock runs fast.
	RateA, RateB int
	// Resources is how many resources the pair has, 1 or 2, of one kind.
	Resources int
}

// DefaultKnobs are those of a pair of which nothing else is said.
func DefaultKnobs() Knobs {
	return Knobs{
		Mode: states.FullSync, Sectors: 2048, Hot: 64, Extent: 64, KeepDirty: 4,
		Timeout: 20 * time.Second, MetaFlush: true, Workers: 4, Credits: 64, Physical: SectorSize, Shred: 160, Resources: 1,
	}
}

// DrawKnobs draws what a seed's configuration is (correctness.md 6.1, last row, and 6.2).
func DrawKnobs(r *rand.Rand) Knobs {
	k := DefaultKnobs()
	k.Mode = states.Mode(r.IntN(3))
	k.Compression = states.Compression(r.IntN(3))
	k.Checksum = states.Checksum(r.IntN(3))
	k.Sectors = 512 << r.IntN(4)
	k.Hot = 8 << r.IntN(4)
	k.Extent = 8 << r.IntN(5)
	k.KeepDirty = uint32(logUniform(r, 1, 64))
	k.Timeout = time.Duration(logUniform(r, 1, 60)) * time.Second
	k.MetaFlush = !oneIn(r, 16)
	k.Workers = int(logUniform(r, 1, 8))
	k.Credits = int(logUniform(r, 1, 256))
	switch n := r.IntN(10); {
	case n < 6:
		k.Order = OrderUniform
	case n < 8:
		k.Order, k.ChangePoints = OrderPriorities, 1+r.IntN(5)
	case n < 9:
		k.Order = OrderArrival
	default:
		k.Order = OrderStarved
	}
	k.DiskMin = time.Duration(r.IntN(1001)) * time.Microsecond
	k.DiskMean = time.Duration(logUniform(r, 20, 50_000)) * time.Microsecond
	k.NetMin = time.Duration(r.IntN(1001)) * time.Microsecond
	k.NetMean = time.Duration(logUniform(r, 50, 100_000)) * time.Microsecond
	k.Shred = r.IntN(1001)
	if oneIn(r, 2) {
		k.Physical = 4096
	}
	if oneIn(r, 2) {
		k.RateA, k.RateB = r.IntN(100_001)-50_000, r.IntN(100_001)-50_000
	}
	return k
}

// logUniform draws from min to max, each doubling as often as another.
func logUniform(r *rand.Rand, min, max int64) int64 {
	doublings := 0
	for v := min; v < max; v *= 2 {
		doublings++
	}
	if doublings == 0 {
		return min
	}
	low := min << r.IntN(doublings)
	high := low*2 - 1
	if high > max {
		high = max
	}
	return low + r.Int64N(high-low+1)
}

// A knob is one of the Knobs by name.
type knob struct {
	name, allowed string
	get           func(k *Knobs) string
	set           func(k *Knobs, value string) error
}

// Setting is one knob in words.
type Setting struct{ Name, Value string }

// List puts the knobs into words, in a fixed order; Set takes them back.
func (k Knobs) List() []Setting {
	list := make([]Setting, 0, len(knobs))
	for i := range knobs {
		list = append(list, Setting{knobs[i].name, knobs[i].get(&k)})
	}
	return list
}

// Set sets one knob. The error says what is allowed.
func (k *Knobs) Set(name, value string) error {
	for i := range knobs {
		if knobs[i].name != name {
			continue
		}
		if err := knobs[i].set(k, value); err != nil {
			return fmt.Errorf("knob %s: %q is not %s", name, value, knobs[i].allowed)
		}
		return nil
	}
	return fmt.Errorf("unknown knob %q: there are %s", name, strings.Join(KnobNames(), ", "))
}

// KnobNames lists the names that Set knows.
func KnobNames() []string {
	names := make([]string, len(knobs))
	for i := range knobs {
		names[i] = knobs[i].name
	}
	return names
}

var knobs = []knob{
	word("mode", "fullsync, memsync or async", func(k *Knobs) *states.Mode { return &k.Mode }, states.ParseMode),
	word("compression", "none, hole or lzf", func(k *Knobs) *states.Compression { return &k.Compression }, states.ParseCompression),
	word("checksum", "none, crc32 or sha256", func(k *Knobs) *states.Checksum { return &k.Checksum }, states.ParseChecksum),
	number("sectors", 8, 1<<20, func(n int64) bool { return n%8 == 0 }, func(k *Knobs) *int64 { return &k.Sectors }),
	number("hot", 1, 1<<20, nil, func(k *Knobs) *int64 { return &k.Hot }),
	number("extent", 8, 1<<16, func(n int64) bool { return n&(n-1) == 0 }, func(k *Knobs) *int64 { return &k.Extent }),
	number("keepdirty", 0, 1<<16, nil, func(k *Knobs) *uint32 { return &k.KeepDirty }),
	span("timeout", time.Second, func(k *Knobs) *time.Duration { return &k.Timeout }),
	wholeSeconds("async-time", func(k *Knobs) *time.Duration { return &k.AsyncTime }),
	number("async-bound", 0, 1<<40, func(n int64) bool { return n == 0 || n >= 1<<20 }, func(k *Knobs) *int64 { return &k.AsyncBound }),
	{
		"metaflush", "on or off",
		func(k *Knobs) string { return map[bool]string{true: "on", false: "off"}[k.MetaFlush] },
		func(k *Knobs, v string) error {
			if k.MetaFlush = v == "on"; v != "on" && v != "off" {
				return strconv.ErrSyntax
			}
			return nil
		},
	},
	number("workers", 1, 64, nil, func(k *Knobs) *int { return &k.Workers }),
	number("credits", 1, 1024, nil, func(k *Knobs) *int { return &k.Credits }),
	word("order", "one of "+strings.Join(orderNames[:], ", "), func(k *Knobs) *Order { return &k.Order }, ParseOrder),
	number("changepoints", 0, 64, nil, func(k *Knobs) *int { return &k.ChangePoints }),
	span("disk-min", 0, func(k *Knobs) *time.Duration { return &k.DiskMin }),
	span("disk-mean", 0, func(k *Knobs) *time.Duration { return &k.DiskMean }),
	span("net-min", 0, func(k *Knobs) *time.Duration { return &k.NetMin }),
	span("net-mean", 0, func(k *Knobs) *time.Duration { return &k.NetMean }),
	number("shred", 0, 1000, nil, func(k *Knobs) *int { return &k.Shred }),
	number("physical", 512, 4096, func(n int64) bool { return n == 512 || n == 4096 }, func(k *Knobs) *int64 { return &k.Physical }),
	number("rate-a", -500_000, 500_000, nil, func(k *Knobs) *int { return &k.RateA }),
	number("rate-b", -500_000, 500_000, nil, func(k *Knobs) *int { return &k.RateB }),
	number("resources", 1, 2, nil, func(k *Knobs) *int { return &k.Resources }),
}

// word is a knob whose values have names.
func word[T fmt.Stringer](name, allowed string, field func(*Knobs) *T, parse func(string) (T, error)) knob {
	return knob{name, allowed,
		func(k *Knobs) string { return (*field(k)).String() },
		func(k *Knobs, v string) error {
			x, err := parse(v)
			if err == nil {
				*field(k) = x
			}
			return err
		}}
}

// number is a knob with whole numbers from min to max of which ok, if there is one, approves.
func number[T int | int64 | uint32](name string, min, max int64, ok func(int64) bool, field func(*Knobs) *T) knob {
	return knob{name, fmt.Sprintf("a whole number from %d to %d that fits its meaning", min, max),
		func(k *Knobs) string { return strconv.FormatInt(int64(*field(k)), 10) },
		func(k *Knobs, v string) error {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < min || n > max || ok != nil && !ok(n) {
				return strconv.ErrRange
			}
			*field(k) = T(n)
			return nil
		}}
}

// span is a knob with a time in whole units, up to an hour; a unit of 0 takes any.
func span(name string, unit time.Duration, field func(*Knobs) *time.Duration) knob {
	return knob{name, "a time such as 20s or 300us, up to an hour",
		func(k *Knobs) string { return (*field(k)).String() },
		func(k *Knobs, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil || d < unit || d > time.Hour || unit > 0 && d%unit != 0 {
				return strconv.ErrRange
			}
			*field(k) = d
			return nil
		}}
}

// wholeSeconds is a span of whole seconds that may be 0.
func wholeSeconds(name string, field func(*Knobs) *time.Duration) knob {
	k := span(name, 0, field)
	set := k.set
	k.allowed = "a time in whole seconds, or 0s for the product's own"
	k.set = func(k *Knobs, v string) error {
		old := *field(k)
		err := set(k, v)
		if err == nil && *field(k)%time.Second != 0 {
			*field(k), err = old, strconv.ErrRange
		}
		return err
	}
	return k
}

// settings are the knobs that hast.conf has.
func (k *Knobs) settings() []string {
	s := []string{
		"timeout " + strconv.Itoa(int(k.Timeout/time.Second)),
		"metaflush " + map[bool]string{true: "on", false: "off"}[k.MetaFlush],
	}
	if k.AsyncTime > 0 {
		s = append(s, fmt.Sprintf("#%% async-time %d", k.AsyncTime/time.Second))
	}
	if k.AsyncBound > 0 {
		s = append(s, fmt.Sprintf("#%% async-bound %d", k.AsyncBound))
	}
	return append(s, fmt.Sprintf("#%% workers %d", k.Workers))
}

// world gives a world the knobs' manners.
func (k *Knobs) world(w *World) {
	w.SetOrder(k.Order, k.ChangePoints)
	w.fabric.manners = manners{k.NetMin, k.NetMean}
	w.fabric.shred = k.Shred
}

// pair gives a pair's client, disks and clocks the knobs' manners.
func (k *Knobs) pair(p *Pair) {
	p.Client.Hot = k.Hot
	p.Client.Outstanding = min(p.Client.Outstanding, k.Credits)
	p.Client.Credits = k.Credits
	for _, m := range []*Machine{p.A, p.B} {
		p.Disk(m).manners = manners{k.DiskMin, k.DiskMean}
		p.Disk(m).SetPhysical(k.Physical)
	}
	p.A.SetRate(k.RateA)
	p.B.SetRate(k.RateB)
}

// manners are how long something takes: never less than least, and exponentially more, mean on average. A
// mean of 0 says nothing.
type manners struct{ least, mean time.Duration }

// draw approximates the exponential distribution with whole numbers, which are the same on every
// processor: half of the draws lie within mean times ln 2, a quarter within the next such stretch, and so
// on.
func (m manners) draw(r *rand.Rand) time.Duration {
	x := r.Uint64()
	stretches := time.Duration(bits.TrailingZeros64(x | 1<<20))
	part := time.Duration(x >> 44)
	unit := m.mean * 693 / 1000
	return m.least + unit*stretches + unit*part>>20
}

// spec puts the knobs into a pair's spec.
func (k *Knobs) spec(s *PairSpec) {
	s.Mode, s.Compression, s.Checksum = k.Mode, k.Compression, k.Checksum
	s.Extent, s.KeepDirty = uint32(k.Extent*SectorSize), k.KeepDirty
	s.Size = states.LayoutUnit + k.Sectors*SectorSize
	s.Settings = append(k.settings(), slices.Clone(s.Settings)...)
	s.Neighbour = s.Neighbour || k.Resources > 1
}
