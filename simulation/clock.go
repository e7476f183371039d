package simulation

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
)

// million is what rates of clocks are parts of.
const million = 1_000_000

// timepiece is a machine's idea of time. Monotonic time goes at its rate and stands still while the
// machine sleeps; the time of day may also jump.
type timepiece struct {
	rate  int           // parts in a million by which it runs fast
	at    time.Duration // the world's time of the last change
	local time.Duration // what it showed then
	wall  time.Duration // by how much the time of day has jumped

	asleep   bool
	sleeping uint64   // the number of the sleep
	frozen   []*event // of the node, while it sleeps
}

// since is the machine's monotonic time.
func (m *Machine) since() time.Duration {
	c := &m.timepiece
	if c.asleep {
		return c.local
	}
	d := m.world.now - c.at
	return c.local + d + d/million*time.Duration(c.rate) + d%million*time.Duration(c.rate)/million
}

// worldly is how long the world needs for a time of the machine's clock, at its present rate. It is never
// too short.
func (m *Machine) worldly(d time.Duration) time.Duration {
	if m.rate == 0 || d <= 0 {
		return d
	}
	per := time.Duration(million + m.rate)
	return d/per*million + (d%per*million+per-1)/per + 1
}

// SetRate lets the machine's clock run fast by so many parts in a million, or slow if negative. Timers
// that run already are not changed.
func (m *Machine) SetRate(ppm int) {
	m.local, m.at = m.since(), m.world.now
	m.rate = ppm
}

// Jump changes the machine's time of day, which must not matter to anything.
func (m *Machine) Jump(by time.Duration) {
	m.world.trace.add(m.world.now, m.name, "clock jumps", by.String())
	m.wall += by
	m.world.effect(FaultClockJump)
}

// Sleep suspends the whole machine for a while: no turn, no timer, no disk operation and no packet, and its
// monotonic clock stands still.
func (m *Machine) Sleep(d time.Duration) {
	if m.asleep || !m.on {
		return
	}
	w := m.world
	w.trace.add(w.now, m.name, "sleeps", d.String())
	w.effect(FaultHostSleep)
	m.local, m.at = m.since(), w.now
	m.asleep = true
	m.sleeping++
	if b := m.boot; b != nil {
		for _, mb := range b.mailboxes {
			w.unready(mb)
		}
		m.frozen = w.takeEvents(b)
	}
	number := m.sleeping
	w.after(d, nil, func() {
		if m.asleep && m.sleeping == number {
			m.Wake()
		}
	})
}

// Wake ends a Sleep.
func (m *Machine) Wake() {
	if !m.asleep {
		return
	}
	w := m.world
	w.trace.add(w.now, m.name, "wakes")
	w.keptApart(FaultHostSleep)
	slept := w.now - m.at
	m.asleep, m.at = false, w.now
	frozen := m.frozen
	m.frozen = nil
	for _, e := range frozen {
		e.at += slept
		w.agenda.push(e)
	}
	if b := m.boot; b != nil {
		for _, mb := range b.mailboxes {
			w.makeReady(mb)
		}
	}
	for _, d := range m.disks {
		d.resume()
	}
	w.fabric.release()
}

// forgetSleep ends a Sleep with the loss of power.
func (m *Machine) forgetSleep() {
	if m.asleep {
		m.asleep, m.at, m.frozen = false, m.world.now, nil
	}
}

// takeEvents takes a boot's events out of the agenda.
func (w *World) takeEvents(b *boot) []*event {
	var taken []*event
	all := w.agenda
	w.agenda = make(agenda, 0, len(all))
	for _, e := range all {
		if e.boot == b {
			taken = append(taken, e)
		} else {
			w.agenda.push(e)
		}
	}
	return taken
}

// clock is time as one node sees it.
type clock struct{ boot *boot }

func (c clock) Now() time.Duration { return c.boot.machine.since() }
func (c clock) Wall() time.Time {
	return dawn.Add(c.boot.machine.since() + c.boot.machine.wall)
}

func (c clock) TellAfter(d time.Duration, to *actor.PID, msg any) actors.Timer {
	b := c.boot
	b.world.outward()
	e := b.world.after(b.machine.worldly(d), b, func() { b.tell(to, msg) })
	return &timer{e, e.seq}
}

// timer is an event that an actor may take back.
type timer struct {
	event *event
	seq   uint64
}

// Stop takes the event back, if it hasn't happened.
func (t *timer) Stop() {
	if t.event.seq == t.seq {
		t.event.cancel()
	}
}
