package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// onStatus starts a status on its way through the actors; each fills in what it knows.
func (r *resource) onStatus(m *statusWalk) {
	s := m.status
	s.Name, s.Provider, s.Local, s.Remote, s.Source = r.cfg.Name, r.cfg.Provider, r.cfg.Local, r.cfg.Remote, r.cfg.Source
	s.Replication, s.Checksum, s.Compression = r.cfg.Replication.String(), r.cfg.Checksum.String(), r.cfg.Compression.String()
	s.Role, s.State = heldRole(r.fsm.Current()).String(), string(r.fsm.Current())
	s.Since = r.since.UTC().Format(time.RFC3339)
	s.Reason, s.Remedy, s.Device = r.reason, r.remedy, r.device
	s.PeerCopy = r.peer.status()
	r.walkOn(m, r.pid)
}

// walkOn sends a status to the next actor that there is, and home after the last.
func (r *resource) walkOn(m *statusWalk, from *actor.PID) {
	way := [...]*actor.PID{r.pid, r.localdisk, r.link, r.sync, r.gate, r.secondary}
	past := false
	for _, p := range way {
		if past && p != nil {
			r.h.Tell(p, m)
			return
		}
		if p == from || p != nil && from != nil && p.Id == from.Id {
			past = true
		}
	}
	if m.sink != nil {
		m.sink.Statuses([]Status{*m.status})
		return
	}
	r.h.Tell(m.to, m)
}
