package simulation

import (
	"fmt"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
)

// Machine is a computer: disks, an address, a power switch, and at most one running node. The actor
// system is kept over reboots, because making one costs more than a second of the world's time does.
type Machine struct {
	world  *World
	name   string
	addr   string // its one address, as a host without port
	system *actor.ActorSystem
	disks  []*Platter
	ledger map[string][]byte // state files
	timepiece
	holes  int    // connections to come that no process hears of
	stock  bool   // its node has the manners of the original
	dials  uint64 // attempts at a connection of its nodes
	on     bool   // powered: the kernel answers, even if no node runs
	boots  int
	starts int   // of the machine itself, after a loss of power
	boot   *boot // nil if no node runs

	// deadLetters are messages to actors that had stopped, by the type of the message.
	deadLetters []DeadLetter
}

// DeadLetter counts messages of one type that found no actor.
type DeadLetter struct {
	Message string
	Count   int
}

// boot is one life of a node. All that it holds dies with it.
type boot struct {
	world     *World
	machine   *Machine
	number    int
	name      string // prefix of its actors' names
	dead      bool
	paused    bool
	mailboxes []*mailbox
	ends      []*end
	holes     []*end // connections that the kernel took and the node never heard of
	listeners []*listener
	doors     []*door
	peers     []string
	host      *actors.Host
	root      *actor.PID
	forced    []string                // resources upon which a role was forced
	newest    map[string]*roleAnswers // by resource: the newest command for a role
	panics    []*plannedPanic
	firstID   uint64 // the library's count of names when the boot began
	starved   int    // index of the mailbox that OrderStarved lets wait
}

// AddMachine puts a machine into the world, powered, with nothing running.
func (w *World) AddMachine(name, addr string) *Machine {
	m := &Machine{world: w, name: name, addr: addr, system: takeSystem(), on: true}
	w.machines = append(w.machines, m)
	return m
}

// Name is the machine's name.
func (m *Machine) Name() string { return m.name }

// Running reports whether a node runs here.
func (m *Machine) Running() bool { return m.boot != nil }

// Host is the running node's world, nil if none runs.
func (m *Machine) Host() *actors.Host {
	if m.boot == nil {
		return nil
	}
	return m.boot.host
}

// Root is the running node's first actor, nil if none runs.
func (m *Machine) Root() *actor.PID {
	if m.boot == nil {
		return nil
	}
	return m.boot.root
}

// DeadLetters are the messages that found no actor, by type.
func (m *Machine) DeadLetters() []DeadLetter { return m.deadLetters }

// Start powers the machine on if need be and starts a node there: the actor that props makes.
func (m *Machine) Start(props func(h *actors.Host) *actor.Props) error {
	if m.boot != nil {
		return fmt.Errorf("machine %s runs a node already", m.name)
	}
	if !m.on {
		m.on = true
		m.world.fabric.poweredOn(m)
	}
	m.Wake()
	m.stock = false
	m.boots++
	b := &boot{world: m.world, machine: m, number: m.boots, name: fmt.Sprintf("%s%d", m.name, m.boots)}
	b.host = b.newHost()
	m.boot = b
	b.firstID = m.system.ProcessRegistry.SequenceID
	m.resetEvents()
	m.world.trace.add(m.world.now, m.name, "start", b.name)
	root, err := m.system.Root.SpawnNamed(props(b.host), b.name)
	if err != nil {
		return fmt.Errorf("machine %s: %w", m.name, err)
	}
	b.root = root
	return nil
}

// Kill ends the node as SIGKILL does: no turn more; its kernel closes its connections, and ends the disk
// operations that it had been handed, or not.
func (m *Machine) Kill() {
	if m.boot == nil {
		return
	}
	m.world.trace.add(m.world.now, m.name, "kill")
	m.world.tellDeath(m, false)
	m.world.effect(FaultKill)
	b := m.bury()
	for _, d := range m.disks {
		d.processDied()
	}
	m.world.fabric.processDied(b)
}

// Power cuts the machine's power: besides what Kill does, its peers hear nothing, and its disks lose
// some of what was not durable.
func (m *Machine) Power() {
	m.world.trace.add(m.world.now, m.name, "power off")
	m.world.tellDeath(m, true)
	m.world.effect(FaultPowerCut)
	b := m.bury()
	m.forgetSleep()
	m.on = false
	m.starts++
	for _, d := range m.disks {
		d.powerLost()
	}
	if b != nil {
		m.world.fabric.powerLost(b)
	}
}

// Pause stops all turns of the node, as SIGSTOP does; its disks and its kernel's network go on.
func (m *Machine) Pause() {
	if m.boot == nil || m.boot.paused {
		return
	}
	m.world.trace.add(m.world.now, m.name, "pause")
	m.world.effect(FaultPause)
	m.boot.paused = true
	for _, mb := range m.boot.mailboxes {
		m.world.unready(mb)
	}
}

// Continue ends a Pause.
func (m *Machine) Continue() {
	if m.boot == nil || !m.boot.paused {
		return
	}
	m.world.trace.add(m.world.now, m.name, "continue")
	m.world.keptApart(FaultPause)
	m.boot.paused = false
	for _, mb := range m.boot.mailboxes {
		m.world.makeReady(mb)
	}
}

// Awake reports whether a node runs whose actors have turns.
func (m *Machine) Awake() bool { return m.boot != nil && !m.boot.still() }

// still reports whether the node's actors have no turns.
func (b *boot) still() bool { return b.dead || b.paused || b.machine.asleep }

// bury ends the current boot and everything in memory.
func (m *Machine) bury() *boot {
	b := m.boot
	if b == nil {
		return nil
	}
	b.dead = true
	m.boot = nil
	for _, mb := range b.mailboxes {
		m.world.unready(mb)
		if mb.pid != nil {
			m.system.ProcessRegistry.Remove(mb.pid)
		}
	}
	b.mailboxes = nil
	for _, d := range b.doors {
		d.died()
	}
	b.listeners = nil
	m.dropGuardians(b.firstID)
	return b
}

// drop removes the first element that equals x.
func drop[T comparable](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
