package actors

import (
	"fmt"
	"time"

	"hast/states"
)

// A disk may be stuck for ever, its own or a secondary's. A role change must not be: whatever it waits for
// has its time, and then the role is given up and the component left alone until its operations have ended
// (I26). L2 gives a command three timeouts.

// transitLeast is for timeouts so short that an ordinary disk takes longer.
const transitLeast = 4 * time.Second

// transitLimit is how long a state that must end by itself may last. A peer that answers no more is given up
// after one timeout, and what is flushed and recorded then needs a healthy component only.
func (r *resource) transitLimit() time.Duration { return max(2*r.cfg.Timeout, transitLeast) }

// givenUpLimit is how long the closing of a component may last that was given up already: nobody expects much of it.
const givenUpLimit = time.Second

// limitTransit starts the time of the state that was just entered, if it has one.
func (r *resource) limitTransit() {
	if r.patience != nil {
		r.patience.Stop()
		r.patience = nil
	}
	if states.InTransit(r.fsm.Current()) {
		r.transit++
		limit := r.transitLimit()
		if r.gaveUp && r.fsm.Current() == states.RoleIsClosing {
			limit = min(limit, givenUpLimit)
		}
		r.patience = r.h.Clock.TellAfter(limit, r.pid, &stuckLimit{epoch: r.transit})
	}
}

// onStuckLimit gives the role up.
func (r *resource) onStuckLimit(m *stuckLimit) {
	at := r.fsm.Current()
	if m.epoch != r.transit || !states.InTransit(at) {
		return
	}
	if r.gaveUp {
		r.reason += "; its operations haven't ended"
	} else {
		r.reason = fmt.Sprintf("still %s after %v: component %s seems to be stuck", at, r.transitLimit(), r.cfg.Local)
	}
	r.remedy = "check the disk below it; the wanted role is taken up when its operations have ended"
	r.log.Error("the role is given up: "+r.reason, "remedy", r.remedy)
	r.step(states.RoleOnStuck)
}

// A client that has just gone may still be counted: how often, and how far apart, a demotion looks.
const (
	openLooks = 10
	openPause = 100 * time.Millisecond
)

// heldOpen refuses a demotion because somebody has the device open, or puts it off for a moment.
func (r *resource) heldOpen(m *setRole) bool {
	if r.fsm.Current() != states.RoleIsPrimary || m.role == states.RolePrimary || r.door == nil {
		return false
	}
	reason, remedy := states.MayDemote(r.door.Clients(), m.force)
	if reason == "" {
		return false
	}
	if m.looks++; m.looks < openLooks {
		r.h.Clock.TellAfter(openPause, r.pid, m)
	} else {
		r.settleRole(*m, reason+"; "+remedy)
	}
	return true
}

// roleLimitLeast is for timeouts so short that a promotion's questions take longer.
const roleLimitLeast = 5 * time.Second

// roleLimit is how long a role command waits at most: longer than any promotion that waits for its peer.
func (r *resource) roleLimit() time.Duration { return max(r.cfg.Timeout*5/2, roleLimitLeast) }

// onRoleLimit answers a command whose role isn't held yet. What it began goes on.
func (r *resource) onRoleLimit(m *roleLimit) {
	for i, w := range r.waiting {
		if w.epoch != m.epoch || w.epoch == 0 {
			continue
		}
		r.waiting = append(r.waiting[:i:i], r.waiting[i+1:]...)
		reason := fmt.Sprintf("still %s after %v; it goes on by itself, 'hastctl status' tells", r.fsm.Current(), r.roleLimit())
		if r.reason != "" {
			reason += " (" + r.reason + ")"
		}
		r.settleRole(w, reason)
		return
	}
}
