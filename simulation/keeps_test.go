package simulation

import (
	"strings"
	"testing"
	"time"
)

// What a node keeps for work under way is told at an idle end, if it stays (I24); what passes is not.
func TestWhatStaysIsTold(t *testing.T) {
	s := newStage(t, PairSpec{})
	s.load(50 * time.Millisecond)
	s.World.RunFor(time.Second)
	s.CheckIdle()
	s.want("nothing under way", nil)
	s.Disk(s.A).Stick()
	s.Client.Start()
	s.World.RunFor(50 * time.Millisecond)
	s.Client.Stop()
	s.CheckIdle()
	err := s.World.Check()
	if err == nil || !strings.Contains(err.Error(), "I24") || !strings.Contains(err.Error(), "keeps") {
		t.Errorf("requests wait for a stuck disk, and it is said: %v", err)
	}
}
