package cmd_test

import (
	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/config"
	"hast/states"
)

// bareNode is a node without resources' actors: it takes a node's commands and remembers roles. The
// scripts that run on it are about the commands, the socket and the files, and not about replication.
type bareNode struct {
	config *config.Config
	roles  map[string]states.Role
}

// startNode starts a bareNode.
func startNode(h *actors.Host, cfg *config.Config) (*actor.PID, error) {
	props := actor.PropsFromProducer(func() actor.Actor {
		return &bareNode{config: cfg, roles: map[string]states.Role{}}
	}, h.Exec.Executor("node").Options()...)
	return h.System.Root.SpawnNamed(props, "node")
}

// Receive handles a command.
func (n *bareNode) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actors.SetRole:
		var all []actors.RoleAnswer
		for _, name := range n.names(m.Names) {
			_, known := n.config.Resource(name)
			a := actors.RoleAnswer{Name: name, Unknown: !known, Before: n.role(name)}
			if m.Role == states.RolePrimary && !m.Force {
				a.Reason = "a bare node serves no device"
			} else if known {
				n.roles[name] = m.Role
			}
			all = append(all, a)
		}
		m.To.RolesSet(all)
	case *actors.QueryStatus:
		var all []actors.Status
		for _, name := range n.names(m.Names) {
			all = append(all, n.status(name))
		}
		m.To.Statuses(all)
	case *actors.Reload:
		n.config = m.Config
	case *actors.Shutdown:
		m.To.NodeStopped()
	}
}

func (n *bareNode) names(asked []string) []string {
	if len(asked) != 1 || asked[0] != "all" {
		return asked
	}
	var all []string
	for i := range n.config.Resources {
		all = append(all, n.config.Resources[i].Name)
	}
	return all
}

func (n *bareNode) role(name string) states.Role {
	if r, ok := n.roles[name]; ok {
		return r
	}
	return states.RoleInit
}

func (n *bareNode) status(name string) actors.Status {
	r, ok := n.config.Resource(name)
	if !ok {
		return actors.Status{Name: name, Unknown: true}
	}
	role := n.role(name).String()
	return actors.Status{
		Name: name, Role: role, State: role,
		Provider: r.Provider, Local: r.Local, Remote: r.Remote, Source: r.Source,
		Replication: r.Replication.String(), Checksum: r.Checksum.String(), Compression: r.Compression.String(),
	}
}
