package simulation

import (
	"testing"
	"time"

	"hast/states"
)

// besideStock is a pair of which B is a node of the original's manners, with A in service.
func besideStock(t *testing.T, spec PairSpec, trick Trick) *Pair {
	t.Helper()
	spec.Settings = append(spec.Settings, "timeout 3")
	spec.Alike = true // two fresh components are paired without a copy here
	p := pairOf(t, spec)
	p.B.Kill()
	p.must(t, "stock", p.StartStock(p.B, trick))
	p.Client.Pause = 2 * time.Millisecond
	return p
}

// With the original as secondary a primary of ours copies, mirrors, loses it and finds it again.
func TestStockSecondary(t *testing.T) {
	eachSpec(t, few(4), func(t *testing.T, spec PairSpec) {
		p := besideStock(t, spec, TrickNone)
		p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
		p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
		p.must(t, "identical", p.CheckIdentical())
		p.Client.Start()
		r := p.World.chance.workload
		for range 6 {
			p.World.RunFor(between(r, 0, 300*time.Millisecond))
			switch r.IntN(5) {
			case 0:
				p.Reset()
			case 1:
				p.Cut()
				p.pass(5 * time.Second)
				p.Heal()
			case 2:
				p.B.Kill()
				p.pass(time.Second)
				p.must(t, "stock", p.StartStock(p.B, TrickNone))
			case 3:
				p.World.ResetAt(p.B, p.A)
			case 4:
				p.B.Pause()
				p.pass(8 * time.Second)
				p.B.Continue()
			}
		}
		p.settle(t, p.A)
		if n, err := p.Client.Errors(); n > 0 || p.Client.Answered() < 50 {
			t.Errorf("%d answers, %d errors: %v", p.Client.Answered(), n, err)
		}
		if p.World.Effect(FaultStockPeer) == 0 {
			t.Error("there was no session")
		}
	})
}

// Whatever a peer does instead of what it should, the primary serves, and does what it is told in time.
func TestCrookedPeers(t *testing.T) {
	for trick := TrickDeaf; trick < tricks; trick++ {
		t.Run(trick.String(), func(t *testing.T) {
			seeds(t, 3, func(t *testing.T, seed uint64) {
				p := besideStock(t, PairSpec{Seed: seed, Mode: modes[seed%3]}, trick)
				// Who says wait says that it is primary itself: only force goes over that (I18).
				p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, trick == TrickWait))
				p.Client.Start()
				p.World.RunFor(time.Second)
				p.Client.Pause = 300 * time.Millisecond
				p.Client.Longest()
				p.World.RunFor(2 * time.Minute)
				p.must(t, "served", nil)
				if longest := p.Client.Longest(); longest > 8*time.Second || p.Client.Answered() < 100 {
					t.Errorf("seed %d: %d answers, the slowest after %v", seed, p.Client.Answered(), longest)
				}
				if n, err := p.Client.Errors(); n > 0 {
					t.Errorf("seed %d: %d errors: %v", seed, n, err)
				}
				if p.World.Effect(FaultGarbage) == 0 {
					t.Errorf("seed %d: %v took no effect", seed, trick)
				}
				at := p.World.Now()
				p.must(t, "init", p.SetRole(p.A, states.RoleInit, false))
				if took := p.World.Now() - at; took > 9*time.Second {
					t.Errorf("seed %d: the role command took %v", seed, took)
				}
			})
		})
		if back, err := ParseTrick(trick.String()); err != nil || back != trick {
			t.Errorf("%v is read back as %v, %v", trick, back, err)
		}
	}
}

// A component that fails as a whole while the secondary is the original's is remembered in a state file, which the
// next start honours: what only the secondary has is taken from there (I37).
func TestStateFileTowardsStock(t *testing.T) {
	for _, d := range deaths {
		t.Run(d.name, func(t *testing.T) {
			eachSpec(t, few(2), func(t *testing.T, spec PairSpec) {
				p := besideStock(t, spec, TrickNone)
				p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
				p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
				p.Client.Start()
				p.World.RunFor(50 * time.Millisecond)
				p.must(t, "in sync", p.AwaitComplete(p.A, time.Minute))
				d.do(p, p.Disk(p.A))
				p.must(t, "noted", p.World.Run(func() bool { return len(p.A.ledger) > 0 }, 10*time.Second))
				p.World.RunFor(200 * time.Millisecond)
				st, err := p.Status(p.A)
				p.must(t, "status", err)
				if n, last := p.Client.Errors(); n > 0 || st.Stats.ClaimRemote == 0 {
					t.Fatalf("seed %d: %d errors, the last: %v; %d answers are owed by the secondary alone", spec.Seed, n, last, st.Stats.ClaimRemote)
				}
				p.A.Kill()
				p.Disk(p.A).Heal()
				p.must(t, "start", p.Start(p.A))
				p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
				if len(p.A.ledger) > 0 {
					t.Errorf("seed %d: the metadata say it, and so does the state file still", spec.Seed)
				}
				p.World.RunFor(50 * time.Millisecond)
				p.settle(t, p.A)
			})
		})
	}
}
