package actors

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/config"
	"hast/states"
)

// node is all resources of one machine: it takes commands, and connections of peers, which it gives to
// the resource that the first message names.
type node struct {
	h    *Host
	ex   Executor
	cfg  *config.Config
	log  hclog.Logger
	self *actor.PID
	ctx  actor.Context

	names     []string // of resources, in the order of the file
	resources map[string]*actor.PID
	confs     map[string]config.Resource
	listeners map[string]Listener
	opening   int     // listeners whose answer is awaited
	deaf      []error // those that failed
	asked     []ListenSink
	epoch     uint64
	hellos    map[uint64]hello  // connections whose first message is awaited, by epoch
	passed    map[uint64]string // resources that have got one lately, by its epoch
	roles     map[uint64]*roleTurn
	queries   map[uint64]*queryTurn
	resolves  map[uint64]resolveTurn
	going     map[string]bool
	later     map[string]config.Resource // to be added when one of the same name is gone
	held      map[string]states.Role     // as announced last
	falls     map[string][]time.Duration // of resources themselves, within fallsWindow
	caches    map[string]*diskCache      // outlive the resources that fall
	unwatch   func()                     // ends watchOrphans
	shutdown  ShutdownSink
}

type roleTurn struct {
	answers []RoleAnswer
	done    []bool
	left    int
	to      RoleSink
}

func newNode(h *Host, ex Executor, cfg *config.Config) *node {
	return &node{h: h, ex: ex, cfg: cfg, log: h.Log, resources: make(map[string]*actor.PID),
		confs: make(map[string]config.Resource), listeners: make(map[string]Listener), hellos: make(map[uint64]hello), passed: make(map[uint64]string),
		roles: make(map[uint64]*roleTurn), queries: make(map[uint64]*queryTurn), resolves: make(map[uint64]resolveTurn), going: make(map[string]bool),
		later: make(map[string]config.Resource), held: make(map[string]states.Role), falls: make(map[string][]time.Duration),
		caches: make(map[string]*diskCache)}
}

func (n *node) Receive(c actor.Context) {
	n.ctx = c
	switch m := c.Message().(type) {
	case *actor.Started:
		n.onStarted(c)
	case *Accepted:
		n.onAccepted(m)
	case *Stranger:
		n.log.Error(fmt.Sprintf("Client %s isn't known.", m.Peer))
	case *Listening:
		n.onListening(m)
	case *Listeners:
		n.asked = append(n.asked, m.To)
		n.maybeListening()
	case *FramesIn:
		n.onFrames(m)
	case *ConnClosed:
		n.onConnClosed(m)
	case *helloLimit:
		n.onHelloLimit(m)
	case *SetRole:
		n.onSetRole(m)
	case *roleSettled:
		n.onRoleSettled(m)
	case *Resolve:
		n.onResolve(m)
	case *resolveDone:
		n.onResolveDone(m)
	case *QueryStatus:
		n.onQuery(m)
	case *statusWalk:
		n.onWalked(m)
	case *statusLimit:
		n.endQuery(m.id)
	case *Reload:
		n.onReload(m)
	case *Shutdown:
		n.onShutdown(m)
	case *resourceGone:
		n.onGone(m)
	case *roleHeld:
		n.held[m.name] = m.role
	case *orphan:
		n.onOrphan(m)
	case *actor.Terminated:
		n.onTerminated(m.Who)
	case *actor.Stopping:
		n.unwatch()
	case *DiskClosed, *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("node: unexpected %T", m))
	}
}

// HandleFailure stops a resource that fell itself, and no other (I25); onTerminated starts it anew.
func (n *node) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	n.log.Error("a resource failed and was stopped", "resource", child.Id, "reason", fmt.Sprint(reason))
	s.StopChildren(child)
	if opens(message) {
		n.h.Tell(n.self, &orphan{letter: message})
	}
}

func (n *node) onStarted(c actor.Context) {
	n.self = c.Self()
	n.watchOrphans()
	n.setPeers()
	for _, addr := range n.cfg.Listen {
		n.listen(addr)
	}
	for _, r := range n.cfg.Resources {
		n.add(r)
	}
}

func (n *node) owner() Owner { return Owner{PID: n.self, Exec: n.ex, Epoch: n.epoch} }

func (n *node) listen(addr string) {
	n.epoch++
	n.opening++
	n.h.Net.Listen(n.owner(), addr)
}

func (n *node) onListening(m *Listening) {
	n.opening--
	defer n.maybeListening()
	if m.Err != nil {
		n.deaf = append(n.deaf, fmt.Errorf("unable to listen on address %s: %w", m.Addr, m.Err))
		if n.cfg.ListenDefault {
			n.log.Warn(fmt.Sprintf("Unable to listen on address %s", m.Addr), "error", m.Err)
			return
		}
		n.log.Error(fmt.Sprintf("Unable to listen on address %s", m.Addr), "error", m.Err)
		return
	}
	n.log.Info(fmt.Sprintf("Listening on address %s.", m.Addr))
	n.listeners[m.Addr] = m.Listener
}

// maybeListening answers who asked, once every address is open or has failed.
func (n *node) maybeListening() {
	if n.opening > 0 {
		return
	}
	for _, to := range n.asked {
		to.Listens(sortedKeys(n.listeners), n.deaf)
	}
	n.asked = nil
}

func (n *node) setPeers() {
	var remotes []string
	for _, r := range n.cfg.Resources {
		if !r.RemoteNone {
			remotes = append(remotes, r.Remote)
		}
	}
	n.h.Net.SetPeers(remotes)
}

// add starts a resource, in role init.
func (n *node) add(cfg config.Resource) {
	n.names = append(n.names, cfg.Name)
	n.confs[cfg.Name], n.caches[cfg.Name] = cfg, &diskCache{}
	n.respawn(cfg.Name)
}

// respawn starts the actor of a resource that the node has.
func (n *node) respawn(name string) {
	cfg, cache := n.confs[name], n.caches[name]
	ex := n.h.Exec.Executor(cfg.Name)
	pid, err := n.ctx.SpawnNamed(props(ex, func() actor.Actor { return newResource(n.h, ex, cfg, n.self, cache) }),
		fmt.Sprintf("%s-%d", actorName(cfg.Name), n.nextEpoch()))
	if err != nil {
		panic(err)
	}
	n.resources[name] = pid
}

// actorName makes a resource's name fit into an actor's path.
func actorName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '/' {
			b[i] = '_'
		}
	}
	return string(b)
}

func (n *node) nextEpoch() uint64 {
	n.epoch++
	return n.epoch
}

// named resolves the names of a command: "all", or each by itself.
func (n *node) named(names []string) []string {
	if len(names) == 1 && names[0] == "all" {
		return n.names
	}
	return names
}

func (n *node) onSetRole(m *SetRole) {
	id := n.nextEpoch()
	t := &roleTurn{to: m.To}
	n.roles[id] = t
	for _, name := range n.named(m.Names) {
		pid := n.resources[name]
		t.answers = append(t.answers, RoleAnswer{Name: name, Unknown: pid == nil})
		t.done = append(t.done, pid == nil)
		if pid != nil {
			t.left++
			n.h.Tell(pid, &setRole{id: id, role: m.Role, force: m.Force})
		}
	}
	n.maybeRoles(id)
}

func (n *node) onRoleSettled(m *roleSettled) {
	t := n.roles[m.id]
	if t == nil {
		return
	}
	for i := range t.answers {
		if t.answers[i].Name == m.name && !t.done[i] {
			t.answers[i].Before, t.answers[i].Reason, t.done[i] = m.before, m.reason, true
			t.left--
			break
		}
	}
	n.maybeRoles(m.id)
}

func (n *node) maybeRoles(id uint64) {
	if t := n.roles[id]; t.left == 0 {
		delete(n.roles, id)
		t.to.RolesSet(t.answers)
	}
}

func (n *node) onReload(m *Reload) {
	changes := config.Diff(n.cfg, m.Config)
	n.deaf = nil
	n.cfg = m.Config
	n.setPeers()
	for _, addr := range changes.ListenAdded {
		n.listen(addr)
	}
	for _, addr := range changes.ListenRemoved {
		if l := n.listeners[addr]; l != nil {
			l.Close()
			delete(n.listeners, addr)
		}
	}
	for _, name := range changes.Removed {
		delete(n.later, name)
		if n.going[name] {
			continue
		}
		n.going[name] = true
		n.h.Tell(n.resources[name], &retire{})
		n.log.Info(fmt.Sprintf("Resource %s removed.", name))
	}
	for _, name := range changes.Added {
		if r, ok := m.Config.Resource(name); ok {
			if n.going[name] { // the former one of this name has the component still
				n.later[name] = *r
			} else {
				n.add(*r)
			}
			n.log.Info(fmt.Sprintf("Resource %s added.", name))
		}
	}
	for _, c := range changes.Changed {
		if r, ok := m.Config.Resource(c.Name); ok {
			if n.going[c.Name] {
				n.later[c.Name] = *r
				continue
			}
			n.confs[c.Name] = *r
			n.h.Tell(n.resources[c.Name], &reconfigure{cfg: *r, change: c})
		}
	}
	n.log.Info("Configuration reloaded successfully.")
}

func (n *node) onShutdown(m *Shutdown) {
	n.shutdown = m.To
	for _, addr := range sortedKeys(n.listeners) {
		n.listeners[addr].Close()
	}
	clear(n.later)
	for _, name := range n.names {
		n.going[name] = true
		n.h.Tell(n.resources[name], &retire{})
	}
	n.maybeStopped()
}

func (n *node) onGone(m *resourceGone) {
	if !n.going[m.name] {
		return // heard already, by its end
	}
	n.answerFor(m.name, "the resource is gone")
	delete(n.going, m.name)
	delete(n.held, m.name)
	delete(n.falls, m.name)
	delete(n.caches, m.name)
	delete(n.resources, m.name)
	delete(n.confs, m.name)
	for i, name := range n.names {
		if name == m.name {
			n.names = append(n.names[:i:i], n.names[i+1:]...)
			break
		}
	}
	if cfg, ok := n.later[m.name]; ok {
		delete(n.later, m.name)
		n.add(cfg)
	}
	n.maybeStopped()
}

func (n *node) maybeStopped() {
	if n.shutdown != nil && len(n.going) == 0 {
		n.shutdown.NodeStopped()
		n.shutdown = nil
		n.ctx.Stop(n.self)
	}
}

// sortedKeys lists a map's keys in order, because the map's own order could be seen.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	//house:ordered sorted right below
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
