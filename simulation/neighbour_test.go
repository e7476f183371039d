package simulation

import (
	"testing"
	"time"

	"hast/states"
)

// TestCalmNeighbour: a resource that is left alone has nothing to complain of while its neighbour's disk is stuck,
// and what does befall it is found (I25): an error, a session that ends, a device that goes away, an answer that takes
// longer than its disks and the network need.
func TestCalmNeighbour(t *testing.T) {
	for _, c := range []struct {
		name    string
		befalls func(t *testing.T, p *Pair)
		found   bool
	}{
		{"the neighbour's disk is stuck", func(_ *testing.T, p *Pair) { p.Disk(p.A).StickFor(30 * time.Second) }, false},
		{"the neighbour gives up its role", func(t *testing.T, p *Pair) { p.must(t, "init", p.SetRole(p.A, states.RoleInit, true)) }, false},
		{"its own disk is stuck", func(_ *testing.T, p *Pair) { p.Neighbour.Disk(p.A).StickFor(30 * time.Second) }, true},
		{"its session ends", func(_ *testing.T, p *Pair) { p.Neighbour.resetOne() }, true},
		{"its role ends", func(t *testing.T, p *Pair) {
			p.must(t, "init", p.Neighbour.SetRole(p.A, states.RoleInit, true))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := neighbours(t, PairSpec{Seed: 5, Settings: []string{"timeout 60"}})
			calm, ok := p.Neighbour.BeginCalm()
			if !ok {
				t.Fatal("the second resource isn't in service")
			}
			p.Client.Pause, p.Neighbour.Client.Pause = 200*time.Millisecond, 200*time.Millisecond
			p.Client.Start()
			p.Neighbour.Client.Start()
			c.befalls(t, p)
			p.World.RunFor(40 * time.Second)
			if err := calm.Check(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, v := range p.World.Violations() {
				if v.Invariant != "I25" {
					t.Error(v)
				}
				n++
			}
			if (n > 0) != c.found || p.World.evaluated[ruleI25] != 1 {
				t.Errorf("%d complaints after %d looks: %v", n, p.World.evaluated[ruleI25], p.World.Violations())
			}
		})
	}
}

// TestForcedIsOfOneResource: a role that was forced upon one resource is no excuse for the other one (I18).
func TestForcedIsOfOneResource(t *testing.T) {
	b := &boot{}
	for _, step := range []struct {
		resource string
		by       bool
		want     [2]bool
	}{
		{Resource, true, [2]bool{true, false}},
		{neighbourResource, false, [2]bool{true, false}},
		{neighbourResource, true, [2]bool{true, true}},
		{neighbourResource, true, [2]bool{true, true}},
		{Resource, false, [2]bool{false, true}},
		{neighbourResource, false, [2]bool{false, false}},
	} {
		b.force(step.resource, step.by)
		if got := [2]bool{b.isForced(Resource), b.isForced(neighbourResource)}; got != step.want {
			t.Errorf("after %s, forced %v: %v, not %v", step.resource, step.by, got, step.want)
		}
	}
}
