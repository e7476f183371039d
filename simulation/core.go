package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"hast/states"
)

// Core is the part of a pair that is repaired after a storm, while all else keeps the fault that it has for
// ever (correctness.md 5): no run in which everything heals shows what a node does beside a peer that
// never will.
type Core uint8

// The cores.
const (
	CoreBoth Core = iota
	CoreA
	CoreB
)

var coreNames = [...]string{"both", "a", "b"}

// String is the core's name.
func (c Core) String() string { return coreNames[int(c)%len(coreNames)] }

// ParseCore finds a core by its name.
func ParseCore(s string) (Core, error) {
	for i, n := range coreNames {
		if n == s {
			return Core(i), nil
		}
	}
	return 0, fmt.Errorf("unknown core %q: there are both, a and b", s)
}

// DrawCore draws one: both nodes and the link in half of all runs.
func DrawCore(r *rand.Rand) Core {
	if oneIn(r, 2) {
		return CoreBoth
	}
	return CoreA + Core(r.IntN(2))
}

// members are the core's machines.
func (p *Pair) members(c Core) []*Machine {
	switch c {
	case CoreA:
		return []*Machine{p.A}
	case CoreB:
		return []*Machine{p.B}
	}
	return []*Machine{p.A, p.B}
}

// Repair puts the core in order: its nodes run, in no other role than they had, its disks and clocks work,
// and with both the network between them does. What is outside stays as it is, for ever, for whoever
// plans nothing more.
func (p *Pair) Repair(c Core) error {
	p.World.Note("the core is " + c.String())
	if c == CoreBoth {
		p.Heal()
	}
	for _, m := range p.members(c) {
		for _, d := range m.disks {
			d.Heal()
			d.Mend()
		}
		m.Wake()
		m.Continue()
		m.CalmDown()
		m.SetRate(0)
		m.holes = 0
		if m.stock {
			m.Kill()
		}
		if !m.Running() {
			if err := p.Start(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// bounds are how long things may take at most in a core, by the configured timeouts and the manners of
// disks and network.
type bounds struct {
	answer  time.Duration // L1: a request's
	command time.Duration // L2: a role command's
	status  time.Duration // L2: a status's
	session time.Duration // L3
	copy    time.Duration // L4
	calm    time.Duration // I25: a request's, of a resource that nothing befalls
	timeout time.Duration // the nodes': for so long a secondary may keep a request
	trip    time.Duration // how long one may take it, there and back, while nothing fails
}

// The periods of the product that bounds go by, in the words of correctness.md 5.
const (
	reconnectWithin = 2 * 10 * time.Second // twice the longest pause between attempts
	promotionWaits  = 2 * time.Second      // T: for a silent peer
)

func (p *Pair) bounds() (bounds, error) {
	c, err := p.Config(p.A)
	if err != nil {
		return bounds{}, err
	}
	timeout := c.Resources[0].Timeout
	f := p.World.fabric
	// The slowest of many draws of an exponential, and the slowest of the usual ones.
	slowest := 40*maxDiskDelay + 40*maxFlushDelay
	delay := 41 * f.maxDelay
	for _, m := range []*Machine{p.A, p.B} {
		if d := p.Disk(m).manners; d.mean > 0 {
			slowest = max(slowest, d.least+12*d.mean)
		}
	}
	if f.manners.mean > 0 {
		delay = f.manners.least + 12*f.manners.mean
	}
	packet := delay + 400*time.Millisecond
	// A request may have to wait for a map, a flush of it, the range of another one, and the data.
	slow := 12*slowest + 6*packet + time.Second
	extents := time.Duration(states.Extents(p.Record.DataSize, p.Record.ExtentSize))
	pieces := extents + time.Duration(p.Record.DataSize/SectorSize/64)
	b := bounds{
		answer:  2*timeout + slow,
		command: 3*timeout + promotionWaits + 2*slow,
		status:  time.Second,
		session: reconnectWithin + timeout + slow,
		calm:    slow,
		timeout: timeout, trip: 2*delay + 2*slowest,
	}
	b.copy = b.session + 4*pieces*(slowest+packet)/8 + 4*slow
	return b, nil
}
