package campaign

import (
	"hast/simulation"
)

// endless are tricks of a peer that a core of one has to live with for ever. Those that come after a
// handshake are left out: a secondary of the original's manners isn't held to what ours promises.
var endless = []simulation.Trick{simulation.TrickDeaf, simulation.TrickMute, simulation.TrickWait, simulation.TrickGarbage1,
	simulation.TrickGarbage2, simulation.TrickDies1, simulation.TrickDies2}

// core ends the storm of a third of the seeds by repairing a part of the pair only: it must live while the
// rest keeps the fault that it has, or a peer plays tricks for ever.
func (s *story) core() {
	r := stream(s.seed, "core")
	if len(s.script.Steps) == 0 || !oneIn(r, 3) || s.profile.Kinds != nil && len(s.profile.Kinds) == 0 {
		return
	}
	c := simulation.DrawCore(r)
	n := map[simulation.Core]int{simulation.CoreA: 0, simulation.CoreB: 1}[c]
	crooked := c != simulation.CoreBoth && oneIn(r, 3)
	if crooked {
		s.do("kill", names[1-n])
		s.do("stock", names[1-n], endless[r.IntN(len(endless))].String())
	}
	s.do("core", c.String())
	s.each(func() { s.do("alive", c.String()) })
	if crooked {
		s.do("kill", names[1-n])
		s.nodes[1-n] = belief{}
	}
}
