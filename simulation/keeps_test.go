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

// wrongBooks is an actor's that says of itself that something doesn't agree.
type wrongBooks []string

func (b wrongBooks) Books(wrong func(what string)) {
	for _, what := range b {
		wrong(what)
	}
}

// What doesn't agree in an actor's books is told, and by whom.
func TestWrongBooksAreTold(t *testing.T) {
	s := newStage(t, PairSpec{})
	s.load(50 * time.Millisecond)
	s.World.RunFor(time.Second)
	s.want("a pair under load", nil)
	m := s.A.boot.mailboxes[0]
	m.auditBooks(wrongBooks{})
	s.want("books without a fault", nil)
	m.auditBooks(wrongBooks{"2 ranges are noted, and there are 3"})
	err := s.World.Check()
	if err == nil || !strings.Contains(err.Error(), "books") || !strings.Contains(err.Error(), m.name+": 2 ranges are noted") {
		t.Errorf("wrong books, and it is said: %v", err)
	}
}
