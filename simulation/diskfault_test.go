package simulation

import (
	"fmt"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// ailment is something that is wrong with a disk.
type ailment struct {
	name string
	// start makes the disk ill; times is how often an operation fails, 0 for always.
	start func(p *Pair, d *Platter, times int)
	// often: only what fails operations can do so for a number of times.
	often bool
}

func failing(off, n func(p *Pair) int64, kinds ...actors.DiskKind) func(p *Pair, d *Platter, times int) {
	return func(p *Pair, d *Platter, times int) {
		d.Fail(DiskFault{Kinds: kinds, Off: off(p), Len: n(p), Times: times})
	}
}

func dataOff(p *Pair) int64 { return int64(p.Record.LocalOff) }
func dataLen(p *Pair) int64 { return int64(p.Record.DataSize) }
func none(*Pair) int64      { return 0 }
func mapOff(*Pair) int64    { return states.MapOffset }
func mapLen(*Pair) int64    { return SectorSize }
func corner(*Pair) int64    { return 32 * SectorSize }

var ailments = []ailment{
	{"read errors in a range", failing(dataOff, corner, actors.DiskRead), true},
	{"read errors", failing(dataOff, dataLen, actors.DiskRead), true},
	{"write errors in a range", failing(dataOff, corner, actors.DiskWrite, actors.DiskZero), true},
	{"write errors", failing(dataOff, dataLen, actors.DiskWrite, actors.DiskZero), true},
	{"flush errors", failing(none, none, actors.DiskFlush), true},
	{"map errors", failing(mapOff, mapLen, actors.DiskWrite), true},
	{"metadata errors", failing(none, mapOff, actors.DiskWrite), true},
	{"slow", func(_ *Pair, d *Platter, _ int) { d.Slow(100) }, false},
	{"gone", func(_ *Pair, d *Platter, _ int) { d.Remove() }, false},
}

// stint is how long an ailment lasts.
type stint struct {
	name  string
	times int
	heals bool
}

var stints = []stint{{"once", 1, true}, {"for a while", 0, true}, {"from then on", 0, false}}

// pain brings two resources under load, makes a disk of the first ill, and demands: no wrong data, ever (the
// judge); an answer to each request and each command in bounded time; nothing for the neighbour to notice;
// and, once the disk is well, both copies the same.
func pain(t *testing.T, spec PairSpec, a ailment, s stint, onPrimary bool) {
	t.Helper()
	spec.Settings = append(spec.Settings, "timeout 5")
	p := neighbours(t, spec)
	m := p.B
	if onPrimary {
		m = p.A
	}
	p.Client.Start()
	p.Neighbour.Client.Start()
	p.World.RunFor(20 * time.Millisecond)
	p.Neighbour.Client.Longest()
	d := p.Disk(m)
	p.World.Note("ailment " + a.name + " " + s.name)
	a.start(p, d, s.times)
	p.World.RunFor(300 * time.Millisecond)
	p.Client.Pause, p.Neighbour.Client.Pause = 50*time.Millisecond, 50*time.Millisecond
	p.World.RunFor(8 * time.Second)
	p.must(t, "ill", p.Quiesce(20*time.Second))
	p.undisturbed(t, "neighbour of an ill disk")
	n, last := p.Client.Errors()
	if n > 0 {
		p.must(t, "errors", fmt.Errorf("%d requests failed, the last with: %w", n, last))
	}
	if n > 0 && wire.ErrnoOf(last) != wire.EIO && wire.ErrnoOf(last) != wire.ENXIO {
		p.must(t, "errors", fmt.Errorf("a request failed with something else than EIO: %w", last))
	}
	st, err := p.Status(p.A)
	p.must(t, "status", err)
	if n > 0 && st.Stats.WriteErrors+st.Stats.FlushErrors+st.Stats.ReadErrors+st.Stats.DeleteErrors == 0 && st.Reason == "" {
		t.Errorf("%d requests failed, but the status tells nothing: %+v", n, st)
	}
	if !s.heals {
		p.answers(t)
	}
	d.Heal()
	p.recover(t)
}

// answers demands that role commands are answered, whatever the answer.
func (p *Pair) answers(t *testing.T) {
	t.Helper()
	for _, role := range []states.Role{states.RoleSecondary, states.RoleInit} {
		for _, m := range []*Machine{p.A, p.B} {
			ask := m.Ask(p.resource, role, false)
			p.must(t, "role", p.World.Run(ask.Done, 15*time.Second))
		}
	}
}

// recover brings a pair back whose disks are well again, as an operator does who knows which copy is the
// better one, and demands that all of it is as it should be.
func (p *Pair) recover(t *testing.T) {
	t.Helper()
	p.must(t, "init", p.SetRole(p.B, states.RoleInit, false))
	p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
	s, err := p.Status(p.A)
	p.must(t, "status", err)
	if s.Role != "primary" {
		p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
	}
	p.Client.Pause = time.Millisecond
	p.Client.Start()
	p.World.RunFor(50 * time.Millisecond)
	p.settle(t, p.A)
	p.Neighbour.settle(t, p.A)
}

func TestAilments(t *testing.T) {
	i := uint64(0)
	for _, a := range ailments {
		for _, s := range stints {
			if s.times > 0 && !a.often {
				continue
			}
			for _, side := range []string{"primary", "secondary"} {
				i++
				t.Run(a.name+" "+s.name+" on the "+side, func(t *testing.T) {
					base := i
					seeds(t, few(1), func(t *testing.T, seed uint64) {
						pain(t, PairSpec{Seed: seed*100 + base, Mode: modes[(seed+base)%3]}, a, s, side == "primary")
					})
				})
			}
		}
	}
}

// What a local write failed while there is no secondary stays to be copied until it has been: an error is
// no answer that lets the copies differ for good.
func TestFailedWriteStaysDirty(t *testing.T) {
	eachSpec(t, few(1), func(t *testing.T, spec PairSpec) {
		p := neighbours(t, spec)
		p.B.Kill()
		p.must(t, "alone", p.AwaitStatus(p.A, "alone", func(s *actors.Status) bool { return s.Link != "up" }, time.Minute))
		p.Disk(p.A).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite}, Off: dataOff(p), Len: dataLen(p), Times: 1})
		p.Client.Reads, p.Client.Trims, p.Client.Zeroes, p.Client.Flushes = 0, 0, 0, 0
		p.Client.Start()
		p.must(t, "error", p.World.Run(func() bool { n, _ := p.Client.Errors(); return n > 0 }, time.Minute))
		p.must(t, "quiet", p.Quiesce(time.Minute))
		s, err := p.Status(p.A)
		p.must(t, "status", err)
		if s.Stats.WriteErrors == 0 {
			t.Errorf("seed %d: the status tells of no write error", spec.Seed)
		}
		p.Disk(p.A).Heal()
		p.must(t, "start", p.Start(p.B))
		p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
		p.must(t, "neighbour secondary", p.Neighbour.SetRole(p.B, states.RoleSecondary, false))
		p.bounce(t, p.A, (*Machine).Kill) // the durable map has to know
		p.must(t, "neighbour primary", p.Neighbour.SetRole(p.A, states.RolePrimary, false))
		p.settle(t, p.A)
	})
}

// A disk that is stuck holds up the requests of its own resource only, and neither status nor commands.
func TestStuckDisk(t *testing.T) {
	for _, side := range []string{"primary", "secondary"} {
		t.Run(side, func(t *testing.T) {
			seeds(t, few(2), func(t *testing.T, seed uint64) {
				p := neighbours(t, PairSpec{Seed: seed, Mode: modes[seed%3], Settings: []string{"timeout 5"}})
				m := map[string]*Machine{"primary": p.A, "secondary": p.B}[side]
				p.Client.Start()
				p.Neighbour.Client.Start()
				p.World.RunFor(20 * time.Millisecond)
				p.Neighbour.Client.Longest()
				p.Disk(m).Stick()
				p.Client.Pause, p.Neighbour.Client.Pause = 20*time.Millisecond, 20*time.Millisecond
				p.pass(10 * time.Second)
				p.undisturbed(t, "neighbour of a stuck disk")
				asked := p.World.Now()
				_, err := p.Status(m)
				p.must(t, "status", err)
				if took := p.World.Now() - asked; took > time.Second {
					t.Errorf("seed %d: a status took %v", seed, took)
				}
				if side == "secondary" { // its primary is alone by now
					p.must(t, "quiet", p.Quiesce(20*time.Second))
				}
				p.Client.Stop()
				p.answers(t)
				p.Disk(m).Heal()
				p.World.RunFor(5 * time.Second)
				p.recover(t)
			})
		})
	}
}
