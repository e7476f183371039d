package simulation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hast/states"
)

// Under async a secondary that confirms nothing is given up neither at once nor never: what it may lack is
// bounded by time as well as by bytes, and the answers behind that wait for it.
func TestAsyncTailIsBoundedByTime(t *testing.T) {
	s := newStage(t, PairSpec{Seed: 7, Mode: states.Async, Settings: []string{"timeout 60", "#% async-time 2"}})
	s.onlyWrites()
	s.Client.Durable = 0 // a write with FUA waits for both
	s.Client.Outstanding, s.Client.Pause = 2, 200*time.Millisecond
	sent := func() uint64 {
		st, err := s.Status(s.A)
		s.want("status", err)
		return st.Stats.ClaimSent
	}
	s.Client.Start()
	s.World.RunFor(time.Second)
	s.B.Pause()
	s.World.RunFor(time.Second)
	early := sent()
	s.World.RunFor(500 * time.Millisecond)
	if now := sent(); now == early {
		t.Errorf("no write was answered as sent within the time: still %d", now)
	}
	s.World.RunFor(3 * time.Second)
	late := sent()
	s.World.RunFor(5 * time.Second)
	if now := sent(); now != late {
		t.Errorf("%d writes were answered as sent behind one that is late", now-late)
	}
	s.B.Continue()
	s.World.RunFor(2 * time.Second)
	if now := sent(); now == late {
		t.Error("the answers don't go on with the secondary")
	}
	s.want("quiet", s.Quiesce(time.Minute))
}

// How far async has run ahead is shown while it does, and told in bytes by the log when the session ends.
func TestAsyncTailIsToldInBytes(t *testing.T) {
	s := newStage(t, PairSpec{Seed: 7, Mode: states.Async, Settings: []string{"timeout 60", "#% async-time 30"}})
	s.onlyWrites()
	s.Client.Durable = 0 // a write with FUA waits for both
	s.Client.Pause = 20 * time.Millisecond
	s.Client.Start()
	s.World.RunFor(time.Second)
	s.B.Pause()
	s.World.RunFor(time.Second)
	s.Client.Stop()
	s.World.RunFor(time.Second)
	st, err := s.Status(s.A)
	s.want("status", err)
	if st.Stats.AsyncTail == 0 {
		t.Error("the status shows no tail")
	}
	told := false
	says := fmt.Sprintf(" %d bytes were answered under async that the secondary hasn't confirmed", st.Stats.AsyncTail)
	s.World.Trace().Follow(func(line string) { told = told || strings.Contains(line, says) })
	s.Reset()
	s.World.RunFor(time.Second)
	if !told {
		t.Errorf("nothing says%s", says)
	}
}
