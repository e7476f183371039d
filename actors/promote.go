package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

// How a resource becomes primary: the reign's actors are started, the peer is asked, and
// states.Promote decides.

// probePeer starts a reign and asks the peer by an ordinary first hello, which disturbs no session.
func (r *resource) probePeer() {
	r.reign = r.newEpoch()
	r.gate = r.spawn("gate", func() actor.Actor { return newGate(r) })
	r.link = r.spawn("remotelink", func() actor.Actor { return newRemotelink(r) })
	r.sync = r.spawn("sync", func() actor.Actor { return newSyncer(r) })
	r.guard = r.spawn("guard", func() actor.Actor { return &guard{res: r} })
	r.h.Tell(r.gate, &openGate{rec: r.rec, standing: r.standing, image: append([]byte(nil), r.image...), sector: r.sector, forced: r.want.force})
	p := &r.probe
	p.nonce = max(1, r.h.Rand.Uint64())
	p.epoch, p.since, p.settled, p.heard, p.verdict, p.remedy = r.reign, r.h.Clock.Now(), false, false, states.VerdictNone, ""
	if r.cfg.RemoteNone {
		r.promote(states.PeerNone, "")
		return
	}
	r.askPeer()
}

func (r *resource) askPeer() {
	r.probe.heard, r.probe.ask = false, r.newEpoch()
	r.h.Tell(r.link, &connect{probing: true})
	r.h.Clock.TellAfter(probeSilence, r.pid, &probeOver{epoch: r.probe.ask})
}

// promote applies the table.
func (r *resource) promote(peer states.PeerAnswer, said string) {
	p := &r.probe
	if p.settled || r.fsm.Current() != states.RoleIsProbing {
		return
	}
	c := states.Candidate{Fitness: r.rec.Unfit, Crashed: r.standing.crashed, Bad: !r.rec.Bad.IsEmpty(), Force: r.want.force, Verdict: p.verdict,
		Waited: r.h.Clock.Now()-p.since >= r.cfg.Timeout, Withdrawn: r.withdrawn, Remedy: p.remedy}
	if r.standing.outdated {
		// A handshake has told so, and came to nothing.
		c.Fitness = max(c.Fitness, states.Outdated)
	}
	decision, reason, remedy := states.Promote(peer, c)
	switch decision {
	case states.PromoteSession:
		// The handshake goes on by itself; its end comes back here.
	case states.PromoteRetry:
		pause := probeRetry
		if !c.Waited {
			r.log.Info(fmt.Sprintf("Waiting for remote node to become secondary for %v.", r.cfg.Timeout))
		} else {
			pause = reconnectPeriod
		}
		p.again = r.newEpoch()
		r.h.Clock.TellAfter(pause, r.pid, &probeAgain{epoch: p.again})
	case states.PromoteAlone:
		p.settled = true
		if peer != states.PeerNone {
			r.log.Warn("serving without the peer", "peer", peer.String(), "reason", said)
		}
		if lacks, cost := c.Lacks(peer); lacks != "" {
			r.log.Warn("served by force: "+lacks, "instead", cost)
		}
		r.step(states.RoleOnPeerReady)
	case states.PromoteRefuse:
		p.settled = true
		switch {
		case peer == states.PeerPrimary && said != "":
			reason += " (" + r.cfg.Remote + ": " + said + ")"
		case said != "":
			reason += " (" + said + ")"
		}
		r.log.Error("promotion refused: "+reason, "remedy", remedy)
		r.reason, r.remedy = reason, remedy
		// Back to what this node was before it was asked.
		r.want.role = r.role
		if r.want.role == states.RolePrimary {
			r.want.role = states.RoleInit
		}
		r.step(states.RoleOnRefused)
	}
}

// overtake takes a command that comes while the peer is asked.
func (r *resource) overtake(m *setRole) {
	r.reason, r.remedy = "", "" // of what came before
	if m.role == states.RolePrimary && m.force {
		r.h.Tell(r.gate, &insist{})
		if r.withdrawn && !r.probe.settled {
			r.askPeer() // the next question may be far off
		}
	}
}

// onPeerAnswered: what the peer said to the first hello, or that it could not be asked.
func (r *resource) onPeerAnswered(m *peerAnswered) {
	r.probe.heard = r.probe.heard || m.answer != states.PeerSilent
	r.probe.peer = m.answer
	r.promote(m.answer, m.reason)
}

// onSessionUp: a session stands; a promotion has nothing more to wait for.
func (r *resource) onSessionUp(m *sessionUp) {
	r.probe.verdict = m.verdict
	if r.fsm.Current() == states.RoleIsProbing && !r.probe.settled {
		r.probe.settled = true
		r.step(states.RoleOnPeerReady)
	}
}

// onSessionRefused: the handshake ended with a verdict that allows no session.
func (r *resource) onSessionRefused(m *sessionRefused) {
	if r.fsm.Current() != states.RoleIsProbing || r.probe.settled {
		return
	}
	r.probe.verdict, r.probe.remedy = m.verdict, m.remedy
	if m.verdict == states.VerdictNone || !m.verdict.Refused() {
		r.probe.verdict = states.VerdictForeign // the sizes differ, or this copy is no current one
	}
	r.promote(states.PeerSecondary, m.reason)
}

// onSessionDown: an attempt ended. A peer that has said that it is secondary may know that this copy is behind,
// so a handshake that broke off is tried again, for as long as a peer is asked that says it is primary (I17).
// One that went away meanwhile will be heard to have.
func (r *resource) onSessionDown(m *sessionDown) {
	p := &r.probe
	if r.fsm.Current() != states.RoleIsProbing || p.settled || !p.heard || p.peer != states.PeerSecondary {
		return
	}
	if r.h.Clock.Now()-p.since >= r.cfg.Timeout {
		r.promote(states.PeerSilent, m.reason)
		return
	}
	p.again = r.newEpoch()
	r.h.Clock.TellAfter(probeRetry, r.pid, &probeAgain{epoch: p.again})
}

// onProbeOver: a peer that is silent for so long holds nobody up any longer.
func (r *resource) onProbeOver(m *probeOver) {
	if m.epoch == r.probe.ask && !r.probe.heard {
		r.promote(states.PeerSilent, "no answer")
	}
}

func (r *resource) onProbeAgain(m *probeAgain) {
	if m.epoch == r.probe.again && !r.probe.settled && r.fsm.Current() == states.RoleIsProbing {
		r.askPeer()
	}
}

func (r *resource) onShown(m *deviceShown) {
	if m.err != nil {
		p := states.NotShown(m.unrecorded, m.err.Error())
		r.reason, r.remedy = p.Reason, p.Remedy
		r.want.role = states.RoleInit
		r.step(states.RoleOnShowFailed)
		return
	}
	if r.fsm.Current() != states.RoleIsStarting {
		m.door.Abandon()
		return
	}
	r.door, r.device = m.door, m.uri
	r.log.Info("Device created.", "uri", m.uri)
	r.step(states.RoleOnShown)
}

// onDeviceGone: the door went away unasked, which only a fault of its own can do. The role is taken up again.
func (r *resource) onDeviceGone() {
	if r.fsm.Current() != states.RoleIsPrimary || r.door == nil {
		return
	}
	r.reason, r.remedy = "the device went away by itself", "see the log"
	r.door, r.fallen = nil, true
	r.step(states.RoleOnCrashed)
}

// onReignEnded: this node serves nothing any more, and says why.
func (r *resource) onReignEnded(m *reignEnded) {
	r.log.Error("the reign ends: "+m.reason, "remedy", m.remedy)
	r.reason, r.remedy = m.reason, m.remedy
	r.want, r.ended, r.gaveUp = setRole{role: states.RoleInit}, true, true
	r.step(states.RoleOnCrashed)
}

func (r *resource) onDrained(m *gateDrained) {
	if m.reason != "" {
		r.log.Error(m.reason)
	}
	r.door, r.device = nil, ""
	if m.reopen {
		r.reason, r.remedy = m.reason, "check the disk below the component"
		r.fallen, r.gaveUp = true, true
		r.step(states.RoleOnCrashed)
		return
	}
	r.step(states.RoleOnDrained)
}
