package campaign

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/simulation/script"
)

// Planted bugs: nodes that differ from the real one in what they are given.
type plant func(h *actors.Host, c *config.Config) *actor.Props

// unflushed is a node that doesn't flush its map, whatever the configuration says (I9).
func unflushed(h *actors.Host, c *config.Config) *actor.Props {
	bad := *c
	bad.Resources = append([]config.Resource(nil), c.Resources...)
	for i := range bad.Resources {
		bad.Resources[i].MetaFlush = false
	}
	return actors.NewNode(h, &bad)
}

// doorless is a node that panics when it opens a device.
func doorless(h *actors.Host, c *config.Config) *actor.Props {
	bad := *h
	bad.Doors = noDoors{}
	return actors.NewNode(&bad, c)
}

type noDoors struct{}

func (noDoors) Open(actors.Owner, actors.DoorSpec) { panic("the planted bug") }

// later is a bug that only a node has that isn't the first of its world.
func later(first int, bad plant) plant {
	starts := 0
	return func(h *actors.Host, c *config.Config) *actor.Props {
		if starts++; starts > first {
			return bad(h, c)
		}
		return actors.NewNode(h, c)
	}
}

// TestShrink: what is left of a failing seed is a few steps that fail in the same way.
func TestShrink(t *testing.T) {
	tests := []struct {
		name, profile, invariant string
		plant                    func() plant
		most                     int
	}{
		{"a bug of each node", "network", "I9", func() plant { return unflushed }, 6},
		{"a bug of a node's second life", "process", "I9", func() plant { return later(2, unflushed) }, 8},
		{"an actor that panics", "calm", "panic", func() plant { return doorless }, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ProfileByName(tt.profile)
			if err != nil {
				t.Fatal(err)
			}
			// Each run of a script begins with nodes that were never started.
			fresh := func() Options { return Options{Node: tt.plant()} }
			var r *Result
			for seed := uint64(0); seed < 40 && (r == nil || r.Invariant != tt.invariant); seed++ {
				r = Seed(seed, p, fresh())
			}
			if r.Invariant != tt.invariant {
				t.Fatalf("no seed of the profile finds it; the last: %s", r.Line())
			}
			k := Shrinker{Fresh: fresh, Patience: 150}
			small := k.Shrink(r)
			if small.Invariant != tt.invariant {
				t.Errorf("what is left fails in another way: %s", small.Line())
			}
			if n := Events(small.Script); n > tt.most {
				t.Errorf("%d of %d steps are left after %d plays, want at most %d:\n%s", n, Events(r.Script), k.Plays(), tt.most, small.Script.Format())
			}
			read, err := script.Parse("small.sim", []byte(Comment(small, "test")+string(small.Script.Format())))
			if err != nil {
				t.Fatal(err)
			}
			if again := Play(read, fresh()); again.Hash != small.Hash || again.Invariant != small.Invariant {
				t.Errorf("the text of what is left plays differently: %s", again.Line())
			}
		})
	}
}

func TestShrinkLeavesAPassAlone(t *testing.T) {
	p, err := ProfileByName("calm")
	if err != nil {
		t.Fatal(err)
	}
	r := Seed(1, p, Options{})
	k := Shrinker{}
	if small := k.Shrink(r); small != r || k.Plays() != 0 {
		t.Errorf("a run that passes was shrunk, with %d plays", k.Plays())
	}
}

// TestFindings: findings that look alike have one fingerprint, and a panic of the world is told apart from
// one of an actor.
func TestFindings(t *testing.T) {
	p, err := ProfileByName("calm")
	if err != nil {
		t.Fatal(err)
	}
	var failed []*Result
	for seed := uint64(0); seed < 20 && len(failed) < 2; seed++ {
		if r := Seed(seed, p, Options{Node: unflushed}); r.Failed() {
			failed = append(failed, r)
		}
	}
	if len(failed) < 2 {
		t.Fatal("the planted bug isn't found twice")
	}
	a, b := failed[0], failed[1]
	if a.Verdict != Violated || a.Fingerprint() != b.Fingerprint() || a.Line() == b.Line() {
		t.Errorf("two findings of one kind:\n%s %s\n%s %s", a.Line(), a.Fingerprint(), b.Line(), b.Fingerprint())
	}
	s := NewSummary()
	s.Add(a)
	s.Add(b)
	if prints := s.Fingerprints(); len(prints) != 1 || s.Findings[prints[0]].Count != 2 || s.Failures != 2 || s.Worlds != 0 {
		t.Errorf("the summary has %v, %d failures, %d of worlds", prints, s.Failures, s.Worlds)
	}
	r := Seed(1, p, Options{Begun: func(*script.Stage) { panic("the world's own") }})
	if r.Verdict != Broken || r.Stack == "" {
		t.Errorf("a panic of the world: %s, %s", r.Verdict, r.Text)
	}
	if r := Seed(1, p, Options{MaxSteps: 500}); r.Verdict != NoProgress || r.Step != 500 {
		t.Errorf("a run of too many steps: %s", r.Line())
	}
}

// TestAlike: two expectations that don't come true are two failures, whatever their numbers.
func TestAlike(t *testing.T) {
	result := func(v Verdict, invariant, text string) *Result {
		return &Result{Verdict: v, Invariant: invariant, Text: text}
	}
	audit := result(Unmet, "expectation", "line 0: audit: seed 116: I7: the written images differ in 10 sectors")
	tests := []struct {
		name string
		a, b *Result
		want bool
	}{
		{"the same demand, other numbers", audit, result(Unmet, "expectation", "line 7: audit: seed 3: I7: the written images differ in 1 sectors"), true},
		{"another demand", audit, result(Unmet, "expectation", "line 7: audit: L1: the client's requests are not answered"), false},
		{"a step that is none", audit, result(Unmet, "expectation", "line 0: disk b read-error 1s..2s: beyond the device"), false},
		{"one invariant", result(Violated, "I8", "x"), result(Violated, "I8", "y"), true},
		{"two invariants", result(Violated, "I8", "x"), result(Violated, "I9", "x"), false},
		{"one panic of two lives", result(Panicked, "panic", "a1/r-3/gate-6: nil map"), result(Panicked, "panic", "b2/r-3/gate-16: nil map"), true},
		{"two panics", result(Panicked, "panic", "a1/r-3/gate-6: nil map"), result(Panicked, "panic", "a1/r-3/gate-6: out of range"), false},
		{"a pass", result(Passed, "", ""), audit, false},
	}
	for _, tt := range tests {
		if got := tt.a.alike(tt.b); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
