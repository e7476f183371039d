package simulation

import (
	"syscall"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
)

// loaded is a pair in service with a client at work.
func loaded(b *testing.B, spec PairSpec) *Pair {
	b.Helper()
	spec.Node = actors.NewNode
	p, err := NewPair(spec)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range []*Machine{p.A, p.B} {
		if err := p.Start(m); err != nil {
			b.Fatal(err)
		}
	}
	for _, step := range []func() error{
		func() error { return p.SetRole(p.B, states.RoleSecondary, false) },
		func() error { return p.SetRole(p.A, states.RolePrimary, false) },
		func() error { return p.AwaitComplete(p.A, 5*time.Minute) },
	} {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	p.Client.Start()
	return p
}

// cpu is the processor time that this process has used, in seconds: other than the time of day it doesn't
// depend on who else is busy.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkIO is how many answers a client gets in a second of a processor's time, with all checks that look at each
// step.
func BenchmarkIO(b *testing.B) {
	for _, mode := range modes {
		b.Run(mode.String(), func(b *testing.B) {
			p := loaded(b, PairSpec{Seed: 1, Mode: mode})
			defer p.World.Close()
			first, turns, at := p.Client.Answered(), p.World.Turns(), p.World.Now()
			b.ReportAllocs()
			b.ResetTimer()
			began := cpu(b)
			if err := p.World.Run(func() bool { return p.Client.Answered()-first >= b.N }, 1000*time.Hour); err != nil {
				b.Fatal(err)
			}
			seconds := cpu(b) - began
			b.ReportMetric(float64(b.N)/seconds, "IO/s")
			b.ReportMetric(float64(p.World.Turns()-turns)/seconds, "turns/s")
			b.ReportMetric((p.World.Now()-at).Seconds()/seconds, "times-real")
			if err := p.World.Check(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkLightLoad is a pair with ten requests a second: how much faster than real time it is.
func BenchmarkLightLoad(b *testing.B) {
	p := loaded(b, PairSpec{Seed: 1})
	defer p.World.Close()
	p.Client.Pause = 800 * time.Millisecond
	b.ResetTimer()
	at, began := p.World.Now(), cpu(b)
	for range b.N {
		p.World.RunFor(time.Second)
	}
	b.ReportMetric((p.World.Now()-at).Seconds()/(cpu(b)-began), "times-real")
}

// BenchmarkWorld is what making and ending a pair costs.
func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		k := DrawKnobs(newChance(uint64(i)).identity)
		p := loaded(b, PairSpec{Seed: uint64(i), Knobs: &k})
		p.World.Close()
	}
}
