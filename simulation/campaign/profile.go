package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Profile says which seeds of the world are looked at: what may go wrong, for how long, and under what load.
type Profile struct {
	Name, About string
	// Kinds are the faults that may be drawn; nil for all.
	Kinds []string
	// Knobs are set in every script, over what the seed draws.
	Knobs map[string]string
	// Least and Most bound the storm: the world's time in which things go wrong.
	Least, Most time.Duration
	// Requests is about how many requests the client makes in a storm.
	Requests int
	// Always has every seed draw at least one kind.
	Always bool
	// Two is one in how many seeds has a second resource on the pair; 0 is none.
	Two int
	// Stock is one in how many seeds has a node of the original's manners for its secondary; 0 is none.
	Stock int
	// Original is one in how many of the others has such a node as either of the two, with disks that fail; 0 is none.
	Original int
}

// Default is the profile that is used when none is named.
const Default = "default"

var profiles = []Profile{
	{Name: Default, About: "everything, in the proportions of a bad year", Two: 10, Stock: 12, Original: 24, Least: 20 * time.Second, Most: 4 * time.Minute, Requests: 1200},
	{Name: "calm", About: "nothing goes wrong: no refusal and no error is justified", Kinds: []string{}, Two: 10, Least: 5 * time.Second, Most: 20 * time.Second, Requests: 1500},
	{Name: "process", About: "kills, pauses and panics of actors", Kinds: []string{"kill", "kill-both", "pause", "panic"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "power", About: "power cuts of one node and of both", Kinds: []string{"power", "power-both", "kill", "operator"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "network", About: "cuts, one-way cuts, stalls and resets", Kinds: []string{"cut", "one-way", "hold", "reset", "pause", "stall", "swizzle", "reset-one", "reset-at", "refuse", "half-open", "throttle", "wire-flip", "stranger"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "disk", About: "errors, slowness and stuck disks", Kinds: []string{"read-error", "write-error", "flush-error", "map-error", "latent", "full", "slow", "stuck", "gone", "kill"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "silent", About: "disks that lie, one lie a seed", Kinds: []string{"silent", "kill", "cut", "operator"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "clock", About: "hosts that sleep and clocks that jump", Kinds: []string{"host-sleep", "clock-jump", "pause", "kill", "cut"}, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1200, Always: true},
	{Name: "roles", About: "role changes, wrong ones too, with cuts and kills between them", Kinds: []string{"operator", "operator-error", "cut", "kill", "reset"}, Least: 30 * time.Second, Most: 3 * time.Minute, Requests: 800, Always: true},
	{Name: "world", About: "replaced and wrong disks, with kills, power cuts and cuts between", Kinds: []string{"replace", "wrong-disk", "kill", "power", "cut", "operator"}, Least: 30 * time.Second, Most: 3 * time.Minute, Requests: 1000, Always: true},
	{Name: "two", About: "two resources on the pair, each with faults of its own or one with none", Two: 1, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 800},
	{Name: "stock", About: "a secondary of the original's manners: no marks, counters only, a queue that dies with the session", Stock: 1, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1000, Always: true},
	{Name: "original", About: "a primary of the original's manners, or a secondary, with disks that fail, and roles that change", Original: 1, Least: 20 * time.Second, Most: 2 * time.Minute, Requests: 1000, Always: true},
	{Name: "long", About: "everything, for twenty minutes of the world's time", Least: 10 * time.Minute, Most: 20 * time.Minute, Requests: 5000, Always: true},
}

// Profiles lists all profiles, the default one first.
func Profiles() []Profile { return slices.Clone(profiles) }

// ProfileByName finds a profile; the error names those that there are.
func ProfileByName(name string) (*Profile, error) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		var names []string
		for _, p := range profiles {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("unknown profile %q; there are %s", name, strings.Join(names, ", "))
	}
	p := profiles[i]
	return &p, nil
}

// allows reports whether a kind may be drawn.
func (p *Profile) allows(kind string) bool { return p.Kinds == nil || slices.Contains(p.Kinds, kind) }

// Set fixes a knob, whatever the seeds draw.
func (p *Profile) Set(name, value string) {
	knobs := map[string]string{name: value}
	for k, v := range p.Knobs { //house:ordered into another map
		if k != name {
			knobs[k] = v
		}
	}
	p.Knobs = knobs
}
