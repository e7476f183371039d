package simulation

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/states"
)

// PairSpec says what a pair shall be like. Zero values stand for what Pair's comment says.
type PairSpec struct {
	Seed uint64
	// Node makes a node's first actor.
	Node func(h *actors.Host, c *config.Config) *actor.Props
	// Mode is the replication mode; the zero value is fullsync.
	Mode        states.Mode
	Compression states.Compression
	Checksum    states.Checksum
	// Size is the size of each component in bytes, 2 MiB if 0; half of it is data.
	Size int64
	// Extent is the extent's size in bytes, 32 KiB if 0.
	Extent uint32
	// KeepDirty is how many extents stay dirty, 4 if 0.
	KeepDirty uint32
	// Settings are more lines for the resource in hast.conf.
	Settings []string
	more     []string // as they were given, without those of the knobs
	// Knobs, if set, stand for all of the above but Seed and Node; Settings come after theirs.
	Knobs *Knobs
	// Alike has both components begin with the same bytes, instead of garbage of their own.
	Alike bool
	// Neighbour gives the machines a second resource, which is configured like the first.
	Neighbour bool
}

// Resource is the name of a pair's resource, the first if it has two.
const Resource = "shared"

// componentPath is where each node has its component.
const componentPath = "/dev/component"

// The second resource of a pair and where each node has its component.
const (
	neighbourResource = "neighbour"
	neighbourPath     = "/dev/neighbour"
)

// Pair is two machines, A and B, that share one resource, and a client of it.
type Pair struct {
	World  *World
	A, B   *Machine
	Client *Client
	// Record is what both components were formatted with.
	Record states.Record
	// Neighbour is the same two machines as seen by their second resource and its client; nil without one.
	Neighbour *Pair

	spec           PairSpec
	resource, path string
	places         map[string]*place // by machine
}

// NewPair makes a pair: disks with different garbage and fresh metadata, nothing running.
func NewPair(spec PairSpec) (*Pair, error) {
	spec.more = spec.Settings
	if spec.Knobs != nil {
		spec.Knobs.spec(&spec)
	}
	if spec.Size == 0 {
		spec.Size = 2 << 20
	}
	if spec.Extent == 0 {
		spec.Extent = 32 << 10
	}
	if spec.KeepDirty == 0 {
		spec.KeepDirty = 4
	}
	w := NewWorld(spec.Seed)
	p := &Pair{World: w, A: w.AddMachine("a", "10.0.0.1"), B: w.AddMachine("b", "10.0.0.2"), spec: spec,
		resource: Resource, path: componentPath}
	if spec.Knobs != nil {
		spec.Knobs.world(w)
	}
	if err := p.furnish(); err != nil {
		return nil, err
	}
	if spec.Neighbour {
		p.Neighbour = &Pair{World: w, A: p.A, B: p.B, spec: spec, resource: neighbourResource, path: neighbourPath}
		if err := p.Neighbour.furnish(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// furnish gives the pair its disks, a client, and those who watch them.
func (p *Pair) furnish() error {
	for _, m := range []*Machine{p.A, p.B} {
		var err error
		if p.Record, err = m.AddDisk(p.path, p.spec.Size).Format(p.resource, p.spec.Extent, p.spec.KeepDirty); err != nil {
			return err
		}
	}
	if p.spec.Alike {
		p.Disk(p.B).Put(int64(p.Record.LocalOff), p.Data(p.A))
	}
	p.Client = p.World.AddClient(p.resource, int64(p.Record.DataSize))
	if k := p.spec.Knobs; k != nil {
		k.pair(p)
	}
	guardPair(p.World, p.Client, p.Record, p.Disk(p.A), p.Disk(p.B))
	watchPair(p.World, p.Client, p.Record, p.Disk(p.A), p.Disk(p.B))
	p.Client.ghost.mode = p.spec.Mode
	p.Disk(p.A).guard.writtenOnly = p.spec.Knobs != nil && !p.spec.Knobs.MetaFlush
	return nil
}

func (p *Pair) configText(of *Machine) string {
	var lines []string
	at := p.place(of)
	if at.listen != "" {
		lines = append(lines, "listen "+at.listen)
	}
	if at.without {
		return strings.Join(append(lines, ""), "\n")
	}
	lines = append(lines,
		"resource "+p.resource+" {",
		"\treplication "+p.spec.Mode.String(),
		"\tcompression "+p.spec.Compression.String(),
		"\tchecksum "+p.spec.Checksum.String(),
		"\tlocal "+p.path,
	)
	for _, s := range p.spec.Settings {
		lines = append(lines, "\t"+s)
	}
	for i, m := range []*Machine{p.A, p.B} {
		remote := "tcp4://" + []*Machine{p.B, p.A}[i].addr
		if own := p.place(m).remote; own != "" {
			remote = own
		}
		lines = append(lines, "\ton "+m.name+" {", "\t\tremote "+remote, "\t}")
	}
	return strings.Join(append(lines, "}"), "\n") + "\n"
}

// Config is what hast.conf says to one of the machines.
func (p *Pair) Config(m *Machine) (*config.Config, error) {
	text := p.configText(m)
	if p.Neighbour != nil {
		text += p.Neighbour.configText(m)
	}
	file, err := config.Parse("hast.conf", []byte(text))
	if err != nil {
		return nil, err
	}
	c, err := file.Resolve(config.Node{Host: m.name})
	if err == nil {
		p.World.tailsMay(c)
	}
	return c, err
}

// Start starts the node on a machine.
func (p *Pair) Start(m *Machine) error {
	c, err := p.Config(m)
	if err != nil {
		return err
	}
	return m.Start(func(h *actors.Host) *actor.Props { return p.spec.Node(h, c) })
}

// Reload changes a knob that hast.conf has and gives a running node the new configuration; the other node
// has it from its next start or reload on.
func (p *Pair) Reload(m *Machine, name, value string) error {
	k := DefaultKnobs()
	if p.spec.Knobs != nil {
		k = *p.spec.Knobs
	}
	if err := k.Set(name, value); err != nil {
		return err
	}
	spec := PairSpec{Settings: p.spec.more}
	k.spec(&spec)
	p.spec.Knobs, p.spec.Settings = &k, spec.Settings
	p.spec.Mode, p.spec.Compression, p.spec.Checksum = spec.Mode, spec.Compression, spec.Checksum
	return p.reread(m, name+" "+value)
}

// Other is the other machine.
func (p *Pair) Other(m *Machine) *Machine {
	if m == p.A {
		return p.B
	}
	return p.A
}

// Cut, CutOneWay, Heal and Reset act on the network between the two.
func (p *Pair) Cut()                     { p.World.Cut(p.A, p.B) }
func (p *Pair) Heal()                    { p.World.Heal(p.A, p.B) }
func (p *Pair) CutFrom(m *Machine)       { p.World.CutOneWay(m, p.Other(m)) }
func (p *Pair) Reset()                   { p.World.Reset(p.A, p.B) }
func (p *Pair) Disk(m *Machine) *Platter { return m.Disk(p.path) }

// SetRole gives a machine's resource a role and waits for it.
func (p *Pair) SetRole(m *Machine, role states.Role, force bool) error {
	return m.SetRole(p.resource, role, force, 2*time.Minute)
}

// Status asks for the resource's status.
func (p *Pair) Status(m *Machine) (actors.Status, error) { return m.Status(p.resource) }

// AwaitStatus asks for the status every few milliseconds until it pleases.
func (p *Pair) AwaitStatus(m *Machine, what string, ok func(s *actors.Status) bool, limit time.Duration) error {
	end := p.World.now + limit
	for {
		s, err := p.Status(m)
		if err != nil {
			return err
		}
		if ok(&s) {
			return nil
		}
		if p.World.now > end {
			return fmt.Errorf("seed %d: %s is not %s after %v: role %s, state %s, status %s (%s), link %s (%s), sync %s, dirty %d",
				p.World.seed, m.name, what, limit, s.Role, s.State, s.Status, s.Reason, s.Link, s.LinkReason, s.Sync.State, s.Dirty)
		}
		p.World.RunFor(20 * time.Millisecond)
	}
}

// AwaitComplete waits until the primary says that both components hold the same data.
func (p *Pair) AwaitComplete(primary *Machine, limit time.Duration) error {
	return p.AwaitStatus(primary, "complete", func(s *actors.Status) bool {
		return s.Status == "complete" && s.Sync.Remaining == 0
	}, limit)
}

// Quiesce stops the client and waits until all that it asked for is answered.
func (p *Pair) Quiesce(limit time.Duration) error {
	p.Client.Stop()
	if err := p.World.Run(p.Client.Idle, limit); err != nil {
		return fmt.Errorf("the client's requests are not answered: %w", err)
	}
	return nil
}

// CheckIdentical compares the data areas of the two components, as reads would see them.
func (p *Pair) CheckIdentical() error { return p.compare((*Platter).Written, "written") }

// CheckDurable compares what a power cut would leave of the two data areas.
func (p *Pair) CheckDurable() error { return p.compare((*Platter).Durable, "durable") }

func (p *Pair) compare(image func(*Platter) []byte, which string) error {
	a, b := p.data(p.A, image), p.data(p.B, image)
	if bytes.Equal(a, b) {
		return nil
	}
	differ, first := 0, 0
	for at := 0; at < len(a); at += SectorSize {
		if !bytes.Equal(a[at:at+SectorSize], b[at:at+SectorSize]) && !p.damaged(at) {
			if differ == 0 {
				first = at
			}
			differ++
		}
	}
	if differ == 0 {
		return nil
	}
	j := p.Client.judge
	s := int64(first / SectorSize)
	return fmt.Errorf("seed %d: I7: the %s images differ in %d sectors, first in sector %d (extent %d): a has %s, b has %s",
		p.World.seed, which, differ, s, first/int(p.Record.ExtentSize), j.name(s, decode(a[first:])), j.name(s, decode(b[first:])))
}

// damaged reports whether nothing is demanded of the sector at an offset of the data area: a disk has silently
// damaged it (X3), or power was lost although the maps weren't flushed (X12).
func (p *Pair) damaged(off int) bool {
	return p.Client.ghost.tainted(int64(off / SectorSize))
}

// Data is a component's data area as reads see it.
func (p *Pair) Data(m *Machine) []byte { return p.data(m, (*Platter).Written) }

func (p *Pair) data(m *Machine, image func(*Platter) []byte) []byte {
	off := p.Record.LocalOff
	return image(p.Disk(m))[off : off+p.Record.DataSize]
}

// CheckAcked reads the whole device through its door and lets the judge look at it.
func (p *Pair) CheckAcked(limit time.Duration) error {
	if !p.Client.Attached() {
		return errors.New("there is no device to read")
	}
	p.Client.Scan()
	if err := p.World.Run(p.Client.Idle, limit); err != nil {
		return fmt.Errorf("reading the whole device: %w", err)
	}
	return nil
}
