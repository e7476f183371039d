package simulation

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// zero makes a machine's component a fresh one, as hastctl create --zero does. What counts is that all such
// components are equal, so blank, which the judge can tell from a client's zeroes, does as well.
func (p *Pair) zero(t *testing.T, m *Machine, blank []byte) {
	t.Helper()
	r := p.Record
	r.ResUID, r.LocalCnt, r.RemoteCnt, r.Zeroed = 0, 0, 0, true
	d := p.Disk(m)
	d.Put(0, make([]byte, r.LocalOff))
	d.Put(int64(r.LocalOff), blank)
	if err := d.PutRecord(&r, 1); err != nil {
		t.Fatal(err)
	}
	p.Client.ghost.Damaged(m, d, 0, FaultReplaced, nil) // the judge looks at it anew
}

// zeroedPair is a pair of which both components, or one, were created as zeroes; nothing runs on B.
func zeroedPair(t *testing.T, spec PairSpec, both bool) *stage {
	t.Helper()
	spec.Node = actors.NewNode
	p, err := NewPair(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.World.Close)
	s := &stage{Pair: p, t: t}
	blank := bytes.Clone(p.Data(p.A))
	p.zero(t, p.A, blank)
	if both {
		p.zero(t, p.B, blank)
	}
	s.want("start A", p.Start(p.A))
	s.want("A primary", p.SetRole(p.A, states.RolePrimary, false))
	return s
}

// joins starts B as secondary, waits until both are in sync, and tells how many bytes that took.
func (s *stage) joins() uint64 {
	s.t.Helper()
	if !s.B.Running() {
		s.want("start B", s.Start(s.B))
	}
	s.want("B secondary", s.SetRole(s.B, states.RoleSecondary, false))
	s.want("in sync", s.AwaitComplete(s.A, 5*time.Minute))
	s.want("identical", s.CheckIdentical())
	st, err := s.Status(s.A)
	s.want("status", err)
	return st.Sync.Copied
}

// Components that were both created as zeroes are equal but for what the primary's map says.
func TestZeroedComponentsAreNotCopied(t *testing.T) {
	for _, mode := range []states.Mode{states.FullSync, states.MemSync, states.Async} {
		s := zeroedPair(t, PairSpec{Seed: 8, Mode: mode}, true)
		blank := bytes.Clone(s.Data(s.B))
		if n := s.joins(); n != 0 {
			t.Errorf("%v: %d bytes were copied of nothing", mode, n)
		}
		s.load(20 * time.Millisecond)
		s.want("read", s.CheckAcked(time.Minute))
		// A new secondary of zeroes is none for a primary that was in a session.
		s.rest()
		s.B.Kill()
		s.World.RunFor(time.Second)
		s.zero(t, s.B, blank)
		if n := s.joins(); n != s.Record.DataSize {
			t.Errorf("%v: %d of %d bytes were copied to the second secondary", mode, n, s.Record.DataSize)
		}
		s.want("read", s.CheckAcked(time.Minute))

		s = zeroedPair(t, PairSpec{Seed: 9, Mode: mode}, true)
		s.onlyWrites()
		s.load(2 * time.Millisecond)
		dirty := uint64(s.DurableDirty(s.A)) * uint64(s.Record.ExtentSize)
		if n := s.joins(); n == 0 || n > dirty || dirty == s.Record.DataSize {
			t.Errorf("%v: %d bytes were copied, %d were dirty", mode, n, dirty)
		}
		s.want("read", s.CheckAcked(time.Minute))

		s = zeroedPair(t, PairSpec{Seed: 10, Mode: mode}, false)
		if n := s.joins(); n != s.Record.DataSize {
			t.Errorf("%v: %d bytes were copied though one component holds garbage", mode, n)
		}
	}
}

// Whenever the first session of zeroed components is cut, by a death of either node at any event of its disk,
// both are the same in the end.
func TestZeroedFirstSessionIsCut(t *testing.T) {
	for _, primary := range []bool{true, false} {
		for cut := 1; ; cut += 2 {
			s := zeroedPair(t, PairSpec{Seed: uint64(cut)}, true)
			s.onlyWrites()
			s.load(2 * time.Millisecond)
			m := s.B
			if primary {
				m = s.A
			}
			s.want("start B", s.Start(s.B))
			reached, left := s.cutAtDisk(m, cut, func() {
				s.Client.Start()
				s.B.Ask(Resource, states.RoleSecondary, false)
			})
			if !reached {
				if cut < 10 {
					t.Fatalf("only %d events", cut)
				}
				s.World.Close()
				break
			}
			s.Client.Stop()
			m.Power()
			what := fmt.Sprintf("primary %v, cut %d (%s)", primary, cut, left)
			s.want(what, s.Start(m))
			s.want(what, s.SetRole(s.B, states.RoleSecondary, false))
			s.want(what, s.SetRole(s.A, states.RolePrimary, false))
			s.want(what, s.AwaitComplete(s.A, 5*time.Minute))
			s.want(what, s.CheckIdentical())
			s.want(what, s.CheckAcked(time.Minute))
			s.World.Close()
			if cut > 120 {
				break
			}
		}
	}
}
