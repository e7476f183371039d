package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
)

var resourcePromotions = []resourceStory{
	{"without-a-peer", func(w *resourceScene) {
		w.r.cfg.RemoteNone = true
		w.probing(false)
		w.status()
	}},
	{"peer-silent", func(w *resourceScene) {
		w.probing(false)
		w.turn("", &probeOver{epoch: w.r.probe.ask - 1})
		w.turn("", &probeOver{epoch: w.r.probe.ask})
		w.answered(states.PeerPrimary, "late")
		w.status()
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		w.status()
	}},
	{"peer-heard-in-time", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerSecondary, "")
		w.turn("", &probeOver{epoch: w.r.probe.ask})
		w.status()
	}},
	{"peer-primary", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerPrimary, "it serves")
		w.turn("", &probeAgain{epoch: w.r.probe.again - 1})
		w.turn("", &probeAgain{epoch: w.r.probe.again})
		w.answered(states.PeerPrimary, "it serves")
		w.time += w.r.cfg.Timeout
		w.turn("", &probeAgain{epoch: w.r.probe.again})
		w.answered(states.PeerPrimary, "it serves")
		w.status()
		w.turn("", &gateDrained{})
		w.ready()
		w.down()
		w.status()
	}},
	{"peer-primary-after-secondary", func(w *resourceScene) {
		w.secondary()
		w.command(states.RolePrimary, false)
		w.turn("", &settled{})
		w.ready()
		w.down()
		w.answered(states.PeerPrimary, "")
		w.time += w.r.cfg.Timeout
		w.answered(states.PeerPrimary, "")
		w.turn("", &gateDrained{})
		w.ready()
		w.status()
	}},
	{"unfit", func(w *resourceScene) {
		w.command(states.RolePrimary, false)
		w.turn("", &diskTaken{})
		rec := sceneRecord()
		rec.Unfit = states.Inconsistent
		w.turn("", &diskReady{rec: rec, image: []byte{0}, sector: 512})
		w.turn("", &diskReady{rec: rec, image: []byte{0}, sector: 512})
		w.answered(states.PeerSilent, "no route")
		w.status()
	}},
	{"unfit-by-force", func(w *resourceScene) {
		w.command(states.RolePrimary, true)
		w.turn("", &diskTaken{})
		rec := sceneRecord()
		rec.Unfit, rec.Unclean = states.Inconsistent, states.UncleanReceived
		w.turn("", &diskReady{rec: rec, image: []byte{0}, sector: 512})
		w.turn("", &diskReady{rec: rec, image: []byte{0}, sector: 512})
		w.answered(states.PeerSilent, "no route")
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		w.status()
	}},
	{"outdated-by-a-handshake", func(w *resourceScene) {
		w.secondary()
		w.r.standing.behind(&w.r.rec)
		w.command(states.RolePrimary, false)
		w.turn("", &settled{})
		w.ready()
		w.answered(states.PeerSilent, "no route")
		w.status()
	}},
	{"behind-survives-an-opening", func(w *resourceScene) {
		w.secondary()
		w.r.standing.behind(&w.r.rec)
		w.command(states.RoleInit, false)
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.secondary()
		w.say("outdated: %v", w.r.standing.outdated)
		w.r.cache.shaken = true
		w.command(states.RoleInit, false)
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.command(states.RoleSecondary, false)
		rec := sceneRecord()
		rec.Unclean, rec.LocalCnt, rec.Boot = states.UncleanReceived, 8, w.h.Boot
		w.turn("", &diskReady{rec: rec, image: []byte{0}, sector: 512})
		w.say("outdated: %v, crashed %v", w.r.standing.outdated, w.r.standing.crashed)
	}},
	{"session-refused", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionRefused{verdict: states.VerdictSplitBrain, reason: "split-brain", remedy: "resolve"})
		w.turn("", &sessionRefused{verdict: states.VerdictSplitBrain, reason: "again"})
		w.status()
	}},
	{"session-refused-otherwise", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionRefused{verdict: states.VerdictEqual, reason: "the sizes differ", remedy: "create"})
		w.status()
	}},
	{"session-refused-without-a-verdict", func(w *resourceScene) {
		w.probing(true)
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionRefused{reason: "the sizes differ", remedy: "create"})
		w.status()
	}},
	{"session-down", func(w *resourceScene) {
		w.probing(false)
		w.turn("", &sessionDown{reason: "early"})
		w.answered(states.PeerPrimary, "")
		w.turn("", &sessionDown{reason: "of a primary"})
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionDown{reason: "cut"})
		w.turn("", &probeAgain{epoch: w.r.probe.again})
		w.answered(states.PeerSecondary, "")
		w.time += w.r.cfg.Timeout
		w.turn("", &sessionDown{reason: "cut"})
		w.turn("", &sessionDown{reason: "cut"})
		w.turn("", &probeAgain{epoch: w.r.probe.again})
		w.status()
	}},
	{"session-up", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerSecondary, "")
		w.turn("", &sessionUp{verdict: states.VerdictSecondaryAhead})
		w.turn("", &sessionUp{verdict: states.VerdictSecondaryAhead})
		w.answered(states.PeerSecondary, "")
		w.turn("", &probeAgain{})
		w.status()
	}},
	{"show-fails", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerRefused, "")
		w.turn("", &deviceShown{err: errDisk, unrecorded: true})
		w.status()
		w.turn("", &gateDrained{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"shown-too-late", func(w *resourceScene) {
		w.probing(false)
		w.answered(states.PeerRefused, "")
		w.turn("", &withdrawn{reason: "the secondary is ahead"})
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		w.status()
	}},
	{"withdrawn", func(w *resourceScene) {
		w.primary(1)
		w.turn("", &withdrawn{reason: "the secondary is ahead"})
		w.turn("", &withdrawn{reason: "again"})
		w.status()
		w.turn("", &gateDrained{})
		w.down()
		w.ready()
		w.answered(states.PeerSilent, "")
		w.command(states.RolePrimary, true)
		w.status()
		w.answered(states.PeerSilent, "")
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		w.status()
	}},
	{"insisted-after-a-withdrawal", func(w *resourceScene) {
		w.primary(1)
		w.turn("", &withdrawn{reason: "the secondary is ahead"})
		w.turn("", &gateDrained{})
		w.down()
		w.ready()
		w.answered(states.PeerPrimary, "")
		w.command(states.RolePrimary, true)
		w.turn("", &probeOver{epoch: w.r.probe.ask})
		w.status()
	}},
	{"refused-after-a-fall", func(w *resourceScene) {
		w.primary(1)
		w.fell(w.r.gate)
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.opened()
		w.ready()
		w.time += w.r.cfg.Timeout
		w.answered(states.PeerPrimary, "it serves")
		w.turn("", &gateDrained{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"insisted-while-probing", func(w *resourceScene) {
		w.probing(false)
		w.r.reason, w.r.remedy = "of before", "of before"
		w.command(states.RolePrimary, true)
		w.command(states.RoleInit, true)
		w.status()
	}},
	{"device-gone", func(w *resourceScene) {
		w.turn("", &deviceGone{})
		w.status()
		w.primary(1)
		w.turn("", &deviceGone{})
		w.down()
		w.status()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.status()
	}},
	{"reign-ended", func(w *resourceScene) {
		w.primary(1)
		w.turn("", &reignEnded{reason: "no copy is current", remedy: "look"})
		w.down()
		w.status()
		w.turn("", &DiskClosed{})
		w.status()
	}},
}

var resourceFalls = []resourceStory{
	{"open-fails", func(w *resourceScene) {
		w.command(states.RolePrimary, false)
		w.turn("", &diskFailed{reason: "it is gone", remedy: "look"})
		w.status()
		w.ended("localdisk-2")
		w.command(states.RoleSecondary, false)
		w.turn("", &diskFailed{reason: "another's record", remedy: "look", held: true})
		w.command(states.RoleSecondary, false)
		w.status()
		w.turn("", &DiskClosed{})
		w.opened()
		w.ready()
		w.status()
	}},
	{"closed-while-opening-is-wanted-no-more", func(w *resourceScene) {
		w.command(states.RoleSecondary, false)
		w.turn("", &diskFailed{reason: "another's record", remedy: "look", held: true})
		w.command(states.RoleSecondary, false)
		w.turn("", &stuckLimit{epoch: w.r.transit})
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"child-falls", func(w *resourceScene) {
		w.primary(1)
		w.fell(w.r.gate)
		w.status()
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch - 1})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.opened()
		w.ready()
		w.status()
	}},
	{"child-panics", func(w *resourceScene) {
		w.primary(1)
		panics := func(p *actor.PID, m any) {
			w.say("> %s panics", sceneName(p))
			w.r.HandleFailure(nil, sceneSupervisor{s: w.scene}, p, nil, "made up", m)
		}
		panics(w.r.hooks, &HookDone{})
		panics(&actor.PID{Id: w.r.hooks.Id}, &HookDone{})
		panics(w.r.gate, &DiskClosed{})
		panics(w.r.link, &Dialed{Conn: w.conn("c")})
		w.r.node = nil
		panics(w.r.link, &Dialed{Conn: w.conn("c")})
	}},
	{"child-ends-by-itself", func(w *resourceScene) {
		w.secondary()
		w.ended(sceneName(w.r.secondary))
		w.command(states.RoleInit, false)
		w.status()
	}},
	{"falls-too-often", func(w *resourceScene) {
		w.secondary()
		for range fallsMost + 1 {
			w.time += fallsWindow/fallsMost - 2*time.Second
			w.fell(w.r.secondary)
			w.down()
			w.turn("", &DiskClosed{})
			w.turn("", &upAgain{epoch: w.r.probe.epoch})
			if w.r.fsm.Current() == states.RoleIsOpening {
				w.opened()
				w.ready()
			}
		}
		w.status()
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
	}},
	{"falls-now-and-then", func(w *resourceScene) {
		w.secondary()
		for range fallsMost + 1 {
			w.time += fallsWindow / fallsMost
			w.fell(w.r.localdisk)
			w.down()
			w.turn("", &DiskClosed{})
			w.turn("", &upAgain{epoch: w.r.probe.epoch})
			w.opened()
			w.ready()
		}
		w.status()
	}},
	{"wanted-no-more-after-a-fall", func(w *resourceScene) {
		w.secondary()
		w.fell(w.r.secondary)
		w.command(states.RoleInit, false)
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.status()
	}},
	{"given-up-by-the-gate", func(w *resourceScene) {
		w.primary(0)
		w.command(states.RoleSecondary, false)
		w.turn("", &gateDrained{reason: "stuck", reopen: true})
		w.down()
		w.turn("", &stuckLimit{epoch: w.r.transit - 1})
		w.turn("", &stuckLimit{epoch: w.r.transit})
		w.status()
		w.command(states.RolePrimary, false)
		w.command(states.RoleInit, false)
		w.status()
		w.command(states.RoleSecondary, false)
		w.turn("", &DiskClosed{})
		w.status()
		w.opened()
	}},
	{"stuck", func(w *resourceScene) {
		w.secondary()
		w.command(states.RoleInit, false)
		w.turn("", &stuckLimit{epoch: w.r.transit})
		w.turn("", &stuckLimit{epoch: w.r.transit})
		w.down()
		w.status()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"stuck-with-a-short-timeout", func(w *resourceScene) {
		w.r.cfg.Timeout = time.Second
		w.secondary()
		w.command(states.RoleInit, false)
		w.turn("", &stuckLimit{epoch: w.r.transit})
		w.status()
	}},
	{"returned", func(w *resourceScene) {
		w.turn("", &returned{role: states.RoleSecondary, reason: "the resource fell"})
		w.status()
		w.turn("", &upAgain{epoch: w.r.probe.epoch - 1})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		for range openTries + 1 {
			w.turn("", &diskFailed{reason: "in use", remedy: "look", busy: true})
			w.turn("", &openAgain{})
		}
		w.status()
	}},
	{"returned-and-opened", func(w *resourceScene) {
		w.turn("", &openAgain{})
		w.turn("", &returned{role: states.RoleSecondary, reason: "the resource fell"})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.turn("", &diskFailed{reason: "in use", remedy: "look", busy: true})
		w.status()
		w.turn("", &openAgain{})
		w.opened()
		w.ready()
		w.status()
		w.fell(w.r.localdisk)
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.turn("", &diskFailed{reason: "in use", remedy: "look", busy: true})
		w.status()
	}},
	{"returned-without-a-role", func(w *resourceScene) {
		w.turn("", &returned{role: states.RoleInit, reason: "the resource fell"})
		w.status()
	}},
	{"returned-tired", func(w *resourceScene) {
		w.turn("", &returned{role: states.RoleSecondary, reason: "the resource fell", tired: true})
		w.status()
	}},
	{"returned-and-commanded", func(w *resourceScene) {
		w.turn("", &returned{role: states.RoleSecondary, reason: "the resource fell"})
		w.command(states.RoleInit, false)
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.status()
	}},
	{"closed-before-its-actors-have-ended", func(w *resourceScene) {
		w.secondary()
		w.command(states.RoleInit, false)
		w.turn("", &settled{})
		w.turn("", &DiskClosed{})
		w.down()
		w.status()
	}},
	{"falls-while-it-opens", func(w *resourceScene) {
		w.command(states.RoleSecondary, false)
		w.turn("", &diskTaken{})
		w.fell(w.r.localdisk)
		w.down()
		w.status()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"falls-and-is-then-demoted", func(w *resourceScene) {
		w.secondary()
		w.fell(w.r.secondary)
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.opened()
		w.ready()
		w.command(states.RoleInit, false)
		w.turn("", &settled{})
		w.down()
		w.turn("", &DiskClosed{})
		w.status()
	}},
	{"force-is-for-once", func(w *resourceScene) {
		w.probing(true)
		w.answered(states.PeerSilent, "")
		w.turn("the device is shown", &deviceShown{door: &sceneDoor{w.scene, 0}, uri: "nbd:x"})
		w.fell(w.r.gate)
		w.down()
		w.turn("", &DiskClosed{})
		w.turn("", &upAgain{epoch: w.r.probe.epoch})
		w.opened()
		w.ready()
	}},
	{"stopping", func(w *resourceScene) {
		w.secondary()
		w.turn("it is stopped", sceneStopping)
		w.command(states.RoleInit, false)
		w.ended(sceneName(w.r.localdisk), "stranger")
		w.turn("it has stopped", &actor.Stopped{})
	}},
	{"fails-and-is-closing", func(w *resourceScene) {
		w.secondary()
		w.turn("", &diskFailed{reason: "it went away", remedy: "look"})
		w.status()
	}},
}
