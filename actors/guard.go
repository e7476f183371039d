package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// guard decides when a primary without a session tries again: at once, then with a growing pause up to
// the reconnect period, for ever (L9). It hears timers and the link's ends, never a request.
type guard struct {
	res   *resource
	self  *actor.PID
	on    bool
	epoch uint64
	pause time.Duration
	asked time.Duration // when the last attempt began
}

const (
	reconnectFirst = 500 * time.Millisecond
	// reconnectPeriod is the longest pause: the original's fixed one.
	reconnectPeriod = 10 * time.Second
)

func (d *guard) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *watch:
		d.onWatch(m)
	case *sessionDown:
		d.onDown(m)
	case *guardWake:
		d.onWake(m)
	case *actor.Started:
		d.self = c.Self()
	case *actor.Stopping, *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("guard: unexpected %T", m))
	}
}

func (d *guard) onWatch(m *watch) {
	d.on, d.pause = m.on, 0
	d.epoch = d.res.newEpoch()
	if d.on {
		d.res.h.Tell(d.self, &guardWake{epoch: d.epoch})
	}
}

// onDown plans the next attempt; one timer counts, whatever came before (bug 48).
func (d *guard) onDown(m *sessionDown) {
	if !d.on {
		return
	}
	if m.was && d.res.h.Clock.Now()-d.asked >= reconnectPeriod {
		d.pause = 0 // it was a session; one that ends at once, again and again, is none
	}
	d.pause = min(max(d.pause*2, reconnectFirst), reconnectPeriod)
	jitter := time.Duration(d.res.h.Rand.Uint64() % uint64(d.pause/4+1))
	d.epoch = d.res.newEpoch()
	d.res.h.Clock.TellAfter(d.pause-jitter, d.self, &guardWake{epoch: d.epoch})
}

func (d *guard) onWake(m *guardWake) {
	if m.epoch == d.epoch && d.on && !d.res.cfg.RemoteNone {
		d.asked = d.res.h.Clock.Now()
		d.res.h.Tell(d.res.link, &connect{})
	}
}
