package simulation

import "slices"

// A pair may have a second resource beside its own. They share the machines and the network between them, and
// nothing else: what befalls one is no affair of the other (I25).

// force notes whether the newest role of a resource was forced upon the node.
func (b *boot) force(resource string, by bool) {
	b.forced = drop(b.forced, resource)
	if by {
		b.forced = append(b.forced, resource)
	}
}

// isForced reports whether a resource's newest role was forced upon the node.
func (b *boot) isForced(resource string) bool { return slices.Contains(b.forced, resource) }

// Calm is what a resource is like that is left alone from some moment on.
type Calm struct {
	pair     *Pair
	server   *Machine
	errors   int
	sessions uint64
}

// BeginCalm looks at a resource that is to be left alone. It reports false if it isn't in service now, with both
// nodes: then nothing can be said of it later.
func (p *Pair) BeginCalm() (*Calm, bool) {
	at, ok := p.Client.At()
	if !ok {
		return nil, false
	}
	s, err := p.Status(at)
	if err != nil || s.Status != "complete" {
		return nil, false
	}
	p.Client.Longest()
	return &Calm{p, at, p.Client.errors, s.Stats.Sessions}, true
}

// Check demands that nothing has befallen the resource since (I25): its node served it all the time and refused
// nothing, the session is the same, and no answer took longer than its own disks and the network may have
// needed. Whoever asks sees to it that all that went wrong meanwhile was the other resource's.
func (c *Calm) Check() error {
	p := c.pair
	b, err := p.bounds()
	if err != nil {
		return err
	}
	if b.timeout < b.calm {
		return nil // sessions may end by themselves: the peer needs longer than it is given
	}
	p.World.checked(ruleI25)
	if longest, most := p.Client.Longest(), b.calm; longest > most {
		p.World.violate(ruleI25, c.server.name, NoSector, "an answer of a resource that nothing befell took %v; its own disks and the network explain %v", longest, most)
	}
	if n := p.Client.errors - c.errors; n > 0 {
		p.World.violate(ruleI25, c.server.name, NoSector, "%d requests of a resource that nothing befell failed, the last one with: %v", n, p.Client.lastErr)
	}
	at, serves := p.Client.At()
	if !serves || at != c.server {
		p.World.violate(ruleI25, c.server.name, NoSector, "a resource that nothing befell isn't served any more")
		return nil
	}
	s, err := p.Status(at)
	if err == nil && (s.Stats.Sessions != c.sessions || s.Status != "complete") {
		p.World.violate(ruleI25, c.server.name, NoSector, "a resource that nothing befell is %s (%s), with %d sessions where it had %d", s.Status, s.Reason, s.Stats.Sessions, c.sessions)
	}
	return err
}
