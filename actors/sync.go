package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
)

// syncer is the pace and the progress of synchronization on a primary: how many chunks are under way, what
// is announced, when to try again. What is copied, and from where, gate knows.
type syncer struct {
	res  *resource
	self *actor.PID
	log  hclog.Logger
	fsm  *states.Machine

	session   uint64
	source    states.SyncSource
	under     int           // chunks under way
	pause     time.Duration // the last one after an error
	asked     int           // copyNext without an answer yet
	pace      states.Pace
	announced bool
	since     time.Duration
	copied    uint64 // in this synchronization
	total     uint64 // since the role was taken
}

const (
	// syncRetry is the pause after a chunk that failed; it doubles up to syncRetryMost while nothing else is
	// copied.
	syncRetry     = 5 * time.Second
	syncRetryMost = 8 * syncRetry
)

func newSyncer(r *resource) *syncer {
	return &syncer{res: r, log: r.log.With("role", states.RolePrimary), fsm: r.machine(states.SyncTable)}
}

func (s *syncer) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *chunkDone:
		s.onChunk(m)
	case *copyNone:
		s.onNone(m)
	case *syncBegin:
		s.onBegin(m)
	case *syncEnd:
		s.onEnd(m)
	case *bothFlushed:
		s.onFlushed(m)
	case *equalised:
		s.onEqualised(m)
	case *syncAgain:
		s.onAgain(m)
	case *syncMore:
		s.onMore(m)
	case *syncRested:
		s.onRested(m)
	case *statusWalk:
		s.onStatus(m)
	case *actor.Started:
		s.self = c.Self()
	case *actor.Stopping, *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("sync: unexpected %T", m))
	}
}

func (s *syncer) gate(msg any) { s.res.h.Tell(s.res.gate, msg) }

func (s *syncer) step(ev states.Event) {
	effects, err := s.fsm.Step(ev)
	if err != nil {
		panic(err)
	}
	for _, e := range effects {
		s.do(e)
	}
}

func (s *syncer) do(e states.Effect) {
	switch e {
	case states.SyncDoStartCopy:
		s.pace.Begin(s.res.h.Clock.Now())
		s.fill()
	case states.SyncDoFlushBoth:
		s.gate(&flushBoth{session: s.session})
	case states.SyncDoEqualise:
		s.gate(&equalise{session: s.session})
	case states.SyncDoRecheck:
		s.ask()
	case states.SyncDoRetryLater:
		s.pause = min(max(2*s.pause, syncRetry), syncRetryMost)
		s.res.h.Clock.TellAfter(s.pause, s.self, &syncAgain{session: s.session})
	case states.SyncDoAnnounceStart:
		s.announceStart()
	case states.SyncDoAnnounceDone:
		s.announceEnd("syncdone")
	case states.SyncDoAnnounceInterrupted:
		s.announceEnd("syncintr")
	default:
		panic("sync: unknown effect " + string(e))
	}
}

// ask asks gate for one more chunk.
func (s *syncer) ask() {
	s.asked++
	s.gate(&copyNext{session: s.session})
}

// fill keeps the window full, unless it is the clients' turn.
func (s *syncer) fill() {
	for s.pace.Allows(s.asked) {
		s.ask()
	}
}

func (s *syncer) onBegin(m *syncBegin) {
	s.session, s.source, s.asked, s.copied, s.pause, s.pace = m.session, m.source, 0, 0, 0, states.NewPace()
	if m.dirty == 0 {
		s.step(states.SyncOnSessionUp)
		return
	}
	s.step(states.SyncOnWork)
}

func (s *syncer) onEnd(m *syncEnd) {
	if m.session == s.session {
		s.session, s.asked = 0, 0
		s.step(states.SyncOnLost)
	}
}

// onChunk: one chunk ended, well or not.
func (s *syncer) onChunk(m *chunkDone) {
	if m.session != s.session {
		return
	}
	s.asked--
	if m.err != nil {
		s.log.Warn("cannot copy synchronization data", "error", m.err)
		if s.fsm.Current() == states.SyncIsRunning {
			s.step(states.SyncOnError)
		}
		return
	}
	s.pause = 0
	s.copied += uint64(m.bytes)
	s.total += uint64(m.bytes)
	switch s.fsm.Current() {
	case states.SyncIsRunning:
		if rest := s.pace.Ended(s.res.h.Clock.Now(), m.clients, s.asked); rest > 0 {
			s.res.h.Clock.TellAfter(rest, s.self, &syncRested{session: s.session})
		}
		s.fill()
	case states.SyncIsFinishing, states.SyncIsDone:
		s.step(states.SyncOnWork)
	}
}

// onRested goes on after the clients' turn.
func (s *syncer) onRested(m *syncRested) {
	if m.session != s.session || s.session == 0 || !s.pace.Resting() {
		return
	}
	s.pace.Begin(s.res.h.Clock.Now())
	if s.fsm.Current() == states.SyncIsRunning {
		s.fill()
	}
}

// onNone: there was no chunk to begin.
func (s *syncer) onNone(m *copyNone) {
	if m.session != s.session {
		return
	}
	s.asked--
	if s.fsm.Current() == states.SyncIsRunning && !m.busy && s.asked == 0 {
		s.step(states.SyncOnNothingLeft)
	}
}

func (s *syncer) onFlushed(m *bothFlushed) {
	if m.session != s.session || s.fsm.Current() != states.SyncIsFinishing {
		return
	}
	if m.err != nil {
		s.step(states.SyncOnError)
		return
	}
	s.step(states.SyncOnFlushed)
}

func (s *syncer) onEqualised(m *equalised) {
	if m.session != s.session || s.fsm.Current() != states.SyncIsEqualising {
		return
	}
	switch m.err {
	case nil:
		s.step(states.SyncOnEqualised)
	case errMoreWork:
		s.step(states.SyncOnWork)
	default:
		s.step(states.SyncOnError)
	}
}

func (s *syncer) onAgain(m *syncAgain) {
	if m.session == s.session && s.fsm.Current() == states.SyncIsWaiting {
		s.step(states.SyncOnWork)
	}
}

// onMore: there is more to copy. A copying that failed waits for its timer all the same.
func (s *syncer) onMore(m *syncMore) {
	if m.session != s.session || s.session == 0 {
		return
	}
	switch s.fsm.Current() {
	case states.SyncIsRunning:
		s.fill()
	case states.SyncIsFinishing, states.SyncIsEqualising, states.SyncIsDone:
		s.step(states.SyncOnWork)
	}
}

func (s *syncer) announceStart() {
	if s.announced {
		return
	}
	s.announced, s.since = true, s.res.h.Clock.Now()
	s.log.Info("Synchronization started.", "source", s.source)
	s.res.h.Tell(s.res.pid, &notice{event: "syncstart"})
}

func (s *syncer) announceEnd(event string) {
	if !s.announced {
		if event == "syncdone" {
			s.log.Info("Nodes are in sync.")
		}
		return
	}
	s.announced = false
	took := (s.res.h.Clock.Now() - s.since).Round(time.Millisecond)
	if event == "syncdone" {
		s.log.Info(fmt.Sprintf("Synchronization complete. %d bytes synchronized in %v.", s.copied, took))
	} else {
		s.log.Warn(fmt.Sprintf("Synchronization interrupted after %v. %d bytes synchronized so far.", took, s.copied))
	}
	s.res.h.Tell(s.res.pid, &notice{event: event})
}

func (s *syncer) onStatus(m *statusWalk) {
	y := &m.status.Sync
	y.State = string(s.fsm.Current())
	y.Copied, y.Total = s.copied, s.total
	if s.source != states.SourceUndef {
		y.Source = s.source.String()
	}
	if s.announced {
		y.Elapsed = s.res.h.Clock.Now() - s.since
	}
	s.res.walkOn(m, s.self)
}
