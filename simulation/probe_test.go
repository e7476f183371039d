package simulation

import (
	"strconv"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
)

// probe is an actor that records what it gets and does what a test wants.
type probe struct {
	host *actors.Host
	pid  *actor.PID
	exec actors.Executor
	got  []any
	on   func(p *probe, c actor.Context, msg any)
}

func (p *probe) Receive(c actor.Context) {
	msg := c.Message()
	p.got = append(p.got, msg)
	if p.on != nil {
		p.on(p, c, msg)
	}
}

func (p *probe) owner(epoch uint64) actors.Owner {
	return actors.Owner{PID: p.pid, Exec: p.exec, Epoch: epoch}
}

// newWorld makes a world that is closed at the end of the test.
func newWorld(t *testing.T, seed uint64) *World {
	w := NewWorld(seed)
	t.Cleanup(w.Close)
	return w
}

// seeds runs a test for the seeds below n; for a fraction of them with -short, as under the race detector,
// which is slow and looks for something else. Tests that count outcomes over many seeds get them all.
func seeds(t *testing.T, n int, run func(t *testing.T, seed uint64)) {
	if testing.Short() && n < 100 {
		n = (n + 9) / 10
	}
	for seed := range uint64(n) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { run(t, seed) })
	}
}

// start boots a machine with a probe as its node.
func start(t *testing.T, m *Machine, on func(p *probe, c actor.Context, msg any)) *probe {
	t.Helper()
	p := &probe{on: on}
	err := m.Start(func(h *actors.Host) *actor.Props {
		p.host, p.exec = h, h.Exec.Executor("probe")
		return actor.PropsFromProducer(func() actor.Actor { return p }, p.exec.Options()...)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.pid = m.Root()
	return p
}

// messages filters what a probe got by type.
func messages[T any](p *probe) []T {
	var list []T
	for _, m := range p.got {
		if x, ok := m.(T); ok {
			list = append(list, x)
		}
	}
	return list
}

// until runs the world until the probe has n messages of a type, and returns the last.
func until[T any](t *testing.T, w *World, p *probe, n int) T {
	t.Helper()
	if err := w.Run(func() bool { return len(messages[T](p)) >= n }, 10*time.Minute); err != nil {
		t.Fatalf("%v; the probe got %d messages\n%s", err, len(p.got), w.Trace().Tail(20))
	}
	list := messages[T](p)
	return list[len(list)-1]
}

func mustCheck(t *testing.T, w *World) {
	t.Helper()
	if err := w.Check(); err != nil {
		t.Fatalf("%v\n%s", err, w.Trace().Tail(30))
	}
}
