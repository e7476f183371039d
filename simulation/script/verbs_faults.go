package script

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hast/simulation"
)

// faultVerbs are what else can go wrong with networks and machines, and how disks lie.
var faultVerbs = []verb{
	{name: "stall", usage: "first|second|newest", about: "let one connection between the nodes pass nothing, beside others that live", compile: func(w *words) act {
		which := whichConnection(w)
		return onPair(func(p *simulation.Pair) { p.World.Stall(p.A, p.B, which) })
	}},
	{name: "unstall", about: "let stalled connections go on", compile: func(*words) act {
		return onPair(func(p *simulation.Pair) { p.World.Unstall(p.A, p.B) })
	}},
	{name: "swizzle", usage: "TIME", about: "stall all connections one by one within a time, and free them in another order", compile: func(w *words) act {
		d := w.duration("time")
		return onPair(func(p *simulation.Pair) { p.World.Swizzle(p.A, p.B, d) })
	}},
	{name: "reset-one", usage: "first|second|newest", about: "break one connection between the nodes", compile: func(w *words) act {
		which := whichConnection(w)
		return onPair(func(p *simulation.Pair) { p.World.ResetOne(p.A, p.B, which) })
	}},
	{name: "reset-at", usage: "NODE", about: "break all connections for one node; the other believes in them until it sends", compile: machineAct(func(st *Stage, m *simulation.Machine) error {
		st.world().ResetAt(m, st.Pair.Other(m))
		return nil
	})},
	{name: "refuse", usage: "NODE [off]", about: "have a node's kernel refuse connections, or not any more", compile: func(w *words) act {
		off, at := w.option("off"), w.node()
		return func(st *Stage) error {
			st.world().Refuse(st.machine(at), !off)
			return nil
		}
	}},
	{name: "half-open", usage: "NODE N", about: "have a node's kernel accept the next N connections without its process hearing of them", compile: func(w *words) act {
		at, n := w.node(), w.number("number", 1000)
		return func(st *Stage) error {
			st.world().HalfOpen(st.machine(at), int(n))
			return nil
		}
	}},
	{name: "throttle", usage: "a->b|b->a lag=TIME rate=BYTES", about: "make a way late, and slow: bytes a second, 0 for any", compile: compileThrottle},
	{name: "flip", usage: "a->b|b->a N", about: "change a bit in each of the next N payloads that have a checksum", compile: func(w *words) act {
		from, n := w.way(), w.number("number", 1000)
		return func(st *Stage) error {
			st.world().FlipPayloads(st.machine(from), st.machine(from.other()), int(n))
			return nil
		}
	}},
	{name: "intrude", usage: "NODE hello|hello2|garbage [spoof]", about: "let a third party connect to a node and say something; spoof: from the peer's address", compile: compileIntrude},
	{name: "stock", usage: "NODE [primary|TRICK]", about: "start, in a node's place, a node of the original's manners: a primary, or a secondary with a trick or none: " + trickWords(), compile: func(w *words) act {
		at, trick := w.node(), simulation.TrickNone
		if w.peek() == "primary" {
			w.next("primary")
			return func(st *Stage) error {
				if st.machine(at).Running() {
					return nil
				}
				return st.Pair.StartStockPrimary(st.machine(at))
			}
		}
		if w.peek() != "" {
			var err error
			if trick, err = simulation.ParseTrick(w.next("trick")); err != nil {
				w.fail("%v", err)
			}
		}
		return func(st *Stage) error {
			if st.machine(at).Running() {
				return nil
			}
			return st.Pair.StartStock(st.machine(at), trick)
		}
	}},
	{name: "core", usage: "both|a|b", about: "repair both nodes and the network, or one node; all else keeps its fault", compile: func(w *words) act {
		c := w.core()
		return func(st *Stage) error { return st.Pair.Repair(c) }
	}},
	{name: "alive", usage: "both|a|b", about: "demand that a repaired core lives: answers, sessions, copies, reasons, each in bounded time (L1 to L9)", compile: func(w *words) act {
		c := w.core()
		return func(st *Stage) error { return st.Pair.CheckLiveness(c) }
	}},
	{name: "sleep", usage: "NODE TIME", about: "suspend a machine, its monotonic clock included", compile: func(w *words) act {
		at, d := w.node(), w.duration("time")
		return func(st *Stage) error {
			st.machine(at).Sleep(d)
			return nil
		}
	}},
	{name: "clock", usage: "NODE rate=PPM|jump=SECONDS", about: "let a node's clock run fast or slow from now on, or its time of day jump", compile: compileClock},
	{name: "medium", usage: "NODE lost-write|misdirected|bit-flip|stale-read RANGE [times=N]",
		about: "have a disk lie about the next operations that lie wholly in a range of the device", compile: compileMedium},
}

func (w *words) core() simulation.Core {
	c, err := simulation.ParseCore(w.oneOf("core", "both", "a", "b"))
	if err != nil {
		w.fail("%v", err)
	}
	return c
}

func trickWords() string {
	var names []string
	for _, t := range simulation.Tricks() {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}

func onPair(do func(p *simulation.Pair)) act {
	return func(st *Stage) error {
		do(st.Pair)
		return nil
	}
}

// whichConnection takes a connection's place among those between the nodes.
func whichConnection(w *words) int {
	return map[string]int{"first": 0, "second": 1, "newest": -1}[w.oneOf("connection", "first", "second", "newest")]
}

func compileThrottle(w *words) act {
	lag, _ := w.valued("lag")
	rate, _ := w.valued("rate")
	from := w.way()
	d, err := time.ParseDuration(lag)
	if err != nil || d < 0 || d > time.Hour {
		w.fail("lag=%s: allowed is a time such as lag=50ms, up to an hour", lag)
	}
	n, err := parseSize(rate)
	if err != nil {
		w.fail("rate=%s: %v", rate, err)
	}
	return func(st *Stage) error {
		st.world().Throttle(st.machine(from), st.machine(from.other()), d, n)
		return nil
	}
}

// port is where hosts of the simulation listen.
const port = 8457

func compileIntrude(w *words) act {
	spoof := w.option("spoof")
	at := w.node()
	what := w.oneOf("speech", "hello", "hello2", "garbage")
	return func(st *Stage) error {
		var as *simulation.Machine
		if spoof {
			as = st.machine(at.other())
		}
		say := map[string][]byte{
			"hello":   simulation.Hello(st.Pair.Resource()),
			"hello2":  simulation.HelloAgain(st.Pair.Resource(), 7),
			"garbage": {2, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4},
		}[what]
		st.world().Intrude(st.machine(at), port, as, say)
		return nil
	}
}

func compileClock(w *words) act {
	rate, fast := w.valued("rate")
	jump, jumps := w.valued("jump")
	at := w.node()
	n, err := strconv.Atoi(rate + jump)
	if err != nil || fast == jumps || fast && (n < -500_000 || n > 500_000) {
		w.fail("what the clock does is missing: rate=PPM with parts in a million from -500000 to 500000, or jump=SECONDS")
	}
	return func(st *Stage) error {
		if fast {
			st.machine(at).SetRate(n)
		} else {
			st.machine(at).Jump(time.Duration(n) * time.Second)
		}
		return nil
	}
}

// lies are the silent faults of a disk by their words.
var lies = []simulation.FaultKind{simulation.FaultLostWrite, simulation.FaultMisdirected, simulation.FaultBitFlip, simulation.FaultStaleRead}

func compileMedium(w *words) act {
	times := 1
	if text, ok := w.valued("times"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			w.fail("times=%s: allowed is a number from 1 on", text)
		}
		times = n
	}
	at := w.node()
	var names []string
	for _, k := range lies {
		names = append(names, k.String())
	}
	kind := slices.Index(names, w.oneOf("lie", names...))
	off, n := w.span()
	return func(st *Stage) error {
		return st.disk(at).Arm(lies[kind], int64(st.Pair.Record.LocalOff)+off, n, times)
	}
}
