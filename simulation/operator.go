package simulation

import (
	"fmt"
	"strings"
	"time"

	"hast/actors"
	"hast/states"
)

// roleAnswers is a RoleSink that keeps what it hears. It outlives the node that was asked: an answer may
// never come.
type roleAnswers struct {
	done bool
	list []actors.RoleAnswer
	boot *boot
	role states.Role
}

// overtaken reports whether the node was asked for another role before it answered: what it does about that one it may
// have begun already, so its answer says nothing of now.
func (s *roleAnswers) overtaken(resource string) bool {
	newest := s.boot.newest[resource]
	return newest != nil && newest != s
}

// RolesSet takes the answer.
func (s *roleAnswers) RolesSet(list []actors.RoleAnswer) {
	s.done, s.list = true, list
	if s.boot == nil {
		return
	}
	for _, a := range list {
		if a.Reason != "" {
			s.boot.world.refused(s.boot.machine, "role %v refused: %s", s.role, a.Reason)
		}
	}
	s.boot.world.roleTold(s, list)
}

type statusAnswers struct {
	done bool
	list []actors.Status

	machine *Machine
	seen    []before
}

// Statuses takes the answer.
func (s *statusAnswers) Statuses(list []actors.Status) {
	s.done, s.list = true, list
	for i := range list {
		s.machine.world.statusTold(s.machine, s.seen, &list[i])
	}
}

// askStatus asks for the status of resources; the answer is in what it returns, some time later.
func (b *boot) askStatus(names ...string) *statusAnswers {
	s := &statusAnswers{machine: b.machine, seen: b.world.lookBefore(b.machine, names)}
	b.tell(b.root, &actors.QueryStatus{Names: names, To: s})
	return s
}

type shutdownAnswer struct{ done bool }

// NodeStopped takes the answer.
func (s *shutdownAnswer) NodeStopped() { s.done = true }

// Ask sends a SetRole to the machine's node and returns at once. The answer is in what it returns, some
// time later, or never if the node dies first. The client of these worlds has its device open as long as there
// is one, so a demotion is one by force, which drains; AskGently leaves that out.
func (m *Machine) Ask(resource string, role states.Role, force bool) *RoleRequest {
	return m.AskGently(resource, role, force || role != states.RolePrimary)
}

// AskGently is Ask, for a demotion that is refused while the device is open.
func (m *Machine) AskGently(resource string, role states.Role, force bool) *RoleRequest {
	r := &RoleRequest{machine: m, boot: m.boot}
	r.sink.boot, r.sink.role = m.boot, role
	m.world.trace.add(m.world.now, m.name, "operator", "role", role.String(), resource)
	m.world.asked(m, resource, role, force)
	if m.boot != nil {
		m.boot.force(resource, force)
		if m.boot.newest == nil {
			m.boot.newest = map[string]*roleAnswers{}
		}
		m.boot.newest[resource] = &r.sink
		m.boot.tell(m.boot.root, &actors.SetRole{Names: []string{resource}, Role: role, Force: force, To: &r.sink})
	}
	return r
}

// RoleRequest is a role command under way.
type RoleRequest struct {
	machine *Machine
	boot    *boot
	sink    roleAnswers
}

// Done reports whether the command was answered, or never will be because its node is dead.
func (r *RoleRequest) Done() bool { return r.sink.done || r.boot == nil || r.boot.dead }

// Err says why the role doesn't hold, nil if it does.
func (r *RoleRequest) Err() error {
	switch {
	case !r.sink.done && r.Done():
		return fmt.Errorf("the node at %s is dead", r.machine.name)
	case !r.sink.done:
		return fmt.Errorf("the node at %s has not answered", r.machine.name)
	}
	var reasons []string
	for _, a := range r.sink.list {
		if a.Unknown {
			reasons = append(reasons, a.Name+": unknown resource")
		} else if a.Reason != "" {
			reasons = append(reasons, a.Name+": "+a.Reason)
		}
	}
	if reasons == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", r.machine.name, strings.Join(reasons, "; "))
}

// SetRole asks for a role and waits for the answer, at most limit of the world's time.
func (m *Machine) SetRole(resource string, role states.Role, force bool, limit time.Duration) error {
	r := m.Ask(resource, role, force)
	if err := m.world.Run(r.Done, limit); err != nil {
		return fmt.Errorf("role %v at %s: %w", role, m.name, err)
	}
	return r.Err()
}

// Status asks the node for the status of a resource and waits for it, at most ten seconds of the world's
// time.
func (m *Machine) Status(resource string) (actors.Status, error) {
	if m.boot == nil {
		return actors.Status{}, fmt.Errorf("no node runs at %s", m.name)
	}
	b := m.boot
	s := b.askStatus(resource)
	if err := m.world.Run(func() bool { return s.done || b.dead }, 10*time.Second); err != nil {
		return actors.Status{}, fmt.Errorf("status at %s: %w", m.name, err)
	}
	if len(s.list) != 1 {
		return actors.Status{}, fmt.Errorf("status at %s: %d answers for one resource", m.name, len(s.list))
	}
	return s.list[0], nil
}

// Shutdown lets the node stop in order, and then ends its process.
func (m *Machine) Shutdown(limit time.Duration) error {
	if m.boot == nil {
		return nil
	}
	var s shutdownAnswer
	m.world.meddled = true
	m.boot.tell(m.boot.root, &actors.Shutdown{To: &s})
	if err := m.world.Run(func() bool { return s.done }, limit); err != nil {
		return fmt.Errorf("shutdown of %s: %w", m.name, err)
	}
	m.Kill()
	return nil
}
