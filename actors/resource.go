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
	case *actor.Stopping, *actor.Stopped, *actor.Restarting:
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

// step takes an event through the role's table and does what it says.
func (r *resource) step(ev states.Event) {
	before := r.fsm.Current()
	effects, err := r.fsm.Step(ev)
	if err != nil {
		r.log.Debug("ignored", "error", err)
		return
	}
	if after := r.fsm.Current(); after != before {
		r.since = r.h.Clock.Wall()
		r.log.Debug("role", "from", before, "event", ev, "to", after)
		r.limitTransit()
	}
	for _, e := range effects {
		r.do(e)
	}
}

func (r *resource) do(e states.Effect) {
	switch e {
	case states.RoleDoOpenComponent:
		r.openComponent()
	case states.RoleDoDecide:
		r.decide()
	case states.RoleDoProbePeer:
		r.probePeer()
	case states.RoleDoShowDevice:
		r.h.Tell(r.gate, &showDevice{})
	case states.RoleDoStartGuard:
		r.h.Tell(r.guard, &watch{on: true})
	case states.RoleDoStartSecondary:
		r.secondary = r.spawn("secondary", func() actor.Actor { return newSecondary(r) })
		r.h.Tell(r.secondary, &serveAs{rec: r.rec, standing: r.standing, image: append([]byte(nil), r.image...)})
	case states.RoleDoDrain:
		r.h.Tell(r.gate, &drain{})
	case states.RoleDoSettle:
		r.h.Tell(r.secondary, &settle{})
	case states.RoleDoHideDevice:
		r.hideDevice()
	case states.RoleDoDropLink:
		r.dropReign()
	case states.RoleDoCloseComponent:
		r.closeComponent()
	case states.RoleDoAnnounce:
	case states.RoleDoHookRole:
		r.announce()
	case states.RoleDoAnswer:
		r.answerWaiting()
	case states.RoleDoAnswerFailure:
		r.answerFailed()
	default:
		panic("resource: unknown effect " + string(e))
	}
}

// heldRole is the role that a state of the role machine stands for.
func heldRole(s states.State) states.Role {
	switch s {
	case states.RoleIsPrimary:
		return states.RolePrimary
	case states.RoleIsSecondary:
		return states.RoleSecondary
	}
	return states.RoleInit
}

func (r *resource) onSetRole(m *setRole) {
	m.before, m.epoch = r.role, r.newEpoch()
	if r.heldOpen(m) {
		return
	}
	r.h.Clock.TellAfter(r.roleLimit(), r.pid, &roleLimit{epoch: m.epoch})
	r.waiting = append(r.waiting, *m)
	r.want = *m
	if r.fsm.Current() == states.RoleIsProbing {
		r.overtake(m)
	}
	if r.fsm.Current() == states.RoleIsStandby && m.role != states.RoleInit {
		return // the component's state is on its way, and then the wish is issued
	}
	r.step(wish(m.role))
}

func wish(role states.Role) states.Event {
	switch role {
	case states.RolePrimary:
		return states.RoleOnWantPrimary
	case states.RoleSecondary:
		return states.RoleOnWantSecondary
	}
	return states.RoleOnWantInit
}

// decide issues the wanted role again where the machine can act on it.
func (r *resource) decide() {
	if r.fsm.Current() == states.RoleIsInit && r.reload != nil {
		r.applyReload() // and with it the role that was held before the restart
	}
	if at := r.fsm.Current(); at == states.RoleIsStandby || heldRole(at) != r.want.role {
		if at == states.RoleIsStandby && (r.want.role == states.RolePrimary || r.want.role == states.RoleSecondary) {
			// The component's state as it is now: the former role has written to it.
			r.h.Tell(r.localdisk, &describeDisk{})
			return
		}
		r.step(wish(r.want.role))
	}
}

// announce tells the log and the exec program of a new role, once.
func (r *resource) announce() {
	now := heldRole(r.fsm.Current())
	if r.node != nil && now != r.told {
		r.told = now
		r.h.Tell(r.node, &roleHeld{name: r.cfg.Name, role: now})
	}
	if r.withdrawn && now == states.RolePrimary {
		r.reason, r.remedy = "", ""
	}
	r.withdrawn = false
	if now != r.role {
		r.log.Info(fmt.Sprintf("Role changed to %s.", now))
		r.hookRole(now)
	}
}

// hookRole tells the exec program of another role.
func (r *resource) hookRole(now states.Role) {
	before := r.role
	r.role = now
	r.h.Tell(r.hooks, &runHook{exec: r.cfg.Exec, args: []string{"role", r.cfg.Name, before.String(), now.String()}})
}

func (r *resource) hook(event string) {
	r.h.Tell(r.hooks, &runHook{exec: r.cfg.Exec, args: []string{event, r.cfg.Name}})
}

// answerWaiting answers the commands for the role that is held now, and those that a later one overtook.
func (r *resource) answerWaiting() {
	held := heldRole(r.fsm.Current())
	var rest []setRole
	for i, w := range r.waiting {
		switch {
		case w.role == held:
			if r.fsm.Current() != states.RoleIsQuarantined {
				r.reason, r.remedy = "", ""
			}
			r.want.force = false // it was for this command, not for what comes later
			r.settleRole(w, "")
		case i < len(r.waiting)-1:
			r.settleRole(w, "overtaken by a later role command")
		default:
			rest = append(rest, w)
		}
	}
	r.waiting = rest
	if r.stopAfter && held == states.RoleInit {
		r.leave()
	}
}

// answerFailed answers all with the reason why the wanted role isn't held.
func (r *resource) answerFailed() {
	reason := r.reason
	if reason == "" {
		reason = "overtaken by a later role command"
	}
	if r.remedy != "" {
		reason += "; " + r.remedy
	}
	var rest []setRole
	for _, w := range r.waiting {
		if w.role != r.want.role && r.reason == "" {
			r.settleRole(w, "overtaken by a later role command")
			continue
		}
		if r.reason == "" {
			rest = append(rest, w)
			continue
		}
		r.settleRole(w, reason)
	}
	r.waiting = rest
	if r.stopAfter && heldRole(r.fsm.Current()) == states.RoleInit {
		r.leave()
	}
}

func (r *resource) settleRole(w setRole, reason string) {
	if w.sink != nil {
		w.sink.RolesSet([]RoleAnswer{{Name: r.cfg.Name, Before: w.before, Reason: reason}})
	}
	if w.id != 0 {
		r.h.Tell(r.node, &roleSettled{name: r.cfg.Name, id: w.id, before: w.before, reason: reason})
	}
}

func (r *resource) openComponent() {
	if r.diskHeld {
		r.reopen = true
		return
	}
	if r.localdisk == nil {
		r.localdisk = r.spawn("localdisk", func() actor.Actor {
			return &localdisk{res: r, log: r.log}
		})
	}
	r.h.Tell(r.localdisk, &openDisk{})
}

func (r *resource) onDiskReady(m *diskReady) {
	// What a handshake has told isn't forgotten by another opening of the same copy.
	outdated := r.standing != nil && r.standing.outdated && states.CopyOf(&m.rec) == states.CopyOf(&r.rec)
	r.rec, r.image, r.sector, r.diskHeld = m.rec, m.image, m.sector, true
	r.returning = 0
	if r.fsm.Current() == states.RoleIsOpening {
		r.standing = openStanding(&m.rec, r.h.Boot)
		r.standing.outdated = outdated
	}
	if r.fsm.Current() == states.RoleIsOpening {
		r.step(states.RoleOnOpened)
		return
	}
	if r.fsm.Current() == states.RoleIsStandby {
		r.step(wish(r.want.role))
	}
}

func (r *resource) onDiskFailed(m *diskFailed) {
	if r.waitForPredecessor(m) {
		return
	}
	r.reason, r.remedy = m.reason, m.remedy
	r.want.role = states.RoleInit
	// Nothing of it may stay open: the actor closes what it has.
	r.diskHeld = m.held
	r.stopChild(&r.localdisk)
	r.step(states.RoleOnOpenFailed)
}

// stopChild stops a child and forgets its address; the end is heard as Terminated.
func (r *resource) stopChild(pid **actor.PID) {
	if *pid != nil {
		r.closing++
		r.ctx.Stop(*pid)
		*pid = nil
	}
}

// hideDevice takes the device from its clients at once.
func (r *resource) hideDevice() {
	if r.door != nil {
		r.door.Abandon()
		r.door = nil
	}
	r.device = ""
}

// dropReign ends those who carry out a role; what they have open closes with them.
func (r *resource) dropReign() {
	r.resolveInterrupted()
	r.door, r.device = nil, ""
	for _, p := range []**actor.PID{&r.guard, &r.sync, &r.link, &r.gate, &r.secondary} {
		r.stopChild(p)
	}
}

// closeComponent closes the component; closed, restart or give-up follows when all is down.
func (r *resource) closeComponent() {
	r.dropReign()
	r.stopChild(&r.localdisk)
	r.maybeDown()
}

func (r *resource) onTerminated(m *actor.Terminated) {
	defer r.walkAgain(m.Who)
	for _, p := range []**actor.PID{&r.guard, &r.sync, &r.link, &r.gate, &r.secondary, &r.localdisk} {
		if *p != nil && (*p).Id == m.Who.Id {
			*p = nil // it fell: its end was not asked for
			return
		}
	}
	if r.closing > 0 {
		r.closing--
	}
	r.maybeDown()
}

// onDiskClosed: none of the component's operations can have an effect any more.
func (r *resource) onDiskClosed() {
	r.diskHeld, r.gaveUp = false, false
	if r.reopen {
		r.reopen = false
		if r.fsm.Current() == states.RoleIsOpening {
			r.openComponent()
			return
		}
	}
	r.maybeDown()
}

// maybeDown says what follows once everything is down.
func (r *resource) maybeDown() {
	at := r.fsm.Current()
	if r.closing > 0 || r.diskHeld || at != states.RoleIsClosing && at != states.RoleIsQuarantined {
		return
	}
	if at == states.RoleIsQuarantined {
		r.log.Info("the operations of the local component have ended")
		r.fallen, r.ended, r.reason, r.remedy = false, false, "", ""
		r.step(states.RoleOnClosed)
		return
	}
	if r.ended {
		r.ended, r.fallen = false, false
		r.step(states.RoleOnGiveUp)
		return
	}
	if !r.fallen {
		r.step(states.RoleOnClosed)
		return
	}
	r.fallen = false
	now := r.h.Clock.Now()
	r.falls = append(r.falls, now)
	recent := 0
	for _, at := range r.falls {
		if now-at < fallsWindow {
			recent++
		}
	}
	if recent > fallsMost {
		r.want.role = states.RoleInit
		r.step(states.RoleOnGiveUp)
		return
	}
	r.upAfterPause()
}

func (r *resource) onUpAgain(m *upAgain) {
	if m.epoch == r.probe.epoch && r.fsm.Current() == states.RoleIsInit {
		r.step(wish(r.want.role)) // the predecessor's, unless a command came in between
		return
	}
	if m.epoch != r.probe.epoch || r.fsm.Current() != states.RoleIsClosing {
		return
	}
	if r.want.role == states.RoleInit {
		r.step(states.RoleOnClosed)
		return
	}
	r.step(states.RoleOnRestart)
}

func (r *resource) onFell(m *fell) {
	r.reason = "an actor fell: " + m.who + ": " + m.what
	r.remedy = "see the log; 'hastctl role' to try again"
	r.fallen = true
	for _, p := range []**actor.PID{&r.guard, &r.sync, &r.link, &r.gate, &r.secondary, &r.localdisk} {
		if *p != nil && (*p).Id == m.who {
			r.closing++
			*p = nil
		}
	}
	r.step(states.RoleOnCrashed)
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
