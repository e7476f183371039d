package simulation

import (
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// A role ends in bounded time though the component is stuck, under load: nothing is served any more, the peer
// can be promoted, and when the component's operations have ended the wanted role is taken up by itself (I26).
func TestRoleEndsThoughTheDiskIsStuck(t *testing.T) {
	eachRound(t, 2, func(t *testing.T, spec PairSpec) {
		for _, want := range []states.Role{states.RoleSecondary, states.RoleInit} {
			s := newStage(t, spec)
			s.Client.Start()
			s.World.RunFor(20 * time.Millisecond)
			s.Disk(s.A).Stick()
			s.World.RunFor(between(s.World.chance.workload, 0, 2*time.Second))
			ask := s.A.Ask(Resource, want, false)
			s.want("answered", s.World.Run(ask.Done, 15*time.Second))
			st, err := s.Status(s.A)
			s.want("status", err)
			if st.Role != "init" || st.State != "quarantined" || st.Reason == "" || st.Remedy == "" || s.Client.Attached() {
				t.Fatalf("seed %d: %s, %s, reason %q, remedy %q", spec.Seed, st.Role, st.State, st.Reason, st.Remedy)
			}
			if (ask.Err() == nil) != (want == states.RoleInit) {
				t.Errorf("seed %d: role %s: %v", spec.Seed, want, ask.Err())
			}
			s.Client.Stop()
			s.want("B primary", s.SetRole(s.B, states.RolePrimary, spec.Mode != states.FullSync))
			s.World.RunFor(10 * time.Second)
			s.Disk(s.A).Heal()
			s.want("free", s.AwaitStatus(s.A, want.String(), func(st *actors.Status) bool {
				return st.State == want.String() && st.Role == want.String()
			}, 10*time.Second))
			if want == states.RoleInit {
				s.want("A secondary", s.SetRole(s.A, states.RoleSecondary, false))
			}
			s.want("in sync", s.AwaitComplete(s.B, 5*time.Minute))
			s.want("identical", s.CheckIdentical())
		}
	})
}

// The same for a secondary, which has received what its component doesn't take: what it then lacks it is
// given again.
func TestSecondaryEndsThoughItsDiskIsStuck(t *testing.T) {
	eachRound(t, 2, func(t *testing.T, spec PairSpec) {
		s := newStage(t, spec)
		s.Client.Pause = 100 * time.Millisecond
		s.Client.Start()
		s.World.RunFor(200 * time.Millisecond)
		s.Disk(s.B).Stick()
		s.World.RunFor(between(s.World.chance.workload, 0, 2*time.Second))
		ask := s.B.Ask(Resource, states.RoleInit, false)
		s.want("answered", s.World.Run(ask.Done, 15*time.Second))
		if st, err := s.Status(s.B); err != nil || st.State != "quarantined" {
			t.Fatalf("seed %d: %s: %v", spec.Seed, st.State, err)
		}
		again := s.B.Ask(Resource, states.RoleSecondary, false)
		s.want("answered", s.World.Run(again.Done, time.Second))
		if again.Err() == nil {
			t.Errorf("seed %d: secondary on a stuck disk", spec.Seed)
		}
		s.Disk(s.B).Heal()
		s.want("in sync", s.AwaitComplete(s.A, 5*time.Minute))
		s.want("answers", s.Quiesce(time.Minute))
		s.want("read", s.CheckAcked(time.Minute))
	})
}

// A component that is stuck while it is opened holds up no command either.
func TestOpeningEndsThoughTheDiskIsStuck(t *testing.T) {
	eachRound(t, 1, func(t *testing.T, spec PairSpec) {
		s := newStage(t, spec)
		s.want("B init", s.SetRole(s.B, states.RoleInit, false))
		s.Disk(s.B).Stick()
		ask := s.B.Ask(Resource, states.RoleSecondary, false)
		s.want("answered", s.World.Run(ask.Done, 15*time.Second))
		st, err := s.Status(s.B)
		s.want("status", err)
		if ask.Err() == nil || st.State != "quarantined" {
			t.Fatalf("seed %d: %s, %v", spec.Seed, st.State, ask.Err())
		}
		s.Disk(s.B).Heal()
		s.want("in sync", s.AwaitComplete(s.A, 5*time.Minute))
	})
}

// Two promotions at once: never two devices, and one of the two wins (I18).
func TestOneOfTwoPromotionsWins(t *testing.T) {
	eachRound(t, few(8), func(t *testing.T, spec PairSpec) {
		s := newStage(t, spec)
		s.want("demoted", s.SetRole(s.A, states.RoleSecondary, false))
		first, second := s.A, s.B
		if oneIn(s.World.chance.workload, 2) {
			first, second = second, first
		}
		one := first.Ask(Resource, states.RolePrimary, false)
		s.World.RunFor(between(s.World.chance.workload, 0, 30*time.Millisecond))
		two := second.Ask(Resource, states.RolePrimary, false)
		s.until("answered", func() bool { return one.Done() && two.Done() })
		if (one.Err() == nil) == (two.Err() == nil) {
			t.Fatalf("seed %d: %v and %v", spec.Seed, one.Err(), two.Err())
		}
		winner := first
		if one.Err() != nil {
			winner = second
		}
		s.want("loser is secondary", s.AwaitStatus(s.Other(winner), "secondary", func(st *actors.Status) bool { return st.State == "secondary" }, time.Minute))
		s.want("in sync", s.AwaitComplete(winner, 5*time.Minute))
		s.load(20 * time.Millisecond)
		s.rest()
		s.want("identical", s.CheckIdentical())
	})
}
