package actors

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/config"
	"hast/states"
	"hast/states/bitset"
	"hast/states/volatile"
	"hast/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// scene is a made-up host for one actor. Whoever the actor tells something is only an address, its clock, network and
// disks only write down what they are asked for, and the actor has its turn when a test gives it a message. All that
// comes out of it is a line of the scene's record, which is compared with a golden file.
type scene struct {
	t     *testing.T
	h     *Host
	res   *resource
	self  *actor.PID
	actor actor.Actor
	out   strings.Builder
	mail  map[string][]any // what others were told and haven't answered, by their names
	pids  map[string]*actor.PID
	time  time.Duration
	rand  uint64
	stand *standing
	shown string // how the shared standing was shown last
}

// sceneSystem carries the addresses of one scene after the other; nothing runs in it.
var sceneSystem = actor.NewActorSystem(actor.WithLoggerFactory(quietLog))

func quietLog(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }

// newScene makes one with a resource of 8 extents of 4 KiB, whose other actors are addresses.
func newScene(t *testing.T) *scene {
	s := &scene{t: t, mail: make(map[string][]any), pids: make(map[string]*actor.PID), time: time.Hour}
	s.h = &Host{System: sceneSystem, Exec: sceneExec{}, Clock: s, Rand: s, Net: sceneNet{s}, Doors: sceneDoors{s}, Log: hclog.NewNullLogger(), Boot: "boot-2"}
	cfg := config.Resource{Name: "shared", Provider: "shared", Local: "/dev/c", Remote: "peer", Timeout: 20 * time.Second,
		Replication: states.MemSync, MetaFlush: true, Exec: "/bin/hook"}
	r := &resource{h: s.h, cfg: cfg, ex: sceneExec{}, log: s.h.Log, cache: &diskCache{Cache: volatile.New(sceneSize, 4096)}, nonce: 5, epoch: 100, role: states.RoleInit,
		told: states.RoleInit, want: setRole{role: states.RoleInit}}
	r.fsm = r.machine(states.RoleTable)
	r.pid, r.localdisk, r.gate = s.address("resource"), s.address("localdisk"), s.address("gate")
	r.link, r.guard, r.sync, r.secondary, r.hooks = s.address("link"), s.address("guard"), s.address("sync"), s.address("secondary"), s.address("hooks")
	r.node = s.address("node")
	s.res = r
	return s
}

const sceneSize = 32768

// sceneRecord is a paired component's, ended in good order.
func sceneRecord() states.Record {
	return states.Record{Resource: "shared", DataSize: sceneSize, ExtentSize: 4096, KeepDirty: 4, ResUID: 9, LocalCnt: 1, RemoteCnt: 1,
		PrevRole: states.RoleSecondary, LastSession: 77, Boot: "boot-1"}
}

// address makes the address of somebody who only keeps what he is told.
func (s *scene) address(name string) *actor.PID {
	if p := s.pids[name]; p != nil {
		return p
	}
	s.h.System.ProcessRegistry.Remove(&actor.PID{Id: name}) // an earlier scene's
	p, _ := s.h.System.ProcessRegistry.Add(&sceneMail{s, name}, name)
	s.pids[name] = p
	return p
}

type sceneMail struct {
	s    *scene
	name string
}

func (m *sceneMail) SendUserMessage(_ *actor.PID, msg any) {
	if _, ok := msg.(*statusWalk); ok {
		m.s.line("%s: a status goes on", m.name)
	} else {
		m.s.line("%s: %s", m.name, show(msg))
	}
	m.s.mail[m.name] = append(m.s.mail[m.name], msg)
}
func (m *sceneMail) SendSystemMessage(*actor.PID, any) {}
func (m *sceneMail) Stop(*actor.PID)                   {}

func (s *scene) line(format string, args ...any) {
	fmt.Fprintf(&s.out, "    "+format+"\n", args...)
}

// take takes the oldest of what somebody was told.
func (s *scene) take(name string) any {
	s.t.Helper()
	if len(s.mail[name]) == 0 {
		s.t.Fatalf("%s was told nothing more, after:\n%s", name, s.out.String())
	}
	m := s.mail[name][0]
	s.mail[name] = s.mail[name][1:]
	return m
}

// turn gives the actor a message. The words say what happens; the message is shown without them.
func (s *scene) turn(words string, msg any) {
	s.t.Helper()
	if words == "" {
		words = show(msg)
	}
	fmt.Fprintf(&s.out, "> %s\n", words)
	defer func() {
		if e := recover(); e != nil {
			s.t.Fatalf("%s: %v, after:\n%s", words, e, s.out.String())
		}
	}()
	s.actor.Receive(&sceneTurn{s: s, msg: msg})
	if s.stand != nil {
		if now := show(s.stand); now != s.shown {
			s.shown = now
			s.line("standing is %s", now)
		}
	}
}

// play lets somebody act on the scene, and says so.
func (s *scene) say(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

// briefly plays what is the same very often, and keeps of it only the lines that hold some words.
func (s *scene) briefly(words string, play func(), keep string) {
	s.t.Helper()
	before := s.out.String()
	s.out.Reset()
	play()
	of := strings.Split(s.out.String(), "\n")
	s.out.Reset()
	s.out.WriteString(before)
	s.say("--- %s", words)
	for i, line := range of {
		if strings.Contains(line, keep) {
			s.say("%s, line %d of %d", line, i, len(of))
		}
	}
}

// sceneStopping is what an actor is told before it ends.
var sceneStopping = &actor.Stopping{}

// start makes an actor the one that is on the scene.
func (s *scene) start(name string, a actor.Actor) {
	s.actor, s.self = a, s.address(name)
	s.turn("started", &actor.Started{})
}

// sceneTurn is the context of a turn.
type sceneTurn struct {
	actor.Context
	s   *scene
	msg any
}

func (c *sceneTurn) Message() any     { return c.msg }
func (c *sceneTurn) Self() *actor.PID { return c.s.self }

// SpawnNamed makes the child's address; nobody has turns there.
func (c *sceneTurn) SpawnNamed(_ *actor.Props, name string) (*actor.PID, error) {
	c.s.line("spawn %s", name)
	return c.s.address(name), nil
}
func (c *sceneTurn) Stop(p *actor.PID) { c.s.line("stop %s", sceneName(p)) }

// The clock, and chance.
func (s *scene) Now() time.Duration { return s.time }
func (s *scene) Wall() time.Time    { return time.Unix(1_700_000_000, 0).Add(s.time) }
func (s *scene) Uint64() uint64     { s.rand += 0x101; return s.rand }
func (s *scene) TellAfter(d time.Duration, to *actor.PID, msg any) Timer {
	s.line("in %v to %s: %s", d, sceneName(to), show(msg))
	return sceneTimer{s, show(msg)}
}

type sceneTimer struct {
	s    *scene
	what string
}

func (t sceneTimer) Stop() { t.s.line("stop the timer of %s", t.what) }

type sceneExec struct{}

func (sceneExec) Options() []actor.PropsOption { return nil }
func (sceneExec) Executor(string) Executor     { return sceneExec{} }

// sceneSupervisor is whom an actor tells what becomes of a child.
type sceneSupervisor struct {
	actor.Supervisor
	s *scene
}

func (v sceneSupervisor) RestartChildren(p ...*actor.PID) { v.s.line("restart %s", sceneName(p[0])) }
func (v sceneSupervisor) StopChildren(p ...*actor.PID)    { v.s.line("stop %s", sceneName(p[0])) }

type sceneNet struct{ s *scene }

func (n sceneNet) Listen(o Owner, addr string) { n.s.line("listen on %s, epoch %d", addr, o.Epoch) }
func (n sceneNet) SetPeers(remotes []string)   { n.s.line("peers %q", remotes) }
func (n sceneNet) Dial(o Owner, d DialSpec) {
	n.s.line("dial %s from %q within %v, epoch %d", d.Remote, d.Source, d.Timeout, o.Epoch)
}

type sceneDoors struct{ s *scene }

func (d sceneDoors) Open(o Owner, spec DoorSpec) {
	d.s.line("open door %s, epoch %d", show(&spec), o.Epoch)
}

// sceneConn is a connection.
type sceneConn struct {
	s    *scene
	name string
	note any // of the last frame that had one
}

func (s *scene) conn(name string) *sceneConn { return &sceneConn{s: s, name: name} }

func (c *sceneConn) Own(o Owner) {
	c.s.line("%s is owned by %s, epoch %d", c.name, sceneName(o.PID), o.Epoch)
}
func (c *sceneConn) Send(f *wire.OutFrame, note any) {
	words := ""
	if len(f.Payload) > 0 {
		words = " " + showBytes(f.Payload)
	}
	if note != nil {
		c.note, words = note, words+", lent"
	}
	if f.Checksum != 0 || f.Compression != 0 {
		words += fmt.Sprintf(", %v %v", f.Checksum, f.Compression)
	}
	c.s.line("%s <- v%d %s%s", c.name, f.Version, describeFrame(wire.NV(f.NV)), words)
}
func (c *sceneConn) SetReading(on bool)     { c.s.line("%s reading %v", c.name, on) }
func (c *sceneConn) SetMaxPayload(n uint32) { c.s.line("%s payloads to %d", c.name, n) }
func (c *sceneConn) Close()                 { c.s.line("%s closed", c.name) }
func (c *sceneConn) CloseAfterSend()        { c.s.line("%s closed after sending", c.name) }
func (c *sceneConn) Peer() string           { return "peer-of-" + c.name }
func (c *sceneConn) Local() string          { return "own-of-" + c.name }

// describeFrame shows hellos with all that they say.
func describeFrame(nv wire.NV) string {
	if wire.IsHello2(nv) {
		if h, err := wire.DecodeHello2(nv); err == nil {
			return show(&h)
		}
	}
	if h, err := wire.DecodeHello2Reply(nv); err == nil && nv.Has("datasize") {
		return show(&h)
	}
	if h, err := wire.DecodeHello1Reply(nv); err == nil && (h.ErrMsg != "" || h.Version != 0) {
		return show(&h)
	}
	if h, err := wire.DecodeHello1(nv); err == nil {
		return show(&h)
	}
	words := ourCommands.Replace(wire.Describe(nv))
	if q, err := wire.DecodeRequest(nv); err == nil && q.Cmd == states.OpKeepalive {
		words += fmt.Sprintf(" seq=%d", q.Seq)
	}
	return words
}

// sceneFrame is a frame as it came in.
func sceneFrame(nv, payload []byte) *wire.InFrame {
	return &wire.InFrame{Version: wire.ProtocolVersion, NV: wire.NV(nv), Payload: payload}
}

func sceneName(p *actor.PID) string {
	if p == nil {
		return "nobody"
	}
	return p.Id
}

// golden compares a record with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(text), "\n")
	lines := strings.Split(got, "\n")
	for i, line := range lines {
		if i >= len(want) || line != want[i] {
			at := max(0, i-6)
			t.Fatalf("%s:%d is not as it was; it goes on as:\n%s", path, i+1, strings.Join(lines[at:min(len(lines), i+6)], "\n"))
		}
	}
	if len(lines) < len(want) {
		t.Fatalf("%s:%d: this did not come: %s", path, len(lines)+1, want[len(lines)])
	}
}

// show describes a message by those of its fields that aren't zero.
func show(msg any) string {
	if r, ok := msg.(*served); ok {
		words := fmt.Sprintf("%v seq=%d %d+%d", r.cmd, r.seq, r.off, r.n)
		if r.cmd == states.OpWrite {
			words += " " + showBytes(r.buf)
		}
		return words
	}
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Pointer {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	return v.Elem().Type().Name() + showValue(v.Elem(), 0)
}

// unshown are types of fields that tell nothing about a message.
var unshown = map[string]bool{"DiskOp": true, "InFrame": true, "Range": true, "flow": true, "OutFrame": true, "servedDone": true, "payloadSent": true,
	"Pos": true}

func showValue(v reflect.Value, depth int) string {
	if depth > 5 {
		return "…"
	}
	if v.CanAddr() && (v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[states.ExtentRuns]()) {
		// What is not exported is shown as well.
		v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case nil:
			return "nil"
		case *actor.PID:
			return sceneName(x)
		case sceneSink:
			return "who-asked"
		case *sceneDoor:
			return "door"
		case *sceneConn:
			return x.name
		case error:
			return fmt.Sprintf("%q", x.Error())
		case []byte:
			return showBytes(x)
		case *bitset.Set:
			return fmt.Sprint(x.AppendBytes(nil))
		case states.ExtentRuns:
			return "[" + x.String() + "]"
		case wire.Token:
			return showBytes(x[:])
		case fmt.Stringer:
			if v.Kind() != reflect.Pointer {
				return x.String()
			}
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return showValue(v.Elem(), depth)
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			f, t := v.Field(i), v.Type().Field(i)
			kind := t.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			if v.Type() == reflect.TypeFor[states.Record]() && i < 4 || t.Name == "standing" {
				continue // what never changes, and what is shown by itself
			}
			if f.IsZero() || unshown[kind.Name()] || f.Kind() == reflect.Func {
				continue
			}
			parts = append(parts, t.Name+"="+showValue(f, depth+1))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.Slice, reflect.Array:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, showValue(v.Index(i), depth+1))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return fmt.Sprint(v)
}

// showBytes shows what is the same many times as one.
func showBytes(b []byte) string {
	var parts []string
	for i := 0; i < len(b); {
		n := i
		for n < len(b) && b[n] == b[i] {
			n++
		}
		if n-i > 1 {
			parts = append(parts, fmt.Sprintf("%02x*%d", b[i], n-i))
		} else {
			parts = append(parts, fmt.Sprintf("%02x", b[i]))
		}
		i = n
	}
	return "<" + strings.Join(parts, " ") + ">"
}
