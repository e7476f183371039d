package actors

import (
	"testing"

	"hast/states"
	"hast/wire"
)

// Copies, equal counters and their failures, and components that are given up.

// aheadBy is a session in which the extents 0, 1 and 3 are to be copied to the secondary.
func aheadBy(t *testing.T, change ...func(w *gateScene)) *gateScene {
	w := inSync(t, change...)
	w.cut()
	w.write("w1", 0, 2)
	w.write("w2", 3, 1)
	w.rest()
	r := w.reply()
	r.RemoteCnt--
	w.session(r, ourCaps)
	return w.from("the secondary lacks the extents 0, 1 and 3")
}

func (w *gateScene) chunk() { w.do("sync: next", &copyNext{session: w.g.session}) }

func TestGateCopies(t *testing.T) {
	gateStories(t, "gate-copies",
		gateStory{"chunks, and writes beside them", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.chunk()
			w.write("w3", 0, 1)
			w.chunk()
			w.chunk()
			w.chunk()
			w.disk(nil)
			w.disk(nil)
			w.write("w4", 1, 1)
			w.write("w5", 5, 1)
			w.read("r1", 0, 2)
			w.rest()
			w.copy()
			return w
		}},
		gateStory{"chunks that fail", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.chunk()
			w.disk(errDisk)
			w.chunk()
			w.disk(nil)
			w.peer(states.PartFailed, wire.EIO)
			w.rest()
			w.do("the link gives back", &linkReturned{session: w.next})
			w.rest()
			return w
		}},
		gateStory{"chunks whose session ends", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.chunk()
			w.chunk()
			w.disk(nil)
			w.cut()
			w.disk(nil)
			w.rest()
			r := w.reply()
			r.RemoteCnt--
			w.session(r, ourCaps)
			w.copy()
			return w
		}},
		gateStory{"a write fails in an extent that is copied", func(t *testing.T) *gateScene {
			w := aheadBy(t, gateMode(states.FullSync))
			w.write("w3", 0, 1)
			w.write("w4", 3, 1)
			w.disk(errDisk)
			w.chunk()
			w.disk(nil)
			w.peerOK()
			w.peerOK()
			w.rest()
			w.copy()
			return w
		}},
		gateStory{"a flush fails in the midst of copying", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.write("w3", 5, 1)
			w.rest()
			w.chunk()
			w.flush("f1")
			w.disk(nil)
			w.disk(errDisk)
			w.rest()
			w.copy()
			w.flush("f2")
			w.rest()
			w.copy()
			return w
		}},
		gateStory{"equal counters whose flush fails", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.copy()
			w.equalise()
			w.write("w3", 0, 1)
			w.disk(errDisk)
			w.rest()
			return w
		}},
		gateStory{"equal counters that can't be recorded", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.copy()
			w.equalise()
			w.write("w3", 0, 1)
			w.flush("f1")
			w.disk(nil)
			w.peerOK()
			w.disk(errDisk)
			w.rest()
			return w
		}},
		gateStory{"equal counters that the secondary can't record", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.copy()
			w.do("sync: equalise another session", &equalise{session: 1})
			w.equalise()
			w.equalise()
			w.disk(nil)
			w.peerOK()
			w.flush("f1")
			w.disk(nil)
			w.do("a late word", &peerFitted{session: 1})
			w.peer(states.PartDone, wire.EIO)
			w.rest()
			return w
		}},
		gateStory{"equal counters with more to copy", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.write("w3", 6, 1)
			w.disk(nil)
			w.equalise()
			w.copy()
			w.write("w4", 6, 1)
			w.equalise()
			w.disk(nil)
			w.rest()
			return w
		}},
		gateStory{"a barrier over writes under way", func(t *testing.T) *gateScene {
			w := aheadBy(t, gateMode(states.FullSync))
			w.copy()
			w.write("w3", 6, 1)
			w.disk(nil)
			w.ask("w4", states.OpWrite, 5*4096, 512, true)
			w.equalise()
			w.write("w5", 6, 1)
			w.read("r1", 6, 1)
			w.rest()
			return w
		}},
		gateStory{"a barrier whose write both fail", func(t *testing.T) *gateScene {
			w := aheadBy(t, gateMode(states.FullSync))
			w.copy()
			w.write("w3", 6, 1)
			w.disk(nil)
			w.equalise()
			w.disk(errDisk)
			w.rest()
			w.copy()
			w.equalise()
			w.rest()
			return w
		}},
	)
}

// The secondary has restarted and lacks what was answered. This primary has answered what was only sent, and needn't
// raise its counter to be the source.
func TestGateLag(t *testing.T) {
	gateStories(t, "gate-lag",
		gateStory{"a write and a flush wait for a copy of what the secondary lacks", func(t *testing.T) *gateScene {
			w := inSync(t, gateMode(states.Async))
			w.write("w1", 1, 1)
			w.write("w2", 6, 1)
			w.rest()
			r := w.reply()
			r.Marks.Crashed = states.UncleanBegan | states.UncleanReceived
			w.cut()
			w.session(r, ourCaps, 0, 0)
			w.from("the secondary lacks the extents 1 and 6, and counters are equal")
			w.write("w3", 6, 1)
			w.write("w4", 6, 1)
			w.write("w5", 4, 1)
			w.flush("f1")
			w.rest()
			w.chunk()
			w.rest()
			w.copy()
			w.rest()
			return w
		}},
	)
}

// What a flush waits for can't be copied: the session ends, and the flush is answered as a lone one's.
func TestGateLagFails(t *testing.T) {
	gateStories(t, "gate-lag-fails",
		gateStory{"a flush waits for what can't be copied", func(t *testing.T) *gateScene {
			w := inSync(t, gateMode(states.Async))
			w.write("w1", 1, 1)
			w.rest()
			r := w.reply()
			r.Marks.Crashed = states.UncleanBegan | states.UncleanReceived
			w.cut()
			w.session(r, ourCaps, 0, 0)
			w.from("the secondary lacks the extent 1, and counters are equal")
			w.flush("f1")
			w.write("w2", 1, 1)
			w.rest()
			w.chunk()
			w.disk(errDisk)
			w.rest()
			return w
		}},
	)
}

// givenUp is a session whose primary's component was given up over a write.
func givenUp(t *testing.T, change ...func(w *gateScene)) *gateScene {
	w := inSync(t, change...)
	w.write("w1", 0, 1)
	w.rest()
	w.do("the component is stuck", &diskStuck{err: errDisk})
	w.peerOK()
	return w.from("the component is given up")
}

func TestGateGivenUp(t *testing.T) {
	full := gateMode(states.FullSync)
	back := func(w *gateScene) *diskReopened {
		image := make([]byte, w.g.rec.MapSize())
		image[0] = 0x11
		return &diskReopened{rec: w.g.rec, image: image}
	}
	gateStories(t, "gate-given-up",
		gateStory{"a component that sticks over all there is", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w0", 0, 1)
			w.rest()
			w.write("w1", 0, 1)
			w.read("r1", 2, 1)
			w.read("r2", 3, 1)
			w.disk(nil)
			w.disk(errDisk)
			w.peerOK()
			w.ask("w2", states.OpWrite, 4096, 512, true)
			w.flush("f1")
			w.write("w3", 0, 1)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.write("w4", 5, 1)
			w.read("r3", 0, 1)
			w.do("a late word", &peerRaised{session: 1})
			w.do("the link wants the copy", &wantCopy{attempt: 300})
			w.peerOK()
			w.peerOK()
			w.peerOK()
			w.peerOK()
			w.rest()
			w.tick(2)
			w.rest()
			return w
		}},
		gateStory{"between the last flush of a demotion and its map", func(t *testing.T) *gateScene {
			w := inSync(t)
			for e := range int64(6) {
				w.write("w1", e, 1)
			}
			w.rest()
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.disk(nil)
			w.peerOK()
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.peerOK()
			return w
		}},
		gateStory{"the map of a demotion fails, and the secondary can't stand in", func(t *testing.T) *gateScene {
			w := inSync(t)
			for e := range int64(6) {
				w.write("w1", e, 1)
			}
			w.rest()
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.disk(nil)
			w.peerOK()
			w.disk(errDisk)
			w.do("the secondary refuses", &peerRaised{session: w.g.session, errno: wire.EPERM})
			w.rest()
			return w
		}},
		gateStory{"what it still has is given back late", func(t *testing.T) *gateScene {
			w := inSync(t, full)
			w.write("w0", 1, 1)
			w.disk(nil)
			w.disk(errDisk)
			w.peerOK()
			w.rest()
			w.from("the secondary holds the extent 1 alone")
			w.write("w1", 3, 1)
			w.disk(nil)
			w.read("r1", 0, 3)
			w.read("r2", 5, 1)
			w.ask("w2", states.OpWrite, 4096*3+512, 512)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.peerOK()
			w.peerOK()
			w.peerOK()
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			for w.asked("link") {
				w.peerOK()
			}
			for w.asked("localdisk") {
				w.disk(nil)
			}
			w.rest()
			return w
		}},
		gateStory{"it fails the piece of a read that it still has", func(t *testing.T) *gateScene {
			w := inSync(t, gateMode(states.Async))
			w.write("w1", 3, 1)
			w.rest()
			w.write("w2", 3, 1)
			w.read("r1", 3, 1)
			w.disk(nil)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.rest()
			for w.asked("localdisk") {
				w.disk(errDisk)
			}
			w.tick(1)
			return w
		}},
		gateStory{"reads and writes go there, and idle ones are flushed", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.write("w2", 0, 1)
			w.read("r1", 0, 2)
			w.peer(states.PartReceived, 0)
			w.rest()
			w.ask("w3", states.OpWrite, 4096, 512, true)
			w.flush("f1")
			w.rest()
			w.write("w4", 1, 1)
			w.rest()
			w.tick(2)
			w.rest()
			w.read("r2", 1, 1)
			w.peer(states.PartFailed, wire.EIO)
			w.do("drain", &drain{})
			w.do("the door is closed", &DoorClosed{})
			w.rest()
			return w
		}},
		gateStory{"the secondary goes, too", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.write("w2", 0, 1)
			w.read("r1", 0, 2)
			w.flush("f1")
			w.cut()
			w.read("r2", 0, 2)
			return w
		}},
		gateStory{"it goes while it is asked", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.read("r1", 0, 2)
			w.cut()
			return w
		}},
		gateStory{"it fails to stand in", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.peer(states.PartDone, wire.EIO)
			w.rest()
			return w
		}},
		gateStory{"it may not stand in", func(t *testing.T) *gateScene {
			w := inSync(t)
			w.write("w1", 0, 1)
			w.disk(errDisk)
			w.read("r1", 0, 1)
			w.peer(states.PartDone, wire.EPERM)
			w.write("w2", 1, 1)
			w.disk(nil)
			w.disk(errDisk) // the map, soon after
			w.rest()
			return w
		}},
		gateStory{"alone nobody stands in", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			w.show()
			w.from("a device is shown")
			w.do("the component is stuck", &diskStuck{err: errDisk})
			return w
		}},
		gateStory{"nor one that lacks something", func(t *testing.T) *gateScene {
			w := aheadBy(t)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			return w
		}},
		gateStory{"the component comes back", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.tick(1)
			w.do("it can't be opened", &diskReopened{err: errDisk})
			w.tick(6)
			foreign := back(w)
			foreign.rec.ResUID = 1
			w.do("another one", foreign)
			w.tick(12)
			w.do("it is back", back(w))
			w.write("w2", 5, 1)
			w.disk(nil)
			w.write("w3", 6, 1)
			w.rest()
			w.copy()
			w.equalise()
			w.rest()
			w.write("w4", 1, 1)
			w.rest()
			return w
		}},
		gateStory{"its map can't be written", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.tick(1)
			w.do("it is back", back(w))
			w.write("w2", 5, 1)
			w.disk(errDisk)
			w.rest()
			return w
		}},
		gateStory{"its record can't be written", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.tick(1)
			w.do("it is back", back(w))
			w.disk(nil)
			w.write("w2", 5, 1)
			w.disk(errDisk)
			w.rest()
			return w
		}},
		gateStory{"it sticks again, or the secondary goes", func(t *testing.T) *gateScene {
			w := givenUp(t)
			w.tick(1)
			w.do("it is back", back(w))
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.tick(6)
			w.do("it is back", back(w))
			w.cut()
			return w
		}},
		gateStory{"a secondary of the original: the ledger says it", func(t *testing.T) *gateScene {
			w := gateOpen(t, sceneRecord(), 0)
			w.show()
			r := w.reply()
			r.Marks, r.LagSize, r.Session = states.Marks{}, 0, 0
			w.session(r, 0, 0)
			w.write("w1", 0, 1)
			w.rest()
			w.from("a session with a secondary of the original")
			w.flush("f1")
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.peerOK()
			w.do("another's entry", &LedgerWritten{Epoch: 1})
			w.do("no entry", &LedgerWritten{Epoch: w.next, Err: errDisk})
			w.rest()
			w.tick(6)
			w.do("the component is stuck", &diskStuck{err: errDisk})
			w.rest()
			w.do("the entry is written", &LedgerWritten{Epoch: w.next})
			w.write("w2", 0, 1)
			w.rest()
			w.flush("f2")
			w.rest()
			w.tick(1)
			return w
		}},
	)
}
