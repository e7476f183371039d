package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hast/actors"
	"hast/simulation"
	"hast/states"
)

// Coverage counts which cells of a few tables runs have reached.
type Coverage struct {
	cells  map[cell]uint64
	pair   *simulation.Pair
	latest uint64 // step of the newest fault that was placed
	placed simulation.FaultKind
	recent simulation.FaultKind // the newest fault, and when it took effect
	at     time.Duration
	any    bool
}

// Dimension is one of the tables.
type Dimension string

// The tables: which event met which state of which machine; which verdict at which node; which fault took
// effect while the two nodes stood how; which claim was given how soon after which fault; what a component was last
// changed by when its node died.
const (
	DimMachine Dimension = "machine"
	DimVerdict Dimension = "verdict"
	DimFault   Dimension = "fault"
	DimClaim   Dimension = "claim"
	DimCrash   Dimension = "crash"
)

// memory is for how long a fault is taken to have to do with an answer.
const memory = 5 * time.Second

// Dimensions lists the tables.
func Dimensions() []Dimension {
	return []Dimension{DimMachine, DimVerdict, DimFault, DimClaim, DimCrash}
}

type cell struct {
	dim  Dimension
	name string
}

func newCoverage() *Coverage { return &Coverage{cells: make(map[cell]uint64)} }

// watch counts what happens to a pair from now on.
func (c *Coverage) watch(p *simulation.Pair) {
	c.pair = p
	p.World.Watch(c)
}

func (c *Coverage) hit(d Dimension, name string) { c.cells[cell{d, name}]++ }

// Stepped counts a machine's step.
func (c *Coverage) Stepped(_ *simulation.Machine, _, machine string, at states.State, ev states.Event) {
	c.hit(DimMachine, machine+": "+string(at)+" × "+string(ev))
}

// Decided counts a verdict.
func (c *Coverage) Decided(_ *simulation.Machine, _ string, role states.Role, v states.Verdict, _, _ states.Copy) {
	c.hit(DimVerdict, v.String()+" at a "+role.String())
}

// Faulted counts a fault, with how the pair stands: a step counts each kind once.
func (c *Coverage) Faulted(k simulation.FaultKind) {
	c.recent, c.at, c.any = k, c.pair.World.Now(), true
	if step := c.pair.World.Steps(); step == c.latest && k == c.placed {
		return
	} else {
		c.latest, c.placed = step, k
	}
	stand := make([]string, 0, 2)
	for _, m := range []*simulation.Machine{c.pair.A, c.pair.B} {
		g, ok := c.pair.Glance(m)
		stand = append(stand, standing(&g, ok))
	}
	slices.Sort(stand)
	c.hit(DimFault, k.String()+" × "+strings.Join(stand, " + "))
}

// Answered counts the claim of an answer with the fault that came before it.
func (c *Coverage) Answered(a *simulation.Answer) {
	if a.Op == states.OpRead || a.Err != nil {
		return
	}
	after := "no fault"
	if c.any && a.At-c.at < memory {
		after = c.recent.String()
	}
	what := "write"
	if a.Op == states.OpFlush {
		what = "flush"
	}
	c.hit(DimClaim, what+" as "+a.Claim.String()+" × "+after)
}

// Dies counts what the component of a node that dies was last changed by.
func (c *Coverage) Dies(m *simulation.Machine, power bool) {
	how := "kill"
	if power {
		how = "power cut"
	}
	g, ok := c.pair.Glance(m)
	if !ok {
		return
	}
	c.hit(DimCrash, how+" of "+string(g.Role)+" × "+c.pair.Disk(m).Latest())
}

// standing is how a node stands, in a few words.
func standing(g *actors.Glance, runs bool) string {
	if !runs {
		return "down"
	}
	parts := []string{string(g.Role)}
	if g.Link != "" {
		parts = append(parts, string(g.Link))
	}
	if g.Sync != "" {
		parts = append(parts, string(g.Sync))
	}
	return strings.Join(parts, "/")
}

// Add adds what another run reached.
func (c *Coverage) Add(o *Coverage) {
	if o == nil {
		return
	}
	for k, n := range o.cells { //house:ordered sums don't depend on the order
		c.cells[k] += n
	}
}

// Cell is one cell and how often it was reached.
type Cell struct {
	Name  string
	Count uint64
}

// Cells lists the cells of a table that were reached, by name.
func (c *Coverage) Cells(d Dimension) []Cell {
	var list []Cell
	for k, n := range c.cells { //house:ordered the list is sorted below
		if k.dim == d {
			list = append(list, Cell{k.name, n})
		}
	}
	slices.SortFunc(list, func(a, b Cell) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Sum is how often those cells of a table were reached whose names begin with one of the prefixes.
func (c *Coverage) Sum(d Dimension, prefixes ...string) uint64 {
	var sum uint64
	for _, x := range c.Cells(d) {
		for _, p := range prefixes {
			if strings.HasPrefix(x.Name, p) {
				sum += x.Count
			}
		}
	}
	return sum
}

// Empty lists the cells of a table that the product's own tables have and no run has reached. Of faults, it
// is the kinds that never took effect.
func (c *Coverage) Empty(d Dimension) []string {
	var missing []string
	want := func(name string) {
		if c.cells[cell{d, name}] == 0 {
			missing = append(missing, name)
		}
	}
	switch d {
	case DimMachine:
		for _, t := range []*states.Table{states.RoleTable, states.LinkTable, states.SyncTable} {
			for i := range t.Rows {
				want(fmt.Sprintf("%s: %s × %s", t.Name, t.Rows[i].From, t.Rows[i].On))
			}
		}
	case DimVerdict:
		for v := states.VerdictFresh; v <= states.VerdictEqual; v++ {
			for _, role := range []states.Role{states.RolePrimary, states.RoleSecondary} {
				want(v.String() + " at a " + role.String())
			}
		}
	case DimClaim:
		for claim := states.ClaimNone + 1; claim <= states.ClaimRemote; claim++ {
			if c.Sum(d, "write as "+claim.String()+" ") == 0 {
				missing = append(missing, claim.String())
			}
		}
	case DimFault:
		seen := make(map[string]bool)
		for _, x := range c.Cells(d) {
			kind, _, _ := strings.Cut(x.Name, " ")
			seen[kind] = true
		}
		for _, k := range simulation.FaultKinds() {
			if !seen[k.String()] {
				missing = append(missing, k.String())
			}
		}
	}
	return missing
}
