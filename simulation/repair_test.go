package simulation

import (
	"strings"
	"testing"
	"time"
)

// Sectors that the primary's disk can't read are answered from the secondary and written anew in their place: the
// client notices nothing, and the next read of them is a local one (I13).
func TestUnreadableSectorsAreRepaired(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.load(20 * time.Millisecond)
		s.rest()
		d := s.Disk(s.A)
		const first, n = 8, 24
		d.Spoil(dataOff(s.Pair)+first*SectorSize, n*SectorSize)
		before := s.Client.Answered()
		s.Client.Writes, s.Client.Trims, s.Client.Zeroes = 0, 0, 0
		s.Client.Start()
		s.World.RunFor(300 * time.Millisecond)
		s.want("answers", s.Quiesce(time.Minute))
		st, err := s.Status(s.A)
		s.want("status", err)
		if failed, last := s.Client.Errors(); failed > 0 || s.Client.Answered() == before {
			s.t.Fatalf("seed %d: %d reads failed, the last with: %v", s.World.Seed(), failed, last)
		}
		if at := dataOff(s.Pair)/SectorSize + first; st.Stats.Repairs == 0 || d.unreadable.any(at, n) {
			s.t.Errorf("seed %d: %d repairs, and there are sectors that can't be read", s.World.Seed(), st.Stats.Repairs)
		}
		s.settle(s.t, s.A)
	})
}

// A disk that can't be written to in that place either is left alone, and tried again later, not at once.
func TestRepairsThatFailAreFew(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.load(20 * time.Millisecond)
		d := s.Disk(s.A)
		d.Spoil(dataOff(s.Pair), 32*SectorSize)
		s.failsWrites(s.A, 0, 32*SectorSize, 0)
		s.Client.Writes, s.Client.Trims, s.Client.Zeroes = 0, 0, 0
		s.Client.Pause = 10 * time.Millisecond
		s.Client.Start()
		tried := 0
		s.World.Trace().Follow(func(line string) { tried += strings.Count(line, "can't be written either") })
		s.World.RunFor(20 * time.Second)
		s.want("answers", s.Quiesce(time.Minute))
		if failed, last := s.Client.Errors(); failed > 0 {
			s.t.Fatalf("seed %d: %d reads failed, the last with: %v", s.World.Seed(), failed, last)
		}
		if tried == 0 || tried > 5 {
			s.t.Errorf("seed %d: %d attempts at a repair within 20 seconds", s.World.Seed(), tried)
		}
		d.Heal()
		d.Mend()
		s.settle(s.t, s.A)
	})
}
