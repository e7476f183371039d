package actors

import (
	"time"

	"hast/states"
)

type queryTurn struct {
	statuses []Status
	left     int
	to       StatusSink
}

// statusPatience is how long a status waits for its resources: they have nothing to wait for, and a status
// comes within a second (L2).
const statusPatience = 800 * time.Millisecond

func (n *node) onQuery(m *QueryStatus) {
	id := n.nextEpoch()
	t := &queryTurn{to: m.To}
	n.queries[id] = t
	for _, name := range n.named(m.Names) {
		pid := n.resources[name]
		t.statuses = append(t.statuses, Status{Name: name, Unknown: pid == nil})
		if pid != nil {
			t.left++
			n.h.Tell(pid, &statusWalk{id: id, to: n.self, status: &Status{Name: name}})
		}
	}
	if t.left == 0 {
		n.endQuery(id)
		return
	}
	n.h.Clock.TellAfter(statusPatience, n.self, &statusLimit{id: id})
}

func (n *node) onWalked(m *statusWalk) {
	t := n.queries[m.id]
	if t == nil {
		return
	}
	for i := range t.statuses {
		if s := &t.statuses[i]; s.Name == m.status.Name && s.awaited() {
			*s = *m.status
			t.left--
		}
	}
	if t.left == 0 {
		n.endQuery(m.id)
	}
}

// awaited reports whether no resource has said anything for a status yet.
func (s *Status) awaited() bool { return !s.Unknown && s.Role == "" }

// endQuery answers with what there is: a resource that doesn't answer says so.
func (n *node) endQuery(id uint64) {
	t := n.queries[id]
	if t == nil {
		return
	}
	delete(n.queries, id)
	for i := range t.statuses {
		if s := &t.statuses[i]; s.awaited() {
			s.Role, s.State, s.Reason = states.RoleInit.String(), "unanswered", "the resource doesn't answer"
			s.Remedy = "ask again; if it stays so, see the log and start hastd anew"
			cfg := n.confs[s.Name]
			s.Provider, s.Local, s.Remote = cfg.Provider, cfg.Local, cfg.Remote
		}
	}
	t.to.Statuses(t.statuses)
}
