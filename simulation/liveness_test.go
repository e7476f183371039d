package simulation

import (
	"strings"
	"testing"
	"time"

	"hast/states"
)

// stormed is a pair under load to which something has happened that nobody has put right.
func stormed(t *testing.T, seed uint64, what func(p *Pair)) *Pair {
	t.Helper()
	p := pairOf(t, PairSpec{Seed: seed, Mode: modes[seed%3], Settings: []string{"timeout 3"}})
	p.Client.Pause = 5 * time.Millisecond
	p.underLoad(t)
	what(p)
	p.Client.Pause = 50 * time.Millisecond
	p.World.RunFor(5 * time.Second)
	return p
}

// lives repairs a core and demands that it lives.
func (p *Pair) lives(t *testing.T, c Core) {
	t.Helper()
	p.must(t, "repair", p.Repair(c))
	p.must(t, "liveness", p.CheckLiveness(c))
	p.must(t, "rules", nil)
}

var storms = []struct {
	name string
	what func(p *Pair)
}{
	{"nothing", func(*Pair) {}},
	{"cut", func(p *Pair) { p.Cut() }},
	{"one way", func(p *Pair) { p.CutFrom(p.B) }},
	{"the other way", func(p *Pair) { p.CutFrom(p.A) }},
	{"connection 1 stalled", func(p *Pair) { p.World.Stall(p.A, p.B, 0) }},
	{"connection 2 stalled", func(p *Pair) { p.World.Stall(p.A, p.B, 1) }},
	{"B killed", func(p *Pair) { p.B.Kill() }},
	{"B without power", func(p *Pair) { p.B.Power() }},
	{"A killed", func(p *Pair) { p.A.Kill() }},
	{"both without power", func(p *Pair) { p.A.Power(); p.B.Power() }},
	{"B paused", func(p *Pair) { p.B.Pause() }},
	{"B asleep", func(p *Pair) { p.B.Sleep(1000 * time.Hour) }},
	{"B's disk stuck", func(p *Pair) { p.Disk(p.B).Stick() }},
	{"B's disk gone", func(p *Pair) { p.Disk(p.B).Remove() }},
	{"B's disk full", func(p *Pair) { p.Disk(p.B).Full(true) }},
	{"B refuses", func(p *Pair) { p.World.Refuse(p.B, true); p.Reset() }},
	{"B half-open", func(p *Pair) { p.World.HalfOpen(p.B, 1_000_000); p.Reset() }},
	{"slow network", func(p *Pair) { p.World.Throttle(p.A, p.B, 3*time.Second, 100) }},
	{"both primary", func(p *Pair) {
		p.Client.Only = p.A
		p.Cut()
		p.World.RunFor(5 * time.Second)
		_ = p.SetRole(p.B, states.RolePrimary, true)
	}},
	{"a split-brain", func(p *Pair) {
		p.A.Kill()
		_ = p.SetRole(p.B, states.RolePrimary, false)
		p.World.RunFor(time.Second)
		p.B.Kill()
		_ = p.Start(p.A)
		_ = p.SetRole(p.A, states.RolePrimary, true)
		p.World.RunFor(time.Second)
	}},
}

// After each storm a core of both lives, and so does a core of A beside a fault that stays for ever.
func TestCoresLive(t *testing.T) {
	for _, storm := range storms {
		for _, c := range []Core{CoreBoth, CoreA} {
			t.Run(storm.name+"/"+c.String(), func(t *testing.T) {
				seeds(t, few(2), func(t *testing.T, seed uint64) { stormed(t, seed, storm.what).lives(t, c) })
			})
		}
	}
}

// A crooked peer is for ever, too.
func TestCoreBesideCrookedPeers(t *testing.T) {
	for _, trick := range Tricks()[1:] {
		t.Run(trick.String(), func(t *testing.T) {
			seeds(t, 2, func(t *testing.T, seed uint64) {
				stormed(t, seed, func(p *Pair) {
					p.B.Kill()
					p.must(t, "stock", p.StartStock(p.B, trick))
				}).lives(t, CoreA)
			})
		})
	}
}

// Each rule notices what it is there for.
func TestLivenessNotices(t *testing.T) {
	find := func(t *testing.T, p *Pair, c Core, want string) {
		t.Helper()
		if err := p.CheckLiveness(c); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range p.World.Violations() {
			if v.Invariant == want {
				return
			}
			got = append(got, v.String())
		}
		t.Errorf("%s is not among %s", want, strings.Join(got, "\n"))
	}
	t.Run("a status that isn't answered", func(t *testing.T) {
		p := stormed(t, 1, func(p *Pair) { p.A.Pause() })
		find(t, p, CoreA, "L2")
	})
	t.Run("requests that hang", func(t *testing.T) {
		p := stormed(t, 1, func(p *Pair) { p.A.Pause() })
		find(t, p, CoreA, "L1")
	})
	t.Run("no session", func(t *testing.T) {
		p := stormed(t, 1, func(p *Pair) { p.Cut() })
		find(t, p, CoreBoth, "L6")
	})
}

// A disk that is slow but works is never taken for one that is stuck, however short the timeout is.
func TestSlowDiskIsNotStuck(t *testing.T) {
	seeds(t, few(4), func(t *testing.T, seed uint64) {
		k := DefaultKnobs()
		k.Timeout, k.DiskMean, k.Sectors = time.Second, 40*time.Millisecond, 512
		p := pairOf(t, PairSpec{Seed: seed, Knobs: &k})
		p.Client.Pause = 20 * time.Millisecond
		p.serve(t, p.A)
		p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
		p.Client.Start()
		for range 40 {
			p.World.RunFor(500 * time.Millisecond)
			s, err := p.Status(p.A)
			p.must(t, "status", err)
			if s.Status != "complete" {
				t.Fatalf("seed %d: %s (%s)", seed, s.Status, s.Reason)
			}
		}
	})
}

// TestSlowWorldsEndSessions: where an answer may take longer than the nodes wait for one, a session may end though
// nothing fails (L3); elsewhere it may not.
func TestSlowWorldsEndSessions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		want    bool
	}{
		{"patient nodes", 10 * time.Second, true},
		{"nodes without patience", time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := DefaultKnobs()
			k.Timeout, k.NetMean, k.Sectors = tt.timeout, 90*time.Millisecond, 256
			p := pairOf(t, PairSpec{Seed: 1, Knobs: &k})
			p.serve(t, p.A)
			b, err := p.bounds()
			p.must(t, "bounds", err)
			p.Cut()
			p.World.RunFor(3 * tt.timeout)
			h := &health{Pair: p, core: CoreBoth, bounds: b, served: p.A}
			h.steady()
			if found := len(p.World.Violations()) > 0; found != tt.want {
				t.Errorf("found: %v, want %v", found, tt.want)
			}
		})
	}
}
