package simulation

import (
	"strings"
	"testing"
	"time"
)

func TestKnobsInWords(t *testing.T) {
	seeds(t, 200, func(t *testing.T, seed uint64) {
		drawn := DrawKnobs(newChance(seed).identity)
		var k Knobs
		for _, s := range drawn.List() {
			if err := k.Set(s.Name, s.Value); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if k != drawn {
			t.Fatalf("seed %d: %+v became %+v", seed, drawn, k)
		}
	})
	k := DefaultKnobs()
	for _, bad := range []struct{ name, value, says string }{
		{"modus", "async", "keepdirty"},
		{"mode", "sync", "fullsync, memsync or async"},
		{"extent", "24", "a whole number"},
		{"sectors", "12", "a whole number"},
		{"timeout", "1500ms", "a time such as"},
		{"metaflush", "perhaps", "on or off"},
		{"order", "random", "starved"},
	} {
		if err := k.Set(bad.name, bad.value); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%s %s: %v", bad.name, bad.value, err)
		}
	}
	if len(KnobNames()) != len(k.List()) {
		t.Error("not every knob has a name")
	}
}

// Whatever is drawn makes a pair that comes into service, copies, and answers.
func TestDrawnKnobsWork(t *testing.T) {
	seeds(t, few(12), func(t *testing.T, seed uint64) {
		k := DrawKnobs(newChance(seed).identity)
		k.Order = Order(seed % 4)
		k.ChangePoints = int(seed % 6)
		p := pairOf(t, PairSpec{Seed: seed, Knobs: &k})
		p.Client.Pause = 20 * time.Millisecond
		p.serve(t, p.A)
		p.must(t, "complete", p.AwaitComplete(p.A, time.Hour))
		p.Client.Start()
		p.World.RunFor(2 * time.Second)
		p.settle(t, p.A)
		if n, err := p.Client.Errors(); n > 0 || p.Client.Answered() == 0 {
			t.Errorf("seed %d: %d answers, %d errors: %v", seed, p.Client.Answered(), n, err)
		}
	})
}

func TestMannersHaveTheirMean(t *testing.T) {
	r := newChance(1).disk
	m := manners{time.Millisecond, 10 * time.Millisecond}
	const n = 100_000
	var sum, over time.Duration
	for range n {
		d := m.draw(r)
		if d < m.least {
			t.Fatalf("%v is less than the least", d)
		}
		if sum += d; d > m.least+3*m.mean {
			over++
		}
	}
	if mean := sum / n; mean < 10500*time.Microsecond || mean > 11500*time.Microsecond {
		t.Errorf("the mean is %v", mean)
	}
	if share := int(over) * 1000 / n; share < 40 || share > 60 { // e to the minus three is 0.0498
		t.Errorf("%d in a thousand take more than three times the mean", share)
	}
}
