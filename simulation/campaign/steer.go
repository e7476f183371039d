package campaign

import (
	"slices"
	"strings"

	"hast/simulation/script"
)

// Steer draws scripts near those that reached what few others did: the same story with another seed for all
// that it leaves open, or with a few of its steps taken from another story.
type Steer struct {
	cells map[cell]uint64 // by how many runs each cell was reached
	rare  []remembered
}

// remembered is a script that reached something rare.
type remembered struct {
	script *script.Script
	cells  []cell // that were rare then
	told   uint64 // how many stories near it were drawn
}

// rarely is the greatest number of runs that reached a cell which is rare, and mostRare how many scripts are
// remembered for such cells.
const (
	rarely   = 3
	mostRare = 64
)

// nearWord begins the name of a script near another.
const nearWord = "near "

// NewSteer makes one that knows of no run.
func NewSteer() *Steer { return &Steer{cells: make(map[cell]uint64)} }

// Learn hears of a run. Scripts that failed are not told again: what they have to say is known.
func (s *Steer) Learn(r *Result) {
	if r.Coverage == nil {
		return
	}
	var rare []cell
	for k := range r.Coverage.cells { //house:ordered neither sums nor the least of them depend on the order
		s.cells[k]++
		if s.cells[k] <= rarely {
			rare = append(rare, k)
		}
	}
	if rare == nil || r.Failed() {
		return
	}
	s.rare = append(s.rare, remembered{script: r.Script, cells: rare})
	if len(s.rare) > mostRare {
		most := 0
		for i := range s.rare {
			if s.common(i) > s.common(most) {
				most = i
			}
		}
		s.rare = slices.Delete(s.rare, most, most+1)
	}
}

// common is how often the rarest cell of a remembered script was reached by now: what was rare among the first runs is
// not for long.
func (s *Steer) common(i int) uint64 {
	least := ^uint64(0)
	for _, k := range s.rare[i].cells {
		least = min(least, s.cells[k])
	}
	return least
}

// Near makes a script near one that reached something rare, decided by a seed; nil if none did yet. It is the one whose
// rarest cell fewest runs have reached, and of which fewest stories were told.
func (s *Steer) Near(seed uint64) *script.Script {
	if len(s.rare) == 0 {
		return nil
	}
	best := 0
	for i := range s.rare {
		if s.common(i)+s.rare[i].told < s.common(best)+s.rare[best].told {
			best = i
		}
	}
	s.rare[best].told++
	r := stream(seed, "steer")
	c := clone(s.rare[best].script)
	c.Seed = seed
	if !strings.HasPrefix(c.Name, nearWord) {
		c.Name = nearWord + c.Name // whose seed alone doesn't repeat it
	}
	// The opening and the repair at the end stay; a step of the storm may come earlier, later, twice or not.
	begin := slices.IndexFunc(c.Steps, func(x script.Step) bool { return x.Verb == "load" }) + 1
	end := len(c.Steps)
	for end > begin && c.Steps[end-1].At == 0 {
		end--
	}
	for n := r.IntN(4); n > 0 && end-begin > 2; n-- {
		i := begin + r.IntN(end-begin)
		switch r.IntN(4) {
		case 0:
			c.Steps = slices.Delete(c.Steps, i, i+1)
			end--
		case 1:
			c.Steps = slices.Insert(c.Steps, i, c.Steps[i])
			end++
		case 2:
			c.Steps[i].At = c.Steps[i].At * 9 / 10
		case 3:
			j := begin + r.IntN(end-begin)
			c.Steps[i], c.Steps[j] = c.Steps[j], c.Steps[i]
		}
	}
	return c
}
