package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

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
