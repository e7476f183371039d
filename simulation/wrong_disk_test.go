package simulation

import (
	"testing"
	"time"

	"hast/states"
)

// TestWrongDisk: an older state of the secondary's component, and one of another resource, are refused; what would
// come of it if they weren't is found (I21); and when a new one has taken its place all is demanded as before.
func TestWrongDisk(t *testing.T) {
	for _, tt := range []struct {
		name   string
		older  bool
		change func(p *Pair) // what a node does with it that it must not do
		want   string
	}{
		{"an older one", true, nil, ""},
		{"one of another resource", false, nil, ""},
		{"an older one that is written to", true, func(p *Pair) { p.Disk(p.B).Put(int64(p.Record.LocalOff), []byte("xyz")) }, "I21"},
		{"another resource's that is written to", false, func(p *Pair) { p.Disk(p.B).Put(int64(p.Record.LocalOff), []byte("xyz")) }, "I21"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pairOf(t, PairSpec{Seed: 11})
			p.serve(t, p.A)
			p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
			image := p.Disk(p.B).Image()
			if _, ok := p.PutOlder(p.B, image); ok {
				t.Fatal("a component was replaced under a node that has it open")
			}
			p.must(t, "init", p.SetRole(p.B, states.RoleInit, true))
			if _, ok := p.PutOlder(p.B, image); ok {
				t.Fatal("a component was put back that nobody could know to be older")
			}
			p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
			p.Client.Start()
			p.World.RunFor(10 * time.Second)
			p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
			p.must(t, "init", p.SetRole(p.B, states.RoleInit, true))

			var x *WrongDisk
			if tt.older {
				var ok bool
				if x, ok = p.PutOlder(p.B, image); !ok {
					t.Fatal("there was a session since")
				}
			} else {
				var err error
				x, err = p.PutForeign(p.B)
				p.must(t, "foreign", err)
			}
			if err := p.SetRole(p.B, states.RoleSecondary, false); (err == nil) != tt.older {
				t.Errorf("role secondary: %v", err)
			}
			_ = p.World.Run(x.Found, time.Minute)
			if !x.Found() {
				t.Error("nobody found out")
			}
			if tt.change != nil {
				tt.change(p)
			}
			if err := x.Check(); err != nil {
				t.Fatal(err)
			}
			got := ""
			if v := p.World.Violations(); len(v) > 0 {
				got = v[0].Invariant
			}
			if got != tt.want || p.World.evaluated[ruleI21] != 1 {
				t.Fatalf("found %q, want %q, after %d looks: %v", got, tt.want, p.World.evaluated[ruleI21], p.World.Violations())
			}
			if got != "" {
				return
			}
			p.must(t, "init", p.SetRole(p.B, states.RoleInit, true))
			p.must(t, "a new disk", x.TakeAway())
			p.must(t, "create", p.Create(p.B))
			p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
			p.must(t, "complete", p.AwaitComplete(p.A, time.Minute))
			if g := p.Client.ghost; g.restored || g.mistaken {
				t.Error("the judge still expects a wrong component")
			}
			p.must(t, "quiet", p.Quiesce(time.Minute))
			p.World.RunFor(time.Second)
			p.must(t, "identical", p.CheckIdentical())
			p.must(t, "acked", p.CheckAcked(time.Minute))
		})
	}
}

// TestSessionSince: only what neither record names as drawn or confirmed tells an older copy from a cut handshake.
func TestSessionSince(t *testing.T) {
	for _, tt := range []struct {
		old, now states.Record
		want     bool
	}{
		{states.Record{LastSession: 1}, states.Record{LastSession: 2}, true},
		{states.Record{LastSession: 1}, states.Record{LastSession: 1}, false},
		{states.Record{LastSession: 1, TrySession: 2}, states.Record{LastSession: 2}, false},
		{states.Record{LastSession: 1}, states.Record{LastSession: 2, TrySession: 1}, false},
		{states.Record{}, states.Record{LastSession: 2}, false},
		{states.Record{LastSession: 1}, states.Record{}, false},
		{states.Record{LastSession: 1, TrySession: 3}, states.Record{LastSession: 2, TrySession: 4}, true},
	} {
		if got := sessionSince(&tt.old, &tt.now); got != tt.want {
			t.Errorf("%d (%d) and %d (%d): %v", tt.old.LastSession, tt.old.TrySession, tt.now.LastSession, tt.now.TrySession, got)
		}
	}
}
