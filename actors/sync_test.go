package actors

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hast/states"
)

// syncScene is a syncer on a scene.
type syncScene struct {
	*scene
	s *syncer
}

func (w *syncScene) begin(session, dirty uint64) {
	w.t.Helper()
	w.turn("", &syncBegin{session: session, source: states.SourcePrimary, dirty: dirty})
}

// chunk ends a chunk of the session.
func (w *syncScene) chunk(err error, clients states.Clients) {
	w.t.Helper()
	w.turn("", &chunkDone{session: w.s.session, bytes: 4096, err: err, clients: clients})
}

// drained says for all chunks that were asked for that there is none.
func (w *syncScene) drained() {
	w.t.Helper()
	for w.s.asked > 0 {
		w.turn("", &copyNone{session: w.s.session})
	}
}

func (w *syncScene) status() {
	w.t.Helper()
	m := &statusWalk{status: &Status{Name: "shared"}}
	w.turn("status", m)
	w.say("status %s", show(&m.status.Sync))
	w.s.Keeps(func(what string, n int) { w.say("keeps %d %s", n, what) })
}

// done brings a synchronization to its end.
func (w *syncScene) done() {
	w.t.Helper()
	w.drained()
	w.turn("", &bothFlushed{session: w.s.session})
	w.turn("", &equalised{session: w.s.session})
}

var syncStories = []struct {
	name string
	play func(w *syncScene)
}{
	{"nothing-to-copy", func(w *syncScene) {
		w.status()
		w.begin(7, 0)
		w.turn("", &bothFlushed{session: 6})
		w.turn("", &bothFlushed{session: 7})
		w.turn("", &bothFlushed{session: 7})
		w.turn("", &equalised{session: 6})
		w.turn("", &equalised{session: 7})
		w.drained()
		w.turn("", &equalised{session: 7})
		w.status()
		w.turn("", &syncEnd{session: 6})
		w.turn("", &syncEnd{session: 7})
		w.status()
	}},
	{"copy", func(w *syncScene) {
		w.begin(7, 65536)
		w.time += 1500 * time.Millisecond
		w.chunk(nil, states.ClientsAway)
		w.turn("", &chunkDone{session: 6, bytes: 4096})
		w.status()
		w.turn("", &copyNone{session: 6})
		w.turn("", &copyNone{session: 7, busy: true})
		w.turn("", &syncMore{session: 6})
		w.turn("", &syncMore{session: 7})
		w.done()
		w.status()
		w.turn("", &syncMore{session: 7})
		w.chunk(nil, states.ClientsAway)
		w.done()
		w.status()
	}},
	{"busy-is-not-done", func(w *syncScene) {
		w.begin(7, 4096)
		for w.s.asked > 1 {
			w.turn("", &copyNone{session: 7, busy: true})
		}
		w.turn("", &copyNone{session: 7, busy: true})
		w.status()
		w.turn("", &syncMore{session: 7})
		w.done()
		w.status()
	}},
	{"ends-while-copying", func(w *syncScene) {
		w.begin(7, 65536)
		w.chunk(nil, states.ClientsAway)
		w.turn("", &syncEnd{session: 7})
		w.turn("", &chunkDone{session: 7, bytes: 4096})
		w.turn("", &syncMore{})
		w.turn("", &syncRested{})
		w.status()
		w.begin(8, 65536)
		w.chunk(nil, states.ClientsAway)
		w.status()
	}},
	{"chunks-fail", func(w *syncScene) {
		w.begin(7, 65536)
		for range 3 {
			w.chunk(errDisk, states.ClientsAway)
		}
		w.status()
		w.turn("", &syncMore{session: 7})
		w.turn("", &copyNone{session: 7})
		w.turn("", &syncAgain{session: 6})
		w.turn("", &syncAgain{session: 7})
		w.turn("", &syncAgain{session: 7})
		for range 5 {
			w.chunk(errDisk, states.ClientsAway)
			w.turn("", &syncAgain{session: 7})
		}
		w.chunk(nil, states.ClientsAway)
		w.chunk(errDisk, states.ClientsAway)
		w.status()
	}},
	{"chunk-ends-while-waiting", func(w *syncScene) {
		w.begin(7, 65536)
		w.chunk(errDisk, states.ClientsAway)
		w.chunk(nil, states.ClientsAway)
		w.status()
	}},
	{"chunk-fails-at-the-end", func(w *syncScene) {
		w.begin(7, 65536)
		w.drained()
		w.turn("", &chunkDone{session: 7, err: errDisk})
		w.turn("", &chunkDone{session: 7, bytes: 4096})
		w.status()
	}},
	{"flush-fails", func(w *syncScene) {
		w.begin(7, 4096)
		w.drained()
		w.turn("", &bothFlushed{session: 7, err: errDisk})
		w.status()
	}},
	{"more-work", func(w *syncScene) {
		w.begin(7, 4096)
		w.drained()
		w.turn("", &syncMore{session: 7})
		w.drained()
		w.turn("", &bothFlushed{session: 7})
		w.turn("", &syncMore{session: 7})
		w.drained()
		w.turn("", &bothFlushed{session: 7})
		w.turn("", &equalised{session: 7, err: errMoreWork})
		w.drained()
		w.turn("", &bothFlushed{session: 7})
		w.turn("", &equalised{session: 7, err: errDisk})
		w.status()
	}},
	{"clients", func(w *syncScene) {
		w.begin(7, 1<<20)
		for range 40 {
			w.time += 10 * time.Millisecond
			w.chunk(nil, states.ClientsWork)
		}
		w.turn("", &syncRested{session: 6})
		w.time += 10 * time.Millisecond
		w.turn("", &syncRested{session: 7})
		w.turn("", &syncRested{session: 7})
		for range 10 {
			w.time += 10 * time.Millisecond
			w.chunk(nil, states.ClientsWork)
		}
		w.chunk(errDisk, states.ClientsWork)
		w.turn("", &syncRested{session: 7})
		w.status()
	}},
}

// TestSyncStories: what synchronization asks for and announces, in each turn.
func TestSyncStories(t *testing.T) {
	var all strings.Builder
	for _, s := range syncStories {
		t.Run(s.name, func(t *testing.T) { fmt.Fprintf(&all, "== %s\n%s\n", s.name, playSync(t, s.play)) })
	}
	golden(t, "sync", all.String())
}

func playSync(t *testing.T, play func(w *syncScene)) string {
	st := newScene(t)
	w := &syncScene{scene: st, s: newSyncer(st.res)}
	st.start("sync", w.s)
	play(w)
	return st.out.String()
}
