package actors

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/config"
	"hast/states"
	"hast/states/volatile"
	"hast/wire"
)

// resourceScene is a resource on a scene; its children are addresses.
type resourceScene struct {
	*scene
	r    *resource
	cmds uint64
	role states.State
}

func sceneResource(t *testing.T) *resourceScene {
	st := newScene(t)
	cache := &diskCache{Cache: volatile.New(sceneSize, 4096)}
	w := &resourceScene{scene: st, r: newResource(st.h, sceneExec{}, st.res.cfg, st.address("node"), cache), role: states.RoleIsInit}
	w.res = w.r
	st.start("resource", w.r)
	return w
}

// turn shows the role's state where it changes.
func (w *resourceScene) turn(words string, msg any) {
	w.t.Helper()
	w.scene.turn(words, msg)
	if at := w.r.fsm.Current(); at != w.role {
		w.role = at
		w.line("role is %s", at)
	}
}

func (w *resourceScene) command(role states.Role, force bool) {
	w.t.Helper()
	w.cmds++
	w.turn("", &setRole{id: w.cmds, role: role, force: force})
}

func (w *resourceScene) opened() {
	w.t.Helper()
	w.turn("", &diskTaken{})
	w.ready()
}

func (w *resourceScene) ready() {
	w.t.Helper()
	w.turn("", &diskReady{rec: sceneRecord(), image: []byte{1}, size: sceneSize, sector: 512})
}

// ended says that a child has ended.
func (w *resourceScene) ended(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.turn(name+" has ended", &actor.Terminated{Who: w.address(name)})
	}
}

func (w *resourceScene) fell(p *actor.PID) {
	w.t.Helper()
	w.turn(sceneName(p)+" fell", &fell{who: p.Id, what: "made up"})
}

// child is the name of a child that there is now.
func (w *resourceScene) child(p *actor.PID) string { return sceneName(p) }

// down lets all children end that were stopped.
func (w *resourceScene) down() {
	w.t.Helper()
	for i := 0; w.r.closing > 0 && i < 10; i++ {
		w.turn("a child has ended", &actor.Terminated{Who: &actor.PID{Id: fmt.Sprintf("stopped%d", i)}})
	}
}

// secondary and primary bring it to a role, alone.
func (w *resourceScene) secondary() {
	w.t.Helper()
	w.command(states.RoleSecondary, false)
	w.opened()
	w.ready()
}

func (w *resourceScene) probing(force bool) {
	w.t.Helper()
	w.command(states.RolePrimary, force)
	w.opened()
	w.ready()
}

func (w *resourceScene) answered(a states.PeerAnswer, reason string) {
	w.t.Helper()
	w.turn("", &peerAnswered{answer: a, reason: reason})
}

func (w *resourceScene) primary(clients int) *sceneDoor {
	w.t.Helper()
	w.probing(false)
	w.answered(states.PeerSecondary, "")
	w.turn("", &sessionUp{verdict: states.VerdictEqual})
	d := &sceneDoor{w.scene, clients}
	w.turn("the device is shown", &deviceShown{door: d, uri: "nbd:x"})
	return d
}

// sceneDoor is a door.
type sceneDoor struct {
	s       *scene
	clients int
}

func (d *sceneDoor) Answered(*Request) {}
func (d *sceneDoor) Released(*Request) {}
func (d *sceneDoor) Close()            { d.s.line("door closed") }
func (d *sceneDoor) Abandon()          { d.s.line("door abandoned") }
func (d *sceneDoor) Clients() int      { return d.clients }

// sceneSink hears answers that go to a host program.
type sceneSink struct{ s *scene }

func (k sceneSink) RolesSet(a []RoleAnswer) {
	k.s.line("roles set: %s", show(&struct{ A []RoleAnswer }{a}))
}
func (k sceneSink) Statuses(s []Status)      { k.s.line("statuses: %s", show(&struct{ S []Status }{s})) }
func (k sceneSink) Resolved(a ResolveAnswer) { k.s.line("resolved: %s", show(&a)) }
func (k sceneSink) NodeStopped()             { k.s.line("stopped") }
func (k sceneSink) Listens(list []string, failed []error) {
	k.s.line("listens %v, failed %v", list, failed)
}

func (w *resourceScene) status() {
	w.t.Helper()
	w.turn("status", &QueryStatus{To: sceneSink{w.scene}})
	for len(w.r.walks) > 0 {
		m := w.r.walks[0]
		w.r.walkOn(m, m.at)
	}
	w.r.Keeps(func(what string, n int) {
		if n != 0 {
			w.say("keeps %d %s", n, what)
		}
	})
}

type resourceStory struct {
	name string
	play func(w *resourceScene)
}

func resourceStories(t *testing.T, file string, list []resourceStory) {
	var all strings.Builder
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			w := sceneResource(t)
			s.play(w)
			fmt.Fprintf(&all, "== %s\n%s\n", s.name, w.out.String())
		})
	}
	golden(t, "resource-"+file, all.String())
}

// TestResourceRoles: commands, and what becomes of them.
func TestResourceRoles(t *testing.T) { resourceStories(t, "roles", resourceRoles) }

// TestResourcePromotions: what the peer says to a node that is to be primary.
func TestResourcePromotions(t *testing.T) { resourceStories(t, "promotions", resourcePromotions) }

// TestResourceFalls: children that fall, components that fail or are stuck.
func TestResourceFalls(t *testing.T) { resourceStories(t, "falls", resourceFalls) }

var resourceRoles = []resourceStory{
	{"secondary-and-back", func(w *resourceScene) {
		w.command(states.RoleInit, false)
		w.secondary()
		w.status()
		w.command(states.RoleSecondary, false)
		w.turn("", &peerHeard{heard{copy: states.Copy{ResUID: 9, LocalCnt: 2, RemoteCnt: 1, Marks: states.Marks{Known: true, Crashed: 3, Branch: true, Dirty: true, TrySession: 5, Zeroed: true}},
			fitness: states.Outdated, told: wire.Told{Dirty: 4096}, role: states.RolePrimary}})
		w.status()
		w.turn("", &sessionKnown{last: 99})
		w.status()
		w.turn("", &sidesEqual{own: states.Copy{ResUID: 9, LocalCnt: 3, RemoteCnt: 4}})
		w.status()
		w.turn("", &notice{event: "connect"})
		w.command(states.RoleInit, false)
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"sides-equal-unheard", func(w *resourceScene) {
		w.secondary()
		w.turn("", &sidesEqual{own: states.Copy{ResUID: 9, LocalCnt: 3, RemoteCnt: 4}})
		w.status()
	}},
	{"primary-and-demotion", func(w *resourceScene) {
		w.primary(0)
		w.status()
		w.command(states.RolePrimary, true)
		w.command(states.RoleSecondary, false)
		w.status()
		w.turn("", &gateDrained{})
		w.ready()
		w.down()
		w.status()
		w.command(states.RolePrimary, false)
		w.turn("", &settled{})
		w.ready()
		w.turn("", &probeOver{epoch: w.r.probe.ask})
		w.turn("", &sessionUp{verdict: states.VerdictEqual})
	}},
	{"device-is-open", func(w *resourceScene) {
		d := w.primary(2)
		w.command(states.RoleInit, false)
		m := &setRole{id: 50, role: states.RoleSecondary}
		for range openLooks {
			w.turn("asked once more", m)
		}
		w.status()
		w.turn("", &setRole{id: 51, role: states.RoleSecondary})
		d.clients = 0
		w.turn("", &setRole{id: 52, role: states.RoleSecondary})
		w.turn("", &setRole{id: 53, role: states.RoleInit, force: true})
		w.turn("", &gateDrained{reason: "the flush failed"})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"overtaken", func(w *resourceScene) {
		w.command(states.RolePrimary, false)
		w.command(states.RoleSecondary, false)
		w.command(states.RolePrimary, false)
		w.command(states.RoleSecondary, false)
		w.opened()
		w.ready()
		w.status()
	}},
	{"overtaken-while-probing", func(w *resourceScene) {
		w.probing(false)
		w.command(states.RoleSecondary, false)
		w.turn("", &gateDrained{})
		w.down()
		w.ready()
		w.status()
	}},
	{"command-lasts", func(w *resourceScene) {
		w.probing(false)
		epoch := w.r.waiting[0].epoch
		w.turn("", &roleLimit{epoch: epoch + 1000})
		w.answered(states.PeerPrimary, "it serves")
		w.turn("", &roleLimit{epoch: epoch})
		w.turn("", &roleLimit{epoch: epoch})
		w.turn("", &roleLimit{})
		w.status()
	}},
	{"command-lasts-without-a-reason", func(w *resourceScene) {
		w.command(states.RolePrimary, false)
		w.command(states.RoleSecondary, false)
		w.turn("", &roleLimit{epoch: w.r.waiting[0].epoch})
		w.turn("", &roleLimit{epoch: w.r.waiting[0].epoch})
		w.status()
	}},
	{"of-a-host-program", func(w *resourceScene) {
		w.turn("", &SetRole{Role: states.RoleSecondary, To: sceneSink{w.scene}})
		w.opened()
		w.ready()
		w.turn("", &Resolve{How: states.DiscardMine, To: sceneSink{w.scene}})
		w.turn("", &Resolve{How: states.DiscardMine, To: sceneSink{w.scene}})
		w.turn("", &resolveDone{id: 7})
		w.turn("", &resolveDone{answer: ResolveAnswer{Reason: "no"}})
		w.turn("", &resolveDone{answer: ResolveAnswer{Reason: "no"}})
		w.turn("", &Shutdown{To: sceneSink{w.scene}})
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
	}},
	{"resolve-in-other-roles", func(w *resourceScene) {
		w.turn("", &resolveCopy{id: 1, how: states.DiscardMine})
		w.secondary()
		w.turn("", &resolveCopy{id: 2, how: states.DiscardMine})
		w.command(states.RolePrimary, false)
		w.turn("", &settled{})
		w.turn("", &resolveDone{id: 2})
		w.turn("", &gateDrained{})
	}},
	{"retired", func(w *resourceScene) {
		w.secondary()
		w.turn("", &retire{})
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &retire{})
	}},
	{"reconfigured-while-a-command-waits", func(w *resourceScene) {
		w.command(states.RoleSecondary, false)
		cfg := w.r.cfg
		cfg.Local = "/dev/d"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(w.r.cfg, cfg)})
		w.opened()
		w.ready()
		w.turn("", &retire{})
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"wanted-while-the-record-is-described", func(w *resourceScene) {
		w.command(states.RoleSecondary, false)
		w.opened()
		w.command(states.RolePrimary, false)
		w.command(states.RoleInit, false)
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"retired-when-failed", func(w *resourceScene) {
		w.command(states.RoleSecondary, false)
		w.turn("", &diskFailed{reason: "it is gone", remedy: "look"})
		w.down()
		w.turn("", &retire{})
	}},
	{"reconfigured-at-rest", func(w *resourceScene) {
		cfg := w.r.cfg
		cfg.Remote = "other"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(w.r.cfg, cfg)})
		w.status()
	}},
	{"reconfigured-as-secondary", func(w *resourceScene) {
		w.secondary()
		cfg := w.r.cfg
		cfg.Remote = "other"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(w.r.cfg, cfg)})
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
		w.opened()
		w.ready()
		w.status()
	}},
	{"reconfigured-as-primary", func(w *resourceScene) {
		w.primary(0)
		cfg := w.r.cfg
		cfg.Timeout = 7 * time.Second
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(w.r.cfg, cfg)})
		before := cfg
		cfg.Remote = "other"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(before, cfg)})
		before = cfg
		cfg.Source = "mine"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(before, cfg)})
		before = cfg
		cfg.Local = "/dev/d"
		w.turn("", &reconfigure{cfg: cfg, change: changeOf(before, cfg)})
		w.status()
	}},
	{"hellos", func(w *resourceScene) {
		hello := func(h *wire.Hello1) { w.turn("", &peerHello{conn: w.conn("c"), first: h}) }
		hello(&wire.Hello1{Resource: "shared", Node: w.r.nonce})
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.turn("", &helloOver{conn: w.conn("c")})
		w.secondary()
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.turn("", &helloOver{conn: w.conn("c")})
		w.command(states.RolePrimary, false)
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.turn("", &settled{})
		w.ready()
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		hello(&wire.Hello1{Resource: "shared", Node: 1, Probe: w.r.probe.nonce})
		hello(&wire.Hello1{Resource: "shared", Node: 1, Probe: w.r.probe.nonce + 1})
		w.turn("", &peerHello{conn: w.conn("c"), again: &wire.Hello2{Resource: "shared"}})
		w.status()
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionUp{verdict: states.VerdictEqual})
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.command(states.RoleSecondary, false)
		hello(&wire.Hello1{Resource: "shared", Node: 1})
		w.turn("late frames", &FramesIn{Frames: []*wire.InFrame{sceneFrame(nil, nil)}})
		w.turn("", &ConnClosed{})
	}},
	{"status-goes-on", func(w *resourceScene) {
		w.secondary()
		w.turn("", &statusWalk{id: 4, to: w.address("node"), status: &Status{}})
		m := w.r.walks[0]
		w.ended(sceneName(m.at)) // it fell, and takes the status along
		w.r.walkOn(m, m.at)
		w.ended("stranger")
		w.r.walkOn(m, m.at)
		w.say("walks %d", len(w.r.walks))
	}},
}

// changeOf is what a reload finds to have changed.
func changeOf(before, after config.Resource) config.ResourceChange {
	c := config.Diff(&config.Config{Resources: []config.Resource{before}}, &config.Config{Resources: []config.Resource{after}})
	return c.Changed[0]
}
