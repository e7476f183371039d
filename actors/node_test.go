package actors

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/config"
	"hast/states"
	"hast/wire"
)

// nodeScene is a node on a scene, with the resources one and two.
type nodeScene struct {
	*scene
	n *node
}

func sceneConfig() *config.Config {
	return &config.Config{Listen: []string{"tcp://a:1", "tcp://b:2"}, Resources: []config.Resource{
		{Name: "one", Provider: "one", Local: "/dev/1", Remote: "peer1", Timeout: 20 * time.Second},
		{Name: "t/wo", Provider: "two", Local: "/dev/2", Remote: "none", RemoteNone: true, Timeout: 20 * time.Second}}}
}

func sceneNode(t *testing.T) *nodeScene {
	st := newScene(t)
	// What it hears of dead letters is of this scene only.
	st.h.System, st.pids = actor.NewActorSystem(actor.WithLoggerFactory(quietLog)), make(map[string]*actor.PID)
	w := &nodeScene{scene: st, n: newNode(st.h, sceneExec{}, sceneConfig())}
	st.start("node", w.n)
	return w
}

// sceneListener is an open listener.
type sceneListener struct {
	s    *scene
	addr string
}

func (l sceneListener) Close() { l.s.line("%s closed", l.addr) }

func (w *nodeScene) listening(addr string, err error) {
	w.t.Helper()
	w.turn(fmt.Sprintf("listening on %s: %v", addr, err), &Listening{Addr: addr, Listener: sceneListener{w.scene, addr}, Err: err})
}

func (w *nodeScene) accepted(name string, remotes ...string) (*sceneConn, uint64) {
	w.t.Helper()
	c := w.conn(name)
	w.turn(name+" is accepted", &Accepted{Conn: c, Remotes: remotes})
	return c, w.n.epoch
}

func (w *nodeScene) first(c *sceneConn, id uint64, nv ...[]byte) {
	w.t.Helper()
	m := &FramesIn{Epoch: id, Conn: c}
	for _, b := range nv {
		m.Frames = append(m.Frames, sceneFrame(b, nil))
	}
	w.turn(fmt.Sprintf("%s -> %d frames", c.name, len(nv)), m)
}

func (w *nodeScene) keeps() {
	w.n.Keeps(func(what string, n int) {
		if n != 0 {
			w.say("keeps %d %s", n, what)
		}
	})
}

func (w *nodeScene) sink() sceneSink { return sceneSink{w.scene} }

// ended says that an actor of a resource has ended, of the one that there is now.
func (w *nodeScene) ended(name string) {
	w.t.Helper()
	w.turn(name+" has ended", &actor.Terminated{Who: w.n.resources[name]})
}

func (w *nodeScene) reload(change func(c *config.Config)) {
	w.t.Helper()
	c := sceneConfig()
	change(c)
	w.turn("reload", &Reload{Config: c})
}

// TestNodeStories: what a node says and asks for in each turn.
func TestNodeStories(t *testing.T) {
	var all strings.Builder
	for _, s := range nodeStories {
		t.Run(s.name, func(t *testing.T) {
			w := sceneNode(t)
			s.play(w)
			w.keeps()
			fmt.Fprintf(&all, "== %s\n%s\n", s.name, w.out.String())
		})
	}
	golden(t, "node", all.String())
}

var nodeStories = []struct {
	name string
	play func(w *nodeScene)
}{
	{"listens", func(w *nodeScene) {
		w.turn("asked where", &Listeners{To: w.sink()})
		w.listening("tcp://a:1", nil)
		w.listening("tcp://b:2", errDisk)
		w.turn("asked where", &Listeners{To: w.sink()})
		w.reload(func(c *config.Config) { c.Listen = []string{"tcp://c:3"} })
		w.turn("asked where", &Listeners{To: w.sink()})
		w.listening("tcp://c:3", nil)
		w.n.cfg.ListenDefault = true
		w.listening("tcp://d:4", errDisk)
		w.turn("asked where", &Listeners{To: w.sink()})
		w.turn("", &Stranger{Peer: "x"})
		w.turn("it is stopped", sceneStopping)
	}},
	{"a-resource-panics", func(w *nodeScene) {
		one := w.n.resources["one"]
		w.n.HandleFailure(nil, sceneSupervisor{s: w.scene}, one, nil, "made up", &DiskClosed{})
		w.n.HandleFailure(nil, sceneSupervisor{s: w.scene}, one, nil, "made up", &Dialed{Conn: w.conn("c")})
	}},
	{"nothing-to-stop", func(w *nodeScene) {
		w.reload(func(c *config.Config) { c.Resources = nil })
		w.turn("", &resourceGone{name: "one"})
		w.turn("", &resourceGone{name: "t/wo"})
		w.turn("", &Shutdown{To: w.sink()})
	}},
	{"removed-and-back", func(w *nodeScene) {
		w.turn("", &roleHeld{name: "t/wo", role: states.RolePrimary})
		for range fallsMost {
			w.ended("t/wo")
		}
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.turn("", &resourceGone{name: "t/wo"})
		w.reload(func(c *config.Config) {})
		w.ended("t/wo")
	}},
	{"hellos", func(w *nodeScene) {
		one := wire.AppendHello1(nil, &wire.Hello1{Resource: "one", Version: 2})
		c, id := w.accepted("c1", "peer1")
		w.first(c, id, one)
		w.turn("c1 has ended", &ConnClosed{Epoch: id, Conn: c, Err: errors.New("made up")})
		w.turn("c1 has ended", &ConnClosed{Epoch: id, Conn: c, Err: errors.New("made up")})
		c, id = w.accepted("c2", "peer1")
		w.first(c, id, wire.AppendHello2(nil, &wire.Hello2{Resource: "one", Token: wire.Token{1}, ResUID: 9}))
		w.first(c, id, one)
		w.turn("", &helloLimit{id: id})
		w.turn("c2 has ended", &ConnClosed{Epoch: id, Conn: c})
		c, id = w.accepted("c3", "peer1")
		w.first(c, id, one, one)
		c, id = w.accepted("c4", "peer1")
		w.first(c, id, wire.AppendHello1(nil, &wire.Hello1{Resource: "three", Version: 2}))
		c, id = w.accepted("c5", "other")
		w.first(c, id, one)
		c, id = w.accepted("c6", "peer1")
		w.first(c, id, wire.AppendU8(nil, "nonsense", 1))
		c, id = w.accepted("c7", "peer1")
		w.first(c, id, wire.AppendBytes(wire.AppendStr(nil, "resource", "one"), "token", make([]byte, 3)))
		c, id = w.accepted("c8", "peer1")
		w.turn("", &helloLimit{id: id - 1})
		w.turn("", &helloLimit{id: id})
		w.first(c, id, one)
		w.turn("c8 has ended", &ConnClosed{Epoch: id, Conn: c})
		c, id = w.accepted("c9", "peer1")
		w.turn("c9 has ended", &ConnClosed{Epoch: id, Conn: c})
		w.turn("", &helloLimit{id: id})
		w.first(c, id, one)
	}},
	{"many-hellos", func(w *nodeScene) {
		w.briefly("many connections", func() {
			for range hellosMost + 1 {
				w.accepted("c", "peer1")
			}
		}, "closed")
		w.say("%d", len(w.n.hellos))
	}},
	{"many-passed", func(w *nodeScene) {
		w.briefly("many hellos", func() {
			for range hellosMost + 1 {
				c, id := w.accepted("c", "peer1")
				w.first(c, id, wire.AppendHello1(nil, &wire.Hello1{Resource: "one", Version: 2}))
			}
		}, "closed")
		w.say("%d", len(w.n.passed))
	}},
	{"roles", func(w *nodeScene) {
		w.turn("", &SetRole{Names: []string{"all"}, Role: states.RolePrimary, Force: true, To: w.sink()})
		id := w.n.epoch
		w.turn("", &roleSettled{name: "one", id: id + 1, reason: "of another"})
		w.turn("", &roleSettled{name: "t/wo", id: id, before: states.RoleSecondary, reason: "refused"})
		w.turn("", &roleSettled{name: "t/wo", id: id, reason: "again"})
		w.turn("", &roleSettled{name: "one", id: id, before: states.RoleInit})
		w.turn("", &SetRole{Names: []string{"one", "three", "one"}, Role: states.RoleSecondary, To: w.sink()})
		id = w.n.epoch
		w.turn("", &roleSettled{name: "one", id: id})
		w.turn("", &roleSettled{name: "one", id: id, reason: "the second"})
		w.turn("", &SetRole{Names: []string{"three"}, To: w.sink()})
		w.turn("", &SetRole{To: w.sink()})
	}},
	{"statuses", func(w *nodeScene) {
		w.turn("asked", &QueryStatus{Names: []string{"all"}, To: w.sink()})
		id := w.n.epoch
		w.turn("two answers", &statusWalk{id: id, status: &Status{Name: "t/wo", Role: "init"}})
		w.turn("two answers again", &statusWalk{id: id, status: &Status{Name: "t/wo", Role: "primary"}})
		w.turn("one answers", &statusWalk{id: id, status: &Status{Name: "one", Role: "primary"}})
		w.turn("one answers again", &statusWalk{id: id, status: &Status{Name: "one", Role: "primary"}})
		w.turn("", &statusLimit{id: id})
		w.turn("asked", &QueryStatus{Names: []string{"one", "three"}, To: w.sink()})
		id = w.n.epoch
		w.turn("", &statusLimit{id: id})
		w.turn("one answers", &statusWalk{id: id, status: &Status{Name: "one", Role: "primary"}})
		w.turn("asked", &QueryStatus{Names: []string{"three"}, To: w.sink()})
	}},
	{"resolves", func(w *nodeScene) {
		w.turn("", &Resolve{Name: "three", To: w.sink()})
		w.turn("", &Resolve{Name: "one", How: states.KeepMine, To: w.sink()})
		id := w.n.epoch
		w.turn("", &resolveDone{id: id + 1, answer: ResolveAnswer{Name: "one"}})
		w.turn("", &resolveDone{id: id, answer: ResolveAnswer{Name: "one"}})
		w.turn("", &resolveDone{id: id, answer: ResolveAnswer{Name: "one"}})
		w.turn("", &Resolve{Name: "one", How: states.KeepMine, To: w.sink()})
		w.turn("", &Resolve{Name: "t/wo", How: states.KeepMine, To: w.sink()})
		w.ended("one")
		w.turn("", &resolveDone{id: 7, answer: ResolveAnswer{Name: "t/wo"}})
	}},
	{"falls", func(w *nodeScene) {
		w.turn("", &roleHeld{name: "one", role: states.RolePrimary})
		w.turn("", &SetRole{Names: []string{"three", "t/wo", "one"}, Role: states.RoleSecondary, To: w.sink()})
		w.turn("asked", &QueryStatus{Names: []string{"t/wo", "one"}, To: w.sink()})
		id := w.n.epoch
		w.turn("a stranger has ended", &actor.Terminated{Who: w.address("stranger")})
		before := w.n.resources["one"]
		w.ended("one")
		w.turn("its former self has ended", &actor.Terminated{Who: before})
		w.turn("one answers", &statusWalk{id: id, status: &Status{Name: "one", Role: "primary"}})
		w.ended("one")
		for range fallsMost - 1 {
			w.time += 10 * time.Second
			w.ended("one")
		}
		w.time += fallsWindow
		w.ended("one")
	}},
	{"reload", func(w *nodeScene) {
		w.turn("", &SetRole{Names: []string{"all"}, Role: states.RoleSecondary, To: w.sink()})
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.reload(func(c *config.Config) { c.Resources[1].Local = "/dev/3" })
		w.reload(func(c *config.Config) { c.Resources[1].Local = "/dev/4" })
		w.turn("", &roleHeld{name: "t/wo", role: states.RoleSecondary})
		w.turn("", &resourceGone{name: "t/wo"})
		w.turn("", &resourceGone{name: "t/wo"})
		w.say("%v, %s", w.n.names, w.n.confs["t/wo"].Local)
		w.reload(func(c *config.Config) { c.Resources[1].Local, c.Resources[0].Source = "/dev/4", "mine" })
		w.reload(func(c *config.Config) { c.Resources[1].Local, c.Resources[0].Source = "/dev/4", "mine" })
		w.turn("", &SetRole{Names: []string{"one"}, Role: states.RoleSecondary, To: w.sink()})
		w.reload(func(c *config.Config) { c.Resources = c.Resources[1:] })
		w.ended("one")
		w.keeps()
	}},
	{"added-and-removed-while-it-goes", func(w *nodeScene) {
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.reload(func(c *config.Config) {})
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.turn("", &resourceGone{name: "t/wo"})
		w.say("%v", w.n.names)
	}},
	{"shutdown", func(w *nodeScene) {
		w.listening("tcp://b:2", nil)
		w.listening("tcp://a:1", nil)
		w.reload(func(c *config.Config) { c.Resources = c.Resources[:1] })
		w.reload(func(c *config.Config) {})
		w.turn("", &Shutdown{To: w.sink()})
		w.turn("", &resourceGone{name: "t/wo"})
		w.ended("one")
		w.turn("", &DiskClosed{})
	}},
	{"orphans", func(w *nodeScene) {
		c, d := w.conn("c"), &sceneDoor{w.scene, 0}
		for _, letter := range []any{&DiskOpened{Disk: sceneDisk{w.scene}}, &DoorOpened{Door: d}, &deviceShown{door: d}, &Dialed{Conn: c},
			&peerHello{conn: c}, &DiskOpened{}, &DoorOpened{}, &deviceShown{}, &Dialed{}, &DiskClosed{}} {
			w.say("opens: %v", opens(letter))
			if opens(letter) {
				w.turn(fmt.Sprintf("an orphan %T", letter), &orphan{letter: letter})
			}
		}
		nobody := &actor.PID{Address: w.h.System.ProcessRegistry.Address, Id: "nobody"}
		w.h.Tell(nobody, &Dialed{Conn: c})
		w.h.Tell(nobody, &Dialed{})
		w.turn("it is stopped", sceneStopping)
		w.h.Tell(nobody, &Dialed{Conn: c})
	}},
}

// sceneDisk is a component.
type sceneDisk struct{ s *scene }

func (d sceneDisk) Submit(op *DiskOp) { d.s.line("disk %v %d+%d", op.Kind, op.Off, len(op.Buf)) }
func (d sceneDisk) Close(o Owner) {
	d.s.line("disk closed for %s, epoch %d", sceneName(o.PID), o.Epoch)
}
