package actors

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hast/states"
	"hast/wire"
)

type secondaryStory struct {
	name string
	play func(t *testing.T) *servedScene
}

// TestSecondarySessions: hellos, verdicts and the ends of sessions.
func TestSecondarySessions(t *testing.T) {
	secondaryStories(t, "hellos", secondaryHellos)
	secondaryStories(t, "verdicts", secondaryVerdicts)
	secondaryStories(t, "ends", secondaryEnds)
}

// TestSecondaryRequests: what a primary asks for, well and badly.
func TestSecondaryRequests(t *testing.T) {
	secondaryStories(t, "requests", secondaryRequests)
	secondaryStories(t, "refusals", secondaryRefusals)
	secondaryStories(t, "raises", secondaryRaises)
	secondaryStories(t, "resolves", secondaryResolves)
}

// secondaryStories plays a list of them, whose records are one golden file.
func secondaryStories(t *testing.T, file string, list []secondaryStory) {
	var all strings.Builder
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			w := s.play(t)
			fmt.Fprintf(&all, "== %s\n%s\n", s.name, w.out.String())
		})
	}
	golden(t, "secondary-"+file, all.String())
}

var secondaryHellos = []secondaryStory{
	{"session", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x01)
		w.res.cfg.Checksum, w.res.cfg.Compression = states.ChecksumCRC32, states.CompressionHole
		w.ours()
		w.disk(nil) // the flush
		w.disk(nil) // the record
		w.mark(1, 0)
		w.disk(nil)
		w.write(2, 0, 1, true)
		w.write(3, 0, 1, false)
		w.disk(nil) // the map
		w.disk(nil) // the record that it has received
		w.read(4, 0)
		w.request(wire.Request{Cmd: states.OpDelete, Seq: 5, Offset: 512, Length: 1024}, nil)
		w.flush(6)
		w.write(7, 3, 1, true)
		for range 4 {
			w.disk(nil)
		}
		w.status()
		w.rest()
		w.turn("the read's data is sent", w.b.note)
		w.request(wire.Request{Cmd: states.OpKeepalive, Seq: 8}, nil)
		w.flush(9)
		w.rest()
		w.status()
		return w
	}},
	{"hellos", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.hello1(0, 0)
		w.hello1(offeredCaps, 1)
		w.hello1(1<<40|wire.CapMarks, 9)
		h := peerCopy()
		h.Token = w.s.half.token
		h.Token[0]++
		w.turn("second hello with another token", &peerHello{conn: w.conn("other"), again: &h})
		w.closed(w.a)
		h.Token[0]--
		w.turn("second hello after it", &peerHello{conn: w.conn("late"), again: &h})
		w.ours()
		old := []*sceneConn{w.a, w.b}
		w.ours()
		w.closed(old[0])
		w.closed(old[1])
		w.status()
		w.closed(w.b)
		w.status()
		w.disk(nil)
		w.status()
		return w
	}},
	{"hello-too-early", func(t *testing.T) *servedScene {
		st := newScene(t)
		w := &servedScene{scene: st, s: newSecondary(st.res)}
		st.start("secondary", w.s)
		w.hello1(offeredCaps, 2)
		return w
	}},
	{"hello-over", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.turn("a connection that nobody knows is over", &helloOver{conn: w.conn("stranger"), err: errDisk})
		w.turn("a connection is over", &helloOver{conn: w.b, err: errDisk})
		w.disk(nil)
		w.status()
		return w
	}},
	{"second-hello-while-serving", func(t *testing.T) *servedScene {
		// What was received is applied before the next verdict (rule drain-received).
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, true)
		w.disk(nil) // the record
		w.read(3, 0)
		w.ours()
		w.disk(nil) // the write
		w.disk(nil) // the read
		w.rest()
		w.status()
		return w
	}},
	{"superseded-while-recording", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.disk(nil) // the flush
		w.ours()
		w.disk(nil) // the record of the first
		w.disk(nil) // the flush of the second
		w.disk(nil) // its record
		w.status()
		return w
	}},
	{"record-of-a-session-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.disk(errDisk) // the flush: nothing is known to be lost
		w.disk(errDisk) // the record
		w.status()
		w.ours()
		w.disk(nil)
		w.disk(nil)
		w.status()
		return w
	}},
	{"flush-that-loses", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.lose()
		w.ours()
		w.disk(errDisk)
		w.disk(nil)
		w.status()
		return w
	}},
	{"confirmed-by-the-next-hello", func(t *testing.T) *servedScene {
		// The primary had the reply and wrote it down, the mark was lost: it was a session (rule session-two-step).
		rec := sceneRecord()
		rec.TrySession, rec.Unclean = 88, states.UncleanBegan|states.UncleanReceived
		w := sceneSecondary(t, rec)
		h := peerCopy()
		h.Marks.LastSession = 88
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.rest()
		w.mark(1, 0x80)
		w.rest()
		w.status()
		return w
	}},
}

var secondaryVerdicts = []secondaryStory{
	{"primary-ahead", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.time += time.Minute
		w.behind()
		w.rest()
		w.turn("", &servedTick{epoch: w.s.session})
		w.status()
		w.mark(1, 0xff)
		w.rest()
		w.write(2, 0, 8, false)
		w.write(3, 8, 8, true)
		w.rest()
		w.request(wire.Request{Cmd: opMark, Seq: 4, Offset: 0, Length: 8192}, nil)
		w.request(wire.Request{Cmd: opMark, Seq: 4, Offset: 1 << 40, Length: 8192}, nil)
		w.flush(5)
		w.request(wire.Request{Cmd: opFit, Seq: 6}, nil)
		w.rest()
		w.status()
		return w
	}},
	{"primary-ahead-not-recorded", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.behind()
		w.disk(errDisk)
		w.status()
		w.ours() // equal after all
		w.rest()
		w.status()
		return w
	}},
	{"mixture-not-recorded", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.behind()
		w.rest()
		w.mark(1, 0xff)
		w.rest()
		w.write(2, 0, 1, false)
		w.write(3, 1, 1, false)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"outdated-and-equal", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.Unfit = states.Outdated
		w := sceneSecondary(t, rec)
		w.ours()
		w.rest()
		w.status()
		return w
	}},
	{"secondary-ahead", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.LocalCnt, rec.Unclean = 2, states.UncleanRaised|states.UncleanBegan
		w := sceneSecondary(t, rec, 0x03)
		w.turn("", &serveAs{rec: rec, standing: w.stand, image: []byte{0x03}})
		w.ours()
		w.rest()
		w.mark(1, 0)
		w.rest()
		w.read(2, 0)
		w.rest()
		w.status()
		return w
	}},
	{"split-brain", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.LocalCnt = 2
		w := sceneSecondary(t, rec, 0x03)
		w.time += time.Minute
		w.behind()
		w.status()
		w.time += time.Minute
		w.behind() // said again
		w.status()
		return w
	}},
	{"foreign", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		h := peerCopy()
		h.ResUID = 10
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.status()
		return w
	}},
	{"impossible", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		h := peerCopy()
		h.RemoteCnt = 5
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.status()
		return w
	}},
	{"back-in-time", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.TrySession = 5
		w := sceneSecondary(t, rec, 0x01)
		h := peerCopy()
		h.Marks.LastSession, h.Marks.TrySession = 66, 67
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.status()
		return w
	}},
	{"bad-towards-stock", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.LocalCnt, rec.Bad = 2, states.NewExtentRuns(states.ExtentRun{First: 2, Count: 1})
		w := sceneSecondary(t, rec)
		w.stock(2)
		w.rest()
		w.status()
		return w
	}},
	{"branched", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.LocalCnt, rec.Branch = 2, true
		w := sceneSecondary(t, rec, 0x01)
		h := peerCopy()
		h.Marks.Dirty, h.Told.Dirty = true, 4096
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.resolve(states.KeepMine)
		w.rest()
		return w
	}},
	{"branched-there", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x01)
		h := peerCopy()
		h.LocalCnt, h.Marks.Branch = 2, true
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.resolve(states.DiscardMine)
		w.rest()
		return w
	}},
	{"branched-there-and-clean", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		h := peerCopy()
		h.LocalCnt, h.Marks.Branch = 2, true
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		return w
	}},
	{"named", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.Unclean = states.UncleanBegan | states.UncleanReceived
		w := sceneSecondary(t, rec)
		w.ours()
		w.rest()
		w.request(wire.Request{Cmd: opMark, Seq: 1, Offset: markNamed}, []byte{0})
		w.rest()
		w.status()
		return w
	}},
	{"zeroed", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.Zeroed = true
		w := sceneSecondary(t, rec)
		w.ours()
		w.rest()
		return w
	}},
	{"other-size", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		h := peerCopy()
		h.DataSize *= 2
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.status()
		return w
	}},
	{"other-extents", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		h := peerCopy()
		h.ExtentSize *= 2
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.status()
		return w
	}},
	{"fresh", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, freshRecord())
		w.ours()
		w.disk(nil) // the map
		w.status()
		w.mark(1, 0xff)
		w.rest()
		w.status()
		return w
	}},
	{"fresh-map-fails", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, freshRecord())
		w.ours()
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"fresh-superseded", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, freshRecord())
		w.ours()
		w.ours()
		w.disk(nil)
		w.closed(w.b)
		w.disk(nil)
		w.status()
		return w
	}},
	{"fresh-ends-before-it-is-confirmed", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, freshRecord())
		w.ours()
		w.disk(nil)
		w.closed(w.b)
		w.status()
		w.ours()
		w.disk(nil)
		w.mark(1, 0xff)
		w.disk(errDisk)
		w.status()
		return w
	}},
	{"fresh-as-zeroes", func(t *testing.T) *servedScene {
		rec := freshRecord()
		rec.Zeroed = true
		w := sceneSecondary(t, rec)
		h := peerCopy()
		h.Marks.Zeroed = true
		w.hello1(offeredCaps, 2)
		w.hello2(h)
		w.mark(1, 0)
		w.rest()
		w.status()
		return w
	}},
	{"fresh-towards-stock", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, freshRecord())
		w.stock(1)
		w.disk(nil) // the map
		w.disk(nil) // the record
		w.status()
		return w
	}},
	{"stock", func(t *testing.T) *servedScene {
		rec := sceneRecord()
		rec.Unclean = states.UncleanReceived
		w := sceneSecondary(t, rec, 0x11)
		w.stock(1)
		w.rest()
		w.request(wire.Request{Cmd: states.OpKeepalive}, nil)
		w.write(2, 0, 1, true)
		w.request(wire.Request{Cmd: opRaise, Seq: 3}, []byte{0xff})
		w.write(4, 1, 1, false)
		w.disk(nil) // the map
		w.disk(errDisk)
		w.status()
		w.rest()
		w.read(5, 0)
		w.disk(errDisk)
		w.request(wire.Request{Cmd: states.OpDelete, Seq: 6, Offset: 0, Length: 512}, nil)
		w.disk(errDisk)
		w.flush(7)
		w.disk(fmt.Errorf("made up: %w", wire.EOPNOTSUPP))
		w.flush(8)
		w.disk(errDisk)
		w.request(wire.Request{Cmd: states.OpWrite, Seq: 9, Offset: 100, Length: 512}, make([]byte, 512))
		w.write(10, 3, 1, false)
		w.rest()
		w.status()
		return w
	}},
	{"stock-version-2", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x11)
		w.stock(2)
		w.rest()
		w.write(2, 0, 1, true)
		w.rest()
		w.status()
		return w
	}},
}

var secondaryEnds = []secondaryStory{
	{"silence", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.time += 15 * time.Second
		w.request(wire.Request{Cmd: states.OpKeepalive, Seq: 7}, nil)
		w.request(wire.Request{Cmd: states.OpKeepalive}, nil)
		w.time += sessionSilence - 1
		w.turn("", &servedTick{epoch: w.s.session})
		w.time++
		w.turn("", &servedTick{epoch: w.s.session - 1})
		w.turn("", &servedTick{epoch: w.s.session})
		w.turn("", &servedTick{})
		w.status()
		return w
	}},
	{"connections-end", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.request(wire.Request{Cmd: states.OpWrite, Seq: 3, Offset: 512, Length: 512, Memsync: true}, make([]byte, 512)) // waits for a record
		old := w.s.session
		w.closed(w.a)
		w.closed(w.b)
		w.frames("a frame of the session that is over", w.a, old, sceneFrame(wire.AppendReply(nil, &wire.Reply{Seq: 3}), nil))
		w.status()
		w.rest()
		w.status()
		w.session()
		w.closed(w.b)
		w.status()
		return w
	}},
	{"settle", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.hello1(offeredCaps, 2)
		w.turn("", &settle{})
		w.hello1(offeredCaps, 2)
		w.disk(nil) // the write
		w.rest()
		w.status()
		return w
	}},
	{"settle-idle", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-while-recording", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.disk(nil) // the flush
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-lacking", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.disk(errDisk)
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-behind", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.behind()
		w.rest()
		w.mark(1, 0xff)
		w.rest()
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-flush-loses", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.turn("", &settle{})
		w.lose()
		w.disk(errDisk)
		w.rest()
		return w
	}},
	{"settle-in-doubt", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.res.cache.Doubt(0, 4096)
		w.turn("", &settle{})
		w.closed(w.a)
		w.closed(w.b)
		w.rest()
		return w
	}},
	{"settle-with-a-hello-that-waits", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.ours()
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-while-marking", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord(), 0x01)
		w.session() // the map is being cleared
		w.turn("", &settle{})
		w.rest()
		return w
	}},
	{"settle-while-data-is-lent", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.read(2, 0)
		w.disk(nil)
		note := w.b.note
		w.turn("", &settle{})
		w.turn("a read's data is sent", note)
		w.rest()
		return w
	}},
	{"hello-while-data-is-lent", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.read(2, 0)
		w.disk(nil)
		note := w.b.note
		w.ours()
		w.turn("a read's data is sent", note)
		w.rest()
		w.status()
		return w
	}},
	{"stops-half", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		w.write(2, 0, 1, false)
		w.hello1(offeredCaps, 2)
		w.stopping()
		return w
	}},
	{"stops-with-a-hello-that-waits", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.ours()
		w.stopping()
		return w
	}},
	{"half-hello-ends", func(t *testing.T) *servedScene {
		w := sceneSecondary(t, sceneRecord())
		w.session()
		a, b := w.a, w.b
		w.hello1(offeredCaps, 2)
		w.closed(w.a)
		w.a, w.b = a, b
		w.read(2, 0)
		w.status()
		w.turn("the other connection ends: "+errDisk.Error(), &ConnClosed{Conn: b, Err: errors.New("reset")})
		w.status()
		return w
	}},
}
