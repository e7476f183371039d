package simulation

import (
	"time"

	"hast/actors"
	"hast/states"
)

// resolveAnswer is a ResolveSink that keeps what it hears, which may be nothing.
type resolveAnswer struct {
	done   bool
	answer actors.ResolveAnswer
}

// Resolved takes the answer.
func (s *resolveAnswer) Resolved(a actors.ResolveAnswer) { s.done, s.answer = true, a }

// Resolve asks a machine's node to end a split-brain, and waits at most limit of the world's time. false: the
// node died, or didn't answer.
func (m *Machine) Resolve(resource string, how states.Resolution, limit time.Duration) (actors.ResolveAnswer, bool) {
	m.world.meddled = true
	var s resolveAnswer
	m.world.trace.add(m.world.now, m.name, "operator", "resolve", how.String(), resource)
	if m.boot == nil {
		return s.answer, false
	}
	b := m.boot
	b.tell(b.root, &actors.Resolve{Name: resource, How: how, To: &s})
	_ = m.world.Run(func() bool { return s.done || b.dead }, limit)
	return s.answer, s.done
}

// Resolve does the same for the pair's resource.
func (p *Pair) Resolve(m *Machine, how states.Resolution) (actors.ResolveAnswer, bool) {
	return m.Resolve(p.resource, how, time.Minute)
}
