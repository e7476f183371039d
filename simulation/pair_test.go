package simulation

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// pairOf makes a pair with both nodes started, in no role.
func pairOf(t *testing.T, spec PairSpec) *Pair {
	t.Helper()
	spec.Node = actors.NewNode
	p, err := NewPair(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.World.Close)
	for _, m := range []*Machine{p.A, p.B} {
		if err := p.Start(m); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// must fails the test with the newest part of the trace.
func (p *Pair) must(t *testing.T, what string, err error) {
	t.Helper()
	if err = errors.Join(err, p.World.Check()); err != nil {
		for _, v := range p.World.Violations() {
			t.Logf("%v; the sector's past:\n%s", v, strings.Join(v.History, "\n"))
		}
		t.Fatalf("%s: %v\n%s", what, err, p.World.Trace().Tail(120))
	}
}

// serve makes one machine primary and the other secondary.
func (p *Pair) serve(t *testing.T, primary *Machine) {
	t.Helper()
	p.must(t, "secondary", p.SetRole(p.Other(primary), states.RoleSecondary, false))
	p.must(t, "primary", p.SetRole(primary, states.RolePrimary, false))
}

// settle ends a run: no load, nothing broken, both the same.
func (p *Pair) settle(t *testing.T, primary *Machine) {
	t.Helper()
	p.must(t, "quiet", p.Quiesce(time.Minute))
	p.must(t, "complete", p.AwaitComplete(primary, 5*time.Minute))
	p.World.RunFor(time.Second) // under memsync and async the secondary is still at it
	p.must(t, "identical", p.CheckIdentical())
	p.must(t, "read", p.CheckAcked(time.Minute))
	p.must(t, "identical", p.CheckIdentical())
}

func TestFreshPairIsSynchronized(t *testing.T) {
	p := pairOf(t, PairSpec{Seed: 1})
	p.serve(t, p.A)
	p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
	p.must(t, "identical", p.CheckIdentical())
	p.must(t, "durable", p.CheckDurable())
	if n := p.World.Panics(); len(n) != 0 {
		t.Fatal(n)
	}
}

var modes = []states.Mode{states.FullSync, states.MemSync, states.Async}

// eachSpec runs a test under every replication mode with a few seeds.
func eachSpec(t *testing.T, n int, run func(t *testing.T, spec PairSpec)) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			seeds(t, n, func(t *testing.T, seed uint64) { run(t, PairSpec{Seed: seed, Mode: mode}) })
		})
	}
}

// eachMode runs a test under every replication mode with a few seeds.
func eachMode(t *testing.T, n int, run func(t *testing.T, p *Pair)) {
	eachSpec(t, n, func(t *testing.T, spec PairSpec) { run(t, pairOf(t, spec)) })
}

// pass lets time pass with a client that is in no hurry, because much time passes.
func (p *Pair) pass(d time.Duration) {
	hurry := p.Client.Pause
	p.Client.Pause = max(hurry, d/200)
	p.World.RunFor(d)
	p.Client.Pause = hurry
}

// underLoad brings a pair into service at A with a client at work.
func (p *Pair) underLoad(t *testing.T) {
	t.Helper()
	p.serve(t, p.A)
	p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
	p.Client.Start()
	p.World.RunFor(100 * time.Millisecond)
	p.must(t, "load", nil)
}

func TestLoadWithoutFaults(t *testing.T) {
	eachMode(t, 3, func(t *testing.T, p *Pair) {
		p.underLoad(t)
		p.settle(t, p.A)
		if n, err := p.Client.Errors(); n > 0 || p.Client.Answered() < 100 {
			t.Errorf("%d answers, %d errors: %v", p.Client.Answered(), n, err)
		}
	})
}

func TestSwitchover(t *testing.T) {
	eachMode(t, 3, func(t *testing.T, p *Pair) {
		p.underLoad(t)
		p.must(t, "demote", p.SetRole(p.A, states.RoleSecondary, false))
		p.must(t, "promote", p.SetRole(p.B, states.RolePrimary, false))
		p.World.RunFor(100 * time.Millisecond)
		p.settle(t, p.B)
	})
}

func TestOneSeedOneLoadTrace(t *testing.T) {
	eachSpec(t, 2, func(t *testing.T, spec PairSpec) {
		run := func() *World {
			p := pairOf(t, spec)
			p.underLoad(t)
			p.settle(t, p.A)
			return p.World
		}
		a, b := run(), run()
		if a.Trace().Hash() != b.Trace().Hash() || a.Turns() != b.Turns() {
			t.Errorf("one seed gave two traces, of %d and %d turns", a.Turns(), b.Turns())
		}
	})
}
