package simulation

import (
	"hast/states"
)

// claims looks behind each answer that a client of a pair gets: whether what the answer promises is
// true at that very step (I29, I3).
//
//   - A write is on the primary's component, and after a flush it is durable there. If it isn't, it is on
//     the secondary's, and durably it is recorded that the primary's copy isn't current (I37).
//   - Under fullsync it is on the secondary's component too. If it isn't, the answer was given alone, and
//     the primary must know that for good: its extents are durably dirty, and its durable counter is
//     ahead of what the secondary's component knows of it (I19), or the two were never paired.
//
// What a power cut took from the secondary after it had replied is not asked for.
type claims struct {
	pair *Pair
	off  bool
}

// written checks an answer to a write; the judge has taken it already.
func (c *claims) written(m *Machine, io *clientIO) {
	p := c.pair
	if c.off || m == nil || io.op == states.OpDelete {
		return
	}
	c.pair.World.checked(ruleI29)
	if io.fua {
		c.pair.World.checked(ruleI3)
	}
	first, n := io.off/SectorSize, io.n/SectorSize
	own, other := p.Disk(m), p.Disk(p.Other(m))
	for s := first; s < first+n; s++ {
		if c.away(m, s) {
			p.World.checked(ruleI37)
			if other.lost < io.inv && (!c.current(other.written, s, never) || io.fua && !c.covers(other.durable, s, io)) {
				c.broken(ruleI37, m, s, "it answered write %d, on the secondary's copy alone, which lacks it", io.gen)
				return
			}
			continue
		}
		if !c.current(own.written, s, never) {
			c.broken(ruleI29, m, s, "it answered write %d, but its own component lacks it", io.gen)
			return
		}
		if io.fua && !c.covers(own.durable, s, io) {
			c.broken(ruleI3, m, s, "it answered write %d with FUA, but durable is %s", io.gen, c.name(own.durable, s))
			return
		}
		if p.spec.Mode == states.FullSync && other.lost < io.inv && !c.current(other.written, s, never) && !c.alone(m, s) {
			c.broken(ruleI29, m, s, "it answered write %d as if both had it, but the secondary lacks it", io.gen)
			return
		}
	}
}

// flushed checks an answer to a flush that was invoked at a tick of the judge: every write answered
// before then is durable.
func (c *claims) flushed(m *Machine, inv uint64) {
	p := c.pair
	if c.off || m == nil {
		return
	}
	p.World.checked(ruleI3)
	own, other := p.Disk(m), p.Disk(p.Other(m))
	for i := range p.Client.judge.sectors {
		s := int64(i)
		if !c.ofReign(s, inv) {
			continue // a power cut may have taken what an earlier reign answered
		}
		if c.away(m, s) {
			if other.lost < inv && !c.current(other.durable, s, inv) {
				c.broken(ruleI37, m, s, "it answered a flush of tick %d, but what only the secondary has is not durable there", inv)
				return
			}
			continue
		}
		if !c.current(own.durable, s, inv) {
			c.broken(ruleI3, m, s, "it answered a flush of tick %d, but what it covers is not durable", inv)
			return
		}
		if p.spec.Mode == states.FullSync && !c.current(other.durable, s, inv) && !c.alone(m, s) {
			c.broken(ruleI3, m, s, "it answered a flush of tick %d as if for both, but what it covers is not durable on the secondary", inv)
			return
		}
	}
}

// current reports whether an image holds a value of a sector that no answered write had replaced before a
// tick.
func (c *claims) current(image []byte, s int64, since uint64) bool {
	return c.holds(image, s, func(v *value) bool { return v.covered == never || v.covered >= since })
}

// holds reports whether an image holds one of the values of a sector that please.
func (c *claims) holds(image []byte, s int64, pleases func(v *value) bool) bool {
	j := c.pair.Client.judge
	list := j.sectors[s]
	content := decode(image[int64(c.pair.Record.LocalOff)+s*SectorSize:])
	for i := len(list) - 1; i >= 0; i-- {
		if pleases(&list[i]) && j.holds(list[i].gen, s, content) {
			return true
		}
	}
	return false
}

// covers reports whether an image holds a value of a sector that a write didn't replace: its own, or one
// that had not ended before it was invoked.
func (c *claims) covers(image []byte, s int64, io *clientIO) bool {
	return c.holds(image, s, func(v *value) bool { return v.gen == io.gen || v.end >= io.inv })
}

// ofReign reports whether the device that is open now has answered a write to a sector before a tick.
func (c *claims) ofReign(s int64, before uint64) bool {
	for _, v := range c.pair.Client.judge.sectors[s] {
		if v.inv > c.pair.Client.reign && v.end < before {
			return true
		}
	}
	return false
}

// away reports whether durably it is known that the current copy of a sector is the secondary's: the
// primary's record names its extent as bad, or the secondary's counter was raised at the primary's word.
func (c *claims) away(m *Machine, s int64) bool {
	p := c.pair
	own, other := p.Disk(m), p.Disk(p.Other(m))
	mine, errMine := own.Record()
	if errMine == nil && mine.Bad.Contains(uint64(s)*SectorSize/uint64(p.Record.ExtentSize)) {
		return true
	}
	its, errIts := other.Record()
	return errMine == nil && errIts == nil && its.ResUID == mine.ResUID && its.LocalCnt > mine.RemoteCnt
}

// alone reports whether the primary has it on record that the secondary may lack the sector.
func (c *claims) alone(m *Machine, s int64) bool {
	p := c.pair
	p.World.checked(ruleI19)
	own, other := p.Disk(m), p.Disk(p.Other(m))
	if !own.guard.dirty(own, uint64(s)*SectorSize/uint64(p.Record.ExtentSize)) {
		return false
	}
	mine, errMine := own.Record()
	its, errIts := other.Record()
	return errMine == nil && (errIts != nil || its.ResUID != mine.ResUID || mine.LocalCnt > its.RemoteCnt)
}

func (c *claims) broken(r rule, m *Machine, s int64, format string, args ...any) {
	c.pair.World.violate(r, m.name, s, format, args...)
}

// name says what an image holds in a sector.
func (c *claims) name(image []byte, s int64) string {
	return c.pair.Client.judge.name(s, decode(image[int64(c.pair.Record.LocalOff)+s*SectorSize:]))
}
