// Package host is the machine as a world for a node to live in: it implements the seams of package
// actors with the machine's clock, disks, network and programs.
package host

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/provider"
	"hast/gate/tcp"
)

// Options say what a host is made of.
type Options struct {
	// Log is where the host and its node log; nil is nowhere.
	Log hclog.Logger
	// Doors makes the doors. tell sends a message to an actor from outside any actor. nil is a host
	// whose node can hold no primary role.
	Doors func(log hclog.Logger, tell func(to *actor.PID, msg any)) actors.Doors
}

// New makes a host. It is meant to live as long as the process.
func New(o Options) *actors.Host {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	h := &actors.Host{Log: o.Log, Boot: BootIdentity()}
	// Metrics stay off: they cost nine allocations a message (the counters of Status are our own).
	h.System = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(logHandler{o.Log.Named("actor")})
	}))
	h.System.EventStream.Subscribe(orphan)
	h.Exec = executors{o.Log}
	h.Clock = &clock{origin: time.Now(), tell: h.Tell, log: o.Log}
	h.Rand = newChance()
	h.Ledger = &ledger{log: o.Log.Named("ledger"), tell: h.Tell}
	h.Hooks = newHooks(o.Log.Named("exec"), h.Tell)
	h.Disks = provider.NewDisks(o.Log.Named("disk"), h.Tell)
	h.Net = tcp.NewNetwork(o.Log.Named("net"), h.Tell)
	if o.Doors != nil {
		h.Doors = o.Doors(o.Log.Named("door"), h.Tell)
	}
	return h
}

type executors struct{ log hclog.Logger }

func (e executors) Executor(name string) actors.Executor { return NewExecutor(name, e.log) }

// orphan closes what was opened for an actor that is gone: nobody else could, and a component would stay
// locked, a connection open, a device shown.
func orphan(event any) {
	letter, ok := event.(*actor.DeadLetterEvent)
	if !ok {
		return
	}
	switch m := letter.Message.(type) {
	case *actors.DiskOpened:
		if m.Disk != nil {
			m.Disk.Close(actors.Owner{})
		}
	case *actors.Listening:
		if m.Listener != nil {
			m.Listener.Close()
		}
	case *actors.Accepted:
		m.Conn.Close()
	case *actors.Dialed:
		if m.Conn != nil {
			m.Conn.Close()
		}
	case *actors.DoorOpened:
		if m.Door != nil {
			m.Door.Abandon()
		}
	case *actors.FramesIn:
		for _, f := range m.Frames {
			f.Release()
		}
	}
}
