package simulation

import (
	"fmt"
	"strings"
	"time"

	"hast/actors"
	"hast/states"
)

// linkUp is a primary's link when there is a session.
const linkUp = string(states.LinkIsUp)

// health is one look at whether a core lives.
type health struct {
	*Pair
	core Core
	bounds
	served *Machine // who serves; nil if nobody
}

// CheckLiveness holds a repaired core against L1 to L9: in bounded time of the world all that is asked is
// answered, a pair is one again, and what can't be is explained, with the single act that helps. The
// simulated administrator does that act. What is missed is a violation; the error is that of a world in
// which nothing can be looked at.
func (p *Pair) CheckLiveness(c Core) error {
	b, err := p.bounds()
	if err != nil {
		return err
	}
	h := &health{Pair: p, core: c, bounds: b}
	h.statuses()
	h.outstanding("that were asked before the core was repaired")
	h.statuses()
	if c == CoreBoth {
		h.pairLives()
	} else {
		h.alone()
	}
	h.statuses()
	return nil
}

func (h *health) miss(r rule, m *Machine, format string, args ...any) {
	name := ""
	if m != nil {
		name = m.name
	}
	text := fmt.Sprintf(format, args...)
	if waiting := h.World.Waiting(); len(waiting) > 0 {
		text += "; waiting: " + strings.Join(waiting, "; ")
	}
	h.World.violate(r, name, NoSector, "%s", text)
}

// run lets the world go on until something holds; it reports false if it didn't within a limit.
func (h *health) run(until func() bool, limit time.Duration) bool {
	return h.World.Run(until, limit) == nil || until()
}

// status asks a node for its status, which comes at once (L2).
func (h *health) status(m *Machine) (actors.Status, bool) {
	h.World.checked(ruleL2)
	b := m.boot
	s := b.askStatus(h.resource)
	if !h.run(func() bool { return s.done || b.dead }, h.bounds.status) || len(s.list) != 1 {
		h.miss(ruleL2, m, "a status has no answer after %v", h.bounds.status)
		return actors.Status{}, false
	}
	return s.list[0], true
}

func (h *health) statuses() {
	for _, m := range h.members(h.core) {
		h.status(m)
	}
}

// outstanding demands that all requests that are outstanding now are answered in time (L1), as far as the
// device is one of the core's.
func (h *health) outstanding(which string) {
	c := h.Client
	if c.door == nil || !h.in(c.door.boot.machine) {
		return
	}
	h.World.checked(ruleL1)
	newest := c.judge.tick
	old := func() int {
		n := 0
		for _, io := range c.busy {
			if io.inv <= newest {
				n++
			}
		}
		return n
	}
	if !h.run(func() bool { return old() == 0 }, h.answer) {
		h.miss(ruleL1, c.door.boot.machine, "%d requests %s have no answer after %v", old(), which, h.answer)
	}
}

func (h *health) in(m *Machine) bool {
	for _, x := range h.members(h.core) {
		if x == m {
			return true
		}
	}
	return false
}

// role gives a node a role; the answer comes in time, and a refusal has a reason (L2, L6). It reports
// whether the role holds.
func (h *health) role(m *Machine, role states.Role, force bool) (ok bool, why string) {
	h.World.checked(ruleL2)
	r := m.Ask(h.resource, role, force)
	if !h.run(r.Done, h.command) {
		h.miss(ruleL2, m, "role %v has no answer after %v", role, h.command)
		return false, "no answer"
	}
	if err := r.Err(); err != nil {
		return false, err.Error()
	}
	return true, ""
}

// primary is who has that role now, nil if nobody or both have.
func (h *health) primary() (one *Machine, both bool) {
	for _, m := range h.members(h.core) {
		if g, ok := h.Glance(m); ok && g.Open {
			if one != nil {
				return nil, true
			}
			one = m
		}
	}
	return one, false
}

// pairLives is the part of a core with both nodes: L3 to L6, and L8.
func (h *health) pairLives() {
	if _, both := h.primary(); both {
		h.role(h.B, states.RoleSecondary, false)
	}
	for attempt := 0; ; attempt++ {
		why, remedy := h.settle()
		if why == "" {
			break
		}
		h.World.checked(ruleL6)
		if remedy == "" || attempt == 4 {
			h.miss(ruleL6, h.served, "the pair doesn't become one after %d acts of the administrator: %s; remedy: %q", attempt, why, remedy)
			return
		}
		h.administer(remedy)
	}
	h.steady()
	h.underLoad()
	h.quiet()
}

// settle brings roles and session up and waits for the end of the copy. It returns why that isn't to be
// had, and what the status says helps.
func (h *health) settle() (why, remedy string) {
	if why, remedy = h.roles(); why != "" {
		return why, remedy
	}
	h.World.checked(ruleL3)
	h.World.checked(ruleL4)
	var last actors.Status
	var ok bool
	// What has a remedy and nothing under way waits for the administrator.
	hopeless := func(s *actors.Status) bool {
		return s.Remedy != "" && s.Status != "complete" && (s.Link != linkUp || s.Sync.State == string(states.SyncIsIdle))
	}
	began := h.World.Now()
	for {
		if last, ok = h.status(h.served); !ok {
			return "", ""
		}
		took := h.World.Now() - began
		up := last.Link == linkUp && h.answered(h.served)
		switch {
		case last.Status == "complete" && last.Sync.Remaining == 0 && up:
			return "", ""
		case took > h.session && hopeless(&last):
			return last.Reason, last.Remedy
		case !up && took > h.session && took < h.copy/2:
			h.miss(ruleL3, h.served, "there is no session after %v, and no remedy: link %s (%s), status %s (%s)", took, last.Link, last.LinkReason, last.Status, last.Reason)
			return "", ""
		case took > h.copy:
			h.miss(ruleL4, h.served, "not complete after %v: link %s, status %s (%s), sync %s, dirty %d, remaining %d", took, last.Link, last.Status, last.Reason, last.Sync.State, last.Dirty, last.Sync.Remaining)
			return "", ""
		}
		h.World.RunFor(100 * time.Millisecond)
	}
}

// answered reports whether the other node has the session, too: a primary whose secondary has just died, or has
// lost the connections without hearing of it, takes what it has for one until it notices.
func (h *health) answered(primary *Machine) bool {
	g, ok := h.Glance(h.Other(primary))
	return ok && string(g.Link) == "session"
}

// roles makes one node primary and the other secondary.
func (h *health) roles() (why, remedy string) {
	candidates := []*Machine{h.A, h.B}
	if one, _ := h.primary(); one != nil {
		candidates = []*Machine{one, h.Other(one)}
	}
	var said []string
	h.served = candidates[0]
	for _, m := range candidates {
		if ok, text := h.role(h.Other(m), states.RoleSecondary, false); !ok {
			said = append(said, text)
			continue
		}
		ok, text := h.role(m, states.RolePrimary, false)
		if ok {
			h.served = m
			return "", ""
		}
		said = append(said, text)
		if helps := h.refuses(m, text); remedy == "" {
			remedy, h.served = helps, m
		}
	}
	return strings.Join(said, "; "), remedy
}

// administer does the single act that a status asks for.
func (h *health) administer(remedy string) {
	other := h.Other(h.served)
	h.World.Note("the administrator reads: " + remedy)
	switch {
	case strings.Contains(remedy, "resolve"):
		h.role(other, states.RoleSecondary, false)
		h.Resolve(other, states.DiscardMine)
	case strings.Contains(remedy, "promote the other node"), strings.Contains(remedy, "the other one primary"):
		h.role(h.served, states.RoleSecondary, false)
		h.role(other, states.RolePrimary, false)
	case strings.Contains(remedy, "create"):
		h.role(other, states.RoleInit, false)
		if err := h.Create(other); err != nil {
			h.miss(ruleL6, other, "the component is still in use in role init: %v", err)
		}
	case strings.Contains(remedy, "--force"):
		h.role(h.served, states.RolePrimary, true)
	case strings.Contains(remedy, "check the disk"):
		// It is in order by now; what it holds ends.
		h.World.RunFor(h.answer)
	}
}

// steady demands that a session is kept while nothing fails (L3). A peer that may need longer for an answer than the
// nodes are told to wait fails by their measure.
func (h *health) steady() {
	if h.served == nil || h.trip >= h.timeout {
		return
	}
	for range 20 {
		h.World.RunFor(500 * time.Millisecond)
		if g, ok := h.Glance(h.served); ok && string(g.Link) != linkUp {
			h.miss(ruleL3, h.served, "the session ended by itself: %s", g.Link)
			return
		}
	}
}

// underLoad demands that a pair under unceasing writes is complete, and answers (L5).
func (h *health) underLoad() {
	c := h.Client
	if h.served == nil || !c.Attached() {
		return
	}
	h.World.checked(ruleL5)
	running, pause := c.running, c.Pause
	c.Pause = 50 * time.Millisecond
	c.Start()
	before := c.Answered() + c.errors
	h.World.RunFor(h.answer)
	h.outstanding("of a load on a repaired core")
	if c.Answered()+c.errors == before {
		h.miss(ruleL5, h.served, "no answer within %v", h.answer)
	}
	if err := h.AwaitStatus(h.served, "complete", func(s *actors.Status) bool {
		return s.Status == "complete" && s.Sync.Remaining == 0
	}, 4*h.copy); err != nil {
		h.miss(ruleL5, h.served, "under load: %v", err)
	}
	if c.Pause = pause; !running {
		c.Stop()
	}
}

// How many turns a node may have in a second if there is nothing to do.
const idleTurns = 10

// quiet demands that who has nothing to do does nothing (L8).
func (h *health) quiet() {
	var running []*Client
	for _, c := range h.World.clients {
		if c.running {
			running = append(running, c)
		}
		c.Stop()
		if !h.run(c.Idle, h.answer) {
			h.miss(ruleL1, nil, "requests have no answer after %v", h.answer)
			return
		}
	}
	h.World.checked(ruleL8)
	h.World.RunFor(h.answer) // async: the tail
	const seconds = 30
	before := h.World.Turns()
	h.World.RunFor(seconds * time.Second)
	if turns := h.World.Turns() - before; turns > idleTurns*seconds*uint64(len(h.World.machines)*len(h.World.clients)) {
		h.miss(ruleL8, nil, "%d turns in %d seconds with nothing to do", turns, seconds)
	}
	for _, c := range running {
		c.Start()
	}
}

// alone is the part of a core of one: it serves if its copy is current, or says why not and what helps; it
// is patient with a peer that isn't to be had (L7, L6, L9).
func (h *health) alone() {
	m := h.members(h.core)[0]
	h.World.checked(ruleL7)
	if g, ok := h.Glance(m); !ok || !g.Open {
		ok, why := h.role(m, states.RolePrimary, false)
		if !ok {
			h.refuses(m, why)
			h.patience(m)
			return
		}
	}
	if c := h.Client; c.door == nil || c.door.boot.machine != m {
		h.patience(m) // the other one serves as well, and the client is there
		return
	}
	h.serves(m)
	h.patience(m)
}

// refuses demands of a node that doesn't serve that its status says why, and returns what helps (L6).
func (h *health) refuses(m *Machine, why string) (remedy string) {
	s, ok := h.status(m)
	if ok && (s.Reason == "" || s.Remedy == "" || s.State == "" || s.Since == "" || s.ReasonSince == "") {
		h.miss(ruleL6, m, "it refuses to serve without a reason, a remedy, or since when: %s", why)
	}
	return s.Remedy
}

// serves demands of a node alone that has the client that it answers. What it fails its status explains when that
// happens, and so it does if it comes to serve no more (L7).
func (h *health) serves(m *Machine) {
	c := h.Client
	running, pause := c.running, c.Pause
	c.Pause = 50 * time.Millisecond
	c.Start()
	before, failed, until := c.Answered()+c.errors, c.errors, h.World.Now()+h.answer
	for h.run(func() bool { return c.errors > failed }, until-h.World.Now()) {
		failed = c.errors
		if at, _ := c.At(); at != m {
			continue // the other one serves as well, and the client has gone there
		}
		if s, ok := h.status(m); !ok || s.Reason == "" {
			h.miss(ruleL7, m, "a request failed with %v, and the status gives no reason", c.lastErr)
			break
		}
	}
	c.Stop()
	h.outstanding("of a node alone")
	if g, ok := h.Glance(m); !ok || !g.Open {
		h.refuses(m, "its device is gone")
	} else if c.Answered()+c.errors == before {
		h.miss(ruleL7, m, "it serves, but answers nothing within %v", h.answer)
	}
	if c.Pause = pause; running {
		c.Start()
	}
}

// How many attempts at a connection a minute are patient.
const attemptsPerMinute = 60

// patience looks at how often a node tries to reach a peer that isn't there, or not as it should be (L9).
func (h *health) patience(m *Machine) {
	g, ok := h.Glance(m)
	if !ok || !g.Open || string(g.Link) == linkUp {
		return
	}
	h.World.checked(ruleL9)
	const minutes = 3
	before := m.dials
	restore := h.easy()
	h.World.RunFor(minutes * time.Minute)
	restore()
	n := m.dials - before
	g, _ = h.Glance(m)
	switch {
	case n > attemptsPerMinute*minutes*uint64(len(h.World.clients)):
		h.miss(ruleL9, m, "%d attempts at a connection in %d minutes", n, minutes)
	case n == 0 && string(g.Link) != linkUp && !g.Verdict.Refused():
		h.miss(ruleL9, m, "no attempt at a connection in %d minutes, link %s", minutes, g.Link)
	}
}

// easy lets the clients think for longer while a lot of time has to pass, and returns what undoes that.
func (h *health) easy() (restore func()) {
	var pauses []time.Duration
	for _, c := range h.World.clients {
		pauses = append(pauses, c.Pause)
		c.Pause = max(c.Pause, time.Second)
	}
	return func() {
		for i, c := range h.World.clients {
			c.Pause = pauses[i]
		}
	}
}
