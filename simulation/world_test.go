package simulation

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
)

// chatter is a world of probes that use every seam at random.
func chatter(t *testing.T, seed uint64) *World {
	t.Helper()
	w := newWorld(t, seed)
	a, b := w.AddMachine("a", "10.0.0.1"), w.AddMachine("b", "10.0.0.2")
	for _, m := range []*Machine{a, b} {
		m.AddDisk("/disk", 64<<10)
	}
	busy := func(peer string) func(p *probe, c actor.Context, msg any) {
		return func(p *probe, c actor.Context, msg any) {
			o := actors.Owner{PID: c.Self(), Exec: p.exec}
			switch m := msg.(type) {
			case *actor.Started:
				p.host.Disks.Open(o, "/disk", 4)
				p.host.Net.SetPeers([]string{"tcp4://" + peer})
				p.host.Net.Listen(o, "tcp4://0.0.0.0:8457")
				p.host.Clock.TellAfter(time.Millisecond, c.Self(), "tick")
			case string:
				p.host.Log.Info("tick", "chance", p.host.Rand.Uint64()%100)
				p.host.Clock.TellAfter(time.Duration(p.host.Rand.Uint64()%uint64(3*time.Millisecond)), c.Self(), "tick")
				p.host.Net.Dial(o, actors.DialSpec{Remote: "tcp4://" + peer, Timeout: time.Second})
			case *actors.DiskOpened:
				for i := range int64(8) {
					m.Disk.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: i * 1024, Buf: make([]byte, 1024), To: c.Self()})
				}
			case *actors.Dialed:
				if m.Conn != nil {
					m.Conn.Own(o)
					m.Conn.Close()
				}
			}
		}
	}
	start(t, a, busy("10.0.0.2"))
	start(t, b, busy("10.0.0.1"))
	w.After(20*time.Millisecond, a.Power)
	w.After(30*time.Millisecond, func() { start(t, a, busy("10.0.0.2")) })
	w.RunFor(100 * time.Millisecond)
	return w
}

func TestOneSeedOneTrace(t *testing.T) {
	seen := map[uint64]uint64{}
	seeds(t, 40, func(t *testing.T, seed uint64) {
		first, second := chatter(t, seed), chatter(t, seed)
		if first.Trace().Hash() != second.Trace().Hash() || first.Turns() != second.Turns() {
			t.Fatalf("seed %d: %d turns, then %d turns with another trace", seed, first.Turns(), second.Turns())
		}
		if first.Turns() < 100 {
			t.Fatalf("seed %d had only %d turns", seed, first.Turns())
		}
		if other, ok := seen[first.Trace().Hash()]; ok {
			t.Fatalf("seeds %d and %d have the same trace", seed, other)
		}
		seen[first.Trace().Hash()] = seed
	})
}

func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	w := chatter(t, 1)
	w.machines[0].Host().Tell(actor.NewPID("nonhost", "nobody"), "lost")
	w.RunFor(time.Second)
	if after := runtime.NumGoroutine(); after > before {
		buf := make([]byte, 64<<10)
		t.Fatalf("%d goroutines before, %d after:\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
	if len(w.machines[0].DeadLetters()) == 0 {
		t.Error("a lost message was not counted")
	}
}

func TestRunEnds(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.Run(func() bool { return false }, time.Second); !errors.Is(err, ErrStalled) {
		t.Errorf("an empty world gave %v", err)
	}
	p := start(t, w.AddMachine("a", "10.0.0.1"), nil)
	timer := p.host.Clock.TellAfter(time.Minute, p.pid, numbered(1))
	p.host.Clock.TellAfter(2*time.Minute, p.pid, numbered(2))
	if err := w.Run(func() bool { return false }, time.Second); err == nil || w.Now() != time.Second {
		t.Errorf("a limit of a second ended at %v with %v", w.Now(), err)
	}
	timer.Stop()
	until[numbered](t, w, p, 1)
	if got := messages[numbered](p); fmt.Sprint(got) != "[2]" || w.Now() < 2*time.Minute {
		t.Errorf("got %v at %v, want the second timer only", got, w.Now())
	}
}
