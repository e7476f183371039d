package simulation

import (
	"testing"
	"time"

	"hast/states"
)

// Clients keep at least half their speed while a synchronization runs (I1, L5), in the world's time: whether the
// way between the nodes is wide or narrow, and whether they have one request under way or many.
func TestClientsKeepHalfTheirSpeed(t *testing.T) {
	for _, c := range []struct {
		name        string
		rate        int64 // of the link, in bytes a second; 0: any
		outstanding int
		reads       bool
	}{
		{"writes, a wide link, one at a time", 0, 1, false},
		{"writes, a wide link, many", 0, 16, false},
		{"writes, a narrow link, one at a time", 10 << 20, 1, false},
		{"writes, a narrow link, many", 10 << 20, 16, false},
		{"reads, a narrow link", 10 << 20, 4, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, PairSpec{Seed: 3, Size: 24 << 20, Extent: 256 << 10, Mode: states.FullSync})
			s.World.Throttle(s.A, s.B, 0, c.rate)
			s.World.Throttle(s.B, s.A, 0, c.rate)
			s.Client.Outstanding, s.Client.Pause, s.Client.MaxSectors = c.outstanding, 10*time.Microsecond, 8
			s.onlyWrites()
			if c.reads {
				s.Client.Reads, s.Client.Writes = 1, 0
			}
			s.Client.Start()
			speed := func(d time.Duration) float64 {
				before, at := s.Client.Answered(), s.World.Now()
				s.World.RunFor(d)
				return float64(s.Client.Answered()-before) / (s.World.Now() - at).Seconds()
			}
			speed(200 * time.Millisecond)
			alone := speed(500 * time.Millisecond)

			s.B.Kill()
			s.want("create", s.Create(s.B))
			s.want("start", s.Start(s.B))
			s.want("secondary", s.SetRole(s.B, states.RoleSecondary, false))
			copying := func() bool {
				st, err := s.Status(s.A)
				return err == nil && st.Sync.State == "running"
			}
			for n := 0; !copying(); n++ {
				if n > 1000 {
					t.Fatal("no synchronization began")
				}
				s.World.RunFor(10 * time.Millisecond)
			}
			before, at := s.Client.Answered(), s.World.Now()
			for copying() {
				s.World.RunFor(10 * time.Millisecond)
			}
			took := s.World.Now() - at
			meanwhile := float64(s.Client.Answered()-before) / took.Seconds()
			t.Logf("%.0f requests a second, %.0f while 12 MiB are copied in %v", alone, meanwhile, took)
			if meanwhile < alone/2 {
				t.Errorf("%.0f requests a second, and only %.0f while all is copied", alone, meanwhile)
			}
			s.Client.Stop()
			s.want("complete", s.AwaitComplete(s.A, 5*time.Minute))
		})
	}
}
