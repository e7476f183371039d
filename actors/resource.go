package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/config"
	"hast/states"
	"hast/wire"
)

// resource is a node's part in one replicated device: its role, and the supervisor of those who carry it
// out. They all run on one executor, so that no two of them ever run at once.
type resource struct {
	h     *Host
	ex    Executor
	cfg   config.Resource
	log   hclog.Logger
	node  *actor.PID
	pid   *actor.PID
	ctx   actor.Context
	fsm   *states.Machine
	epoch uint64 // the last one given out; never used again in this incarnation

	// The children, where there are any. They tell each other things by these addresses.
	localdisk, gate, link, guard, sync, secondary, hooks *actor.PID
	reign                                                uint64

	want     setRole
	waiting  []setRole   // commands without an answer
	role     states.Role // as the exec program knows it
	told     states.Role // as the node knows it
	since    time.Time
	reason   string
	remedy   string
	sector   int
	standing *standing
	rec      states.Record
	image    []byte
	diskHeld bool // the provider is open, as far as is known here
	reopen   bool // open it again when it is closed

	// nonce tells a hello of our own from others'.
	nonce uint64
	probe struct {
		epoch   uint64
		ask     uint64 // the last question
		again   uint64 // the timer that leads to the next one
		nonce   uint64 // decides between two nodes that are promoted at once
		since   time.Duration
		settled bool
		peer    states.PeerAnswer
		heard   bool
		verdict states.Verdict
		remedy  string // against the verdict
	}
	door      Door
	device    string
	gaveUp    bool // the component was given up; it isn't closed before its operations have ended
	withdrawn bool // the device was withdrawn and hasn't come back (withdraw.go)
	patience  Timer
	transit   uint64 // of the state that patience is for
	falls     []time.Duration
	closing   int // children whose end is awaited
	fallen    bool
	ended     bool // the reign ended for want of a current copy
	leaving   bool
	stopping  bool       // it ends when its children have
	cache     *diskCache // what the component may not hold durably; localdisk's
	peer      heard
	resolving *resolveCopy  // secondary has it
	returning int           // attempts left to open what a fallen predecessor may have open
	walks     []*statusWalk // on their way
	gone      ShutdownSink
	stopAfter bool
	reload    *config.Resource // to be taken over in init
	after     *setRole         // the role to come back to after it
}

const (
	// probeSilence is how long a promotion waits for a silent peer (I18's T).
	probeSilence = 2 * time.Second
	// probeRetry is the pause between questions to a peer that says it is primary.
	probeRetry = time.Second
	// fallsMost falls within fallsWindow end a role: what falls again and again serves nobody.
	fallsMost   = 3
	fallsWindow = time.Minute
	// fallPause is how long a resource rests after a fall before it takes its role up again.
	fallPause = time.Second
)

// NewResource makes the Props of one resource for a host program with an ActorSystem of its own: spawned
// by name there, it takes *SetRole, *QueryStatus and *Shutdown as a node does, for itself alone, whatever
// names they carry. It begins in role init. To be found by its peer's connections it needs a node
// (NewNode); alone it can be primary.
func NewResource(h *Host, cfg config.Resource) *actor.Props {
	ex := h.Exec.Executor(cfg.Name)
	cache := &diskCache{}
	return props(ex, func() actor.Actor { return newResource(h, ex, cfg, nil, cache) }, actor.WithGuardian(guardian{h}))
}

func newResource(h *Host, ex Executor, cfg config.Resource, node *actor.PID, cache *diskCache) *resource {
	r := &resource{h: h, ex: ex, cfg: cfg, node: node, cache: cache, role: states.RoleInit, log: h.Log.With("resource", cfg.Name),
		told: states.RoleInit, want: setRole{role: states.RoleInit}}
	r.fsm = r.machine(states.RoleTable)
	return r
}

func (r *resource) Receive(c actor.Context) {
	r.ctx = c
	switch m := c.Message().(type) {
	case *actor.Started:
		r.onStarted(c)
	case *setRole:
		r.onSetRole(m)
	case *SetRole:
		r.onSetRole(&setRole{role: m.Role, force: m.Force, sink: m.To})
	case *resolveCopy:
		r.onResolveCopy(m)
	case *Resolve:
		r.onResolveCopy(&resolveCopy{how: m.How, sink: m.To})
	case *resolveDone:
		r.onResolveDone(m)
	case *statusWalk:
		r.onStatus(m)
	case *QueryStatus:
		r.onStatus(&statusWalk{sink: m.To, status: &Status{Name: r.cfg.Name}})
	case *Shutdown:
		r.gone = m.To
		r.onRetire()
	case *peerHello:
		r.onPeerHello(m)
	case *helloOver:
		if r.secondary != nil {
			r.h.Tell(r.secondary, m)
		}
	case *diskReady:
		r.onDiskReady(m)
	case *diskFailed:
		r.onDiskFailed(m)
	case *DiskClosed:
		r.onDiskClosed()
	case *peerAnswered:
		r.onPeerAnswered(m)
	case *sessionUp:
		r.onSessionUp(m)
	case *sessionRefused:
		r.onSessionRefused(m)
	case *sessionDown:
		r.onSessionDown(m)
	case *deviceShown:
		r.onShown(m)
	case *deviceGone:
		r.onDeviceGone()
	case *withdrawn:
		r.onWithdrawn(m)
	case *diskTaken:
		r.diskHeld = true
	case *stuckLimit:
		r.onStuckLimit(m)
	case *gateDrained:
		r.onDrained(m)
	case *reignEnded:
		r.onReignEnded(m)
	case *settled:
		r.step(states.RoleOnSettled)
	case *peerHeard:
		r.peer = m.heard
		r.peer.at = r.h.Clock.Wall()
	case *sessionKnown:
		r.onSessionKnown(m)
	case *sidesEqual:
		r.onSidesEqual(m)
	case *notice:
		r.hook(m.event)
	case *probeOver:
		r.onProbeOver(m)
	case *probeAgain:
		r.onProbeAgain(m)
	case *upAgain:
		r.onUpAgain(m)
	case *reconfigure:
		r.onReconfigure(m)
	case *retire:
		r.onRetire()
	case *fell:
		r.onFell(m)
	case *roleLimit:
		r.onRoleLimit(m)
	case *returned:
		r.onReturned(m)
	case *openAgain:
		r.onOpenAgain()
	case *FramesIn: // of a connection that was refused
		for _, f := range m.Frames {
			f.Release()
		}
	case *ConnClosed:
	case *actor.Terminated:
		r.onTerminated(m)
	case *actor.Stopping:
		r.stopping = true
	case *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("resource: unexpected %T", m))
	}
}

// newEpoch gives a number that was never given before in this incarnation.
func (r *resource) newEpoch() uint64 {
	r.epoch++
	return r.epoch
}

func (r *resource) onStarted(c actor.Context) {
	r.pid = c.Self()
	r.nonce = r.h.Rand.Uint64() | 1
	r.since = r.h.Clock.Wall()
	r.hooks = r.spawn("hooks", func() actor.Actor { return &hooks{res: r} })
}

// spawn starts a child under a name that was never used.
func (r *resource) spawn(name string, producer actor.Producer) *actor.PID {
	pid, err := r.ctx.SpawnNamed(props(r.ex, producer), fmt.Sprintf("%s-%d", name, r.newEpoch()))
	if err != nil {
		panic(err)
	}
	return pid
}

// HandleFailure decides about a child that panicked. Whatever it was: gate, localdisk, remotelink and
// secondary share what is in flight, so all fall together, nothing more is acknowledged, and the role is
// taken up again from what is durable. hooks alone falls alone.
func (r *resource) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	what := fmt.Sprintf("%v (on %T)", reason, message)
	r.log.Error("an actor fell", "actor", child.Id, "reason", what)
	if child == r.hooks || r.hooks != nil && child.Id == r.hooks.Id {
		s.RestartChildren(child)
		return
	}
	if r.node != nil && opens(message) {
		r.h.Tell(r.node, &orphan{letter: message}) // nobody may have taken it yet
	}
	s.StopChildren(child)
	r.h.Tell(r.pid, &fell{who: child.Id, what: what})
}

// msgMyself is what a node answers to a hello of its own.
const msgMyself = "The remote address leads back to the node itself."

// onPeerHello gives a hello to who can answer it.
func (r *resource) onPeerHello(m *peerHello) {
	if m.first != nil && m.first.Node == r.nonce {
		r.log.Error("the configured remote leads back to this node", "remote", r.cfg.Remote)
		refuseHello(r, m.conn, msgMyself, false)
		return
	}
	if r.fsm.Current() == states.RoleIsSecondary && r.secondary != nil {
		r.h.Tell(r.secondary, m)
		return
	}
	role := heldRole(r.fsm.Current())
	switch r.fsm.Current() {
	case states.RoleIsProbing:
		role = states.RolePrimary
		if m.first != nil && m.first.Probe > r.probe.nonce {
			// Two promotions at once: the peer's goes on, this one waits until it is refused (I18).
			role = states.RoleInit
			r.probe.heard, r.probe.peer = true, states.PeerPrimary
			r.promote(states.PeerPrimary, "the peer is being promoted, too")
		}
	case states.RoleIsStarting, states.RoleIsDraining:
		role = states.RolePrimary
	}
	if role == states.RoleSecondary {
		role = states.RoleInit
	}
	refuseHello(r, m.conn, wire.MsgWrongRole(role), role == states.RolePrimary)
}

// refuseHello answers a hello with a reason and closes the connection.
func refuseHello(r *resource, c Conn, reason string, wait bool) {
	r.log.Debug("hello refused", "peer", c.Peer(), "reason", reason)
	var f wire.OutFrame
	f.Version = wire.ProtocolVersion
	f.NV = wire.AppendHello1Reply(nil, &wire.Hello1Reply{ErrMsg: reason, Wait: wait})
	c.Own(Owner{PID: r.pid, Exec: r.ex})
	c.Send(&f, nil)
	c.CloseAfterSend()
}

func (r *resource) onReconfigure(m *reconfigure) {
	cfg := m.cfg
	r.reload = &cfg
	switch {
	case r.fsm.Current() == states.RoleIsInit || r.fsm.Current() == states.RoleIsFailed:
		r.applyReload()
	case m.change.Action(heldRole(r.fsm.Current())) == config.ActionRestart:
		// To init, replaced, and back to the role that is wanted.
		back := r.want
		back.id = 0
		r.want = setRole{role: states.RoleInit}
		r.after = &back
		r.step(states.RoleOnWantInit)
	default:
		r.applyReload()
		if r.gate != nil {
			r.h.Tell(r.gate, &regate{cfg: cfg})
			if m.change.Has("remote") || m.change.Has("source") {
				r.h.Tell(r.link, &relink{cfg: cfg})
			}
		}
	}
}

func (r *resource) applyReload() {
	r.cfg, r.reload = *r.reload, nil
	if r.after != nil {
		r.want = *r.after
		r.after = nil
	}
}

// onRetire ends the resource for good.
func (r *resource) onRetire() {
	r.stopAfter = true
	r.want = setRole{role: states.RoleInit}
	r.waiting = append(r.waiting, r.want)
	r.step(states.RoleOnWantInit)
}

func (r *resource) leave() {
	if r.leaving {
		return
	}
	r.leaving = true
	if r.node != nil {
		r.h.Tell(r.node, &resourceGone{name: r.cfg.Name})
	}
	if r.gone != nil {
		r.gone.NodeStopped()
	}
	r.ctx.Stop(r.pid)
}
