package simulation

import (
	"context"
	"log/slog"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// spares keeps the actor systems of closed worlds, because making one costs more than most runs do: it
// holds 32 thousand maps; and the images of their disks. A used one differs from a new one in nothing that a trace shows.
var spares struct {
	sync.Mutex
	systems []*actor.ActorSystem
	media   [][]byte
}

const (
	maxSpares = 8
	maxMedia  = 4 * maxSpares
)

// takeSystem returns an actor system in which nothing runs.
func takeSystem() *actor.ActorSystem {
	spares.Lock()
	defer spares.Unlock()
	if last := len(spares.systems) - 1; last >= 0 {
		s := spares.systems[last]
		spares.systems = spares.systems[:last]
		return s
	}
	return newSystem()
}

// takeMedium returns memory for an image of a disk, with any content.
func takeMedium(size int64) []byte {
	spares.Lock()
	defer spares.Unlock()
	for i, b := range spares.media {
		if int64(cap(b)) == size {
			last := len(spares.media) - 1
			spares.media[i] = spares.media[last]
			spares.media = spares.media[:last]
			return b[:size]
		}
	}
	return make([]byte, size)
}

// Close ends all nodes and gives what the world holds to the next one. The world must not be used then.
func (w *World) Close() {
	for _, m := range w.machines {
		m.bury()
		m.system.EventStream = fresh(m.system.EventStream)
	}
	spares.Lock()
	defer spares.Unlock()
	for _, m := range w.machines {
		if len(spares.systems) < maxSpares {
			spares.systems = append(spares.systems, m.system)
		}
		for _, p := range m.disks {
			if len(spares.media) < maxMedia {
				spares.media = append(spares.media, p.written, p.durable)
			}
			p.written, p.durable = nil, nil
		}
	}
	w.machines = nil
}

// dropGuardians takes back what the library keeps for ever of a node's first actor: who supervises it. A
// guardian's name is one of those that were made up since a count.
func (m *Machine) dropGuardians(since uint64) {
	m.system.Guardians = actor.NewGuardians(m.system)
	names := m.system.ProcessRegistry
	made := names.SequenceID
	for names.SequenceID = since; names.SequenceID < made; {
		names.Remove(actor.NewPID(names.Address, "guardian"+names.NextId()))
	}
	names.SequenceID = since
}

// newSystem makes an actor system without the library's own noise.
func newSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(silence{})
	}))
}

// silence drops the library's log lines: what they say is in the trace.
type silence struct{}

func (silence) Enabled(context.Context, slog.Level) bool  { return false }
func (silence) Handle(context.Context, slog.Record) error { return nil }
func (s silence) WithAttrs([]slog.Attr) slog.Handler      { return s }
func (s silence) WithGroup(string) slog.Handler           { return s }

// resetEvents gives the machine's actor system a new event stream for each boot. It drops subscriptions
// of earlier lives, and the library's own subscriber for dead letters, which starts a goroutine with a
// wall-clock ticker. What that subscriber does for watchers is done here: whoever watches an actor that
// is gone hears so.
func (m *Machine) resetEvents() {
	m.system.EventStream = fresh(m.system.EventStream)
	m.system.EventStream.Subscribe(func(event any) {
		dead, ok := event.(*actor.DeadLetterEvent)
		if !ok {
			return
		}
		if watch, ok := dead.Message.(*actor.Watch); ok {
			if p, found := m.system.ProcessRegistry.Get(watch.Watcher); found {
				p.SendSystemMessage(watch.Watcher, &actor.Terminated{Who: dead.PID, Why: actor.TerminatedReason_NotFound})
			}
			return
		}
		what := describe(dead.Message)
		m.world.trace.add(m.world.now, dead.PID.GetId(), "dead letter", what)
		m.countDeadLetter(typeName(dead.Message))
	})
}

// fresh returns a new zero value of the type that is pointed to: an event stream's is an empty one.
func fresh[T any](*T) *T { return new(T) }

func (m *Machine) countDeadLetter(message string) {
	for i := range m.deadLetters {
		if m.deadLetters[i].Message == message {
			m.deadLetters[i].Count++
			return
		}
	}
	m.deadLetters = append(m.deadLetters, DeadLetter{Message: message, Count: 1})
}
