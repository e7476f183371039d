package simulation

import (
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// writeAlone has A write while the network is cut, long enough that it knows that it is alone.
func (s *stage) writeAlone() {
	s.t.Helper()
	s.Cut()
	s.Client.Start()
	s.want("alone", s.AwaitStatus(s.A, "alone", func(st *actors.Status) bool { return st.Status == "degraded" }, time.Minute))
	s.World.RunFor(20 * time.Millisecond)
	s.want("answers", s.Quiesce(time.Minute))
}

// leftBehind is a stage on which A wrote alone and died, and B, which missed that, is primary and has shown
// its older copy to the client.
func leftBehind(t *testing.T, spec PairSpec) *stage {
	s := newStage(t, spec)
	s.onlyWrites()
	s.load(5 * time.Millisecond)
	s.rest()
	s.writeAlone()
	s.A.Kill()
	s.Heal()
	s.want("B primary", s.SetRole(s.B, states.RolePrimary, false))
	s.want("read", s.CheckAcked(time.Minute))
	return s
}

func eachRound(t *testing.T, n int, play func(t *testing.T, spec PairSpec)) {
	seeds(t, n*3, func(t *testing.T, seed uint64) {
		play(t, PairSpec{Seed: 2000 + seed, Mode: modes[seed%3], Settings: []string{"timeout 5"}})
	})
}

// A primary that learns after it has served that the peer is ahead takes the device away, and shows it anew
// with the peer's content; under an open device nothing jumps (I35, history withdraw).
func TestDeviceIsWithdrawn(t *testing.T) {
	eachRound(t, 2, func(t *testing.T, spec PairSpec) {
		s := leftBehind(t, spec)
		theirs := s.Data(s.A)
		counters := s.record(s.B)
		before := s.Client.door
		s.Client.Reads, s.Client.Writes, s.Client.Pause = 50, 0, 20*time.Millisecond
		s.Client.Start()
		s.want("start A", s.Start(s.A))
		s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
		s.until("withdrawn", func() bool { return s.Client.door != before })
		s.Client.Stop()
		if n := s.record(s.B); n.LocalCnt != counters.LocalCnt || n.RemoteCnt != counters.RemoteCnt {
			t.Errorf("seed %d: the counters moved: %d %d, before %d %d", spec.Seed, n.LocalCnt, n.RemoteCnt, counters.LocalCnt, counters.RemoteCnt)
		}
		s.until("shown anew", func() bool { return s.Client.door != nil })
		s.want("in sync", s.AwaitComplete(s.B, 5*time.Minute))
		if string(s.Data(s.B)) != string(theirs) {
			t.Errorf("seed %d: the device doesn't have A's content", spec.Seed)
		}
		s.want("read", s.CheckAcked(time.Minute))
		st, err := s.Status(s.B)
		s.want("status", err)
		if st.Reason != "" || st.Role != "primary" {
			t.Errorf("seed %d: %s, reason %q", spec.Seed, st.Role, st.Reason)
		}
		s.Client.Writes, s.Client.Pause = 50, time.Millisecond
		s.load(50 * time.Millisecond)
		s.rest()
		s.want("identical", s.CheckIdentical())
	})
}

// If the peer goes away again before the copy has begun, or in the middle, the node that knows that it is
// behind neither serves nor raises; when the peer is back, it goes on by itself (I17, I35, bug 65).
func TestWithdrawnDeviceWaitsForItsSource(t *testing.T) {
	eachRound(t, 4, func(t *testing.T, spec PairSpec) {
		s := leftBehind(t, spec)
		counters := s.record(s.B)
		before := s.Client.door
		s.want("start A", s.Start(s.A))
		s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
		s.until("withdrawn", func() bool { return s.Client.door != before })
		v := &verdicts{}
		s.World.Watch(v)
		if oneIn(s.World.chance.workload, 2) { // in the middle of the copy that follows
			s.until("verdict", func() bool { return v.ahead })
			s.Disk(s.A).Slow(500)
			s.World.RunFor(between(s.World.chance.workload, 0, time.Second))
		}
		s.A.Kill()
		s.Disk(s.A).Heal()
		s.Client.Pause = 20 * time.Millisecond
		s.Client.Start()
		s.World.RunFor(30 * time.Second)
		s.want("answers", s.Quiesce(time.Minute))
		if n := s.record(s.B); n.LocalCnt > counters.LocalCnt {
			t.Fatalf("seed %d: the node that is behind raised its counter to %d", spec.Seed, n.LocalCnt)
		}
		s.want("start A", s.Start(s.A))
		s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
		s.want("in sync", s.AwaitComplete(s.B, 5*time.Minute))
		s.want("read", s.CheckAcked(time.Minute))
		s.want("identical", s.CheckIdentical())
	})
}

// The source of what a primary reads loses power: what was shown of it may be gone, so the device is
// withdrawn (history withdraw-source).
func TestDeviceIsWithdrawnFromALostSource(t *testing.T) {
	eachRound(t, 2, func(t *testing.T, spec PairSpec) {
		s := newStage(t, spec)
		s.onlyWrites()
		s.rest()
		s.writeAlone()
		s.want("demote", s.SetRole(s.A, states.RoleSecondary, false))
		s.Heal()
		v := &verdicts{}
		s.World.Watch(v)
		ask := s.B.Ask(Resource, states.RolePrimary, false)
		s.until("verdict", func() bool { return v.ahead })
		s.Disk(s.A).Slow(200) // so that the copy takes its time
		s.until("B primary", ask.Done)
		s.want("B primary", ask.Err())
		answered := s.Client.Answered()
		s.Client.Scan()
		s.until("read", func() bool { return s.Client.Answered() > answered })
		st, err := s.Status(s.B)
		s.want("status", err)
		if st.Sync.Remaining == 0 {
			t.Fatalf("seed %d: the copy was too fast for this play", spec.Seed)
		}
		before := s.Client.door
		s.A.Power()
		s.Disk(s.A).Heal()
		s.want("start A", s.Start(s.A))
		s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
		s.until("withdrawn", func() bool { return s.Client.door != before })
		s.until("shown anew", func() bool { return s.Client.door != nil })
		s.want("in sync", s.AwaitComplete(s.B, 5*time.Minute))
		s.want("identical", s.CheckIdentical())
	})
}

// verdicts notes that a primary found its secondary ahead.
type verdicts struct{ ahead bool }

func (v *verdicts) Stepped(*Machine, string, string, states.State, states.Event) {}
func (v *verdicts) Faulted(FaultKind)                                            {}
func (v *verdicts) Decided(_ *Machine, _ string, role states.Role, verdict states.Verdict, _, _ states.Copy) {
	v.ahead = v.ahead || role == states.RolePrimary && verdict == states.VerdictSecondaryAhead
}

// A promotion during which a handshake found the peer ahead doesn't end in serving alone when the peer goes
// away before the session stands.
func TestPromotionForgetsNoVerdict(t *testing.T) {
	seeds(t, 12, func(t *testing.T, seed uint64) {
		s := newStage(t, PairSpec{Seed: 2100 + seed, Mode: modes[seed%3], Settings: []string{"timeout 5"}})
		s.onlyWrites()
		s.rest()
		s.writeAlone()
		s.want("demote", s.SetRole(s.A, states.RoleSecondary, false))
		s.Heal()
		v := &verdicts{}
		s.World.Watch(v)
		ask := s.B.Ask(Resource, states.RolePrimary, false)
		s.until("verdict", func() bool { return v.ahead })
		s.A.Kill()
		s.until("answered", ask.Done)
		if ask.Err() == nil && s.record(s.B).Unfit == states.Fit {
			t.Errorf("seed %d: B serves alone, and counts as fit", seed)
		}
	})
}

// A device that somebody has open isn't taken away, unless by force: then its client is answered first.
func TestOpenDeviceIsNotTakenAway(t *testing.T) {
	eachRound(t, 1, func(t *testing.T, spec PairSpec) {
		s := newStage(t, spec)
		s.Client.Pause = time.Millisecond
		s.Client.Start()
		for _, role := range []states.Role{states.RoleSecondary, states.RoleInit} {
			ask := s.A.AskGently(Resource, role, false)
			s.until("refused", ask.Done)
			if err := ask.Err(); err == nil || !strings.Contains(err.Error(), "open") || !strings.Contains(err.Error(), "--force") {
				t.Fatalf("seed %d: role %s: %v", spec.Seed, role, err)
			}
		}
		if st, err := s.Status(s.A); err != nil || st.Role != "primary" || !s.Client.Attached() {
			t.Fatalf("seed %d: A is %s: %v", spec.Seed, st.Role, err)
		}
		ask := s.A.AskGently(Resource, states.RoleSecondary, true)
		s.until("demoted", ask.Done)
		s.want("demoted", ask.Err())
		if n, err := s.Client.Errors(); n > 0 {
			t.Errorf("seed %d: %d requests failed, the last with: %v", spec.Seed, n, err)
		}
	})
}
