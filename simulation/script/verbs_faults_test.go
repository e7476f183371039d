package script

import (
	"slices"
	"strings"
	"testing"

	"hast/simulation"
)

// Each fault of networks and machines takes effect in a story, and the pair comes back from all of
// them.
func TestFaultsOfNetworksAndMachines(t *testing.T) {
	const before = "sectors 512\nextent 8\ntimeout 2s\nchecksum crc32\nserve a\nawait a complete\nload on pause=20ms\nidle 200ms\n"
	const after = "heal\ndisk a heal\ndisk b heal\nidle 15s\nload off\nanswers\nawait a complete\naudit\n"
	for _, c := range []struct {
		steps string
		want  simulation.FaultKind
	}{
		{"stall first\nidle 5s", simulation.FaultStall},
		{"stall second\nidle 5s\nunstall", simulation.FaultStall},
		{"swizzle 2s\nidle 5s", simulation.FaultStall},
		{"reset-one newest\nidle 5s", simulation.FaultReset},
		{"reset-at a\nidle 5s", simulation.FaultHalfOpen},
		{"reset-at b\nidle 5s", simulation.FaultHalfOpen},
		{"refuse b\nreset\nidle 10s\nrefuse b off", simulation.FaultRefused},
		{"half-open b 2\nreset\nidle 10s", simulation.FaultHalfOpen},
		{"throttle a->b lag=50ms rate=100k\nidle 5s", simulation.FaultDelay},
		{"flip a->b 3\nidle 5s", simulation.FaultWireFlip},
		{"intrude b hello\nintrude a garbage\nidle 2s", simulation.FaultStranger},
		{"kill b\nstock b\nidle 5s\nkill b\nstart b\nrole b secondary", simulation.FaultStockPeer},
		{"stop a\nstock a primary\nidle 5s\nkill a\nstart a\nrole a primary", simulation.FaultStockPeer},
		{"kill b\nstock b garbage-2\nidle 5s\nkill b\nstart b\nrole b secondary", simulation.FaultGarbage},
		{"sleep b 7s\nidle 10s", simulation.FaultHostSleep},
		{"sleep a 7s\nidle 10s", simulation.FaultHostSleep},
		{"clock a rate=50000\nclock b jump=-3600\nidle 5s", simulation.FaultClockJump},
	} {
		s, err := Parse("test.sim", []byte("seed 5\n"+before+c.steps+"\n"+after))
		if err != nil {
			t.Fatal(err)
		}
		var world *simulation.World
		o := Run(s, Options{Begun: func(st *Stage) { world = st.Pair.World }})
		if err := o.Err(); err != nil {
			t.Errorf("%q: %v\n%s", c.steps, err, o.Tail)
		}
		if world.Effect(c.want) == 0 {
			t.Errorf("%q: %v took no effect", c.steps, c.want)
		}
	}
}

// A core lives beside what stays broken, and the script says so if it doesn't.
func TestCoreInAScript(t *testing.T) {
	const story = "seed 5\nsectors 512\nextent 8\ntimeout 2s\nserve a\nawait a complete\nload on pause=20ms\nkill b\nstock b mute\n"
	for _, c := range []struct{ steps, want string }{
		{"core a\nalive a", ""},
		{"core both\nalive both", ""},
		{"idle 100ms\npause a\nalive a", "L1"},
		{"pause a\nalive a", "L2"},
	} {
		s, err := Parse("test.sim", []byte(story+c.steps+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		o := Run(s, Options{})
		var got []string
		for _, v := range o.Violations {
			got = append(got, v.Invariant)
		}
		if c.want == "" && o.Err() != nil || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%q: %v", c.steps, o.Err())
		}
	}
}

func TestFaultVerbsSayWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"stock b juggle", "silent-3"},
		{"stall third", "first, second, newest"},
		{"throttle a->b lag=x rate=0", "lag=50ms"},
		{"throttle a->b lag=1s rate=fast", "allowed is a number of bytes"},
		{"clock a", "rate=PPM"},
		{"clock a rate=1 jump=1", "rate=PPM"},
		{"medium a latent 0..4k", "stale-read"},
		{"medium a bit-flip 0..4k times=0", "from 1 on"},
		{"intrude a curse", "garbage"},
	} {
		if _, err := Parse("x.sim", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, wanted %q", c.text, err, c.want)
		}
	}
}
