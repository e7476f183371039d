package states

import "time"

const (
	// SyncWindow is how many chunks are under way at most: with those of 128 KiB enough to keep disk and link busy.
	SyncWindow = 8
	// A burst longer than burstMost is cut to half as many chunks, because clients wait for its end; one shorter than
	// burstLeast gets twice as many.
	burstMost  = 40 * time.Millisecond
	burstLeast = 10 * time.Millisecond
	// clientStays is how long a client counts as at work after its last request was seen. On busy processors one that
	// has its answer may not come to its next request before a whole burst is over.
	clientStays = 50 * time.Millisecond
	// restMost bounds a rest: a burst may have waited for a disk that was stuck.
	restMost = time.Second
)

// Clients is what they do beside a copy.
type Clients uint8

const (
	ClientsAway Clients = iota // none made a request
	ClientsWork                // one was at work
	ClientsWait                // one waits for the copying itself
)

// Pace is when a synchronization may begin with one more chunk.
//
// Clients keep at least half their speed while it runs (I1, L5). A link and a disk serve in order, so chunks that are
// under way all the time would leave next to nothing to a client with few and small requests. So chunks go in bursts:
// when a client was at work during one, nothing is copied afterwards for twice as long as it took: a burst costs processor
// time, too, which a rest as long as the burst doesn't give back where processors are busy. Without clients the window is
// always full.
type Pace struct {
	window  int           // chunks in a burst
	began   time.Duration // the burst
	seen    time.Duration // a client was at work then
	met     bool          // there was one at all
	yields  bool          // it ends, and a rest follows
	resting bool
}

// NewPace is the pace of a session's first burst, which Begin starts.
func NewPace() Pace { return Pace{window: SyncWindow} }

// Begin starts a burst, and ends a rest.
func (p *Pace) Begin(now time.Duration) { p.began, p.yields, p.resting = now, false, false }

// Allows reports whether one more chunk may be asked for, beside those that were asked for already.
func (p *Pace) Allows(asked int) bool {
	return !p.resting && !(p.yields && asked > 0) && asked < p.window
}

// Ended takes note of a chunk's end, after which so many are still asked for, and of what clients did since the last one.
// It returns how long to rest, after which Begin is due; 0 is not at all.
func (p *Pace) Ended(now time.Duration, clients Clients, asked int) time.Duration {
	switch clients {
	case ClientsWork:
		p.seen, p.met = now, true
	case ClientsWait:
		p.met = false
	}
	p.yields = p.yields || p.met && now-p.seen <= clientStays
	if !p.yields {
		p.window, p.began = SyncWindow, now
		return 0
	}
	if asked > 0 || p.resting {
		return 0
	}
	took := now - p.began
	switch {
	case took > burstMost:
		p.window = max(1, p.window/2)
	case took < burstLeast:
		p.window = min(SyncWindow, 2*p.window)
	}
	rest := min(2*took, restMost)
	if rest <= 0 {
		p.Begin(now)
		return 0
	}
	p.yields, p.resting = false, true
	return rest
}

// Resting reports whether a rest has begun that Begin hasn't ended.
func (p *Pace) Resting() bool { return p.resting }
