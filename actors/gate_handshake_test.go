package actors

import (
	"testing"

	"hast/states"
	"hast/wire"
)

// How handshakes begin, are refused, fail at each step, and end.

func TestGateHandshake(t *testing.T) {
	open := func(t *testing.T, change ...func(rec *states.Record)) *gateScene {
		rec := sceneRecord()
		for _, c := range change {
			c(&rec)
		}
		w := gateOpen(t, rec, 0)
		w.show()
		return w.from("a device is shown")
	}
	refused := func(name string, spoil func(w *gateScene, r *wire.Hello2Reply) (caps uint64, image []byte)) gateStory {
		return gateStory{"refused: " + name, func(t *testing.T) *gateScene {
			w := open(t)
			r := w.reply()
			caps, image := spoil(w, &r)
			w.hello(r, caps, image...)
			w.hello(r, caps, image...)
			w.rest()
			return w
		}}
	}
	stories := []gateStory{
		refused("another size", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.DataSize = 4096
			return ourCaps, nil
		}),
		refused("another size of extents", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.ExtentSize = 8192
			return ourCaps, nil
		}),
		refused("it says why", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.ErrMsg = "no room"
			return ourCaps, nil
		}),
		refused("it says why, and nothing of its copy", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			*r = wire.Hello2Reply{ErrMsg: "no room"}
			return 0, nil
		}),
		refused("another resource's", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.ErrMsg, r.ResUID = "not mine", 10
			return ourCaps, nil
		}),
		refused("a split-brain", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.LocalCnt, r.Marks.Branch = 2, true
			r.RemoteCnt = 0
			return ourCaps, nil
		}),
		refused("a split-brain that it has found", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.LocalCnt, r.RemoteCnt, r.ErrMsg, r.ResUID = 2, 0, "split-brain", 9
			return ourCaps, nil
		}),
		refused("a list that is too short", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			return ourCaps, []byte{0}
		}),
		refused("a map that is too short", func(w *gateScene, r *wire.Hello2Reply) (uint64, []byte) {
			r.Marks.LagKnown = false
			r.MapSize = 2
			return ourCaps, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		}),
		{"refused: no current copy of an extent", func(t *testing.T) *gateScene {
			w := open(t, func(rec *states.Record) { rec.Bad = states.NewExtentRuns(states.ExtentRun{First: 2, Count: 1}) })
			r := w.reply()
			r.Bad = states.NewExtentRuns(states.ExtentRun{First: 2, Count: 1})
			w.hello(r, ourCaps)
			return w
		}},
		{"refused: both hold nothing current", func(t *testing.T) *gateScene {
			w := open(t, func(rec *states.Record) { rec.Unfit, rec.LocalCnt, rec.RemoteCnt = states.Outdated, 0, 0 })
			r := w.reply()
			r.Virgin, r.Marks = true, states.Marks{Known: true}
			w.hello(r, ourCaps, 0)
			return w
		}},
		{"refused: the device goes away", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 1)
			w.do("drain", &drain{})
			w.mail["localdisk"] = nil
			w.g.drains = true
			return w
		}},
		{"a fresh secondary", func(t *testing.T) *gateScene {
			w := open(t, func(rec *states.Record) { rec.ResUID, rec.LocalCnt, rec.RemoteCnt, rec.Zeroed = 0, 0, 0, true })
			w.next++
			w.do("the link wants the copy", &wantCopy{attempt: w.next})
			w.disk(errDisk)
			r := w.reply()
			r.Virgin, r.MapSize, r.LagSize, r.Marks = true, 0, 0, states.Marks{Known: true, Zeroed: true}
			w.next++
			w.do("the link wants the copy", &wantCopy{attempt: w.next})
			w.disk(nil)
			w.do("reply", &peerReply{attempt: w.next, reply: r, caps: ourCaps})
			w.rest()
			w.up(ourCaps)
			w.rest()
			w.copy()
			return w
		}},
		{"the counters are being written", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 1)
			w.do("the link wants the copy", &wantCopy{attempt: 300})
			w.rest()
			w.do("a late reply", &peerReply{attempt: 299, reply: w.reply(), image: []byte{0, 0}, caps: ourCaps})
			return w
		}},
		{"a raise ends the handshake", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("the link wants the copy", &wantCopy{attempt: 300})
			w.write("w1", 0, 1)
			w.do("a late reply", &peerReply{attempt: 300, reply: w.reply(), image: []byte{0, 0}, caps: ourCaps})
			w.rest()
			return w
		}},
		{"its map can't be written", func(t *testing.T) *gateScene {
			w := open(t)
			w.hello(w.reply(), ourCaps, 0x0f, 0)
			w.disk(errDisk)
			w.hello(w.reply(), ourCaps, 0x0f, 0)
			w.rest()
			return w
		}},
		{"its record can't be written, which the next one takes to heart", func(t *testing.T) *gateScene {
			w := open(t)
			w.hello(w.reply(), ourCaps)
			w.disk(errDisk)
			w.next++
			w.do("the link wants the copy", &wantCopy{attempt: w.next})
			w.disk(errDisk)
			w.next++
			w.do("the link wants the copy", &wantCopy{attempt: w.next})
			w.disk(nil)
			return w
		}},
		{"lost at each step", func(t *testing.T) *gateScene {
			w := open(t)
			w.next++
			w.do("the link wants the copy", &wantCopy{attempt: w.next})
			w.cut()
			w.hello(w.reply(), ourCaps)
			w.cut()
			w.disk(nil)
			w.up(ourCaps)
			w.hello(w.reply(), ourCaps)
			w.rest()
			w.up(ourCaps)
			w.write("w1", 0, 1)
			w.cut()
			w.rest()
			return w
		}},
		{"not confirmed", func(t *testing.T) *gateScene {
			w := open(t)
			w.hello(w.reply(), ourCaps)
			w.rest()
			w.up(ourCaps)
			w.write("w1", 0, 1)
			w.do("another's mark", &peerMarked{session: 1})
			w.peer(states.PartDone, wire.EIO)
			w.rest()
			return w
		}},
		{"writes wait for the confirmation", func(t *testing.T) *gateScene {
			w := open(t)
			w.hello(w.reply(), ourCaps)
			w.rest()
			w.up(ourCaps)
			w.write("w1", 0, 1)
			w.rest()
			return w
		}},
		{"a secondary of the original", func(t *testing.T) *gateScene {
			w := open(t)
			r := w.reply()
			r.Marks, r.LagSize, r.Session = states.Marks{}, 0, 0
			w.session(r, 0, 0x03)
			w.copy()
			w.equalise()
			w.rest()
			w.equalise()
			w.write("w1", 4, 1)
			w.rest()
			return w
		}},
		{"this copy is ahead", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 1)
			w.write("w2", 3, 1)
			w.rest()
			r := w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps)
			w.write("w3", 3, 1)
			w.write("w4", 5, 1)
			w.rest()
			w.copy()
			w.flush("f1")
			w.do("sync: flush", &flushBoth{session: w.next})
			w.rest()
			w.do("sync: flush", &flushBoth{session: w.next})
			w.do("sync: flush of another session", &flushBoth{session: 1})
			w.rest()
			w.equalise()
			w.disk(nil)
			w.write("w5", 5, 1)
			w.rest()
			w.tick(3)
			w.rest()
			return w
		}},
		{"the secondary is ahead", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			r := w.reply()
			r.LocalCnt++
			w.session(r, ourCaps, 0x05, 0)
			w.show()
			w.read("r1", 0, 2)
			w.write("w1", 2, 1)
			w.write("w2", 4, 1)
			w.rest()
			w.flush("f1")
			w.disk(nil)
			w.peerOK()
			w.rest()
			w.copy()
			w.equalise()
			w.rest()
			w.write("w3", 0, 1)
			w.rest()
			return w
		}},
		{"that one goes before all is copied", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			r := w.reply()
			r.LocalCnt++
			w.session(r, ourCaps, 0x07, 0)
			w.show()
			w.do("sync: next", &copyNext{session: w.next})
			w.do("sync: next", &copyNext{session: w.next})
			w.peerOK()
			w.write("w1", 2, 1)
			w.write("w2", 4, 1)
			w.flush("f1")
			w.cut()
			w.rest()
			w.read("r1", 0, 1)
			w.read("r2", 5, 1)
			w.write("w3", 5, 1)
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.rest()
			return w
		}},
		{"it is ahead after this one has served: the device is withdrawn", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 1, 1)
			w.rest()
			w.g.raised = true
			r := w.reply()
			r.LocalCnt, r.RemoteCnt = r.LocalCnt+1, w.g.rec.LocalCnt
			w.hello(r, ourCaps, 0x07, 0)
			w.write("w2", 1, 1)
			w.do("the door is closed", &DoorClosed{})
			w.rest()
			return w
		}},
		{"equal counters, and it lacks something: the counter says so first", func(t *testing.T) *gateScene {
			w := open(t)
			r := w.reply()
			w.hello(r, ourCaps, 0x06, 0x06)
			w.rest()
			r = w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps, 0x06, 0x06)
			w.copy()
			w.equalise()
			w.rest()
			return w
		}},
		{"extents of which this copy is the current one", func(t *testing.T) *gateScene {
			w := open(t)
			r := w.reply()
			r.Bad = states.NewExtentRuns(states.ExtentRun{First: 2, Count: 2})
			w.session(r, ourCaps)
			w.copy()
			w.equalise()
			w.rest()
			return w
		}},
		{"twice in one reign", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.write("w2", 2, 1)
			w.rest()
			w.write("w3", 3, 1)
			w.cut()
			w.rest()
			r := w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps, 0x0c, 0)
			w.read("r1", 0, 4)
			w.rest()
			w.copy()
			w.equalise()
			w.rest()
			w.cut()
			r = w.reply()
			r.Marks.Crashed = states.UncleanBegan | states.UncleanReceived
			w.hello(r, ourCaps, 0, 0) // what it has lost counts, and the counter says so first
			w.rest()
			w.session(r, ourCaps, 0, 0)
			w.copy()
			return w
		}},
	}
	gateStories(t, "gate-handshake", stories...)
}
