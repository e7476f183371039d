package host

import (
	"github.com/asynkron/protoactor-go/actor"

	"hast/gate/ring"
)

// mailbox is an actor's queue. All of it is guarded by its executor's mutex; turns themselves run
// without it.
type mailbox struct {
	exec    *Executor
	invoker actor.MessageInvoker
	system  ring.Ring[any]
	user    ring.Ring[any]
	// suspended stops user messages, from a failure until the supervisor's decision.
	suspended bool
	// queued: it is in the executor's run queue.
	queued bool
}

var _ actor.Mailbox = (*mailbox)(nil)

// PostUserMessage queues a message. A MessageBatch is a message like any other: what its elements mean
// is its receiver's business.
func (m *mailbox) PostUserMessage(message any) { m.exec.post(m, message, false) }

// PostSystemMessage queues a message of the library's own, which goes before all user messages.
func (m *mailbox) PostSystemMessage(message any) { m.exec.post(m, message, true) }

// RegisterHandlers is told whose mailbox it is. The dispatcher is not used: the executor runs its own.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.exec.mu.Lock()
	defer m.exec.mu.Unlock()
	m.invoker = invoker
}

// Start does nothing: a mailbox runs from its first message.
func (m *mailbox) Start() {}

// UserMessageCount is how many user messages wait.
func (m *mailbox) UserMessageCount() int {
	m.exec.mu.Lock()
	defer m.exec.mu.Unlock()
	return m.user.Len()
}

// due reports whether there is a message to process.
func (m *mailbox) due() bool {
	return m.system.Len() > 0 || m.user.Len() > 0 && !m.suspended
}

// next takes the message of the next turn. It is nil for one that concerned only the mailbox itself.
func (m *mailbox) next() (message any, system bool) {
	if m.system.Len() == 0 {
		if m.user.Len() == 0 { // buried since it was queued
			return nil, false
		}
		return m.user.Pop(), false
	}
	message = m.system.Pop()
	switch message.(type) {
	case *actor.SuspendMailbox:
		m.suspended = true
		return nil, true
	case *actor.ResumeMailbox:
		m.suspended = false
		return nil, true
	}
	return message, true
}

// bury makes dead letters of what waits for an actor that has stopped: the library would drop it, and with it
// what an answer brings that must be closed. The runner calls it, after a system message.
func (m *mailbox) bury() {
	of, ok := m.invoker.(interface {
		Self() *actor.PID
		ActorSystem() *actor.ActorSystem
	})
	if !ok {
		return
	}
	system, pid := of.ActorSystem(), of.Self()
	if _, lives := system.ProcessRegistry.GetLocal(pid.GetId()); lives {
		return
	}
	var left []any
	m.exec.mu.Lock()
	for m.user.Len() > 0 {
		left = append(left, m.user.Pop())
	}
	m.exec.mu.Unlock()
	for _, message := range left {
		system.EventStream.Publish(&actor.DeadLetterEvent{PID: pid, Message: message})
	}
}

// dispatcher exists because the library wants one. Nothing of ours schedules through it.
type dispatcher struct{ exec *Executor }

// Schedule runs fn apart from any executor.
func (d dispatcher) Schedule(fn func()) { d.exec.spawn("dispatched", fn) }

// Throughput would be how many messages a run takes before it yields.
func (d dispatcher) Throughput() int { return posterTurns }
