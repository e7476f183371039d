package actors

// Keeper is an actor that tells a bystander what it keeps for work that is under way. Of a pair that has nothing to
// do, no request, no command and nothing to copy, each of its numbers is 0: what is more is never let go (I24).
type Keeper interface {
	// Keeps calls tell with the name of each table, and how many entries it has.
	Keeps(tell func(what string, n int))
}

func count(yes ...bool) (n int) {
	for _, y := range yes {
		if y {
			n++
		}
	}
	return n
}

// Keeps tells of turns for somebody outside, and of resources that are going. What is kept of each resource isn't
// under way; of one that has gone it is.
func (n *node) Keeps(tell func(what string, n int)) {
	tell("commands", len(n.roles))
	tell("questions for a status", len(n.queries))
	tell("resolutions", len(n.resolves))
	tell("resources that go", len(n.going))
	tell("resources that wait for one that goes", len(n.later))
	tell("resources without a name", max(len(n.resources), len(n.confs), len(n.held), len(n.falls), len(n.caches), len(n.names))-len(n.names))
}

// Keeps tells of commands.
func (r *resource) Keeps(tell func(what string, n int)) { tell("commands", len(r.waiting)) }

// Keeps tells of requests and copies, and of extents that wait for one.
func (g *gate) Keeps(tell func(what string, n int)) {
	tell("requests", g.all.n)
	tell("requests that are held", len(g.held)+len(g.lagWait)+len(g.flushWait))
	tell("ranges", g.ranges.Holders()+g.ranges.Waiters())
	tell("copies", len(g.copies)+len(g.urgent))
	tell("repairs", len(g.repairs.queue)+count(g.repairs.under))
	tell("changes under way", g.moving)
	tell("bytes that the secondary hasn't confirmed", int(g.tail))
	if g.amap != nil {
		tell("extents to be copied", count(g.amap.SyncBytes() > 0, g.lag.Any()))
		tell("extents of which the secondary lacks something", int(g.lk.Count()))
		tell("extents that failed", len(g.ail.saving)+count(g.ail.wanted.Any(), g.ail.doubted.Any(), g.ail.undecided.Any()))
	}
	tell("turns of flushes", count(g.flushing != nil, g.barrier))
	tell("writes of the record", count(g.recBusy != recIdle, g.raiseReady, g.raising))
}

// Keeps tells of requests that the peer has, and flushes among them; keepalives come and go.
func (l *remotelink) Keeps(tell func(what string, n int)) {
	tell("requests at the peer", len(l.pending))
}

// Keeps tells of the component's operations.
func (d *localdisk) Keeps(tell func(what string, n int)) {
	tell("writes of record or map", len(d.saves))
	tell("flushes", len(d.flushes))
	tell("operations", d.outstanding)
}

// Keeps tells of the primary's requests.
func (s *secondary) Keeps(tell func(what string, n int)) {
	tell("requests of the primary", s.served+s.writes+len(s.flushes)+len(s.backlog)+int(s.bytes+s.backBytes))
	tell("ranges", s.ranges.Holders()+s.ranges.Waiters())
	tell("second hellos", count(s.next != nil))
	tell("resolutions", count(s.resolving != nil))
	tell("records", count(s.adopts != nil))
	if s.session != 0 {
		tell("connections of before", len(s.conns)-2)
	}
}

// Keeps tells of chunks.
func (s *syncer) Keeps(tell func(what string, n int)) { tell("chunks", s.under+s.asked) }
