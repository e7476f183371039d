package actors

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
	"hast/wire"
)

// servedScene is a secondary on a scene, whose component does what a test tells it to.
type servedScene struct {
	*scene
	s      *secondary
	a, b   *sceneConn // requests; replies
	asked  *wire.Hello2
	nextID int
}

func sceneSecondary(t *testing.T, rec states.Record, image ...byte) *servedScene {
	st := newScene(t)
	w := &servedScene{scene: st, s: newSecondary(st.res)}
	if image == nil {
		image = []byte{0}
	}
	st.stand = openStanding(&rec, st.h.Boot)
	st.res.standing = st.stand
	st.start("secondary", w.s)
	st.turn("", &serveAs{rec: rec, standing: st.stand, image: image})
	return w
}

// peerCopy is a primary in sync with sceneRecord.
func peerCopy() wire.Hello2 {
	return wire.Hello2{Resource: "shared", ResUID: 9, LocalCnt: 1, RemoteCnt: 1, DataSize: sceneSize, ExtentSize: 4096,
		Marks: states.Marks{Known: true, LagKnown: true}}
}

// hello1 and hello2 are the two hellos of a primary, each by a connection of its own.
func (w *servedScene) hello1(caps uint64, version uint8) {
	w.t.Helper()
	w.nextID++
	w.a = w.conn(fmt.Sprintf("requests%d", w.nextID))
	w.turn(fmt.Sprintf("%s: hello with capabilities %d, version %d", w.a.name, caps, version),
		&peerHello{conn: w.a, first: &wire.Hello1{Resource: "shared", Version: version, Caps: caps}})
}

func (w *servedScene) hello2(h wire.Hello2) {
	w.t.Helper()
	w.b = w.conn(fmt.Sprintf("replies%d", w.nextID))
	h.Token = w.s.half.token
	if h.Marks.Known && h.Marks.LastSession == 0 {
		h.Marks.LastSession = w.s.rec.LastSession // it was in it, too
	}
	w.turn(w.b.name+": second hello "+show(&h), &peerHello{conn: w.b, again: &h})
}

// disk answers the oldest of what the component was asked for.
func (w *servedScene) disk(err error) {
	w.t.Helper()
	how := ""
	if err != nil {
		how = " fails: " + err.Error()
	}
	switch m := w.take("localdisk").(type) {
	case *served:
		m.err = err
		for i := range m.buf {
			if m.cmd == states.OpRead {
				m.buf[i] = 0xdd
			}
		}
		w.turn(fmt.Sprintf("the component has done %v %d+%d%s", m.cmd, m.off, m.n, how), &m.done)
	case *saveRecord:
		w.turn("the record is written"+how, &recordSaved{tag: m.tag, rec: m.rec, err: err})
	case *saveMap:
		w.turn("the map is written"+how, &mapSaved{tag: m.tag, err: err})
	case *flushDisk:
		w.turn("the component has flushed"+how, &diskFlushed{tag: m.tag, err: err})
	default:
		w.t.Fatalf("the component knows no %T", m)
	}
}

// request is a frame of the primary's.
func (w *servedScene) request(q wire.Request, payload []byte) {
	w.t.Helper()
	nv, err := wire.AppendRequest(nil, &q)
	if err != nil {
		w.t.Fatal(err)
	}
	words := ""
	if payload != nil {
		words = " " + showBytes(payload)
	}
	w.frames("-> "+ourCommands.Replace(q.String())+words, w.a, w.s.session, sceneFrame(nv, payload))
}

func (w *servedScene) frames(words string, c Conn, session uint64, f ...*wire.InFrame) {
	w.t.Helper()
	w.turn(words, &FramesIn{Epoch: session, Conn: c, Frames: f})
}

// write is one of n sectors whose bytes are the sequence number.
func (w *servedScene) write(seq, sector, n uint64, memsync bool) {
	w.t.Helper()
	data := make([]byte, 512*n)
	for i := range data {
		data[i] = byte(seq)
	}
	w.request(wire.Request{Cmd: states.OpWrite, Seq: seq, Offset: 512 * sector, Length: 512 * n, Memsync: memsync}, data)
}

// mark is the primary's first request: which extents are lacking here.
func (w *servedScene) mark(seq uint64, lacks byte) {
	w.t.Helper()
	w.request(wire.Request{Cmd: opMark, Seq: seq}, []byte{lacks})
}

// status shows what people are told.
func (w *servedScene) status() {
	w.t.Helper()
	m := &statusWalk{status: &Status{Name: "shared"}}
	w.turn("status", m)
	w.say("status %s", show(m.status))
	w.s.Keeps(func(what string, n int) {
		if n != 0 {
			w.say("keeps %d %s", n, what)
		}
	})
}

// session brings a session of ours with a primary in sync to its first request's answer.
func (w *servedScene) session() {
	w.t.Helper()
	before := w.out.String()
	w.ours()
	w.disk(nil) // the flush
	w.disk(nil) // the record
	w.mark(1, 0)
	w.disk(nil)
	w.out.Reset()
	w.out.WriteString(before)
	w.say("--- a session")
}

var errDisk = fmt.Errorf("made up: %w", wire.EIO)

// ours is both hellos of a primary of ours in sync, stock those of the original, behind those of a primary that went
// on without this copy.
func (w *servedScene) ours() {
	w.t.Helper()
	w.hello1(offeredCaps, wire.ProtocolVersion)
	w.hello2(peerCopy())
}

func (w *servedScene) behind() {
	w.t.Helper()
	h := peerCopy()
	h.LocalCnt++
	w.hello1(offeredCaps, wire.ProtocolVersion)
	w.hello2(h)
}

func (w *servedScene) stock(version uint8) {
	w.t.Helper()
	w.hello1(0, version)
	w.hello2(wire.Hello2{Resource: "shared", ResUID: 9, LocalCnt: 1, RemoteCnt: 1})
}

func (w *servedScene) read(seq, sector uint64) {
	w.t.Helper()
	w.request(wire.Request{Cmd: states.OpRead, Seq: seq, Offset: 512 * sector, Length: 512}, nil)
}

func (w *servedScene) flush(seq uint64) {
	w.t.Helper()
	w.request(wire.Request{Cmd: states.OpFlush, Seq: seq}, nil)
}

func (w *servedScene) closed(c *sceneConn) {
	w.t.Helper()
	w.turn(c.name+" has ended", &ConnClosed{Conn: c, Err: errDisk})
}

func (w *servedScene) stopping() {
	w.t.Helper()
	w.turn("it is stopped", &actor.Stopping{})
}

// rest lets the component do all that it was asked for.
func (w *servedScene) rest() {
	w.t.Helper()
	for len(w.mail["localdisk"]) > 0 {
		w.disk(nil)
	}
}

// lose has the component lose what it had written.
func (w *servedScene) lose() {
	c := w.res.cache
	c.End(0, 4096, c.Begin(0, 4096), true)
	c.FlushEnd(c.FlushBegin(), false)
	w.say("--- the component has lost what was written to it")
}

// freshRecord is that of a component that was in no pair.
func freshRecord() states.Record {
	return states.Record{Resource: "shared", DataSize: sceneSize, ExtentSize: 4096, KeepDirty: 4}
}

// ourCommands names what only nodes of ours know.
var ourCommands = strings.NewReplacer("UNKNOWN(32)", "RAISE", "UNKNOWN(33)", "MARK", "UNKNOWN(34)", "FIT")
