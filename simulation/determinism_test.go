package simulation

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// tale is a run with a bit of everything, of which each step's hash is kept.
func tale(seed uint64, leak func() bool) (*Pair, error) {
	k := DrawKnobs(newChance(seed).identity)
	k.Timeout = 2 * time.Second
	p, err := NewPair(PairSpec{Seed: seed, Node: actors.NewNode, Knobs: &k})
	if err != nil {
		return nil, err
	}
	w := p.World
	w.Trace().RecordSteps()
	for _, m := range []*Machine{p.A, p.B} {
		if err := p.Start(m); err != nil {
			return p, err
		}
	}
	p.B.Ask(Resource, states.RoleSecondary, false)
	p.A.Ask(Resource, states.RolePrimary, false)
	p.Client.Pause = 10 * time.Millisecond
	p.Client.Start()
	w.RunFor(3 * time.Second)
	w.Swizzle(p.A, p.B, time.Second)
	p.Disk(p.A).Slow(20)
	w.RunFor(time.Second)
	if leak != nil && leak() {
		w.Note("something from outside the world")
	}
	p.B.PowerCut(KeptDrawn, 10)
	w.RunFor(time.Second)
	p.Disk(p.A).Heal()
	if err := p.Start(p.B); err != nil {
		return p, err
	}
	p.B.Ask(Resource, states.RoleSecondary, false)
	w.RunFor(2 * time.Second)
	p.A.Sleep(time.Second)
	w.ResetAt(p.B, p.A)
	w.RunFor(3 * time.Second)
	return p, nil
}

const (
	taleVariable = "HAST_SIMULATION_TALES"
	taleSeeds    = 8
)

// taleHashes is a line for each seed: the number of steps, the hash after the last of them, and one of the
// hashes after each.
func taleHashes(seeds uint64) (string, error) {
	var b strings.Builder
	for seed := range seeds {
		p, err := tale(seed, nil)
		if err != nil {
			return "", err
		}
		t := p.World.Trace()
		sum := newTrace()
		for _, h := range t.Steps() {
			sum.mix(h)
		}
		fmt.Fprintf(&b, "%d %d %x %x\n", seed, len(t.Steps()), t.Hash(), sum.Hash())
		p.World.Close()
	}
	return b.String(), nil
}

// TestTales is what the other processes of TestOtherProcessesAgree run.
func TestTales(t *testing.T) {
	lines, err := taleHashes(taleSeeds)
	if err != nil {
		t.Fatal(err)
	}
	again, err := taleHashes(taleSeeds)
	if err != nil {
		t.Fatal(err)
	}
	if lines != again {
		t.Errorf("the same process tells\n%sand then\n%s", lines, again)
	}
	if os.Getenv(taleVariable) != "" {
		fmt.Print("tale " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\ntale ") + "\n")
	}
}

// One seed is one run, step by step, however many processors there are, whenever memory is collected, and
// whatever ran before in the process (I28).
func TestOtherProcessesAgree(t *testing.T) {
	want, err := taleHashes(taleSeeds)
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{{"GOMAXPROCS=1", "GOGC=5"}, {"GOMAXPROCS=2", "GOGC=off"}} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestTales$")
		cmd.Env = append(append(os.Environ(), env...), taleVariable+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", env, err, out)
		}
		var got strings.Builder
		for line := range strings.Lines(string(out)) {
			if rest, ok := strings.CutPrefix(line, "tale "); ok {
				got.WriteString(rest)
			}
		}
		if got.String() != want {
			t.Errorf("with %v:\n%swithout:\n%s", env, got.String(), want)
		}
	}
}

// The canary: a world into which something leaks from outside differs, and the first differing step is
// the one after the leak.
func TestLeakIsFound(t *testing.T) {
	seeds(t, 5, func(t *testing.T, seed uint64) {
		leaked := false
		once := func() bool { leaked = !leaked; return leaked } // what a map's order or the time of day would do
		var runs [2]*Pair
		for i := range runs {
			p, err := tale(seed, once)
			if err != nil {
				t.Fatal(err)
			}
			defer p.World.Close()
			runs[i] = p
		}
		a, b := runs[0].World.Trace().Steps(), runs[1].World.Trace().Steps()
		if first := FirstDifference(a, b); first < 100 || first > len(a)-100 {
			t.Errorf("seed %d: a leak in the middle of %d steps is found at step %d", seed, len(a), first)
		}
		if FirstDifference(a, a) != -1 || FirstDifference(a, a[:10]) != 10 {
			t.Error("equal runs differ, or a shorter one doesn't")
		}
	})
}
