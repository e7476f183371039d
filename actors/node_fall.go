package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

// What a node does about a resource that fell itself, and not only one of its children. The others go on
// (I25); this one is started anew and takes up the role that it held from what is durable (I41). Nobody who
// waits for it waits in vain (I22).

// returned is the first message of a resource that stands in for one that fell.
type returned struct {
	role   states.Role
	reason string
	tired  bool // it fell too often: the role waits for a command
}

// roleHeld tells the node which role a resource has announced.
type roleHeld struct {
	name string
	role states.Role
}

// openAgain is the resource's timer between two attempts to open a component that its fallen predecessor
// may still have open.
type openAgain struct{}

// openTries bounds those attempts, which are fallPause apart: a component that is stuck may stay locked for
// ever, and then the role command has an answer all the same.
const openTries = 10

// onTerminated: an actor below the node has ended. A resource that was asked to is gone; any other fell.
func (n *node) onTerminated(who *actor.PID) {
	for _, name := range n.names {
		if n.resources[name] != nil && n.resources[name].Id == who.Id {
			if n.going[name] {
				n.onGone(&resourceGone{name: name})
			} else {
				n.onResourceFell(name)
			}
			return
		}
	}
}

func (n *node) onResourceFell(name string) {
	now := n.h.Clock.Now()
	recent := []time.Duration{now}
	for _, at := range n.falls[name] {
		if now-at < fallsWindow {
			recent = append(recent, at)
		}
	}
	n.falls[name] = recent
	back := &returned{role: n.held[name], reason: "the resource fell; see the log", tired: len(recent) > fallsMost}
	n.respawn(name)
	n.h.Tell(n.resources[name], back)
	n.askAgain(name)
	n.answerFor(name, "the resource fell while it was asked; it takes up its role again by itself")
}

// askAgain asks the one that stands in for a resource for each status that is awaited of it.
func (n *node) askAgain(name string) {
	for _, id := range sortedKeys(n.queries) {
		for _, s := range n.queries[id].statuses {
			if s.Name == name && s.awaited() {
				n.h.Tell(n.resources[name], &statusWalk{id: id, to: n.self, status: &Status{Name: name}})
			}
		}
	}
}

// answerFor answers the commands that a resource will not answer any more.
func (n *node) answerFor(name, reason string) {
	n.resolvesEnd(name, reason)
	for _, id := range sortedKeys(n.roles) {
		t := n.roles[id]
		for i := range t.answers {
			if a := &t.answers[i]; a.Name == name && !a.Unknown && !t.done[i] {
				n.onRoleSettled(&roleSettled{name: name, id: id, before: n.held[name], reason: reason})
				break
			}
		}
	}
}

// onReturned takes up the role that the fallen predecessor held, after a pause.
func (r *resource) onReturned(m *returned) {
	r.reason, r.remedy = m.reason, "see the log; 'hastctl role' to try again"
	if m.tired {
		r.reason = fmt.Sprintf("the resource fell more than %d times within %v; see the log", fallsMost, fallsWindow)
		return
	}
	r.returning = openTries
	if m.role == states.RoleInit {
		return
	}
	r.want = setRole{role: m.role}
	r.upAfterPause()
}

// upAfterPause lets the role be taken up again after fallPause, unless something else comes first.
func (r *resource) upAfterPause() {
	r.probe.epoch = r.newEpoch()
	r.h.Clock.TellAfter(fallPause, r.pid, &upAgain{epoch: r.probe.epoch})
}

// waitForPredecessor reports that an opening failed because the fallen predecessor still has the component,
// and that it is tried again.
func (r *resource) waitForPredecessor(m *diskFailed) bool {
	if !m.busy || r.returning == 0 || r.fsm.Current() != states.RoleIsOpening {
		return false
	}
	r.returning--
	r.reason, r.remedy = m.reason, m.remedy
	r.h.Clock.TellAfter(fallPause, r.pid, &openAgain{})
	return true
}

func (r *resource) onOpenAgain() {
	if r.fsm.Current() == states.RoleIsOpening && r.localdisk != nil {
		r.h.Tell(r.localdisk, &openDisk{})
	}
}
