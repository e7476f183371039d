package states

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	const ms = time.Millisecond
	t.Run("without clients the window stays full", func(t *testing.T) {
		p := NewPace()
		p.Begin(0)
		for i := range 100 {
			if !p.Allows(SyncWindow-1) || p.Allows(SyncWindow) {
				t.Fatalf("after %d chunks the window isn't %d", i, SyncWindow)
			}
			if rest := p.Ended(time.Duration(i)*ms, ClientsAway, SyncWindow-1); rest != 0 {
				t.Fatalf("a rest of %v for nobody", rest)
			}
		}
	})
	t.Run("a burst with a client ends, and is followed by a rest that is no shorter", func(t *testing.T) {
		p := NewPace()
		p.Begin(0)
		for left := SyncWindow - 1; left > 0; left-- {
			if rest := p.Ended(5*ms, ClientsWork, left); rest != 0 || p.Allows(left) {
				t.Fatalf("with %d chunks under way: rest %v, another one allowed: %v", left, rest, p.Allows(left))
			}
		}
		rest := p.Ended(20*ms, ClientsAway, 0) // the client that was at work before counts
		if rest != 40*ms || !p.Resting() || p.Allows(0) {
			t.Fatalf("rest %v, resting %v", rest, p.Resting())
		}
		p.Begin(60 * ms)
		if p.Resting() || !p.Allows(SyncWindow-1) {
			t.Fatal("the rest doesn't end")
		}
	})
	t.Run("a burst that takes no time is followed by another one, which owes no rest to the clients of the first", func(t *testing.T) {
		p := NewPace()
		p.Begin(ms)
		if rest := p.Ended(ms, ClientsWork, 0); rest != 0 || p.Resting() || !p.Allows(0) {
			t.Fatalf("rest %v, resting %v", rest, p.Resting())
		}
		if rest := p.Ended(52*ms, ClientsAway, 0); rest != 0 {
			t.Fatalf("a rest of %v for nobody", rest)
		}
	})
	t.Run("a client that was at work lately counts in the next bursts, unless it waits for the copying", func(t *testing.T) {
		for _, c := range []struct {
			later   time.Duration
			clients Clients
			rest    time.Duration
		}{
			{10 * ms, ClientsAway, 20 * ms},
			{clientStays, ClientsAway, 2 * clientStays},
			{clientStays + ms, ClientsAway, 0},
			{10 * ms, ClientsWait, 0},
			{clientStays + ms, ClientsWork, 2 * (clientStays + ms)},
		} {
			p := NewPace()
			p.Begin(0)
			p.Ended(0, ClientsWork, 0) // took no time: another burst begins
			if rest := p.Ended(c.later, c.clients, 0); rest != c.rest {
				t.Errorf("%v later, %d: a rest of %v, not %v", c.later, c.clients, rest, c.rest)
			}
		}
	})
	for _, c := range []struct {
		name   string
		took   []time.Duration // bursts, one after the other
		window int             // then
		rest   time.Duration   // after the last one
	}{
		{"long bursts are made shorter", []time.Duration{100 * ms, 100 * ms}, 2, 200 * ms},
		{"down to one chunk", []time.Duration{time.Minute, time.Minute, time.Minute, time.Minute, time.Minute}, 1, time.Second},
		{"short ones grow again", []time.Duration{100 * ms, 100 * ms, 5 * ms}, 4, 10 * ms},
		{"up to the window", []time.Duration{5 * ms, 5 * ms, 5 * ms}, SyncWindow, 10 * ms},
		{"what takes no time needs no rest", []time.Duration{0}, SyncWindow, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPace()
			var now, rest time.Duration
			for _, d := range c.took {
				p.Begin(now)
				now += d
				rest = p.Ended(now, ClientsWork, 0)
			}
			if rest != c.rest {
				t.Errorf("a rest of %v", rest)
			}
			p.Begin(now)
			if !p.Allows(c.window-1) || p.Allows(c.window) {
				t.Errorf("the window isn't %d", c.window)
			}
		})
	}
}
