package simulation

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// splitBrain has both nodes of a pair changed alone: B while A was dead, then A while B was. A is primary,
// B secondary at the end, and they have found it.
func splitBrain(t *testing.T, spec PairSpec) *stage {
	t.Helper()
	s := newStage(t, spec)
	s.onlyWrites()
	s.rest()
	s.A.Kill()
	s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
	s.load(5 * time.Millisecond)
	s.B.Kill()
	s.want("start A", s.Start(s.A))
	s.want("A primary", s.SetRole(s.A, states.RolePrimary, true))
	s.load(5 * time.Millisecond)
	s.want("start B", s.Start(s.B))
	s.want("B secondary", s.SetRole(s.B, states.RoleSecondary, false))
	s.want("found", s.AwaitStatus(s.B, "split-brain", isSplit, time.Minute))
	return s
}

func isSplit(s *actors.Status) bool {
	return s.Verdict == "split-brain" && s.Reason != "" && s.Remedy != ""
}

// A split-brain ends by one command on one node, in either direction, with a copy of what was changed alone
// and nothing else (design 13).
func TestResolveEndsASplitBrain(t *testing.T) {
	for _, c := range []struct {
		name string
		how  states.Resolution
		on   func(s *stage) *Machine
		kept func(s *stage) *Machine
	}{
		{"discard on the secondary", states.DiscardMine, func(s *stage) *Machine { return s.B }, func(s *stage) *Machine { return s.A }},
		{"keep on the secondary", states.KeepMine, func(s *stage) *Machine { return s.B }, func(s *stage) *Machine { return s.B }},
		{"discard on the primary", states.DiscardMine, func(s *stage) *Machine { return s.A }, func(s *stage) *Machine { return s.B }},
		{"keep on the primary", states.KeepMine, func(s *stage) *Machine { return s.A }, func(s *stage) *Machine { return s.A }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range []states.Mode{states.FullSync, states.MemSync, states.Async} {
				s := splitBrain(t, PairSpec{Seed: 77, Mode: mode, Size: 8 << 20})
				on, kept := c.on(s), c.kept(s)
				if on == s.A {
					// Whoever serves is refused; the primary is demoted first, and remembers what it heard.
					if a, ok := s.Resolve(on, c.how); !ok || !strings.Contains(a.Reason, "serving") || !strings.Contains(a.Remedy, "role secondary") {
						t.Errorf("a primary answers %+v, %v", a, ok)
					}
					s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
				}
				dirty := s.DurableDirty(on)
				a, ok := s.Resolve(on, c.how)
				if !ok || a.Reason != "" || !a.BytesKnown || a.Bytes == 0 {
					t.Fatalf("seed %d: %+v, %v", s.World.Seed(), a, ok)
				}
				if c.how == states.DiscardMine && a.Bytes != uint64(dirty)*uint64(s.Record.ExtentSize) {
					t.Errorf("%d bytes are given up, of %d extents", a.Bytes, dirty)
				}
				if kept == s.B {
					s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
					s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
				} else if on == s.A {
					s.want("A primary", s.SetRole(s.A, states.RolePrimary, false))
				}
				s.want("in sync", s.AwaitComplete(kept, 5*time.Minute))
				st, err := s.Status(kept)
				s.want("status", err)
				if st.Sync.Copied == 0 || st.Sync.Copied >= st.DataSize/2 {
					t.Errorf("%d of %d bytes were copied", st.Sync.Copied, st.DataSize)
				}
				s.want("identical", s.CheckIdentical())
				s.want("read", s.CheckAcked(time.Minute))
				if a, _ := s.Resolve(s.Other(kept), states.DiscardMine); !strings.Contains(a.Reason, "no split-brain") {
					t.Errorf("where there is no split-brain: %+v", a)
				}
			}
		})
	}
}

// A resolution that is cut by a death at any event of its disk has happened or it hasn't (I41).
func TestResolveIsWhole(t *testing.T) {
	for _, die := range []struct {
		name string
		do   func(*Machine)
	}{{"kill", (*Machine).Kill}, {"power", (*Machine).Power}} {
		happened := [2]int{}
		for cut := 0; ; cut++ {
			s := splitBrain(t, PairSpec{Seed: uint64(cut)})
			before := s.record(s.B)
			asked, left := s.cutAtDisk(s.B, cut, func() {
				s.B.boot.tell(s.B.boot.root, &actors.Resolve{Name: Resource, How: states.DiscardMine, To: &resolveAnswer{}})
			})
			if !asked {
				if cut < 6 {
					t.Fatalf("only %d events", cut)
				}
				break
			}
			die.do(s.B)
			what := fmt.Sprintf("%s at event %d (%s)", die.name, cut, left)
			s.want(what, s.Start(s.B))
			s.want(what, s.SetRole(s.B, states.RoleSecondary, false))
			resolved := s.record(s.B).LocalCnt != before.LocalCnt
			if resolved {
				happened[1]++
			} else {
				happened[0]++
				s.want(what, s.AwaitStatus(s.B, "split-brain", isSplit, time.Minute))
				if a, ok := s.Resolve(s.B, states.DiscardMine); !ok || a.Reason != "" {
					t.Fatalf("%s: %+v", what, a)
				}
			}
			s.want(what, s.AwaitComplete(s.A, 5*time.Minute))
			s.want(what, s.CheckIdentical())
			s.want(what, s.CheckAcked(time.Minute))
			s.World.Close()
		}
		if happened[0] == 0 || happened[1] == 0 {
			t.Errorf("%s: %d times nothing had happened, %d times all", die.name, happened[0], happened[1])
		}
	}
}

// cutAtDisk lets the world go on after ask until so many things have happened on a machine's disk; false if
// they don't.
func (s *stage) cutAtDisk(m *Machine, events int, ask func()) (reached bool, left string) {
	d := s.Disk(m)
	state := func() []byte {
		var b bytes.Buffer
		for _, t := range d.tasks {
			fmt.Fprintf(&b, "%p %d %v ", t, t.off, t.landed)
		}
		return b.Bytes()
	}
	last := state()
	ask()
	n := 0
	err := s.World.Run(func() bool {
		if now := state(); !bytes.Equal(now, last) {
			last = now
			n++
		}
		return n >= events
	}, 400*time.Millisecond)
	return err == nil, fmt.Sprintf("%d operations", len(d.tasks))
}

// What can't be resolved is refused with the reason and what helps, and changes nothing.
func TestResolveRefusals(t *testing.T) {
	s := newStage(t, PairSpec{Seed: 5})
	before := s.metadata(s.B)
	for _, c := range []struct {
		name   string
		before func()
		want   string
	}{
		{"in sync", func() {}, "no split-brain"},
		{"the peer is gone, and wasn't changed alone", func() {
			s.A.Kill()
			s.want("away", s.AwaitStatus(s.B, "away", func(st *actors.Status) bool { return st.Link == "none" }, time.Minute))
		}, "no split-brain: the verdict is equal"},
		{"init", func() { s.want("init", s.SetRole(s.B, states.RoleInit, false)) }, "no role"},
		{"nothing heard since the start", func() {
			s.B.Kill()
			s.want("start", s.Start(s.B))
			s.want("secondary", s.SetRole(s.B, states.RoleSecondary, false))
			before = s.metadata(s.B)
		}, "hasn't heard"},
	} {
		c.before()
		for _, how := range []states.Resolution{states.DiscardMine, states.KeepMine} {
			a, ok := s.Resolve(s.B, how)
			if !ok || !strings.Contains(a.Reason, c.want) || a.Remedy == "" {
				t.Errorf("%s: %+v, %v", c.name, a, ok)
			}
		}
		if c.name != "init" && !bytes.Equal(before, s.metadata(s.B)) {
			t.Errorf("%s: the record changed", c.name)
		}
	}
	if a, ok := s.B.Resolve("nobody", states.KeepMine, time.Minute); !ok || !a.Unknown {
		t.Errorf("an unknown resource: %+v, %v", a, ok)
	}
}
