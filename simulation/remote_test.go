package simulation

import (
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// The tests of this file are about a primary whose own component fails what its secondary has: the answers
// go on (claim remote), and no restart takes the failed copy for a good one (I13, I37).

// failsWrites makes a disk fail the writes of a part of the data area; times is how many, 0 for all.
func (p *Pair) failsWrites(m *Machine, off, n int64, times int) {
	p.Disk(m).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite, actors.DiskZero}, Off: dataOff(p) + off, Len: n, Times: times})
}

// remote demands that answers were given that the secondary alone owes.
func (s *stage) remote() {
	s.t.Helper()
	st, err := s.Status(s.A)
	s.want("status", err)
	if n, last := s.Client.Errors(); n > 0 {
		s.t.Fatalf("seed %d: %d requests failed, the last with: %v", s.World.Seed(), n, last)
	}
	if st.Stats.ClaimRemote == 0 {
		s.t.Fatalf("seed %d: no answer has the claim remote: %+v", s.World.Seed(), st.Stats)
	}
}

// eachIll plays with an A whose disk fails all writes to a few extents while a client is at work.
func eachIll(t *testing.T, play func(s *stage)) {
	eachStage(t, PairSpec{Settings: []string{"timeout 3"}}, func(s *stage) {
		s.Client.Start()
		s.World.RunFor(20 * time.Millisecond)
		s.failsWrites(s.A, 0, 32*SectorSize, 0)
		s.World.RunFor(100 * time.Millisecond)
		s.remote()
		play(s)
	})
}

func TestFailedWritesAreTheSecondarys(t *testing.T) {
	eachIll(t, func(s *stage) {
		st, err := s.Status(s.A)
		s.want("status", err)
		if st.Bad == 0 || st.Status != "degraded" || st.Reason == "" || st.Remedy == "" {
			s.t.Errorf("seed %d: bad %d, %s: %q; %q", s.World.Seed(), st.Bad, st.Status, st.Reason, st.Remedy)
		}
		s.Client.Pause = 50 * time.Millisecond
		s.World.RunFor(15 * time.Second)
		s.want("still", nil)
		s.remote()
		s.Disk(s.A).Heal()
		s.settle(s.t, s.A)
		if r := s.record(s.A); !r.Bad.IsEmpty() {
			s.t.Errorf("seed %d: copied back, and the record still names %v", s.World.Seed(), r.Bad)
		}
	})
}

// A restart doesn't make the failed copy a good one.
func TestBadExtentsSurvive(t *testing.T) {
	for _, die := range []struct {
		name string
		do   func(*Machine)
	}{{"kill", (*Machine).Kill}, {"power", (*Machine).Power}} {
		t.Run(die.name, func(t *testing.T) {
			eachIll(t, func(s *stage) {
				if s.spec.Mode != states.FullSync && die.name == "power" {
					return // some of what was answered may be lost
				}
				die.do(s.A)
				s.World.RunFor(50 * time.Millisecond)
				s.Disk(s.A).Heal()
				s.want("start", s.Start(s.A))
				s.want("primary", s.SetRole(s.A, states.RolePrimary, false))
				s.want("read", s.CheckAcked(time.Minute))
				s.World.RunFor(100 * time.Millisecond)
				s.settle(s.t, s.A)
			})
		})
	}
}

// Without the secondary, bad extents can't be read or written, and the rest can.
func TestBadExtentsAlone(t *testing.T) {
	eachIll(t, func(s *stage) {
		s.Client.Stop()
		s.want("quiet", s.Quiesce(time.Minute))
		s.Cut()
		s.want("alone", s.AwaitStatus(s.A, "alone", func(st *actors.Status) bool { return st.Link != "up" }, time.Minute))
		before := s.Client.Answered()
		s.Client.Pause = 10 * time.Millisecond
		s.Client.Start()
		s.World.RunFor(5 * time.Second)
		n, _ := s.Client.Errors()
		if answered := s.Client.Answered() - before; n == 0 || answered == 0 {
			s.t.Errorf("seed %d: alone with bad extents, %d requests were answered and %d failed", s.World.Seed(), answered, n)
		}
		s.Disk(s.A).Heal()
		s.Heal()
		s.World.RunFor(10 * time.Second)
		s.settle(s.t, s.A)
	})
}

// Whatever else happens while extents are the secondary's: no answered write is lost, and in the end both copies
// are the same.
func TestBadExtentsMeetMore(t *testing.T) {
	for _, more := range []struct {
		name string
		do   func(s *stage)
	}{
		{"link cut", func(s *stage) { s.Cut(); s.World.RunFor(10 * time.Second); s.Heal() }},
		{"reset", func(s *stage) { s.Reset() }},
		{"secondary killed", func(s *stage) { s.bounce(s.t, s.B, (*Machine).Kill) }},
		{"secondary without power", func(s *stage) { s.bounce(s.t, s.B, (*Machine).Power) }},
		{"primary killed", func(s *stage) { s.bounce(s.t, s.A, (*Machine).Kill) }},
		{"primary without power", func(s *stage) { s.bounce(s.t, s.A, (*Machine).Power) }},
		{"flush errors too", func(s *stage) {
			s.Disk(s.A).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskFlush}, Times: 2})
		}},
		{"metadata errors too", func(s *stage) {
			s.Disk(s.A).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite}, Len: mapOff(nil), Times: 2})
		}},
		{"secondary's read errors", func(s *stage) {
			s.Disk(s.B).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead}, Off: dataOff(s.Pair), Len: dataLen(s.Pair), Times: 5})
		}},
		{"roles changed", func(s *stage) {
			s.Client.Stop()
			s.want("quiet", s.Quiesce(time.Minute))
			s.want("demote", s.SetRole(s.A, states.RoleSecondary, true))
			s.want("promote", s.SetRole(s.B, states.RolePrimary, false))
			s.want("demote", s.SetRole(s.B, states.RoleSecondary, true))
			s.want("promote", s.SetRole(s.A, states.RolePrimary, false))
			s.Client.Start()
		}},
	} {
		t.Run(more.name, func(t *testing.T) {
			eachIll(t, func(s *stage) {
				s.World.Note("more: " + more.name)
				s.Client.Pause = 10 * time.Millisecond
				more.do(s)
				s.want(more.name, nil)
				s.World.RunFor(2 * time.Second)
				s.Disk(s.A).Heal()
				s.World.RunFor(15 * time.Second)
				if st, err := s.Status(s.A); err == nil && st.Role != "primary" {
					s.want("primary", s.SetRole(s.A, states.RolePrimary, false))
				}
				s.Client.Start()
				s.World.RunFor(50 * time.Millisecond)
				s.settle(s.t, s.A)
			})
		})
	}
}
