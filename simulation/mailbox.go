package simulation

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// mailbox delivers one message a turn; which mailbox has the next turn is the world's choice. System
// messages come first; between suspension and resumption user messages wait. The live mailbox does the
// same, a whole queue at a time.
type mailbox struct {
	boot      *boot
	name      string
	pid       *actor.PID
	invoker   actor.MessageInvoker
	system    queue[any]
	user      queue[any]
	suspended bool
	ready     int // index in the world's run list, -1 if not in it

	// What the world's order goes by.
	priority int64
	starved  bool
	arrived  uint64        // when it could run last, in a count of all such moments
	since    time.Duration // the same as a time

	resource, kind string // whose actor it is and which, as Panic names them

	turns uint64 // messages delivered
	fell  bool   // a turn ended with a panic: what that one left undone is nobody's word
}

// newMailbox is an actor.MailboxProducer for the actors of a boot.
func (b *boot) newMailbox() actor.Mailbox {
	m := &mailbox{boot: b, ready: -1, name: "unnamed"}
	b.world.order.born(b.world, m)
	b.mailboxes = append(b.mailboxes, m)
	return m
}

// RegisterHandlers is called once, when the actor is spawned.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.invoker = invoker
	if self, ok := invoker.(interface{ Self() *actor.PID }); ok {
		m.pid = self.Self()
		m.name = m.pid.Id
		m.resource, m.kind = kindOf(m.name)
	}
}

// Start is called once the actor's first message is queued.
func (m *mailbox) Start() { m.boot.world.makeReady(m) }

// PostUserMessage queues a message behind those queued before.
func (m *mailbox) PostUserMessage(msg any) {
	if m.boot.dead {
		return
	}
	m.boot.world.outward()
	m.user.push(msg)
	m.boot.world.bounded(m.boot.machine, "messages wait for an actor", m.user.len(), mostWaiting)
	m.boot.world.makeReady(m)
}

// PostSystemMessage queues a message that goes before all user messages.
func (m *mailbox) PostSystemMessage(msg any) {
	if m.boot.dead {
		return
	}
	m.system.push(msg)
	m.boot.world.makeReady(m)
}

// UserMessageCount is how many user messages wait.
func (m *mailbox) UserMessageCount() int { return m.user.len() }

func (m *mailbox) runnable() bool {
	return m.invoker != nil && (m.system.len() > 0 || (!m.suspended && m.user.len() > 0))
}

// deliver hands over one message. A panic is recorded and escalated, as protoactor's mailbox does.
// An actor that has stopped gets nothing more: what it leaves behind is a dead letter, as what comes later.
func (m *mailbox) deliver() {
	w := m.boot.world
	var msg any
	defer func() {
		w.fault = nil
		if r := recover(); r != nil {
			m.fell = true
			if p, planned := r.(*plannedPanic); planned {
				w.trace.add(w.now, m.name, p.String())
				m.invoker.EscalateFailure(r, msg)
				return
			}
			w.trace.add(w.now, m.name, "panic", fmt.Sprint(r))
			w.panics = append(w.panics, Panic{At: w.now, Actor: m.name, Value: fmt.Sprint(r), Stack: string(debug.Stack())})
			m.invoker.EscalateFailure(r, msg)
		}
	}()
	if m.system.len() > 0 {
		msg = m.system.pop()
		w.trace.end(appendMessage(w.trace.begin(w.now, m.name), msg))
		switch msg.(type) {
		case *actor.SuspendMailbox:
			m.suspended = true
		case *actor.ResumeMailbox:
			m.suspended = false
		default:
			m.invoker.InvokeSystemMessage(msg)
			m.buryQueue()
		}
		return
	}
	msg = m.user.pop()
	w.trace.end(appendMessage(w.trace.begin(w.now, m.name), msg))
	w.delivered(msg)
	w.fault = m.boot.planned(m)
	w.fault.begin()
	m.invoker.InvokeUserMessage(msg)
	w.fault.end()
}

// buryQueue makes dead letters of what waits for an actor that has stopped.
func (m *mailbox) buryQueue() {
	system := m.boot.machine.system
	if m.user.len() == 0 || m.pid == nil {
		return
	}
	if _, lives := system.ProcessRegistry.GetLocal(m.pid.Id); lives {
		return
	}
	for m.user.len() > 0 {
		system.EventStream.Publish(&actor.DeadLetterEvent{PID: m.pid, Message: m.user.pop()})
	}
}
