package simulation

import (
	"slices"
	"time"

	"hast/states"
)

// ghost is what the judge knows of a pair beyond what its client sees: what each component holds and owes,
// which alone periods it contains, who serves. It hears of what happens in the world, and of nothing that the
// nodes keep; of them it takes the claims of their answers and their verdicts, to hold them against what it
// sees itself.
type ghost struct {
	world  *World
	judge  *Judge
	client *Client
	record states.Record // what both components were formatted with
	sides  [2]*side
	zeroed []zeroing // by sector
	done   []uint64  // by sector: the invocation of the newest write that the branch in service holds

	mode  states.Mode // of the pair
	cause causes
	// claims counts the answers to changes by their claims; changes counts what may make a pair complete, or not.
	claims  [states.ClaimRemote + 1]uint64
	changes uint64
	// jump is a device that has served an older copy than its node has heard of since jumpTick.
	jump     *door
	jumpTick uint64

	// tailMost and tailFor bound what may be answered as sent and not be with the secondary, as configured: bytes, and
	// for how long.
	tailMost int64
	tailFor  time.Duration

	log   []ledger // answered writes, in the order of their answers
	reign reign
	link  session
	past  []history // by sector

	ahead       []outlook      // what could follow a death now; kept for its memory
	lastVerdict states.Verdict // a secondary's
	lastCopies  [2]states.Copy
	void        bool // the maps' writes weren't flushed, and power was lost: nothing can be demanded any more (X12)
	mistaken    bool // one of the components doesn't belong where it is (WrongDisk)
	restored    bool // a component went back in time: what follows from counters is open

	// LeftBehind counts answered writes, by sector, that a promotion left behind, for a reason that the
	// rules allow; StalePromotions the promotions that did so because the other side had gone on alone.
	leftBehind, stalePromotions uint64
}

// side is one component, the machine that it is in, and what is known of them.
type side struct {
	ghost *ghost
	n     int // 0 or 1: the place in vectors
	m     *Machine
	p     *Platter
	// By sector: what reads return, what a power cut leaves, and what the node's process has taken in from
	// its peer last.
	written, durable, memory []valueID
	// By sector: the newest writes that it owes: in its process, written, durable.
	received, owed, kept []debt
	forgone              map[int64][]stretch // by sector: answered writes that it owes no more
	landedAt             []uint64            // by sector: the judge's tick at which something landed last
	// tailed: it has lost power after it had recorded that there may be answers for what was only sent.
	tailed bool
	forced bool // this process was made primary by force, and may still be
	// insists: what this process was told last was to be primary, and force was asked for.
	insists bool
	asked   states.Role // the role that somebody gave it last; undefined: none
	// forgotten: by sector: a failed flush lost what was written, and the process that had been told so died at this
	// tick of the judge, 0 for none. No later process can know, as long as reads return what was written; what is
	// written since is demanded like anything else.
	forgotten []uint64
	// diedAt is the judge's tick at which the last process died, wrote how many sectors the component had been given by
	// then.
	diedAt, wrote uint64
	// swept: the process that runs has flushed the component. doubted: one that had not yet was told that a flush failed,
	// after the process before it had died at this tick; 0 for none.
	swept   bool
	doubted uint64
	gaveUp  *handle  // the opening of the component in whose stead the secondary counts; nil if it never did
	counts  *handle  // the opening of this component at which it was asked last to count in the other one's stead
	spoilt  []bool   // by sector: what is durable was silently damaged
	healed  []uint64 // by sector: the judge's tick at which something landed last in place of silent damage
	// misread: by sector: what a reader was given last in place of what is written. It is damage like any other
	// until the sector is rewritten.
	misread map[int64]valueID
	// closed is the world's step at which its device went away last, closedAt how many sectors its disk had written by
	// then, demoted the step at which it last said so.
	closed, closedAt, demoted uint64
	inOrder                   int // so many entries of the log it has, or needn't have, with what it has taken in
	// hears is the connection by which it takes in requests, and the judge's tick at which the first one came by it.
	hears      *end
	hearsSince uint64
	// beyond: by sector: what this connection brought last behind a damaged write; nil as long as it brought none.
	beyond map[int64]valueID
	// target is the judge's tick at which a session began last in which it was behind, and so the target.
	target    uint64
	flushed   int    // so many entries of the log are durable here, or not owed any more
	lostPower uint64 // the judge's tick of the last loss of power, and of the last death of its process
	died      uint64
	boot      struct {
		starts int
		name   string
	}
	papers
}

// debt is the newest write that is owed: its invocation, and when it came to be owed. Zero is none.
type debt struct{ inv, since uint64 }

// stretch are the writes that were invoked after one of the judge's ticks, and answered no later than at another.
type stretch struct{ after, until uint64 }

func (s stretch) has(inv, end uint64) bool { return s.after < inv && end <= s.until }

// ledger is an answered write.
type ledger struct {
	gen, end uint64
	claim    states.Claim
	owe      [2]bool       // by whom
	at       time.Duration // of the answer
}

// watchPair makes a ghost of a pair.
func watchPair(w *World, c *Client, r states.Record, a, b *Platter) *ghost {
	n := r.DataSize / SectorSize
	g := &ghost{world: w, judge: c.judge, client: c, record: r, zeroed: make([]zeroing, n), done: make([]uint64, n),
		past: make([]history, n), cause: causes{by: make([]bool, states.Extents(r.DataSize, r.ExtentSize))}}
	for i, p := range []*Platter{a, b} {
		s := &side{ghost: g, n: i, m: p.machine, p: p}
		s.written, s.durable, s.memory = make([]valueID, n), make([]valueID, n), make([]valueID, n)
		s.forgotten, s.spoilt, s.misread = make([]uint64, n), make([]bool, n), make(map[int64]valueID)
		s.received, s.owed, s.kept = make([]debt, n), make([]debt, n), make([]debt, n)
		s.forgone, s.landedAt, s.healed = make(map[int64][]stretch), make([]uint64, n), make([]uint64, n)
		g.sides[i], p.ghost = s, g
		s.look()
	}
	c.ghost, g.judge.ghost = g, g
	w.Watch(g)
	return g
}

// look takes in a component as it lies there.
func (s *side) look() {
	for at := range s.written {
		s.written[at] = s.identify(s.p.written, int64(at))
		s.durable[at] = s.identify(s.p.durable, int64(at))
	}
	s.readPapers()
}

func (s *side) name() string { return s.m.name }

func (s *side) other() *side { return s.ghost.sides[1-s.n] }

// of finds the side of a component or a machine.
func (g *ghost) of(p *Platter) *side {
	if g.sides[0].p == p {
		return g.sides[0]
	}
	return g.sides[1]
}

func (g *ghost) at(m *Machine) *side {
	if g.sides[0].m == m {
		return g.sides[0]
	}
	return g.sides[1]
}

// sector is the device's sector of a component's, negative in front of the data; ok is false behind them.
func (g *ghost) sector(at int64) (s int64, ok bool) {
	s = at - int64(g.record.LocalOff/SectorSize)
	return s, s < int64(len(g.done))
}

// powerLost is after the component has lost what it loses.
func (g *ghost) powerLost(p *Platter) {
	s := g.of(p)
	if p.guard.writtenOnly {
		g.void, g.restored = true, true
	}
	for at, v := range s.written {
		if v != s.durable[at] {
			g.note(int64(at), pastEvent{kind: pastLost, side: int8(s.n), value: s.durable[at]})
		}
	}
	s.retaint()
	s.written = append(s.written[:0], s.durable...)
	s.owed = append(s.owed[:0], s.kept...)
	s.received = append(s.received[:0], s.kept...)
	s.flushed = len(g.log)
	s.lostPower, s.died, s.forced, s.insists, s.heard = g.judge.tick, g.judge.tick, false, false, false
	clear(s.memory)
	g.reread(s)
	s.tailed = s.tailed || s.kept1.err == nil && s.kept1.rec.Unclean&states.UncleanSent != 0
	g.world.checked(ruleI3)
	for at, v := range s.durable {
		if s.kept[at].inv <= g.ends(int64(at), v) {
			continue
		}
		if !s.excused(int64(at), s.kept[at].inv) {
			g.violate(ruleI3, s, int64(at), "power was lost, and what is left is %s; durable must be what isn't older than %d", g.judge.describe(v), s.kept[at].inv)
		}
		s.received[at], s.owed[at], s.kept[at] = debt{}, debt{}, debt{}
	}
	clear(s.forgotten)
	if s.m.stock || s.other().m.stock {
		g.lostBesideStock(s)
	}
}

// processDied is after the dead process's operations have ended. What it had taken in is gone, but for what
// was written.
func (g *ghost) processDied(p *Platter) {
	s := g.of(p)
	s.forced, s.insists, s.heard = false, false, false
	g.actorsFell(s)
	s.diedAt, s.wrote, s.swept = g.judge.tick, p.writes, false
	for at := range s.forgotten {
		if s.written[at] != s.durable[at] && !p.volatile.has(int64(at)+int64(g.record.LocalOff/SectorSize)) {
			s.forgotten[at] = g.judge.tick
		}
	}
	g.reread(s)
}

// actorsFell is when the actors of a side's resource have fallen, as with their process or by themselves: what they had
// taken in is gone, but for what was written (I36).
func (g *ghost) actorsFell(s *side) {
	s.died = g.judge.tick
	for at := range s.received {
		// Zeroes that landed before it was asked for aren't its own.
		if r := s.received[at]; r.inv > s.owed[at].inv && g.ends(int64(at), s.written[at]) >= r.inv && s.landedAt[at] >= r.inv {
			s.owed[at] = r
		}
	}
	s.received = append(s.received[:0], s.owed...)
	clear(s.memory)
}

// violate records a broken rule with the sector's history.
func (g *ghost) violate(r rule, s *side, sector int64, format string, args ...any) {
	if g.void {
		return
	}
	name := ""
	if s != nil {
		name = s.name()
		if g.client.resource != Resource {
			name += " (" + g.client.resource + ")"
		}
	}
	g.world.violate(r, name, sector, format, args...)
	if sector != NoSector {
		if last := len(g.world.violations) - 1; last >= 0 {
			g.world.violations[last].History = g.tellPast(sector)
		}
	}
}

// older reports whether a value of a sector precedes a write that is owed.
func (g *ghost) older(sector int64, v valueID, than debt) bool { return g.ends(sector, v) < than.inv }

// floor is the newest write that a side owes of a sector, in whatever form.
func (s *side) floor(sector int64) debt {
	if s.received[sector].inv > s.owed[sector].inv {
		return s.received[sector]
	}
	return s.owed[sector]
}

// values are what reads of the side return now.
func (s *side) values() []valueID { return slices.Clone(s.written) }
