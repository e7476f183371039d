package simulation

import (
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// The tests of this file are about a primary whose whole component fails while a secondary lacks nothing:
// the secondary counts and maps in its stead, and the client notices nothing (I37).

// deaths are the ways in which a whole component fails.
var deaths = []struct {
	name string
	do   func(p *Pair, d *Platter)
}{
	{"gone", func(_ *Pair, d *Platter) { d.Remove() }},
	{"stuck", func(_ *Pair, d *Platter) { d.Stick() }},
	{"read-only", func(_ *Pair, d *Platter) {
		d.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite, actors.DiskZero}})
	}},
	{"all errors", func(_ *Pair, d *Platter) {
		d.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead, actors.DiskWrite, actors.DiskZero, actors.DiskFlush}})
	}},
}

// eachDeath plays with an A whose disk fails while a client is at work, and which has given it up.
func eachDeath(t *testing.T, play func(s *stage)) {
	for _, d := range deaths {
		t.Run(d.name, func(t *testing.T) {
			eachStage(t, PairSpec{Settings: []string{"timeout 3"}}, func(s *stage) {
				s.Client.Pause = 2 * time.Millisecond
				s.Client.Start()
				s.World.RunFor(20 * time.Millisecond)
				s.want("in sync", s.AwaitComplete(s.A, time.Minute))
				before := s.record(s.B).LocalCnt
				d.do(s.Pair, s.Disk(s.A))
				s.want("given up", s.World.Run(func() bool { return s.record(s.B).LocalCnt > before }, 8*time.Second))
				s.World.RunFor(200 * time.Millisecond)
				s.remote()
				play(s)
			})
		})
	}
}

func TestSecondaryStandsInForADeadComponent(t *testing.T) {
	eachDeath(t, func(s *stage) {
		st, err := s.Status(s.A)
		s.want("status", err)
		if st.Status != "degraded" || st.Reason == "" || st.Remedy == "" {
			s.t.Errorf("seed %d: %s: %q; %q", s.World.Seed(), st.Status, st.Reason, st.Remedy)
		}
		s.want("read", s.CheckAcked(time.Minute))
		s.remote()
		s.Client.Stop()
		s.want("quiet", s.Quiesce(time.Minute))
		// The other node goes on with all of it, and the old content is copied over when the disk is back.
		s.A.Kill()
		s.want("promote", s.SetRole(s.B, states.RolePrimary, false))
		s.want("read", s.CheckAcked(time.Minute))
		s.Disk(s.A).Heal()
		s.want("start", s.Start(s.A))
		s.want("secondary", s.SetRole(s.A, states.RoleSecondary, false))
		s.Client.Start()
		s.World.RunFor(50 * time.Millisecond)
		s.settle(s.t, s.B)
	})
}

// A component that comes back is copied to while clients go on, and the reign is the same.
func TestGivenUpComponentComesBack(t *testing.T) {
	eachDeath(t, func(s *stage) {
		s.World.RunFor(100 * time.Millisecond)
		s.Disk(s.A).Heal()
		s.Client.Pause = 20 * time.Millisecond
		s.want("back", s.AwaitComplete(s.A, 5*time.Minute))
		s.remote()
		s.Client.Pause = 2 * time.Millisecond
		s.World.RunFor(50 * time.Millisecond)
		s.settle(s.t, s.A)
		s.remote()
		if r := s.record(s.A); r.Unfit != states.Fit || r.RemoteCnt != s.record(s.B).LocalCnt {
			s.t.Errorf("seed %d: complete, and A's record is %+v", s.World.Seed(), r)
		}
		s.A.Kill()
		s.want("promote", s.SetRole(s.B, states.RolePrimary, s.spec.Mode == states.MemSync))
		s.want("read", s.CheckAcked(time.Minute))
	})
}

// Whatever happens to either node while the secondary stands in, no answered write is lost, and no copy that was
// given up is taken for a good one.
func TestStandInMeetsMore(t *testing.T) {
	for _, more := range []struct {
		name string
		do   func(s *stage)
	}{
		{"link cut", func(s *stage) { s.Cut(); s.World.RunFor(20 * time.Second); s.Heal() }},
		{"secondary killed", func(s *stage) { s.B.Kill(); s.World.RunFor(20 * time.Second) }},
		{"secondary without power", func(s *stage) { s.B.Power(); s.World.RunFor(20 * time.Second) }},
		{"primary killed", func(s *stage) { s.A.Kill(); s.World.RunFor(time.Second) }},
		{"primary without power", func(s *stage) { s.A.Power(); s.World.RunFor(time.Second) }},
		{"demoted", func(s *stage) {
			s.Client.Stop()
			ask := s.A.Ask(Resource, states.RoleSecondary, true)
			s.until("answered", ask.Done)
		}},
		{"both without power", func(s *stage) { s.B.Power(); s.A.Power() }},
	} {
		t.Run(more.name, func(t *testing.T) {
			eachDeath(t, func(s *stage) {
				s.World.Note("more: " + more.name)
				s.Client.Pause = 20 * time.Millisecond
				more.do(s)
				s.want(more.name, nil)
				s.Client.Stop()
				// A's disk is back with its old content; the other copy is the one to go on with.
				s.Disk(s.A).Heal()
				s.World.RunFor(10 * time.Second)
				for _, m := range []*Machine{s.A, s.B} {
					if !m.Running() {
						s.want("start", s.Start(m))
					}
					s.want("init", s.SetRole(m, states.RoleInit, true))
				}
				s.want("secondary", s.SetRole(s.A, states.RoleSecondary, false))
				s.want("primary", s.SetRole(s.B, states.RolePrimary, more.name == "secondary killed" || more.name == "both without power"))
				s.want("complete", s.AwaitComplete(s.B, 5*time.Minute))
				s.want("read", s.CheckAcked(time.Minute))
				s.Client.Pause = 2 * time.Millisecond
				s.Client.Start()
				s.World.RunFor(50 * time.Millisecond)
				s.settle(s.t, s.B)
			})
		})
	}
}

// While it stands in, the secondary marks extents before it changes them: nobody else does (rule raise-maps).
func TestStandInMapsBeforeData(t *testing.T) {
	eachStage(t, PairSpec{Settings: []string{"timeout 3"}}, func(s *stage) {
		s.Client.Sectors = 8
		s.load(20 * time.Millisecond)
		s.rest()
		before := s.record(s.B).LocalCnt
		s.Disk(s.A).Remove()
		s.onlyWrites()
		s.Client.Start()
		s.until("given up", func() bool { return s.record(s.B).LocalCnt > before })
		s.Client.Sectors = int64(s.Record.DataSize) / SectorSize
		s.World.RunFor(100 * time.Millisecond)
		s.remote()
	})
}
