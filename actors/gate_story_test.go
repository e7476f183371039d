package actors

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"hast/config"
	"hast/states"
	"hast/states/bitset"
	"hast/wire"
)

// What a gate asks of its component, of the peer and of those beside it in each turn, and what clients hear.

func TestGateAlone(t *testing.T) {
	open := func(t *testing.T) *gateScene {
		w := gateOpen(t, sceneRecord(), 0)
		w.show()
		return w.from("a device is shown")
	}
	gateStories(t, "gate-alone",
		gateStory{"writes, reads and a flush of a lone primary", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 2)
			w.write("w2", 1, 1)
			w.read("r1", 1, 1)
			w.read("r2", 4, 1)
			w.rest()
			w.ask("w3", states.OpWrite, 0, 512, true)
			w.ask("d1", states.OpDelete, 8192, 4096)
			w.ask("z1", states.OpZero, 8192, 512)
			w.rest()
			w.flush("f1")
			w.flush("f2")
			w.rest()
			w.tick(2)
			return w
		}},
		gateStory{"each failure of the component", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 1)
			w.write("w2", 0, 1)
			w.disk(errDisk) // the flush of the raise
			w.write("w3", 1, 1)
			w.disk(nil)
			w.disk(errDisk) // its record
			w.write("w4", 2, 1)
			w.disk(nil)
			w.disk(nil)
			w.disk(errDisk) // the map
			w.write("w5", 3, 1)
			w.disk(nil)
			w.write("w6", 3, 1)
			w.read("r1", 3, 1)
			w.disk(errDisk)
			w.disk(errDisk)
			w.disk(errDisk)
			w.rest()
			w.flush("f1")
			w.flush("f2")
			w.disk(errDisk)
			w.rest()
			w.flush("f3")
			w.rest()
			w.tick(1)
			return w
		}},
		gateStory{"the record of a reign can't be written", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			w.do("show", &showDevice{})
			w.disk(errDisk)
			w.do("show", &showDevice{})
			w.disk(nil)
			w.do("no door", &DoorOpened{Err: errDisk})
			return w
		}},
		gateStory{"a demotion with work under way", func(t *testing.T) *gateScene {
			w := open(t)
			w.write("w1", 0, 1)
			w.rest()
			w.write("w2", 0, 1)
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.disk(nil)
			w.disk(nil)
			w.rest()
			return w
		}},
		gateStory{"a demotion whose flush fails", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.disk(errDisk)
			w.rest()
			return w
		}},
		gateStory{"a demotion whose record can't be written", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.disk(nil)
			w.disk(errDisk)
			return w
		}},
		gateStory{"a device that goes by itself", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("the door is closed", &DoorClosed{})
			w.do("drain", &drain{})
			w.rest()
			return w
		}},
		gateStory{"a gate that falls", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("stopping", &actor.Stopping{})
			w.do("stopping", &actor.Stopping{})
			return w
		}},
		gateStory{"a flush that needs a raise, which fails", func(t *testing.T) *gateScene {
			w := open(t)
			w.flush("f1")
			w.disk(nil)
			w.disk(errDisk)
			w.flush("f2")
			w.disk(nil)
			w.disk(nil)
			w.disk(errDisk)
			w.flush("f3")
			w.rest()
			return w
		}},
		gateStory{"new settings, and writes that a demotion meets", func(t *testing.T) *gateScene {
			w := open(t)
			w.do("new settings", &regate{cfg: config.Resource{Name: "shared", Replication: states.Async}})
			w.write("w1", 0, 1)
			w.rest()
			w.do("drain", &drain{})
			w.write("w2", 0, 1)
			w.do("the door is closed", &DoorClosed{})
			w.rest()
			return w
		}},
		gateStory{"a reign after a withdrawal", func(t *testing.T) *gateScene {
			stale := bitset.New(8)
			stale.Set(1)
			w := gateOpen(t, sceneRecord(), 0x02, func(w *gateScene) { w.past = &pastTarget{stale: stale, seen: 4} })
			w.show()
			w.write("w1", 1, 1)
			w.write("w2", 3, 1)
			w.rest()
			return w
		}},
		gateStory{"a copy that isn't current", func(t *testing.T) *gateScene {
			rec := sceneRecord()
			rec.Unfit = states.Outdated
			rec.Bad = states.NewExtentRuns(states.ExtentRun{First: 2, Count: 1})
			w := gateOpen(t, rec, 0x07)
			w.show()
			w.write("w1", 0, 1)
			w.read("r1", 2, 1)
			w.read("r2", 1, 3)
			w.rest()
			w.do("insist", &insist{})
			w.write("w2", 0, 1)
			w.rest()
			return w
		}},
		gateStory{"bad extents of a copy that is fit", func(t *testing.T) *gateScene {
			rec := sceneRecord()
			rec.Bad = states.NewExtentRuns(states.ExtentRun{First: 2, Count: 1})
			w := gateOpen(t, rec, 0x04)
			w.show()
			w.write("w1", 2, 1)
			w.write("w2", 0, 1)
			w.write("w3", 1, 2)
			w.rest()
			w.tick(6)
			return w
		}},
	)
}

// inSync is a session with a secondary of ours that lacks nothing.
func inSync(t *testing.T, change ...func(w *gateScene)) *gateScene {
	w := gateOpen(t, sceneRecord(), 0, change...)
	w.show()
	w.session(w.reply(), ourCaps)
	w.equalise()
	w.rest()
	return w.from("both are in sync")
}

func TestGateSession(t *testing.T) {
	full := gateMode(states.FullSync)
	stories := []gateStory{
		{"writes go to both", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.disk(nil) // the map
			w.disk(nil)
			w.peer(states.PartReceived, 0)
			w.peerOK()
			w.write("w2", 0, 1)
			w.peer(states.PartReceived, 0)
			w.peerOK()
			w.write("w3", 0, 1)
			w.read("r1", 0, 1)
			w.rest()
			w.flush("f1")
			w.peerOK()
			w.disk(nil)
			w.ask("w4", states.OpWrite, 0, 512, true)
			w.rest()
			w.tick(3)
			w.rest()
			w.tick(2)
			return w
		}},
		{"fullsync waits for the secondary", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 0, 1)
			w.disk(nil)
			w.disk(nil)
			w.peer(states.PartReceived, 0)
			w.peerOK()
			w.do("late", &remoteDone{r: &Request{Op: states.OpWrite}, session: 1, part: states.PartDone})
			return w
		}},
		{"the component fails a write", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 1, 2)
			w.disk(nil)
			w.disk(errDisk)
			w.write("w2", 2, 1)
			w.write("w3", 4, 1)
			w.read("r1", 1, 1)
			w.peerOK()
			w.rest()
			w.read("r2", 0, 4)
			w.write("w4", 1, 1)
			w.rest()
			w.copy()
			w.flush("f1")
			w.rest()
			w.equalise()
			w.rest()
			w.tick(2)
			w.rest()
			return w
		}},
		{"that isn't recorded", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 1, 1)
			w.disk(nil)
			w.disk(errDisk)
			w.peerOK()
			w.peerOK() // the secondary's flush
			w.read("r1", 1, 1)
			w.disk(errDisk) // the record, so that the component is given up
			w.peer(states.PartDone, wire.EPERM)
			w.write("w2", 1, 1)
			w.write("w3", 2, 1)
			w.rest()
			w.tick(6)
			w.rest()
			w.write("w4", 1, 1)
			w.rest()
			return w
		}},
		{"a second failure soon after a refusal", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 1, 1)
			w.write("w2", 2, 1)
			w.rest()
			for i, name := range []string{"w3", "w4"} {
				w.write(name, int64(1+i), 1)
				w.disk(errDisk)
				w.peerOK()
				w.peerOK() // the secondary's flush
				w.disk(errDisk)
				if i == 0 {
					w.peer(states.PartDone, wire.EINVAL)
				}
			}
			w.read("r1", 1, 2)
			w.rest()
			w.tick(6)
			w.rest()
			return w
		}},
		{"the secondary fails a write", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.write("w2", 5, 1)
			w.disk(nil)
			w.disk(nil)
			w.disk(nil)
			w.peer(states.PartReceived, 0)
			w.peer(states.PartFailed, wire.EIO)
			w.rest()
			w.do("the link gives back", &linkReturned{session: w.next})
			w.rest()
			return w
		}},
		{"both fail a write", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 0, 1)
			w.disk(nil)
			w.disk(errDisk)
			w.peer(states.PartFailed, wire.EIO)
			w.do("the link gives back", &linkReturned{session: w.next})
			w.rest()
			return w
		}},
		{"the session ends over writes, and comes back", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 0, 1)
			w.write("w2", 2, 1)
			w.write("w3", 2, 1)
			w.read("r1", 2, 1)
			w.disk(nil)
			w.disk(nil)
			w.cut()
			w.rest()
			w.flush("f1")
			w.rest()
			r := w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps)
			w.copy()
			w.equalise()
			w.write("w4", 6, 1)
			w.rest()
			return w
		}},
		{"the session ends over writes, and the raise fails", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w0", 0, 1)
			w.rest()
			w.write("w1", 0, 1)
			w.read("r1", 0, 1)
			w.cut()
			w.disk(nil) // the write, which waits for the raise now
			w.disk(errDisk)
			w.rest()
			return w
		}},
		{"the session ends over what a flush has lost here", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w0", 0, 1)
			w.write("w1", 2, 1)
			w.rest()
			w.flush("f1")
			w.disk(errDisk)
			w.cut()
			w.rest()
			return w
		}},
		{"what a flush has lost here can't be recorded", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w0", 0, 1)
			w.rest()
			w.write("w1", 5, 1)
			w.disk(nil)
			w.flush("f1")
			w.disk(nil)
			w.write("w2", 0, 1)
			w.disk(errDisk)
			w.peerOK()
			w.peerOK()
			w.peerOK()
			for range 3 {
				if w.asked("localdisk") {
					w.disk(errDisk)
				}
			}
			w.peer(states.PartDone, wire.EPERM)
			w.rest()
			w.tick(6)
			w.rest()
			return w
		}},
		{"the session ends while a record names what was failed", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 1, 1)
			w.disk(nil)
			w.disk(errDisk)
			w.peerOK()
			w.peerOK()
			w.cut()
			w.read("r1", 1, 1)
			w.write("w2", 1, 1)
			w.disk(errDisk)
			w.rest()
			w.tick(6)
			w.rest()
			w.read("r2", 1, 1)
			w.rest()
			return w
		}},
		{"a session begins while a flush is under way", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			w.show()
			w.from("a device is shown")
			w.flush("f1")
			w.hello(w.reply(), ourCaps)
			w.later("localdisk")
			w.disk(nil)
			w.up(ourCaps)
			w.peerOK()
			w.disk(nil)
			w.rest()
			return w
		}},
		{"the same, and the device goes", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			w.show()
			w.from("a device is shown")
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.hello(w.reply(), ourCaps)
			w.rest()
			return w
		}},
		{"a lost session's handshake while the device goes", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 1, 1)
			w.disk(nil)
			w.cut()
			w.do("drain", &drain{})
			w.do("the link wants the copy", &wantCopy{attempt: 900})
			w.rest()
			w.do("the link wants the copy", &wantCopy{attempt: 901})
			w.do("reply", &peerReply{attempt: 901, reply: w.reply(), image: []byte{0, 0}, caps: ourCaps})
			w.do("the link gives back", &linkReturned{session: w.next})
			w.do("the door is closed", &DoorClosed{})
			w.rest()
			return w
		}},
		{"the link gives back before it says that it is lost", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 1, 1)
			w.disk(nil)
			w.do("the link gives back", &linkReturned{session: w.next})
			w.rest()
			return w
		}},
		{"flushes fail there", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.rest()
			w.flush("f1")
			w.disk(nil)
			w.peer(states.PartDone, wire.EIO)
			w.rest()
			return w
		}},
		{"the secondary can't flush", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.rest()
			for range 2 {
				w.flush("f1")
				w.disk(nil)
				w.peer(states.PartDone, wire.EOPNOTSUPP)
			}
			w.cut()
			return w
		}},
		{"flushes fail here", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w1", 0, 1)
			w.rest()
			w.write("w2", 3, 1)
			w.disk(nil)
			w.flush("f1")
			w.flush("f2")
			w.peerOK()
			w.disk(nil)
			w.disk(errDisk)
			w.rest()
			w.copy()
			w.flush("f3")
			w.rest()
			w.flush("f4")
			w.disk(errDisk) // it covers nothing that counts
			w.rest()
			return w
		}},
		{"a flush that a session's end meets", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.rest()
			w.flush("f1")
			w.disk(nil)
			w.cut()
			w.rest()
			return w
		}},
		{"a demotion in a session", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.rest()
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.do("sync: next", &copyNext{session: w.next})
			w.peerOK()
			w.rest()
			return w
		}},
		{"the component can't read", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.read("r1", 0, 1)
			w.disk(errDisk)
			w.peerOK()
			w.disk(nil) // of the repair: the map
			w.peerOK()
			w.disk(errDisk)
			w.read("r2", 3, 1) // soon after that
			w.disk(errDisk)
			w.peerOK()
			w.tick(6)
			w.rest()
			w.read("r3", 3, 1)
			w.read("r4", 4, 2)
			w.read("r5", 4, 1)
			w.disk(errDisk)
			w.disk(errDisk)
			w.disk(errDisk)
			w.peerOK()
			w.peerOK()
			w.peerOK()
			w.write("w1", 3, 1)
			w.rest()
			w.read("r7", 5, 1)
			w.disk(errDisk)
			w.peer(states.PartFailed, wire.EIO)
			w.read("r8", 5, 1)
			w.disk(errDisk)
			w.cut()
			return w
		}},
		{"async: what was only sent", func(t *testing.T) *gateScene {
			w := inSync(t, gateMode(states.Async))
			w.write("w1", 0, 1)
			w.disk(nil)
			w.disk(nil)
			w.disk(errDisk) // that it was only sent
			w.write("w2", 1, 1)
			w.disk(nil)
			w.disk(nil)
			w.read("r1", 1, 1)
			w.disk(nil)
			w.write("w3", 2, 1)
			w.write("w4", 3, 1)
			w.disk(nil)
			w.disk(nil)
			w.disk(nil)
			w.disk(nil)
			w.tick(7)
			w.write("w5", 3, 1)
			w.disk(nil)
			w.peerOK()
			w.peerOK()
			w.peerOK()
			w.tick(1)
			w.rest()
			w.write("w6", 0, 1)
			w.disk(nil)
			w.cut()
			w.rest()
			r := w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps)
			return w
		}},
	}
	gateStories(t, "gate-session", stories...)
}
