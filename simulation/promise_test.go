package simulation

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// The tests of this file are short plays, each about an order that a pair owes. What an answer promises
// is looked at by claims and guard at every step; here stands what no answer tells.

// stage is a pair in service: A primary, B secondary, in sync. Its client waits for its cue.
type stage struct {
	*Pair
	t *testing.T
}

func newStage(t *testing.T, spec PairSpec) *stage {
	t.Helper()
	spec.Node = actors.NewNode
	p, err := NewPair(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.World.Close)
	s := &stage{Pair: p, t: t}
	s.want("start A", p.Start(p.A))
	s.want("start B", p.Start(p.B))
	s.want("B secondary", p.SetRole(p.B, states.RoleSecondary, false))
	s.want("A primary", p.SetRole(p.A, states.RolePrimary, false))
	s.want("in sync", p.AwaitComplete(p.A, 5*time.Minute))
	return s
}

// want ends the test for an error, or for anything that the world saw and must not be.
func (s *stage) want(what string, err error) {
	s.t.Helper()
	if err = errors.Join(err, s.World.Check()); err != nil {
		for _, v := range s.World.Violations() {
			s.t.Logf("%v; the sector's past:\n%s", v, strings.Join(v.History, "\n"))
		}
		s.t.Fatalf("%s: %v\n%s", what, err, s.World.Trace().Tail(60))
	}
}

// until lets the play go on, step by step, up to the moment.
func (s *stage) until(what string, moment func() bool) {
	s.t.Helper()
	s.want(what, s.World.Run(moment, time.Minute))
}

// load has the client do things for a while, and waits until all of it is answered.
func (s *stage) load(d time.Duration) {
	s.t.Helper()
	s.Client.Start()
	s.World.RunFor(d)
	s.want("answers", s.Quiesce(time.Minute))
}

// onlyWrites makes the client write and nothing else.
func (s *stage) onlyWrites() {
	s.Client.Reads, s.Client.Trims, s.Client.Zeroes, s.Client.Flushes = 0, 0, 0, 0
}

// record is what a component's metadata says; what is written counts, because a power cut may keep it.
func (s *stage) record(m *Machine) states.Record {
	s.t.Helper()
	r, err := wire.DecodeMetadata(s.Disk(m).Written()[:states.MetadataSize])
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// metadata is all that stands in front of a component's data but for the map: the block and its copies.
func (s *stage) metadata(m *Machine) []byte {
	all := s.Disk(m).Written()[:s.Record.LocalOff]
	behind := all[states.MapOffset+s.Record.MapSize():]
	return append(bytes.Clone(all[:states.MapOffset]), behind...)
}

// rest lets the pair clear what is dirty, but for the extents that stay so.
func (s *stage) rest() { s.World.RunFor(10 * time.Second) }

// flushed fails the test if a component holds data that a power cut could take.
func (s *stage) flushed(m *Machine, when string) {
	s.t.Helper()
	if !bytes.Equal(s.data(m, (*Platter).Written), s.data(m, (*Platter).Durable)) {
		s.t.Errorf("seed %d: %s's data is not durable when %s", s.World.Seed(), m.Name(), when)
	}
}

// eachStage plays under every mode, with a few seeds.
func eachStage(t *testing.T, spec PairSpec, play func(s *stage)) {
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for _, mode := range []states.Mode{states.FullSync, states.MemSync, states.Async} {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", mode, seed), func(t *testing.T) {
				spec := spec
				spec.Mode, spec.Seed = mode, 1000+seed
				play(newStage(t, spec))
			})
		}
	}
}

// Under a load whose requests overlap a lot, every answer is true, and afterwards both components are the
// same and durable: by itself, without a flush from a client.
func TestAnswersAreTrue(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.Client.Sectors, s.Client.Outstanding, s.Client.Pause = 64, 24, 20*time.Microsecond
		s.load(150 * time.Millisecond)
		s.rest()
		s.want("identical", s.CheckIdentical())
		s.want("durable", s.CheckDurable())
		s.want("read", s.CheckAcked(time.Minute))
	})
}

// On a device that is clean, with more extents in use than stay dirty, no data moves before the map says so
// durably (I9): the guard sees to that.
func TestMapComesBeforeData(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.rest()
		if st, err := s.Status(s.A); err != nil || st.Dirty != 0 {
			s.t.Fatalf("dirty is %d: %v", st.Dirty, err)
		}
		s.load(50 * time.Millisecond)
	})
}

// What a read has returned is not lost, although the write had no answer yet (I4). The network towards the
// secondary is cut, so that what A writes now is on A alone, and then A dies.
func TestWhatWasReadIsKept(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		if s.spec.Mode == states.Async {
			return // which keeps nothing of what the secondary has not got
		}
		s.Client.Sectors, s.Client.Outstanding, s.Client.Pause = 64, 24, 20*time.Microsecond
		s.Client.Start()
		s.World.RunFor(5 * time.Millisecond)
		s.CutFrom(s.A)
		s.World.RunFor(5 * time.Millisecond)
		s.A.Kill()
		s.Heal()
		s.Client.Stop()
		s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
		s.want("read", s.CheckAcked(time.Minute))
	})
}

// While it is alone a primary answers only what its counter accounts for; and the counter is ahead only
// of data that is durable here, since it is what makes this copy the one to take (I19, rule raise-flush).
func TestRaiseComesBeforeAnswersAndAfterData(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.onlyWrites()
		s.load(20 * time.Millisecond)
		s.World.RunFor(50 * time.Millisecond) // under memsync and async the secondary is still at it
		s.want("written on both", s.CheckIdentical())
		before := s.record(s.A).LocalCnt
		s.B.Kill()
		// Until A knows, a write may be answered as sent.
		s.want("alone", s.AwaitStatus(s.A, "alone", func(st *actors.Status) bool { return st.Status == "degraded" }, time.Minute))
		s.Client.Outstanding = 1
		s.Client.Start()
		answered := s.Client.Answered()
		old := s.metadata(s.A)
		s.until("raising", func() bool { return !bytes.Equal(s.metadata(s.A), old) })
		s.flushed(s.A, "its counter is being raised")
		s.until("raised", func() bool {
			if s.Client.Answered() > answered && s.record(s.A).LocalCnt == before {
				s.t.Fatalf("seed %d: a lone write was answered with localcnt still %d", s.World.Seed(), before)
			}
			return s.record(s.A).LocalCnt > before
		})
		s.until("an answer alone", func() bool { return s.Client.Answered() > answered })
	})
}

// When the counters become equal, both components are: durably (rule equal-flush), however busy the client.
func TestEqualCountersComeAfterData(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.onlyWrites()
		s.B.Kill()
		theirs := s.record(s.B).RemoteCnt
		s.Client.Start()
		s.until("raised", func() bool { return s.record(s.A).LocalCnt > theirs })
		s.World.RunFor(20 * time.Millisecond)
		s.want("start B", s.Start(s.B))
		s.want("B secondary", s.SetRole(s.B, states.RoleSecondary, false))
		s.until("equal", func() bool { return s.record(s.A).LocalCnt == theirs })
		s.flushed(s.A, "the counters are equal")
		s.flushed(s.B, "the counters are equal")
		s.want("identical", s.CheckIdentical())
	})
}

// A secondary that was changed alone keeps its map until the primary has it, merged and durable: a cut
// in the middle of the handshake must not lose what is dirty (I10).
func TestSecondaryKeepsItsMapInAHandshake(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.onlyWrites()
		s.rest()
		s.A.Kill()
		s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
		s.load(20 * time.Millisecond)
		s.want("B secondary", s.SetRole(s.B, states.RoleSecondary, false))
		s.want("start A", s.Start(s.A))
		s.want("A primary", s.SetRole(s.A, states.RolePrimary, false))
		s.want("in sync", s.AwaitComplete(s.A, 5*time.Minute))
		s.want("identical", s.CheckIdentical())
		s.want("read", s.CheckAcked(time.Minute))
	})
}

// A pair that says it is complete survives the loss of its primary: the secondary knows, durably, that it
// is whole (I17).
func TestSecondaryIsFitForGood(t *testing.T) {
	eachStage(t, PairSpec{}, func(s *stage) {
		s.A.Power()
		s.B.Power()
		s.want("start B", s.Start(s.B))
		s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
	})
}
