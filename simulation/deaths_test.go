package simulation

import (
	"testing"
	"time"

	"hast/states"
)

func TestLateSecondaryIsSynchronized(t *testing.T) {
	p := pairOf(t, PairSpec{Seed: 2})
	p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
	p.Client.Start()
	p.World.RunFor(300 * time.Millisecond)
	p.must(t, "alone", nil)
	p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
	p.World.RunFor(300 * time.Millisecond)
	p.settle(t, p.A)
	if n, err := p.Client.Errors(); n > 0 || p.Client.Answered() < 300 {
		t.Errorf("%d answers, %d errors: %v", p.Client.Answered(), n, err)
	}
}

func TestSecondaryDiesUnderLoad(t *testing.T) {
	for name, die := range map[string]func(*Machine){"kill": (*Machine).Kill, "power": (*Machine).Power} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, 3, func(t *testing.T, p *Pair) {
				p.underLoad(t)
				die(p.B)
				p.pass(time.Second)
				p.must(t, "alone", p.Start(p.B))
				p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
				p.World.RunFor(100 * time.Millisecond)
				p.settle(t, p.A)
			})
		})
	}
}

func TestPrimaryDiesAndReturnsUnderLoad(t *testing.T) {
	for name, die := range map[string]func(*Machine){"kill": (*Machine).Kill, "power": (*Machine).Power} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, 3, func(t *testing.T, p *Pair) {
				p.underLoad(t)
				die(p.A)
				p.World.RunFor(50 * time.Millisecond)
				p.must(t, "start", p.Start(p.A))
				p.must(t, "primary", p.SetRole(p.A, states.RolePrimary, false))
				p.World.RunFor(100 * time.Millisecond)
				p.settle(t, p.A)
			})
		})
	}
}

func TestFailover(t *testing.T) {
	for name, die := range map[string]func(*Machine){"kill": (*Machine).Kill, "power": (*Machine).Power} {
		t.Run(name, func(t *testing.T) {
			seeds(t, 10, func(t *testing.T, seed uint64) {
				p := pairOf(t, PairSpec{Seed: seed, Mode: states.FullSync})
				p.underLoad(t)
				die(p.A)
				p.World.RunFor(50 * time.Millisecond)
				p.must(t, "failover", p.SetRole(p.B, states.RolePrimary, false))
				p.must(t, "read", p.CheckAcked(time.Minute))
				p.World.RunFor(100 * time.Millisecond)
				p.must(t, "return", p.Start(p.A))
				p.must(t, "secondary", p.SetRole(p.A, states.RoleSecondary, false))
				p.settle(t, p.B)
			})
		})
	}
}
