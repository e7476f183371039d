package simulation

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/states"
)

// TestOnePrimary: two devices are a violation, unless the nodes couldn't hear each other or an administrator
// has forced it (I18).
func TestOnePrimary(t *testing.T) {
	// A node that looks for its peer where nobody is doesn't hear that the peer serves: a planted bug.
	deaf := func(h *actors.Host, c *config.Config) *actor.Props {
		bad := *c
		bad.Resources = append([]config.Resource(nil), c.Resources...)
		for i := range bad.Resources {
			bad.Resources[i].Remote = "tcp4://10.0.0.9"
		}
		return actors.NewNode(h, &bad)
	}
	for _, tt := range []struct {
		name  string
		node  func(h *actors.Host, c *config.Config) *actor.Props
		force bool
		cut   time.Duration // before the promotion; 0 for none
		want  int
	}{
		{"a node that hears its peer", actors.NewNode, false, 0, 0},
		{"a node that doesn't look", deaf, false, 0, 1},
		{"a node that doesn't look, long after a cut", deaf, false, time.Minute, 1},
		{"a node that doesn't look, soon after a cut", deaf, false, time.Second, 0},
		{"a node that is forced", deaf, true, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := NewPair(PairSpec{Seed: 1, Node: tt.node})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.World.Close)
			for _, m := range []*Machine{p.A, p.B} {
				if err := p.Start(m); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.SetRole(p.A, states.RolePrimary, false); err != nil {
				t.Fatal(err)
			}
			if tt.cut > 0 {
				p.Client.Pause = 20 * time.Millisecond
				p.Client.Start()
				p.World.effect(FaultCut)
				p.World.RunFor(tt.cut)
			}
			_ = p.SetRole(p.B, states.RolePrimary, tt.force) // refused where it should be
			got := 0
			for _, v := range p.World.Violations() {
				if v.Invariant != "I18" {
					t.Error(v)
				}
				got++
			}
			if got != tt.want {
				t.Errorf("%d violations, want %d", got, tt.want)
			}
		})
	}
}
