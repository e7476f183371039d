package simulation

import (
	"fmt"

	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
)

// newHost makes the world that the actors of a boot see.
func (b *boot) newHost() *actors.Host {
	return &actors.Host{
		System: b.machine.system,
		Exec:   executors{b},
		Clock:  clock{b},
		Rand:   b.world.chance.identity,
		Disks:  disks{b},
		Net:    network{b},
		Doors:  doors{b},
		Hooks:  hooks{b},
		Ledger: stateFiles{b},
		Watch:  watch{b},
		Log:    b.newLog(),
		Boot:   fmt.Sprintf("%s-%d", b.machine.name, b.machine.starts),
	}
}

// tell posts a message from the world to an actor of the boot, if that still lives.
func (b *boot) tell(to *actor.PID, msg any) {
	if b.dead || to == nil {
		return
	}
	b.machine.system.Root.Send(to, msg)
}

// executors gives each actor a mailbox of the world's. There is only one goroutine, so all executors are
// alike.
type executors struct{ boot *boot }

func (e executors) Executor(string) actors.Executor { return executor(e) }

type executor struct{ boot *boot }

func (e executor) Options() []actor.PropsOption {
	return []actor.PropsOption{
		actor.WithMailbox(func() actor.Mailbox { return e.boot.newMailbox() }),
		actor.WithDispatcher(noDispatcher{}),
	}
}

// noDispatcher is what protoactor demands beside a mailbox that schedules itself.
type noDispatcher struct{}

func (noDispatcher) Schedule(func()) { panic("simulation: an actor runs on the library's mailbox") }
func (noDispatcher) Throughput() int { return 1 }

// hooks runs no program: it notes what would have been run and answers a little later.
type hooks struct{ boot *boot }

func (h hooks) Run(o actors.Owner, argv []string) {
	w := h.boot.world
	w.trace.add(w.now, h.boot.name, "hook", argv...)
	argv = append([]string(nil), argv...)
	w.after(between(w.chance.schedule, time.Millisecond, 100*time.Millisecond), h.boot, func() {
		h.boot.tell(o.PID, &actors.HookDone{Epoch: o.Epoch, Argv: argv})
	})
}

// newLog makes the node's log: lines of the trace, stamped with the world's time.
func (b *boot) newLog() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{
		Name:   b.name,
		Level:  hclog.Info,
		Output: logLines{b},
		TimeFn: func() time.Time { return clock{b}.Wall() },
		Color:  hclog.ColorOff,
	})
}

type logLines struct{ boot *boot }

func (l logLines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.boot.world.logged(l.boot.machine, line)
		l.boot.world.trace.add(l.boot.world.now, l.boot.name, "log", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}
