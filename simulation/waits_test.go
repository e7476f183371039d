package simulation

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// logCount counts what the nodes log, by line without its time and numbers, and what they try.
type logCount struct {
	lines map[string]int
	hello int
}

var changing = regexp.MustCompile(`[0-9]+`)

func (c *logCount) take(line string) {
	if strings.Contains(line, "FramesIn") {
		c.hello++
	}
	_, said, ok := strings.Cut(line, " log ")
	if _, text, stamped := strings.Cut(said, " ["); ok && stamped {
		c.lines[changing.ReplaceAllString(text, "#")]++
	}
}

// waiting are the ways in which a pair may have to wait for its administrator. to prepares one; a and b are what
// the nodes must say, as reason and remedy, empty if the node isn't to be asked.
var waiting = []struct {
	name string
	to   func(s *stage)
	a, b [2]string
}{
	{"the peer isn't there", func(s *stage) { s.B.Kill() }, [2]string{"refused", "start hastd on the peer"}, [2]string{}},
	{"the peer is cut off", func(s *stage) { s.Cut() }, [2]string{"", "network"}, [2]string{"no primary is connected", "role primary shared' on the peer"}},
	{"the peer has no role", func(s *stage) { s.want("init", s.SetRole(s.B, states.RoleInit, false)) },
		[2]string{"acts as init", "role secondary shared' on the peer"}, [2]string{}},
	{"the primary isn't there", func(s *stage) { s.A.Kill() }, [2]string{}, [2]string{"no primary is connected", "role primary shared' on the peer"}},
	{"two primaries", func(s *stage) {
		s.Client.Only = s.A
		s.Cut()
		s.want("B primary", s.SetRole(s.B, states.RolePrimary, true))
		s.Heal()
	}, [2]string{"acts as primary", "make one of the two nodes secondary"}, [2]string{"acts as primary", "make one of the two nodes secondary"}},
	{"split-brain", func(s *stage) {
		s.B.Kill()
		s.load(5 * time.Millisecond)
		s.changeRecord(s.B, func(r *states.Record) { r.LocalCnt++ })
	}, [2]string{"split-brain", "resolve --discard-mine"}, [2]string{"split-brain", "resolve --discard-mine"}},
	{"impossible counters", func(s *stage) {
		s.changeRecord(s.B, func(r *states.Record) { r.LocalCnt, r.RemoteCnt = 0, 9 })
	}, [2]string{"impossible", "hastctl create"}, [2]string{"impossible", "hastctl create"}},
	{"another pair's component", func(s *stage) {
		s.changeRecord(s.B, func(r *states.Record) { r.ResUID ^= 77 })
	}, [2]string{"different pairs", "hastctl create"}, [2]string{"different pairs", "hastctl create"}},
	{"sizes that differ", func(s *stage) {
		s.changeRecord(s.B, func(r *states.Record) { r.DataSize /= 2 })
	}, [2]string{"Data size differs", "same size"}, [2]string{"Data size differs", "same size"}},
	{"extents that differ", func(s *stage) {
		s.changeRecord(s.B, func(r *states.Record) { r.ExtentSize *= 2 })
	}, [2]string{"Extent size differs", "same extent size"}, [2]string{"Extent size differs", "same extent size"}},
	{"the secondary's disk fails every write", func(s *stage) {
		s.Disk(s.B).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite}, Off: int64(s.Record.LocalOff), Len: int64(s.Record.DataSize), Errno: wire.EIO})
		s.load(5 * time.Millisecond)
	}, [2]string{"the secondary failed WRITE", "check the disk below the peer's"}, [2]string{"failed", "check the disk"}},
	{"the primary's disk fails everything", func(s *stage) {
		s.Disk(s.A).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead, actors.DiskWrite, actors.DiskFlush}, Errno: wire.ENXIO})
		s.load(5 * time.Millisecond)
	}, [2]string{"given up", "promote the other node"}, [2]string{}},
	{"the primary's disk is back with another component", func(s *stage) {
		s.Disk(s.A).Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead, actors.DiskWrite, actors.DiskFlush}, Errno: wire.ENXIO})
		s.load(5 * time.Millisecond)
		s.World.RunFor(time.Minute) // it is closed by then
		r := s.record(s.A)
		r.ResUID ^= 77
		s.want("another record", s.Disk(s.A).PutRecord(&r, 1000))
		s.Disk(s.A).Heal()
	}, [2]string{"another component, or an older copy", "promote the other node"}, [2]string{}},
	{"the primary's disk is stuck", func(s *stage) {
		s.Disk(s.A).Stick()
		s.load(time.Minute)
	}, [2]string{"given up", "promote the other node"}, [2]string{}},
}

// changeRecord stops a machine, changes what its component says, and lets it be secondary again.
func (s *stage) changeRecord(m *Machine, change func(r *states.Record)) {
	s.t.Helper()
	if m.Running() {
		m.Kill()
	}
	// What the kernel has still in its hands lands.
	s.World.RunFor(time.Second)
	r := s.record(m)
	change(&r)
	if err := s.Disk(m).PutRecord(&r, 1000); err != nil {
		s.t.Fatal(err)
	}
	s.want("start", s.Start(m))
	s.want("secondary", s.SetRole(m, states.RoleSecondary, false))
}

// Whatever keeps a pair from being complete, both nodes say since when, why, and which act helps; and they
// wait in patience: hardly anything is logged, and a peer isn't pestered (L6, L9).
func TestWaitingIsExplainedAndQuiet(t *testing.T) {
	for _, w := range waiting {
		t.Run(w.name, func(t *testing.T) {
			s := newStage(t, PairSpec{Seed: 31, Mode: states.MemSync, Size: 4 << 20})
			s.onlyWrites()
			w.to(s)
			s.World.RunFor(2 * time.Minute)
			count := logCount{lines: map[string]int{}}
			s.World.Trace().Follow(count.take)
			const minutes = 10
			s.World.RunFor(minutes * time.Minute)
			s.World.Trace().Follow(func(string) {})
			s.says(s.A, w.a)
			s.says(s.B, w.b)
			total := 0
			for line, n := range count.lines {
				if total += n; n > 7*minutes && !strings.Contains(line, "Connection from") {
					t.Errorf("%d times in %d minutes: %s", n, minutes, line)
				}
			}
			// A session that comes up only to end again takes a few lines each time.
			if most := map[bool]int{true: 75, false: 30}[s.Client.Answered() > 0 && w.b[1] == "check the disk"]; total > most*minutes {
				t.Errorf("%d lines in %d minutes: %v", total, minutes, count.lines)
			}
			if count.hello > 60*minutes {
				t.Errorf("%d messages between the nodes in %d minutes", count.hello, minutes)
			}
		})
	}
}

// says holds a node's status against what it has to say; a node whose remedy is empty isn't asked.
func (s *stage) says(m *Machine, want [2]string) {
	s.t.Helper()
	if want[1] == "" {
		return
	}
	err := s.AwaitStatus(m, "explained", func(st *actors.Status) bool {
		return st.Status == "degraded" && strings.Contains(st.Reason, want[0]) && strings.Contains(st.Remedy, want[1]) &&
			st.Since != "" && st.ReasonSince != "" && st.State != ""
	}, time.Minute)
	if err != nil {
		st, _ := s.Status(m)
		s.t.Errorf("%v: %q, %q, since %q", err, st.Reason, st.Remedy, st.ReasonSince)
	}
}

// Beside a stock node what can't be promised is logged once for each connection, and status has it.
func TestWeakerIsTold(t *testing.T) {
	p := besideStock(t, PairSpec{Seed: 3, Mode: states.MemSync}, TrickNone)
	count := logCount{lines: map[string]int{}}
	p.World.Trace().Follow(count.take)
	p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
	connected := func(s *actors.Status) bool { return s.Link == "up" && s.Peer == "stock" }
	for sessions := 1; sessions <= 2; sessions++ {
		p.must(t, "connected", p.AwaitStatus(p.A, "connected", connected, 2*time.Minute))
		p.must(t, "in sync", p.AwaitComplete(p.A, 2*time.Minute))
		s, err := p.Status(p.A)
		p.must(t, "status", err)
		for _, want := range []string{"keeps no marks", "counts as sent"} {
			if !strings.Contains(s.Weaker, want) {
				t.Errorf("weaker: %q", s.Weaker)
			}
			n := 0
			for line, times := range count.lines {
				if strings.Contains(line, "weaker: ") && strings.Contains(line, want) {
					n += times
				}
			}
			if n != sessions {
				t.Errorf("%q was logged %d times in %d sessions", want, n, sessions)
			}
		}
		p.B.Kill()
		p.must(t, "gone", p.AwaitStatus(p.A, "gone", func(s *actors.Status) bool { return s.Link != "up" && s.Weaker == "" }, 2*time.Minute))
		p.must(t, "stock again", p.StartStock(p.B, TrickNone))
	}
}
