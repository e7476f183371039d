package actors_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/config"
	"hast/states"
	"hast/wire"
)

// A host program runs a resource in its own ActorSystem, on its own seams: here a disk in memory, a network
// with nobody in it, and a door that the program itself walks through.
func Example() {
	system := actor.NewActorSystemWithConfig(actor.Configure())
	disk := newMemory("vol0", 4<<20)
	cfg := config.Resource{Name: "vol0", Provider: "vol0", Local: "memory", Remote: config.RemoteNone, RemoteNone: true,
		Replication: states.MemSync, Timeout: 20 * time.Second, MetaFlush: true, Workers: 1}

	for boot := 1; boot <= 2; boot++ {
		door := &program{opened: make(chan actors.Owner, 1), answers: make(chan *actors.Request, 1)}
		exec := newLoop()
		host := &actors.Host{System: system, Exec: exec, Clock: clock{system, time.Now()}, Rand: fixed(boot),
			Disks: disk.seam(system), Net: nobody{system}, Doors: door.seam(system), Hooks: noHooks{system}, Log: hclog.NewNullLogger()}
		pid, err := system.Root.SpawnNamed(actors.NewResource(host, cfg), fmt.Sprintf("hast/vol0-%d", boot))
		if err != nil {
			fmt.Println(err)
			return
		}

		answer := make(sink, 1)
		system.Root.Send(pid, &actors.SetRole{Role: states.RolePrimary, To: answer})
		fmt.Printf("boot %d: was %s, reason %q\n", boot, (<-answer)[0].Before, "")

		gate := <-door.opened
		before := make([]byte, 4096)
		door.do(system, gate, &actors.Request{Op: states.OpRead, Off: 8192, Len: 4096, Buf: before})
		fmt.Printf("read back %d\n", before[0])
		door.do(system, gate, &actors.Request{Op: states.OpWrite, Off: 8192, Len: 4096, Buf: filled(4096, byte(boot)), FUA: true})

		statuses := make(statusSink, 1)
		system.Root.Send(pid, &actors.QueryStatus{To: statuses})
		s := (<-statuses)[0]
		fmt.Printf("%s, %s, localcnt %d, dirty %d\n", s.Role, s.Status, s.LocalCnt, s.Dirty)

		stopped := make(stopSink)
		system.Root.Send(pid, &actors.Shutdown{To: stopped})
		<-stopped
		exec.stop()
	}
	// Output:
	// boot 1: was init, reason ""
	// read back 0
	// primary, degraded, localcnt 1, dirty 2097152
	// boot 2: was init, reason ""
	// read back 1
	// primary, degraded, localcnt 2, dirty 2097152
}

type (
	sink       chan []actors.RoleAnswer
	statusSink chan []actors.Status
	stopSink   chan struct{}
)

func (s sink) RolesSet(a []actors.RoleAnswer)    { s <- a }
func (s statusSink) Statuses(st []actors.Status) { s <- st }
func (s stopSink) NodeStopped()                  { close(s) }

func filled(n int, b byte) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = b
	}
	return p
}

// loop is the smallest executor: one goroutine that takes one run of one mailbox after another.
type loop struct {
	mu   sync.Mutex
	wake *sync.Cond
	runs []func()
	over bool
}

func newLoop() *loop {
	l := &loop{}
	l.wake = sync.NewCond(&l.mu)
	go l.run()
	return l
}

func (l *loop) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.over {
		if len(l.runs) == 0 {
			l.wake.Wait()
			continue
		}
		next := l.runs[0]
		l.runs = l.runs[1:]
		l.mu.Unlock()
		next()
		l.mu.Lock()
	}
}

func (l *loop) stop() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.wake.Signal()
}

func (l *loop) Schedule(fn func()) {
	l.mu.Lock()
	l.runs = append(l.runs, fn)
	l.mu.Unlock()
	l.wake.Signal()
}
func (l *loop) Throughput() int                 { return 300 }
func (l *loop) Options() []actor.PropsOption    { return []actor.PropsOption{actor.WithDispatcher(l)} }
func (l *loop) Executor(string) actors.Executor { return l }

type clock struct {
	system *actor.ActorSystem
	start  time.Time
}

func (c clock) Now() time.Duration { return time.Since(c.start) }
func (c clock) Wall() time.Time    { return time.Now() }
func (c clock) TellAfter(d time.Duration, to *actor.PID, msg any) actors.Timer {
	return timer{time.AfterFunc(d, func() { c.system.Root.Send(to, msg) })}
}

type timer struct{ t *time.Timer }

func (t timer) Stop() { t.t.Stop() }

type fixed uint64

func (f fixed) Uint64() uint64 { return uint64(f) }

// memory is a component in memory, with metadata as `hastctl create` would write it.
type memory struct{ bytes []byte }

func newMemory(name string, size int) *memory {
	rec := states.Record{Resource: name, DataSize: uint64(size) - 1<<20, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 1 << 20,
		PrevRole: states.RoleInit}
	block, err := wire.EncodeMetadata(&rec)
	if err != nil {
		panic(err)
	}
	m := &memory{bytes: make([]byte, size)}
	copy(m.bytes, block)
	return m
}

type memoryDisk struct {
	*memory
	system *actor.ActorSystem
}

func (m *memory) seam(s *actor.ActorSystem) actors.Disks { return memoryDisk{m, s} }

func (d memoryDisk) Open(o actors.Owner, path string, _ int) {
	d.system.Root.Send(o.PID, &actors.DiskOpened{Epoch: o.Epoch, Disk: d, Size: int64(len(d.bytes)), Sector: 512})
}

func (d memoryDisk) Submit(op *actors.DiskOp) {
	switch op.Kind {
	case actors.DiskRead:
		copy(op.Buf, d.bytes[op.Off:])
	case actors.DiskWrite:
		copy(d.bytes[op.Off:], op.Buf)
	case actors.DiskZero:
		clear(d.bytes[op.Off : op.Off+op.Len])
	}
	d.system.Root.Send(op.To, op)
}

func (d memoryDisk) Close(o actors.Owner) {
	d.system.Root.Send(o.PID, &actors.DiskClosed{Epoch: o.Epoch})
}

// nobody is a network without a peer.
type nobody struct{ system *actor.ActorSystem }

func (n nobody) Listen(o actors.Owner, addr string) {
	n.system.Root.Send(o.PID, &actors.Listening{Epoch: o.Epoch, Addr: addr, Err: wire.EADDRINUSE})
}
func (n nobody) SetPeers([]string) {}
func (n nobody) Dial(o actors.Owner, _ actors.DialSpec) {
	n.system.Root.Send(o.PID, &actors.Dialed{Epoch: o.Epoch, Refused: true, Err: wire.ECONNREFUSED})
}

type noHooks struct{ system *actor.ActorSystem }

func (h noHooks) Run(o actors.Owner, argv []string) {
	h.system.Root.Send(o.PID, &actors.HookDone{Epoch: o.Epoch, Argv: argv})
}

// program is the host program's own door.
type program struct {
	opened  chan actors.Owner
	answers chan *actors.Request
}

type programDoor struct {
	*program
	system *actor.ActorSystem
	owner  actors.Owner
}

func (p *program) seam(s *actor.ActorSystem) actors.Doors { return &programDoor{program: p, system: s} }

func (d *programDoor) Open(o actors.Owner, spec actors.DoorSpec) {
	d.owner = o
	d.system.Root.Send(o.PID, &actors.DoorOpened{Epoch: o.Epoch, Door: d, URI: "mem:" + spec.Provider})
	d.opened <- o
}
func (d *programDoor) Answered(*actors.Request)   {}
func (d *programDoor) Released(r *actors.Request) { d.answers <- r }
func (d *programDoor) Close() {
	d.system.Root.Send(d.owner.PID, &actors.DoorClosed{Epoch: d.owner.Epoch})
}
func (d *programDoor) Abandon()     { d.Close() }
func (d *programDoor) Clients() int { return 1 }

// do makes a request and waits until nobody holds it any more.
func (p *program) do(s *actor.ActorSystem, o actors.Owner, r *actors.Request) {
	r.To = &programDoor{program: p, system: s, owner: o}
	s.Root.Send(o.PID, &actors.Requests{Epoch: o.Epoch, Reqs: []*actors.Request{r}})
	if r = <-p.answers; r.Err != nil {
		fmt.Println(r.Err)
	}
}
