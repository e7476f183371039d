package actors

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// When a guard tries again: at once, then ever later up to the period, and never twice at a time.
func TestGuardPauses(t *testing.T) {
	s := newScene(t)
	g := &guard{res: s.res}
	s.start("guard", g)
	s.turn("down, and nobody asked", &sessionDown{})
	s.turn("watch", &watch{on: true})
	wake := func() { s.turn("wake", &guardWake{epoch: g.epoch}) }
	wake()
	for range 7 {
		s.turn("down", &sessionDown{})
		s.turn("an earlier timer", &guardWake{epoch: g.epoch - 1})
		wake()
	}
	s.turn("down after a short session", &sessionDown{was: true})
	wake()
	s.time += reconnectPeriod
	s.turn("down after a long attempt", &sessionDown{})
	wake()
	s.time += reconnectPeriod
	s.turn("down after a long session", &sessionDown{was: true})
	wake()
	s.res.cfg.RemoteNone = true
	s.turn("down, and there is no peer any more", &sessionDown{})
	wake()
	s.res.cfg.RemoteNone = false
	s.turn("watch no more", &watch{})
	wake()
	s.turn("down", &sessionDown{})
	s.turn("stopping", &actor.Stopping{})
	golden(t, "guard", s.out.String())
}

// Hooks run one at a time, in order, and not more of them wait than are worth it.
func TestHooksQueue(t *testing.T) {
	s := newScene(t)
	s.h.Hooks = sceneHooks{s}
	k := &hooks{res: s.res}
	s.start("hooks", k)
	s.turn("without a program", &runHook{args: []string{"role"}})
	s.turn("one", &runHook{exec: "/bin/hook", args: []string{"role", "shared"}})
	s.turn("two", &runHook{exec: "/bin/hook", args: []string{"connect", "shared"}})
	s.turn("another's end", &HookDone{Epoch: k.epoch + 1})
	s.turn("done", &HookDone{Epoch: k.epoch})
	s.turn("failed", &HookDone{Epoch: k.epoch, Argv: []string{"/bin/hook"}, Err: errDisk})
	s.turn("nobody's end", &HookDone{Epoch: k.epoch})
	for range hookQueue + 3 {
		s.turn("more", &runHook{exec: "/bin/hook", args: []string{"connect", "shared"}})
	}
	if len(k.queue) != hookQueue {
		t.Errorf("%d wait", len(k.queue))
	}
	for range hookQueue {
		s.turn("done", &HookDone{Epoch: k.epoch})
	}
	golden(t, "hooks", s.out.String())
}

type sceneHooks struct{ s *scene }

func (h sceneHooks) Run(o Owner, argv []string) { h.s.line("run %q, epoch %d", argv, o.Epoch) }

// What a handshake told of the peer's copy is as old as that handshake; equal counters say it anew.
func TestHeard(t *testing.T) {
	s := newScene(t)
	own := sidesEqual{}
	own.own.ResUID, own.own.LocalCnt, own.own.RemoteCnt = 9, 4, 3
	s.res.onSidesEqual(&own)
	if s.res.peer.status() != nil {
		t.Error("nobody was heard, and it is told what the peer is like")
	}
	h := heard{at: time.Unix(1_700_000_000, 0)}
	h.copy.Marks.Crashed, h.copy.Marks.Branch, h.copy.Marks.Dirty, h.copy.Marks.TrySession, h.copy.Marks.Zeroed = 3, true, true, 5, true
	h.fitness, h.told.Dirty, h.told.Bad = 2, 4096, 8192
	s.res.peer = h
	s.say("heard %s", show(h.status()))
	s.say("side %s", show(h.status().Side()))
	s.res.onSessionKnown(&sessionKnown{last: 12})
	s.say("session known %s", show(s.res.peer.status()))
	s.res.onSidesEqual(&own)
	s.say("equal %s", show(s.res.peer.status()))
	s.say("side %s", show(s.res.peer.status().Side()))
	var none *CopyStatus
	if none.Side().Heard {
		t.Error("nothing was heard, and the side says so")
	}
	golden(t, "heard", s.out.String())
}
