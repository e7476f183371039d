package host

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"
)

func quietSystem() *actor.ActorSystem { return New(Options{}).System }

// system is shared: making one costs milliseconds, and actors have names of their own.
var system = sync.OnceValue(quietSystem)

// failAgain restarts whoever fails, as often as it fails.
var failAgain = actor.NewRestartingStrategy()

func spawnOn(t *testing.T, e *Executor, f func(actor.Context)) *actor.PID {
	t.Helper()
	pid := system().Root.Spawn(actor.PropsFromFunc(f, append(e.Options(), actor.WithGuardian(failAgain))...))
	t.Cleanup(func() { system().Root.Stop(pid) })
	return pid
}

func newTestExecutor() *Executor { return NewExecutor("test", hclog.NewNullLogger()) }

type numbered struct{ from, n int }

// Several producers send to several actors of one executor, of which some fail now and then. Each
// producer's messages arrive in order, all but those that failed; and there is one turn at a time.
func TestProducers(t *testing.T) {
	const producers, receivers, each = 4, 3, 3000
	e := newTestExecutor()
	var busy atomic.Int32
	var wait sync.WaitGroup
	wait.Add(producers * receivers * each)
	var restarts int
	pids := make([]*actor.PID, receivers)
	for r := range receivers {
		last := [producers]int{}
		pids[r] = spawnOn(t, e, func(ctx actor.Context) {
			if busy.Add(1) != 1 {
				t.Error("two turns at once")
			}
			defer busy.Add(-1)
			switch m := ctx.Message().(type) {
			case *actor.Restarting:
				restarts++
			case *numbered:
				defer wait.Done()
				if m.n != last[m.from]+1 {
					t.Errorf("message %d of producer %d came after %d", m.n, m.from, last[m.from])
				}
				last[m.from] = m.n
				if m.n%500 == 0 {
					panic("bad message")
				}
			}
		})
	}
	for p := range producers {
		go func() {
			for n := 1; n <= each; n++ {
				for _, pid := range pids {
					system().Root.Send(pid, &numbered{p, n})
				}
			}
		}()
	}
	wait.Wait()
	// The last failures are decided in turns behind the last message; once Begin succeeds, none is due.
	for !e.Begin() {
		runtime.Gosched()
	}
	defer e.End()
	if want := producers * receivers * each / 500; restarts != want {
		t.Errorf("%d restarts, want %d", restarts, want)
	}
}

// A message sent within a turn waits for the turn's end, and a system message overtakes user messages.
func TestOrderWithinTurn(t *testing.T) {
	e := newTestExecutor()
	var got []string
	var self *actor.PID
	self = spawnOn(t, e, func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case string:
			got = append(got, "begin "+m)
			if m == "first" {
				ctx.Send(self, "second")
				ctx.Send(self, "third")
				ctx.Stop(self)
			}
			got = append(got, "end "+m)
		case *actor.Stopped:
			got = append(got, "stopped")
		}
	})
	system().Root.Send(self, "first")
	if want := "begin first,end first,stopped"; strings.Join(got, ",") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ","), want)
	}
}

// between is an invoker that records, for tests of the mailbox itself.
type between struct {
	got       []string
	fail      string
	escalated []any
}

func (b *between) InvokeSystemMessage(m any) { b.got = append(b.got, fmt.Sprint("system ", m)) }

func (b *between) InvokeUserMessage(m any) {
	b.got = append(b.got, fmt.Sprint("user ", m))
	if m == b.fail {
		panic("failed")
	}
}

func (b *between) EscalateFailure(reason, message any) {
	b.escalated = append(b.escalated, reason, message)
}

func TestSuspendAndResume(t *testing.T) {
	e := newTestExecutor()
	b := &between{fail: "b"}
	m := &mailbox{exec: e}
	m.RegisterHandlers(b, nil)
	m.Start()
	m.PostUserMessage("a")
	m.PostSystemMessage(&actor.SuspendMailbox{})
	m.PostUserMessage("b")
	m.PostUserMessage("c")
	m.PostSystemMessage("s")
	if n := m.UserMessageCount(); n != 2 {
		t.Errorf("%d user messages wait while suspended, want 2", n)
	}
	if !e.Begin() {
		t.Fatal("an executor whose only mailbox is suspended is still running")
	}
	m.PostSystemMessage(&actor.ResumeMailbox{})
	m.PostSystemMessage("t")
	e.End()
	want := "user a,system s,system t,user b,user c"
	if got := strings.Join(b.got, ","); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if fmt.Sprint(b.escalated) != "[failed b]" {
		t.Errorf("escalated %v, want the reason and the message", b.escalated)
	}
}

// A goroutine that is ended within a turn takes neither the executor nor the actor with it.
func TestGoexit(t *testing.T) {
	e := newTestExecutor()
	b := &exiting{after: make(chan struct{})}
	m := &mailbox{exec: e}
	m.RegisterHandlers(b, nil)
	go m.PostUserMessage("exit")
	<-b.after
	m.PostUserMessage("on")
}

type exiting struct {
	between
	after chan struct{}
}

func (b *exiting) InvokeUserMessage(m any) {
	if m == "exit" {
		runtime.Goexit()
	}
}

func (b *exiting) EscalateFailure(any, any) { close(b.after) }

// flushes counts, and notes how many turns had run by then.
type flushes struct {
	turns *int
	at    []int
	queue bool
}

func (f *flushes) Flush() {
	f.queue = false
	f.at = append(f.at, *f.turns)
}

type deferring struct {
	between
	e     *Executor
	f     *flushes
	turns int
}

func (d *deferring) InvokeUserMessage(any) {
	d.turns++
	if !d.f.queue {
		d.f.queue = true
		d.e.Defer(d.f)
	}
}

// What a burst of turns defers is flushed once at its end, and after a bounded number of turns.
func TestFlush(t *testing.T) {
	for _, c := range []struct{ posts, flushes int }{{1, 1}, {10, 1}, {flushTurns, 1}, {3*flushTurns + 5, 4}} {
		t.Run(fmt.Sprint(c.posts), func(t *testing.T) {
			e := newTestExecutor()
			d := &deferring{e: e}
			d.f = &flushes{turns: &d.turns}
			m := &mailbox{exec: e}
			m.RegisterHandlers(d, nil)
			if !e.Begin() {
				t.Fatal("a new executor is busy")
			}
			if e.Begin() {
				t.Fatal("two hold the executor")
			}
			for range c.posts {
				m.PostUserMessage("x")
			}
			if d.turns != 0 {
				t.Fatal("a turn ran while the executor was held")
			}
			e.End()
			if len(d.f.at) != c.flushes || d.f.at[len(d.f.at)-1] != c.posts {
				t.Errorf("flushed after %v turns, want %d times and after the last of %d", d.f.at, c.flushes, c.posts)
			}
		})
	}
}

type badFlush struct{}

func (badFlush) Flush() { panic("bad flush") }

// A flush that panics is logged and keeps no other from being flushed.
func TestFlushPanics(t *testing.T) {
	var log strings.Builder
	e := NewExecutor("resource r", hclog.New(&hclog.LoggerOptions{Output: &log}))
	turns := 7
	f := &flushes{turns: &turns}
	e.Begin()
	e.Defer(badFlush{})
	e.Defer(f)
	e.End()
	if len(f.at) != 1 {
		t.Errorf("the other was flushed %d times, want once", len(f.at))
	}
	if !strings.Contains(log.String(), "bad flush") || !strings.Contains(log.String(), "badFlush.Flush") {
		t.Errorf("the log shows neither what happened nor where:\n%s", log.String())
	}
}

// A poster is not captured for ever: another goroutine takes over.
func TestHandOver(t *testing.T) {
	e := newTestExecutor()
	end := make(chan struct{})
	posted := make(chan struct{})
	var turns int
	var self *actor.PID
	self = spawnOn(t, e, func(ctx actor.Context) {
		if ctx.Message() != "again" {
			return
		}
		turns++
		select {
		case <-posted:
			close(end)
		default:
			ctx.Send(self, "again")
		}
	})
	system().Root.Send(self, "again")
	close(posted) // reached although the actor keeps itself busy until then
	<-end
	if turns <= posterTurns {
		t.Errorf("handed over after %d turns, want more than %d", turns, posterTurns)
	}
}

// BenchmarkHop is a message from one actor to another of the same executor.
func BenchmarkHop(b *testing.B) {
	for _, inFlight := range []int{1, 32} {
		b.Run(fmt.Sprintf("inflight=%d", inFlight), func(b *testing.B) {
			e := newTestExecutor()
			type ball struct{ n int }
			left := b.N
			done := make(chan struct{})
			var pids [2]*actor.PID
			for i := range pids {
				pids[i] = system().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
					if m, ok := ctx.Message().(*ball); ok {
						if left--; left > 0 {
							ctx.Send(pids[1-i], m)
						} else if left == 0 {
							close(done)
						}
					}
				}, e.Options()...))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range inFlight {
				system().Root.Send(pids[0], &ball{})
			}
			<-done
		})
	}
}
