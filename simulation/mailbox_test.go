package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
)

// restarter restarts a child that fails, after a while if delay is set.
type restarter struct{ delay bool }

func (r *restarter) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	if !r.delay {
		s.RestartChildren(child)
	}
}

type numbered int

// parent spawns one child and supervises it.
type parent struct {
	restarter
	host  *actors.Host
	child *actor.PID
	kid   func(actor.Context)
}

func (p *parent) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *actor.Started:
		props := actor.PropsFromFunc(p.kid, p.host.Exec.Executor("x").Options()...)
		p.child, _ = c.SpawnNamed(props, "child")
	case string:
		c.(actor.Supervisor).RestartChildren(p.child)
	case numbered:
		c.Send(p.child, msg)
	}
}

func startFamily(t *testing.T, w *World, delay bool, kid func(actor.Context)) *parent {
	t.Helper()
	m := w.AddMachine("a", "10.0.0.1")
	p := &parent{restarter: restarter{delay}, kid: kid}
	err := m.Start(func(h *actors.Host) *actor.Props {
		p.host = h
		return actor.PropsFromProducer(func() actor.Actor { return p }, h.Exec.Executor("x").Options()...)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.RunFor(time.Millisecond)
	return p
}

func TestMailboxKeepsOrderOverRestart(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		w := newWorld(t, seed)
		var got []numbered
		starts := 0
		p := startFamily(t, w, false, func(c actor.Context) {
			switch msg := c.Message().(type) {
			case *actor.Started:
				starts++
			case numbered:
				if msg == 3 {
					panic("three")
				}
				got = append(got, msg)
			}
		})
		for i := range numbered(6) {
			p.host.Tell(p.child, i)
		}
		w.RunFor(time.Second)
		// The message that panicked is lost, those behind it are not.
		if want := []numbered{0, 1, 2, 4, 5}; !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
		if starts != 2 || len(w.Panics()) != 1 {
			t.Fatalf("seed %d: %d starts and %d panics", seed, starts, len(w.Panics()))
		}
	})
}

func TestMailboxWaitsWhileSuspended(t *testing.T) {
	w := newWorld(t, 1)
	var got []numbered
	p := startFamily(t, w, true, func(c actor.Context) {
		if n, ok := c.Message().(numbered); ok {
			if n == 0 {
				panic("zero")
			}
			got = append(got, n)
		}
	})
	for i := range numbered(3) {
		p.host.Tell(p.child, i)
	}
	w.RunFor(time.Second)
	if len(got) != 0 {
		t.Fatalf("a suspended actor got %v", got)
	}
	p.host.Tell(w.machines[0].Root(), "restart")
	w.RunFor(time.Second)
	if want := []numbered{1, 2}; !slices.Equal(got, want) {
		t.Fatalf("after the restart it got %v, want %v", got, want)
	}
}

func TestSystemMessagesGoFirst(t *testing.T) {
	w := newWorld(t, 1)
	var got []string
	p := startFamily(t, w, false, func(c actor.Context) { got = append(got, typeName(c.Message())) })
	got = nil
	p.host.Tell(p.child, numbered(1))
	p.host.System.Root.Stop(p.child)
	w.RunFor(time.Second)
	if want := []string{"Stopping", "Stopped"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestKillDropsEverything(t *testing.T) {
	w := newWorld(t, 1)
	m := w.AddMachine("a", "10.0.0.1")
	first := start(t, m, nil)
	first.host.Clock.TellAfter(time.Second, first.pid, numbered(1))
	first.host.Tell(first.pid, numbered(2))
	m.Kill()
	second := start(t, m, nil)
	first.host.Tell(first.pid, numbered(3))
	w.RunFor(time.Minute)
	if len(first.got) != 0 {
		t.Errorf("a killed actor got %v", first.got)
	}
	if len(second.got) != 1 {
		t.Errorf("the second life got %v, want only Started", second.got)
	}
	mustCheck(t, w)
}

func TestPauseHoldsTurnsBack(t *testing.T) {
	w := newWorld(t, 1)
	m := w.AddMachine("a", "10.0.0.1")
	p := start(t, m, nil)
	w.RunFor(time.Millisecond)
	m.Pause()
	p.host.Tell(p.pid, numbered(1))
	w.RunFor(time.Second)
	if n := len(messages[numbered](p)); n != 0 {
		t.Fatalf("a paused node had %d turns", n)
	}
	m.Continue()
	w.RunFor(time.Second)
	if n := len(messages[numbered](p)); n != 1 {
		t.Fatalf("a continued node had %d turns", n)
	}
}

func TestWatchingTheDead(t *testing.T) {
	w := newWorld(t, 1)
	p := start(t, w.AddMachine("a", "10.0.0.1"), func(p *probe, c actor.Context, msg any) {
		if _, ok := msg.(*actor.Started); ok {
			c.Watch(actor.NewPID(c.Self().Address, "nobody"))
		}
	})
	until[*actor.Terminated](t, w, p, 1)
}
