package actors

import (
	"strings"
	"testing"

	"hast/states"
	"hast/states/activemap"
	"hast/states/bitset"
)

// bookGate is a lone primary's gate with one write at its component.
func bookGate(t *testing.T) (*gate, *Request) {
	t.Helper()
	const size, extent = 1 << 20, 64 << 10
	m, err := activemap.New(size, extent, 2, 4096)
	if err != nil {
		t.Fatal(err)
	}
	n := m.Extents()
	g := &gate{opened: true, ticking: true, amap: m, lk: bitset.New(n), lag: bitset.New(n), ail: newAiling(n), raised: true}
	g.rec.DataSize, g.rec.ExtentSize = size, extent
	g.ranges.ReadWaits = true
	r := &Request{Op: states.OpWrite, Off: extent - 512, Len: 1024}
	f := &r.flow
	*f = newFlow(r, states.FullSync)
	f.rng = states.Range{Off: uint64(r.Off), End: uint64(r.Off + r.Len), Class: states.RangeWrite, Owner: r}
	f.at, f.local, f.mapped = atWork, states.PartPending, true
	g.all.push(r)
	g.clients.inside, g.moving = 1, 1
	g.ranges.Acquire(&f.rng)
	m.Begin(uint64(r.Off), uint64(r.Len))
	return g, r
}

// Each thing that doesn't agree is told, and nothing of what does.
func TestBooks(t *testing.T) {
	held := func(g *gate, r *Request) {
		r.flow.at, r.flow.local = atHold, states.PartNone
		g.held, g.moving = append(g.held, r), 0
	}
	for what, c := range map[string]struct {
		spoil func(g *gate, r *Request)
		want  string // empty: all agrees
	}{
		"a write at work":        {func(*gate, *Request) {}, ""},
		"not opened":             {func(g *gate, r *Request) { g.opened, g.moving = false, 7 }, ""},
		"a reign that ends":      {func(g *gate, r *Request) { g.dead.at, g.moving = deadEnded, 7 }, ""},
		"held for a barrier":     {func(g *gate, r *Request) { held(g, r); g.barrier, g.dead.at, g.dead.back = true, deadIs, returnBars }, ""},
		"held for nothing":       {held, "nothing holds it"},
		"held, not in the list":  {func(g *gate, r *Request) { held(g, r); g.held = nil }, "0 requests that are held are noted, and there are 1"},
		"a change not counted":   {func(g *gate, r *Request) { g.moving = 0 }, "0 changes under way"},
		"a client not counted":   {func(g *gate, r *Request) { g.clients.inside = 0 }, "0 requests of clients"},
		"a request not counted":  {func(g *gate, r *Request) { g.all.n = 2 }, "2 requests are noted"},
		"an extent let go":       {func(g *gate, r *Request) { r.flow.mapped = false }, "2 extents of changes and copies are noted, and there are 0"},
		"a range kept":           {func(g *gate, r *Request) { r.flow.loose = true }, "has a range"},
		"an answer that is due":  {func(g *gate, r *Request) { r.flow.local = states.PartDone }, "its answer is due"},
		"one that is settled":    {func(g *gate, r *Request) { r.flow.local, r.flow.answered = states.PartDone, true }, "not released"},
		"a record nobody writes": {func(g *gate, r *Request) { r.flow.waits = true; g.held = append(g.held, r) }, "a record that nobody writes"},
		"a tail not counted":     {func(g *gate, r *Request) { r.flow.tailed, r.flow.remote = true, states.PartPending }, "0 bytes answered as sent"},
		"lent, not counted":      {func(g *gate, r *Request) { r.flow.lent, g.dead.lent = true, 1 }, "1 requests lent"},
		"never begun":            {func(g *gate, r *Request) { r.flow.at = atDoor }, "nobody has begun"},
		"a flush not begun":      {func(g *gate, r *Request) { r.flow.at = atFlush; g.flushWait = append(g.flushWait, r) }, "a flush is wanted"},
		"a barrier of nobody":    {func(g *gate, r *Request) { g.barrier = true }, "a barrier"},
		"equal counters, alone":  {func(g *gate, r *Request) { g.barrier, g.equal.at = true, equalDrain }, "a lone primary makes counters equal"},
		"equal, and none saves":  {func(g *gate, r *Request) { g.barrier, g.equal.at, g.session, g.raised = true, equalSave, 1, false }, "nobody writes it"},
		"raised in a session":    {func(g *gate, r *Request) { g.session = 1 }, "raised for a lone primary"},
		"sent, and none says so": {func(g *gate, r *Request) { g.wantSent = true }, "only sent"},
		"a map nobody writes":    {func(g *gate, r *Request) { g.mapBusy = true }, "a write of the map"},
		"an end of nothing":      {func(g *gate, r *Request) { g.drained = true }, "the end of a reign"},
		"a copy that has ended":  {func(g *gate, r *Request) { g.copies = append(g.copies, &extentCopy{}) }, "keeps its place"},
		"a chunk of nobody":      {func(g *gate, r *Request) { g.repairs.under = true }, "1 repairs are noted, and there are 0"},
		"a flush that is due": {func(g *gate, r *Request) {
			g.flushing = &flushTurn{local: states.PartDone}
		}, "the answer to a flush is due"},
		"back, and not given up": {func(g *gate, r *Request) { g.dead.back = returnMaps }, "wasn't given up"},
		"extents of a secondary": {func(g *gate, r *Request) { g.ail.wanted.Set(1) }, "a lone primary takes"},
		"a clock that stands":    {func(g *gate, r *Request) { g.ticking = false }, "clock"},
	} {
		g, r := bookGate(t)
		c.spoil(g, r)
		var said []string
		g.Books(func(what string) { said = append(said, what) })
		if all := strings.Join(said, "; "); c.want == "" && all != "" || !strings.Contains(all, c.want) {
			t.Errorf("%s: said %q, wanted %q", what, all, c.want)
		}
	}
}

// Two writes hold an extent twice, and who has gone holds nothing.
func TestExtentsAreCounted(t *testing.T) {
	g, r := bookGate(t)
	if n := g.amap.Holds(); n != 2 {
		t.Errorf("a write of two extents holds %d", n)
	}
	g.amap.Begin(uint64(r.Off), 512)
	if n := g.amap.Holds(); n != 3 {
		t.Errorf("with another one of one extent they hold %d", n)
	}
	g.amap.End(uint64(r.Off), uint64(r.Len))
	g.amap.End(uint64(r.Off), 512)
	if n := g.amap.Holds(); n != 0 {
		t.Errorf("who has gone holds %d", n)
	}
}
