package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
)

// hooks runs the exec program, one at a time and in order.
type hooks struct {
	res   *resource
	self  *actor.PID
	queue [][]string
	epoch uint64
}

// hookQueue bounds what may wait: a program that hangs must not fill the memory.
const hookQueue = 64

func (k *hooks) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *runHook:
		k.onRun(m)
	case *HookDone:
		k.onDone(m)
	case *actor.Started:
		k.self = c.Self()
	case *actor.Stopping, *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("hooks: unexpected %T", m))
	}
}

func (k *hooks) onRun(m *runHook) {
	if m.exec == "" {
		return
	}
	if len(k.queue) >= hookQueue {
		k.res.log.Error("too many hooks are waiting; one was left out", "event", m.args[0])
		return
	}
	k.queue = append(k.queue, append([]string{m.exec}, m.args...))
	if len(k.queue) == 1 {
		k.start()
	}
}

func (k *hooks) start() {
	k.epoch = k.res.newEpoch()
	k.res.h.Hooks.Run(Owner{PID: k.self, Exec: k.res.ex, Epoch: k.epoch}, k.queue[0])
}

func (k *hooks) onDone(m *HookDone) {
	if m.Epoch != k.epoch || len(k.queue) == 0 {
		return
	}
	if m.Err != nil {
		k.res.log.Warn("hook failed", "argv", m.Argv, "error", m.Err)
	}
	if k.queue = k.queue[1:]; len(k.queue) > 0 {
		k.start()
	}
}
