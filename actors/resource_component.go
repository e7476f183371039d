package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

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
	r.rec, r.image, r.sector, r.diskHeld = m.rec, m.image, m.sector, true
	r.returning = 0
	if r.fsm.Current() == states.RoleIsOpening {
		// What a handshake has told isn't forgotten by another opening of the same copy.
		outdated := r.standing.isBehind(&m.rec)
		r.standing = openStanding(&m.rec, r.boot())
		if outdated {
			r.standing.behind(&m.rec)
		}
		r.step(states.RoleOnOpened)
		return
	}
	if r.fsm.Current() == states.RoleIsStandby {
		r.step(wish(r.want.role))
	}
}

// boot is the identity of the start of the machine that a record is compared with at the opening. If a flush failed
// there, none is the same: what was not flushed before may be gone (I38).
func (r *resource) boot() string {
	if r.cache.shaken {
		return ""
	}
	return r.h.Boot
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
	if r.stopping {
		return // whom it began now nobody would stop, and it could never end
	}
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
