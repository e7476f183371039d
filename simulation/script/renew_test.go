package script

import (
	"fmt"
	"testing"

	"hast/simulation"
)

// A disk is replaced under load, by one that reads as zeroes or one with anything on it, and the secondary gets all
// of it anew: the judge finds nothing wrong with what the old disk had taken along.
func TestRenew(t *testing.T) {
	const text = `seed %d
sectors 512
extent 8
timeout 3s
mode %s
serve a
load on pause=2ms
idle 300ms
renew b %s
idle 2s
kill a
role b primary may-fail
start a
role a secondary may-fail
load off
audit
`
	for seed := range 8 {
		for _, disk := range []string{"empty", "zero"} {
			for _, mode := range []string{"fullsync", "memsync", "async"} {
				s, err := Parse("test.sim", fmt.Appendf(nil, text, seed, mode, disk))
				if err != nil {
					t.Fatal(err)
				}
				s.Lenient = true
				var world *simulation.World
				o := Run(s, Options{Begun: func(st *Stage) { world = st.Pair.World }})
				if err := o.Err(); err != nil {
					t.Errorf("seed %d, %s, %s: %v\n%s", seed, mode, disk, err, o.Tail)
				}
				if world.Effect(simulation.FaultReplaced) != 1 {
					t.Errorf("seed %d, %s, %s: replaced %d times", seed, mode, disk, world.Effect(simulation.FaultReplaced))
				}
			}
		}
	}
}

// A copy that may be the only current one is not thrown away.
func TestRenewLooksFirst(t *testing.T) {
	for _, text := range []string{
		"serve a\nrenew a empty",         // it serves
		"serve a\nkill a\nrenew b empty", // alone
		"serve a\ncut\nidle 30s\nrenew b empty",
	} {
		var world *simulation.World
		s, err := Parse("test.sim", []byte("seed 1\nsectors 512\nextent 8\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		o := Run(s, Options{Begun: func(st *Stage) { world = st.Pair.World }})
		if err := o.Err(); err != nil || world.Effect(simulation.FaultReplaced) != 0 {
			t.Errorf("%q: replaced %d times, %v", text, world.Effect(simulation.FaultReplaced), err)
		}
	}
}
