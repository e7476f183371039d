package campaign

import (
	"flag"
	"strings"
	"testing"

	"hast/simulation/script"
)

var manySeeds = flag.Int("seeds", 12, "how many seeds the random runs have")

func TestASeedIsItsScript(t *testing.T) {
	for _, p := range Profiles() {
		for seed := range uint64(20) {
			s := Generate(seed, &p)
			if again := Generate(seed, &p); !s.Equal(again) {
				t.Fatalf("%s, seed %d: two scripts", p.Name, seed)
			}
			read, err := script.Parse(s.Name, s.Format())
			if err != nil {
				t.Fatalf("%s, seed %d: its text can't be read: %v", p.Name, seed, err)
			}
			if !read.Equal(s) {
				t.Fatalf("%s, seed %d: it reads as another script:\n%s\n%s", p.Name, seed, s.Format(), read.Format())
			}
		}
	}
}

func TestProfilesDrawWhatTheyAllow(t *testing.T) {
	harmless := strings.Fields("start role await load core alive heal unstall throttle refuse disk continue wake audit calm undisturbed")
	for seed := range uint64(50) {
		p, err := ProfileByName("calm")
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range Generate(seed, p).Steps {
			if st.Verb == "neighbour" {
				st.Verb, st.Args = st.Args[0], st.Args[1:]
			}
			if !strings.Contains(strings.Join(harmless, " "), st.Verb) || st.Verb == "disk" && st.Args[1] != "heal" && st.Args[1] != "mend" {
				t.Fatalf("seed %d of the calm profile does this: %s", seed, st)
			}
		}
	}
	if _, err := ProfileByName("nice"); err == nil || !strings.Contains(err.Error(), "calm") {
		t.Errorf("an unknown profile gives %v", err)
	}
	for _, p := range Profiles() {
		for _, k := range p.Kinds {
			if !strings.Contains(faultNames(), " "+k+" ") {
				t.Errorf("profile %s allows %q, which is no kind", p.Name, k)
			}
		}
	}
}

func faultNames() string {
	names := " "
	for _, f := range Faults() {
		names += f.Name + " "
	}
	return names
}

// TestCalmSeedsPass: without a fault nothing is wrong, nothing fails and nothing is refused (I34).
func TestCalmSeedsPass(t *testing.T) {
	p, err := ProfileByName("calm")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(*manySeeds) {
		r := Seed(seed, p, Options{})
		if r.Failed() {
			t.Errorf("%s\n%s", r.Line(), r.Tail)
		}
		if r.Errors > 0 || r.Refused > 0 || r.Answered < 100 {
			t.Errorf("seed %d: %d answers, %d errors, %d refusals", seed, r.Answered, r.Errors, r.Refused)
		}
	}
}

func TestOneSeedOneRun(t *testing.T) {
	p, err := ProfileByName(Default)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(*manySeeds / 2) {
		// Counting must not change what is counted.
		a, b := Seed(seed, p, Options{Coverage: true}), Seed(seed, p, Options{})
		if a.Hash != b.Hash || a.Steps != b.Steps || a.Line() != b.Line() {
			t.Errorf("seed %d: two runs, of %d and %d steps:\n%s\n%s", seed, a.Steps, b.Steps, a.Line(), b.Line())
		}
	}
}

// TestPowerStaysOnWithoutFlushedMaps: after a loss of power of a node that doesn't flush its map nothing could be
// demanded (X12), so that the rest of the seed would be for nothing.
func TestPowerStaysOnWithoutFlushedMaps(t *testing.T) {
	p, err := ProfileByName("power")
	if err != nil {
		t.Fatal(err)
	}
	var cuts [2]int
	for seed := range uint64(100) {
		s := Generate(seed, p)
		flushed := 1
		if strings.Contains(string(s.Format()), "\nmetaflush off\n") {
			flushed = 0
		}
		for _, st := range s.Steps {
			if st.Verb == "power" {
				cuts[flushed]++
			}
		}
	}
	if cuts[0] > 0 || cuts[1] == 0 {
		t.Errorf("%d cuts of power without flushed maps, %d with", cuts[0], cuts[1])
	}
}
