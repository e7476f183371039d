package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"hast/config"
)

// props is the only place where Props are made: every actor runs on an executor of its host.
func props(ex Executor, producer actor.Producer, more ...actor.PropsOption) *actor.Props {
	return actor.PropsFromProducer(producer, append(ex.Options(), more...)...)
}

// guardian watches the node actor, which has no parent. A node that panics is stopped: a half-known
// node must not go on deciding roles. The host learns of it from the log and from unanswered commands.
type guardian struct{ h *Host }

func (g guardian) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, _ any) {
	g.h.Log.Error("node failed and was stopped", "reason", fmt.Sprint(reason))
	s.StopChildren(child)
}

// NewNode makes the Props of a node, to be spawned once on its host; Reload brings later configurations.
func NewNode(h *Host, cfg *config.Config) *actor.Props {
	ex := h.Exec.Executor("node")
	return props(ex, func() actor.Actor { return newNode(h, ex, cfg) }, actor.WithGuardian(guardian{h}))
}

// StartNode spawns a node on its host, under the name "node".
func StartNode(h *Host, cfg *config.Config) (*actor.PID, error) {
	pid, err := h.System.Root.SpawnNamed(NewNode(h, cfg), "node")
	if err != nil {
		return nil, fmt.Errorf("start node: %w", err)
	}
	return pid, nil
}
