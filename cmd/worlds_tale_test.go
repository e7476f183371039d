package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/simulation"
	"hast/states"
)

// tale is a random story of a pair that is played in the made-up world, and told at the same time as a script for two
// real nodes: what is done, how it ends, and how both nodes and their components stand when all has come to rest.
type tale struct {
	t     *testing.T
	r     *rand.Rand
	p     *simulation.Pair
	power bool // power may go, which real nodes bear only on lossy disks
	cut   bool // nothing passes between the nodes

	script, files strings.Builder

	rests   int
	refused int             // commands and requests
	seen    map[string]bool // verdicts
	writes  int
	values  map[uint64]byte // by the number of a write here, what the real one writes
}

// What both worlds' pairs are made of: bytes, bytes and extents.
const (
	taleSize      = 2 << 20
	taleExtent    = 32 << 10
	taleKeepDirty = 4
)

// restTime is how long the made-up world may take to come to rest, and watchTime how long it is then watched.
const (
	restTime  = 90 * time.Second
	watchTime = 40 * time.Second
)

func newTale(t *testing.T, seed uint64, power bool) *tale {
	t.Helper()
	x := &tale{t: t, r: rand.New(rand.NewPCG(seed, 11)), power: power, values: make(map[uint64]byte), seen: make(map[string]bool)}
	// Not async: what was only sent when it was answered, which a record tells, is a matter of speed there.
	mode := []states.Mode{states.FullSync, states.MemSync}[x.r.IntN(2)]
	var err error
	x.p, err = simulation.NewPair(simulation.PairSpec{
		Seed: seed, Node: actors.NewNode, Mode: mode, Size: taleSize, Extent: taleExtent, KeepDirty: taleKeepDirty,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.p.World.Close)
	x.say("# Story %d, in mode %v.", seed, mode)
	x.say("pair %d 'replication %v'", taleSize, mode)
	for _, node := range []string{"a", "b"} {
		x.say("ctl %s create --force -e %d -k %d shared", node, taleExtent, taleKeepDirty)
	}
	if power {
		x.say("lossy a b")
	}
	x.say("link make")
	return x
}

func (x *tale) say(format string, args ...any) { fmt.Fprintf(&x.script, format+"\n", args...) }

// text is the script for real nodes.
func (x *tale) text() string { return x.script.String() + x.files.String() }

// tell tells a story of so many acts.
func (x *tale) tell(acts int) {
	x.t.Helper()
	x.start(x.p.A)
	x.start(x.p.B)
	x.role(x.p.B, states.RoleSecondary, false)
	x.role(x.p.A, states.RolePrimary, false)
	x.rest()
	if !x.write(x.p.A) {
		x.t.Fatal("the made-up world's primary has no device")
	}
	x.rest()
	// By mere chance few histories would part.
	if x.r.IntN(3) == 0 && x.diverge(x.p.A) {
		x.rest()
	}
	for range acts {
		for !x.act() {
		}
		x.rest()
	}
	if err := x.p.World.Check(); err != nil {
		x.t.Errorf("the made-up world: %v", err)
	}
}

// act does one thing, if it makes sense now.
func (x *tale) act() bool {
	m := []*simulation.Machine{x.p.A, x.p.B}[x.r.IntN(2)]
	switch what := x.r.IntN(20); {
	case what < 5:
		return x.write(m)
	case what == 5:
		return x.diverge(m)
	case !m.Running():
		x.start(m)
		if what < 12 && !(x.r.IntN(2) == 0 && x.promote(m, false)) {
			x.role(m, states.RoleSecondary, false)
		}
	case what == 6:
		x.stop(m)
	case what < 9:
		x.kill(m)
	case what == 9:
		x.link()
	case what == 10:
		return x.resolve(m)
	case what < 14:
		x.role(m, states.RoleSecondary, false)
	case what == 14:
		x.role(m, states.RoleInit, false)
	default:
		return x.promote(m, what >= 18)
	}
	return true
}

// promote makes a node primary, unless it would find the other one to be that, and wait for as long as timeout says;
// there is a script for that.
func (x *tale) promote(m *simulation.Machine, force bool) bool {
	if s, err := x.p.Status(x.p.Other(m)); err == nil && s.Role == states.RolePrimary.String() && !x.cut {
		return false
	}
	x.role(m, states.RolePrimary, force)
	return true
}

func (x *tale) start(m *simulation.Machine) {
	if err := x.p.Start(m); err != nil {
		x.t.Fatal(err)
	}
	x.say("start %s", m.Name())
}

func (x *tale) stop(m *simulation.Machine) {
	if err := m.Shutdown(time.Minute); err != nil {
		x.t.Fatal(err)
	}
	x.say("shutdown %s", m.Name())
}

// kill ends one node, or both, or takes their power.
func (x *tale) kill(m *simulation.Machine) {
	dead := []*simulation.Machine{m}
	if o := x.p.Other(m); o.Running() && x.r.IntN(3) == 0 {
		dead = append(dead, o)
	}
	x.end(x.power && x.r.IntN(2) == 0, dead...)
}

func (x *tale) end(power bool, dead ...*simulation.Machine) {
	var names []string
	for _, d := range dead {
		names = append(names, d.Name())
		if power {
			d.PowerCut(simulation.KeptNone, 0)
		} else {
			d.Kill()
		}
	}
	if power {
		x.say("blackout none 0 %s", strings.Join(names, " "))
	} else {
		x.say("kill9 %s", strings.Join(names, " "))
	}
}

// diverge has both nodes serve alone, one after the other, so that their histories part.
func (x *tale) diverge(m *simulation.Machine) bool {
	x.t.Helper()
	o := x.p.Other(m)
	if s, err := x.p.Status(m); err != nil || s.Status != "complete" || s.Device == "" || !o.Running() {
		return false
	}
	x.end(x.power, m)
	for _, n := range []*simulation.Machine{o, m} {
		x.rest()
		if n == m {
			x.end(false, o)
			x.start(m)
		}
		x.role(n, states.RolePrimary, false)
		x.rest()
		x.write(n)
	}
	x.rest()
	x.start(o)
	x.role(o, states.RoleSecondary, false)
	return true
}

// link takes away what is between the nodes, or gives it back.
func (x *tale) link() {
	x.cut = !x.cut
	x.p.World.Refuse(x.p.A, x.cut)
	x.p.World.Refuse(x.p.B, x.cut)
	if x.cut {
		x.p.Reset()
		x.say("link cut")
	} else {
		x.say("link heal")
	}
}

// command tells of one that was refused or not.
func (x *tale) command(m *simulation.Machine, err error, words string) {
	not := ""
	if err != nil {
		x.refused++
		not = "! "
	}
	x.say("%sctl %s %s shared", not, m.Name(), words)
}

func (x *tale) role(m *simulation.Machine, role states.Role, force bool) {
	x.t.Helper()
	r := m.Ask(x.p.Resource(), role, force) // nobody keeps a device open but the made-up world's client
	if err := x.p.World.Run(r.Done, 10*time.Minute); err != nil {
		x.t.Fatal(err)
	}
	words := "role " + role.String()
	if force {
		words += " --force"
	}
	x.command(m, r.Err(), words)
}

func (x *tale) resolve(m *simulation.Machine) bool {
	s, err := x.p.Status(m)
	if err != nil || s.Remedy == "" {
		return false
	}
	how := []states.Resolution{states.DiscardMine, states.KeepMine}[x.r.IntN(2)]
	a, ok := m.Resolve(x.p.Resource(), how, 10*time.Minute)
	if !ok || a.Unknown {
		x.t.Fatalf("resolve: %+v", a)
	}
	if a.Reason != "" {
		err = fmt.Errorf("%s", a.Reason)
	}
	x.command(m, err, map[states.Resolution]string{states.DiscardMine: "resolve --discard-mine --yes", states.KeepMine: "resolve --keep-mine --yes"}[how])
	return true
}

// write writes and flushes where the made-up world's client has a device.
func (x *tale) write(m *simulation.Machine) bool {
	const sector = simulation.SectorSize
	off := x.r.Int64N(taleSize/2/sector) * sector
	n := min(taleSize/2-off, (1+x.r.Int64N(256))*sector)
	err := x.request(m, states.OpWrite, off, n)
	if errors.Is(err, simulation.ErrNoDevice) {
		return false
	}
	if err == nil {
		err = x.request(m, states.OpFlush, 0, 0)
	}
	x.writes++
	value := byte(x.writes)
	for _, d := range []*simulation.Machine{x.p.A, x.p.B} {
		for at := off; at < off+n; at += sector {
			if gen, _, ok := simulation.Stamp(x.p.Data(d)[at : at+sector]); ok && gen > 0 && x.values[gen] == 0 {
				x.values[gen] = value
			}
		}
	}
	socket := fmt.Sprintf("ctl.%s.d/shared shared", m.Name())
	if err != nil {
		x.refused++
		x.say("fails %s write %d %d", socket, off, n)
	} else {
		x.say("device %s write %d %d %#x", socket, off, n, value)
	}
	return true
}

func (x *tale) request(m *simulation.Machine, op states.Op, off, n int64) error {
	x.t.Helper()
	r, err := x.p.Client.Do(m, op, off, n, false)
	if err != nil {
		return err
	}
	if err := x.p.World.Run(r.Done, 10*time.Minute); err != nil {
		x.t.Fatal(err)
	}
	return r.Err()
}

// compared are the fields of a status that both worlds must agree on.
var compared = []string{"role", "status", "verdict", "fitness", "localcnt", "remotecnt", "sync.remaining", "dirty", "bad", "link", "reason", "remedy",
	"own.dirty", "own.bad", "own.fitness", "own.unclean", "own.branch", "own.zeroed"}

// rest waits until nothing changes any more, and tells how all stands.
func (x *tale) rest() {
	x.t.Helper()
	x.p.World.RunFor(restTime)
	x.rests++
	for _, m := range []*simulation.Machine{x.p.A, x.p.B} {
		if m.Running() {
			x.status(m)
		}
		want := make([]byte, 0, taleSize/2/simulation.SectorSize*3)
		for at, data := 0, x.p.Data(m); at < len(data); at += simulation.SectorSize {
			word := "--" // what was there before anybody wrote
			if gen, _, ok := simulation.Stamp(data[at : at+simulation.SectorSize]); ok && gen > 0 {
				word = fmt.Sprintf("%02x", x.values[gen])
			}
			want = append(append(want, word...), '\n')
		}
		file := fmt.Sprintf("rest-%d-%s", x.rests, m.Name())
		fmt.Fprintf(&x.files, "-- %s --\n%s", file, want)
		x.say("sectors %s %s", m.Name(), file)
	}
}

// status tells of a node's status what stays as it is.
func (x *tale) status(m *simulation.Machine) {
	x.t.Helper()
	var first map[string]string
	for seen := time.Duration(0); seen < watchTime; seen += time.Second {
		s, err := x.p.Status(m)
		if err != nil {
			x.t.Fatal(err)
		}
		now := fieldsOf(x.t, &s)
		if first == nil {
			first = now
			x.seen[s.Verdict] = true
		}
		for name, v := range now {
			if first[name] != v {
				delete(first, name)
			}
		}
		x.p.World.RunFor(time.Second)
	}
	var conditions []string
	for _, name := range compared {
		if v, stays := first[name]; stays {
			conditions = append(conditions, quoted(demandOf(name, v)))
		}
	}
	x.say("status %s %s", m.Name(), strings.Join(conditions, " "))
}

// numbers are what of a reason or a remedy differs between two worlds: addresses, times and numbers of resources.
var numbers = regexp.MustCompile(`\b[0-9][0-9a-f.:T+Z\\-]{4,}`)

// demandOf is the condition on a field of the real status. That there is no connection has many words in a kernel.
func demandOf(name, v string) string {
	switch {
	case name == "link" && (v == "down" || strings.HasPrefix(v, "dialing")):
		return name + "~^(down|dialing.*)$" // there, nobody says no for a machine without power
	case name != "reason" && name != "remedy" || v == "":
		return name + "=" + v
	case name == "reason" && strings.Contains(v, "onnect"):
		return name + "~onnect"
	case strings.Contains(v, "hastd"):
		return name + "~hastd"
	}
	return name + "~^" + numbers.ReplaceAllString(regexp.QuoteMeta(v), `[0-9a-f.:T+Z-]*`) + "$"
}

// fieldsOf are the fields of a status that are compared, as hastctl shows them.
func fieldsOf(t *testing.T, s *actors.Status) map[string]string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]string)
	for _, name := range compared {
		var v any = all
		for part := range strings.SplitSeq(name, ".") {
			m, _ := v.(map[string]any)
			v = m[part]
		}
		fields[name] = ""
		if v != nil {
			fields[name] = fmt.Sprint(v)
		}
	}
	return fields
}

// quoted is an argument of a script.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
