package host

import (
	"runtime/debug"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/gate/ring"
	"hast/gate/spawn"
	"hast/gate/turn"
)

const (
	// posterTurns is how many turns a goroutine that posted a message runs at most, before it goes back
	// to its own work: a socket's reader that served its actors for ever would never read again.
	posterTurns = 256
	// flushTurns is how many turns may pass before what they deferred is flushed, even if more are due.
	flushTurns = 64
)

// Executor runs the turns of the actors that were spawned with its options, one at a time. It has no
// goroutine of its own: whoever posts to an idle executor becomes its runner and runs what is due, which
// saves the switch to another goroutine, the most expensive part of a message. Who posts to a busy one
// just queues. Hence the one rule for those who send to an actor: hold no lock that a turn or a Flush
// takes.
type Executor struct {
	name string
	log  hclog.Logger
	run  func() // runs until nothing is due; bound once, so that a hand-over allocates no method value

	mu      sync.Mutex
	running bool                // somebody is the runner, or holds the executor by Begin
	ready   ring.Ring[*mailbox] // those with a message due, each once
	dirty   []turn.Flusher      // what the turns since the last flush deferred
	turns   int                 // since the last flush

	// The rest is the runner's.
	flushing []turn.Flusher // those being flushed
	flushed  int            // how many of them have been
	invoking actor.MessageInvoker
	message  any
}

var _ turn.Executor = (*Executor)(nil)

// NewExecutor makes an executor; its name is for the log.
func NewExecutor(name string, log hclog.Logger) *Executor {
	e := &Executor{name: name, log: log}
	e.run = func() { e.work(0) }
	return e
}

// Options are the mailbox and dispatcher for an actor's Props.
func (e *Executor) Options() []actor.PropsOption {
	return []actor.PropsOption{
		actor.WithMailbox(func() actor.Mailbox { return &mailbox{exec: e} }),
		actor.WithDispatcher(dispatcher{e}),
	}
}

func (e *Executor) spawn(what string, fn func()) {
	spawn.Go(e.name+" "+what, func(err error, stack []byte) {
		e.log.Error("goroutine failed", "executor", e.name, "error", err, "stack", string(stack))
	}, fn)
}

// post queues a message and runs the executor if nobody does.
func (e *Executor) post(m *mailbox, message any, system bool) {
	e.mu.Lock()
	if system {
		m.system.Push(message)
	} else {
		m.user.Push(message)
	}
	e.enqueue(m)
	e.release()
}

func (e *Executor) enqueue(m *mailbox) {
	if !m.queued && m.due() {
		m.queued = true
		e.ready.Push(m)
	}
}

// release unlocks the mutex, and runs the executor if somebody should and nobody does.
func (e *Executor) release() {
	idle := !e.running && (e.ready.Len() > 0 || len(e.dirty) > 0)
	if idle {
		e.running = true
	}
	e.mu.Unlock()
	if idle {
		e.work(posterTurns)
	}
}

// Defer implements turn.Deferrer. From outside a turn it is legal, too.
func (e *Executor) Defer(f turn.Flusher) {
	e.mu.Lock()
	e.dirty = append(e.dirty, f)
	e.release()
}

// Begin implements turn.Batcher.
func (e *Executor) Begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running {
		return false
	}
	e.running = true
	return true
}

// End implements turn.Batcher.
func (e *Executor) End() { e.work(posterTurns) }

// work runs what is due, as the runner. After limit turns it hands over to a goroutine that has nothing
// else to do; 0 is no limit.
func (e *Executor) work(limit int) {
	left := limit
	for !e.drain(limit > 0, &left) {
	}
}

// drain runs turns until nothing is due, or until they are handed over. A panic ends it early, with
// false: the caller comes again, so that the normal case needs one deferred call for many turns.
func (e *Executor) drain(limited bool, left *int) (done bool) {
	finished := false
	defer func() {
		if !finished {
			done = e.failed(recover(), debug.Stack())
		}
	}()
	for {
		for e.flushed < len(e.flushing) {
			f := e.flushing[e.flushed]
			e.flushing[e.flushed] = nil
			e.flushed++
			f.Flush()
		}
		e.mu.Lock()
		if len(e.dirty) > 0 && (e.ready.Len() == 0 || e.turns >= flushTurns) {
			e.flushing, e.dirty, e.flushed = e.dirty, e.flushing[:0], 0
			e.turns = 0
			e.mu.Unlock()
			continue
		}
		if e.ready.Len() == 0 {
			e.running, e.turns = false, 0
			e.mu.Unlock()
			finished = true
			return true
		}
		if limited && *left == 0 {
			e.mu.Unlock()
			finished = true
			e.spawn("runner", e.run)
			return true
		}
		*left--
		e.turns++
		m := e.ready.Pop()
		message, system := m.next()
		m.queued = false
		e.enqueue(m)
		e.mu.Unlock()
		if message == nil {
			continue
		}
		e.invoking, e.message = m.invoker, message
		if system {
			m.invoker.InvokeSystemMessage(message)
			m.bury()
		} else {
			m.invoker.InvokeUserMessage(message)
		}
		e.invoking, e.message = nil, nil
	}
}

// failed deals with a turn or a flush that panicked. The actor's supervisor decides what follows, as
// with the library's own mailbox; but the stack, which the library doesn't keep, is logged here. It says
// whether this goroutine is finished as a runner: one that is being ended (by runtime.Goexit) hands over.
func (e *Executor) failed(reason any, stack []byte) (done bool) {
	invoker, message := e.invoking, e.message
	e.invoking, e.message = nil, nil
	ending := reason == nil
	err := spawn.Caught("a turn", reason)
	if ending {
		reason = err
	}
	e.log.Error("panic", "executor", e.name, "error", err, "message", kind(message), "stack", string(stack))
	if invoker != nil {
		spawn.Guard("supervision", func(err error, stack []byte) {
			e.log.Error("panic in supervision", "executor", e.name, "error", err, "stack", string(stack))
		}, func() { invoker.EscalateFailure(reason, message) })
	}
	if ending {
		e.spawn("runner", e.run)
	}
	return ending
}
