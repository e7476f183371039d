package actors

import (
	"fmt"
	"testing"

	"hast/states"
	"hast/wire"
)

// reading is in lines about whether a connection is read.
const reading = " reading "

var secondaryRequests = []secondaryStory{
	{"overlapping", func(t *testing.T) *servedScene {
		// A read waits for the writes before it, a flush for all changes before it and for none behind.
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 2, false)
		w.flush(3)
		w.write(4, 1, 2, false)
		w.read(5, 1)
		w.read(6, 8)
		w.flush(7)
		w.write(8, 20, 1, false)
		w.rest()
		w.status()
		return w
	}},
	{"unordered", func(t *testing.T) *servedScene {
		// What came behind a flush may end before what came before it.
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.flush(3)
		w.write(4, 1, 1, false)
		disk := w.mail["localdisk"]
		disk[0], disk[1] = disk[1], disk[0]
		w.disk(nil)
		w.disk(nil)
		w.rest()
		return w
	}},
	{"many", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.briefly("many reads", func() {
			for i := range uint64(servedMost) {
				w.read(2+i, i%64)
			}
		}, reading)
		w.briefly("half of them are done", func() {
			for range servedMost / 2 {
				w.disk(nil)
				w.turn("a read's data is sent", w.b.note)
			}
		}, reading)
		w.disk(nil)
		w.status()
		return w
	}},
	{"large", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.DataSize = 1 << 20
		w := sceneSecondary(t, rec)
		h := peerCopy()
		h.DataSize = rec.DataSize
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.rest()
		w.request(wire.Request{Cmd: opMark, Seq: 1}, make([]byte, 32))
		w.rest()
		w.briefly("large writes", func() {
			for i := range uint64(servedBytes/wire.MaxPayload + 1) {
				w.write(2+i, 0, wire.MaxPayload/512, false)
			}
		}, reading)
		w.status()
		w.briefly("they are done", w.rest, reading)
		w.status()
		return w
	}},
	{"many-and-gone", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.briefly("more than many reads", func() {
			for i := range uint64(servedMost + 2) {
				w.read(2+i, i%64)
			}
		}, reading)
		w.closed(w.a)
		w.disk(nil)
		w.status()
		return w
	}},
	{"long", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.DataSize = 4 << 20
		w := sceneSecondary(t, rec)
		h := peerCopy()
		h.DataSize = rec.DataSize
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.rest()
		w.request(wire.Request{Cmd: opMark, Seq: 1}, make([]byte, 128))
		w.rest()
		w.request(wire.Request{Cmd: states.OpDelete, Seq: 2, Length: 2 << 20}, nil)
		w.request(wire.Request{Cmd: states.OpRead, Seq: 3, Length: wire.MaxPayload + 512}, nil)
		w.rest()
		return w
	}},
	{"backlog", func(t *testing.T) *servedScene {
		// All that comes behind a request that waits for a record waits, too.
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.briefly("many writes", func() {
			for i := range uint64(servedMost + 1) {
				w.write(2+i, i%64, 1, true)
			}
		}, reading)
		w.status()
		w.briefly("the record is written", func() { w.disk(nil) }, reading)
		w.briefly("they are done", w.rest, reading)
		w.status()
		return w
	}},
	{"receipt-not-recorded", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, true)
		w.write(3, 1, 1, true)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"write-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.write(3, 1, 1, false)
		w.flush(4)
		w.disk(errDisk)
		w.status()
		w.write(5, 2, 1, false)
		w.rest()
		w.closed(w.b)
		w.status()
		w.ours()
		w.rest()
		w.status()
		w.closed(w.a)
		w.status()
		w.ours()
		w.rest()
		w.mark(1, 0)
		w.rest()
		w.fit(2)
		w.rest()
		w.closed(w.a)
		w.status()
		return w
	}},
	{"read-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.read(2, 0)
		w.disk(errDisk)
		w.read(3, 0)
		w.rest()
		w.status()
		return w
	}},
	{"flush-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.flush(2)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"answers-of-a-session-that-is-over", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.read(2, 0)
		w.write(3, 1, 1, false)
		w.write(4, 2, 1, false)
		w.closed(w.a)
		w.disk(nil)
		w.disk(errDisk)
		w.status()
		w.disk(nil)
		w.status()
		return w
	}},
	{"fit", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, true)
		w.rest()
		w.fit(3)
		w.disk(nil) // the flush
		w.write(4, 1, 1, true)
		w.disk(nil) // the record
		w.rest()
		w.status()
		return w
	}},
	{"fit-behind-a-receipt", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, true)
		w.rest()
		w.fit(3)
		w.write(4, 1, 1, true)
		w.rest()
		w.fit(5)
		w.fit(6)
		w.rest()
		w.status()
		return w
	}},
	{"fit-flush-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"fit-record-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.disk(nil)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"fit-of-a-session-that-is-over", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.disk(nil)
		w.closed(w.a)
		w.disk(nil)
		w.status()
		w.session()
		w.fit(2)
		w.closed(w.a)
		w.disk(nil)
		w.status()
		return w
	}},
	{"fit-behind-a-failure", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.fit(3)
		w.disk(errDisk)
		w.rest()
		w.status()
		return w
	}},
	{"fit-waits-for-a-record", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.write(3, 0, 1, true) // asks for a record while the flush is under way
		w.disk(nil)            // the flush
		w.disk(nil)            // the record
		w.rest()
		w.status()
		return w
	}},
	{"fit-waits-and-its-session-ends", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.write(3, 0, 1, true)
		w.disk(nil) // the flush
		w.closed(w.a)
		w.rest()
		w.ours()
		w.rest()
		w.status()
		return w
	}},
	{"fit-makes-whole", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.Unclean = states.UncleanBegan | states.UncleanReceived
		w := sceneSecondary(t, rec)
		w.ours()
		w.rest()
		w.mark(1, 0x01)
		w.rest()
		w.res.cache.Doubt(0, 4096)
		w.fit(2)
		w.rest()
		w.say("--- doubted: %v", w.res.cache.AnyDoubted())
		w.status()
		return w
	}},
}

// fit says that the counters are equal.
func (w *servedScene) fit(seq uint64) {
	w.t.Helper()
	w.request(wire.Request{Cmd: opFit, Seq: seq}, nil)
}

// raise asks to count in the primary's stead.
func (w *servedScene) raise(seq uint64, image ...byte) {
	w.t.Helper()
	w.request(wire.Request{Cmd: opRaise, Seq: seq}, image)
}

var secondaryRefusals = func() (list []secondaryStory) {
	for _, bad := range []struct {
		name    string
		q       wire.Request
		payload []byte
		err     error
	}{
		{"no-length", wire.Request{Cmd: states.OpWrite, Seq: 2}, nil, nil},
		{"unknown", wire.Request{Cmd: 99, Seq: 2, Length: 512}, nil, nil},
		{"outside", wire.Request{Cmd: states.OpDelete, Seq: 2, Offset: sceneSize + 512, Length: 512}, nil, nil},
		{"over-the-end", wire.Request{Cmd: states.OpRead, Seq: 2, Offset: sceneSize - 512, Length: 1024}, nil, nil},
		{"wraps", wire.Request{Cmd: states.OpDelete, Seq: 2, Offset: 512, Length: 1<<64 - 512}, nil, nil},
		{"no-whole-sectors", wire.Request{Cmd: states.OpRead, Seq: 2, Offset: 100, Length: 512}, nil, nil},
		{"no-whole-length", wire.Request{Cmd: states.OpRead, Seq: 2, Offset: 512, Length: 100}, nil, nil},
		{"bad-payload", wire.Request{Cmd: states.OpWrite, Seq: 2, Length: 512}, nil, errDisk},
		{"other-payload", wire.Request{Cmd: states.OpWrite, Seq: 2, Length: 512}, make([]byte, 100), nil},
		{"no-number", wire.Request{Cmd: states.OpFlush}, nil, nil},
		{"bad-mark", wire.Request{Cmd: opMark, Seq: 2}, []byte{0}, nil}, // the second one
		{"bad-raise", wire.Request{Cmd: opRaise, Seq: 2}, nil, errDisk},
	} {
		list = append(list, secondaryStory{"refused-" + bad.name, func(t *testing.T) *servedScene {
			w := sceneSecondary(t, sceneRecord())
			w.session()
			nv, err := wire.AppendRequest(nil, &bad.q)
			if err != nil {
				nv = wire.AppendU8(wire.AppendU64(nil, "seq", bad.q.Seq), "cmd", uint8(bad.q.Cmd))
			}
			f := sceneFrame(nv, bad.payload)
			f.PayloadErr = bad.err
			w.frames("-> "+bad.q.String(), w.a, w.s.session, f)
			w.write(3, 0, 1, false)
			w.rest()
			w.status()
			w.closed(w.a)
			w.status()
			return w
		}})
	}
	early := func(name string, play func(w *servedScene)) {
		list = append(list, secondaryStory{name, func(t *testing.T) *servedScene {
			w := sceneSecondary(t, sceneRecord())
			w.ours()
			w.rest()
			play(w)
			w.status()
			w.closed(w.a)
			w.status()
			return w
		}})
	}
	early("request-before-the-mark", func(w *servedScene) { w.write(1, 0, 1, false) })
	early("part-of-a-mark-first", func(w *servedScene) {
		w.request(wire.Request{Cmd: opMark, Seq: 1, Offset: 0, Length: 4096}, nil)
	})
	early("mark-without-sense", func(w *servedScene) {
		w.request(wire.Request{Cmd: opMark, Seq: 1}, []byte{0, 0, 0})
	})
	early("mark-whose-payload-is-bad", func(w *servedScene) {
		nv, _ := wire.AppendRequest(nil, &wire.Request{Cmd: opMark, Seq: 1})
		f := sceneFrame(nv, []byte{0})
		f.PayloadErr = errDisk
		w.frames("-> a mark whose payload is bad", w.a, w.s.session, f)
	})
	early("mark-not-recorded", func(w *servedScene) {
		w.mark(1, 0)
		w.write(2, 0, 1, false)
		w.disk(errDisk)
	})
	early("mark-of-a-session-that-is-over", func(w *servedScene) {
		w.mark(1, 0)
		w.closed(w.b)
		w.disk(nil)
	})
	early("not-understood", func(w *servedScene) {
		w.frames("-> nonsense", w.a, w.s.session, sceneFrame(nil, nil))
	})
	early("of-another-connection", func(w *servedScene) {
		nv, _ := wire.AppendRequest(nil, &wire.Request{Cmd: states.OpFlush, Seq: 1})
		w.frames("-> a flush by the other connection", w.b, w.s.session, sceneFrame(nv, nil))
	})
	early("map-not-cleared", func(w *servedScene) {
		w.s.image[0] = 1
		w.mark(1, 0)
		w.disk(nil)
		w.disk(errDisk)
	})
	return list
}()

// raising brings a session to where this node counts in the primary's stead.
func raising(t *testing.T) *servedScene {
	w := sceneSecondary(t, sceneRecord())
	w.session()
	w.raise(2, 0x02)
	return w
}

var secondaryRaises = []secondaryStory{
	{"raise", func(t *testing.T) *servedScene {
		w := raising(t)
		w.rest()
		w.write(3, 8, 1, false)  // its extent is dirty already
		w.write(4, 15, 2, false) // only one of its is
		w.write(5, 40, 1, false) // comes while the map is being written
		w.write(6, 16, 1, false)
		w.read(7, 60)
		w.rest()
		w.fit(8)
		w.rest()
		w.write(9, 63, 1, false)
		w.rest()
		w.status()
		return w
	}},
	{"raise-of-a-longer-map", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x80)
		w.session()
		w.raise(2, 0x02, 0xff)
		w.rest()
		w.status()
		return w
	}},
	{"raise-flush-fails", func(t *testing.T) *servedScene {
		w := raising(t)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"raise-flush-unsupported", func(t *testing.T) *servedScene {
		w := raising(t)
		w.disk(wire.EOPNOTSUPP)
		w.rest()
		w.status()
		return w
	}},
	{"raise-map-fails", func(t *testing.T) *servedScene {
		w := raising(t)
		w.disk(nil)
		w.disk(errDisk)
		w.status()
		w.ours()
		w.rest()
		w.status()
		return w
	}},
	{"raise-record-fails", func(t *testing.T) *servedScene {
		w := raising(t)
		w.disk(nil)
		w.disk(nil)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"raise-record-fails-behind-another-request", func(t *testing.T) *servedScene {
		w := raising(t)
		w.disk(nil)
		w.write(3, 0, 1, false)
		w.disk(nil)
		w.disk(nil)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"raise-of-a-session-that-is-over", func(t *testing.T) *servedScene {
		w := raising(t)
		w.closed(w.b)
		w.disk(nil)
		w.session()
		w.raise(2, 0x04)
		w.rest()
		w.status()
		return w
	}},
	{"raise-while-a-map-is-written", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x10)
		w.session() // the map is being cleared
		w.raise(2, 0x02)
		disk := w.mail["localdisk"]
		disk[0], disk[1] = disk[1], disk[0]
		w.disk(nil) // the flush
		w.disk(nil) // the map
		w.rest()
		w.status()
		return w
	}},
	{"raise-twice", func(t *testing.T) *servedScene {
		w := raising(t)
		w.raise(3, 0x04)
		w.disk(nil)
		w.raise(4, 0x04)
		w.rest()
		w.status()
		return w
	}},
	{"raise-where-it-lacks", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.rest()
		w.mark(1, 0x01)
		w.rest()
		w.raise(2, 0x02)
		w.rest()
		w.status()
		return w
	}},
	{"raise-where-it-is-unfit", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.behind()
		w.rest()
		w.mark(1, 0xff)
		w.rest()
		w.raise(2, 0x02)
		w.rest()
		w.status()
		return w
	}},
	{"raised-map-fails", func(t *testing.T) *servedScene {
		w := raising(t)
		w.rest()
		w.write(3, 40, 1, false)
		w.write(4, 48, 1, false)
		w.disk(errDisk)
		w.status()
		w.rest()
		w.status()
		return w
	}},
	{"fit-before-the-raise", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.fit(2)
		w.raise(3, 0x02)
		w.rest()
		w.write(4, 40, 1, false)
		w.rest()
		w.status()
		return w
	}},
	{"raise-and-fit-of-the-next-session", func(t *testing.T) *servedScene {
		w := raising(t)
		w.rest()
		w.closed(w.a)
		h := peerCopy()
		h.RemoteCnt = 2
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.rest()
		w.mark(1, 0)
		w.rest()
		w.write(2, 40, 1, false)
		w.fit(3)
		w.rest()
		w.status()
		return w
	}},
}

// resolve asks to end a split-brain, as resource passes it on.
func (w *servedScene) resolve(how states.Resolution) {
	w.t.Helper()
	m := &resolveCopy{id: 3, how: how}
	if len(w.mail["resource"]) > 0 {
		for _, said := range w.mail["resource"] {
			if h, ok := said.(*peerHeard); ok {
				m.peer = h.heard
				m.peer.at = w.Wall()
			}
		}
	}
	w.turn(fmt.Sprintf("resolve %v", how), m)
}

// split brings it to a split-brain.
func split(t *testing.T) *servedScene {
	rec := sceneRecord()
	rec.LocalCnt, rec.Unclean = 2, states.UncleanReceived
	w := sceneSecondary(t, rec, 0x83)
	w.behind()
	return w
}

var secondaryResolves = []secondaryStory{
	{"resolve-mine", func(t *testing.T) *servedScene {
		w := split(t)
		w.resolve(states.DiscardMine)
		w.rest()
		w.status()
		return w
	}},
	{"resolve-mine-of-a-good-end", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.LocalCnt = 2
		w := sceneSecondary(t, rec, 0x03)
		w.behind()
		w.resolve(states.DiscardMine)
		w.rest()
		return w
	}},
	{"resolve-the-peers", func(t *testing.T) *servedScene {
		w := split(t)
		w.resolve(states.KeepMine)
		w.rest()
		w.status()
		return w
	}},
	{"resolve-not-recorded", func(t *testing.T) *servedScene {
		w := split(t)
		w.resolve(states.DiscardMine)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"resolve-nothing", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.resolve(states.DiscardMine)
		w.session()
		w.write(2, 0, 1, false)
		w.resolve(states.DiscardMine)
		w.rest()
		w.status()
		return w
	}},
	{"resolve-too-late", func(t *testing.T) *servedScene {
		w := split(t)
		w.turn("", &settle{})
		w.resolve(states.DiscardMine)
		w.rest()
		return w
	}},
}
