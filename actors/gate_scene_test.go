package actors

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"hast/states"
	"hast/states/bitset"
	"hast/wire"
)

// gateScene is a gate on a scene: its component, link and clients do what a test has them do. After each turn its books
// must agree, and what has changed of its own state is a line of the record.
type gateScene struct {
	*scene
	g     *gate
	last  string
	next  uint64 // attempt
	peers states.Marks
	past  *pastTarget // what the reign before has left
}

// gateOpen opens a gate; image is the map on disk.
func gateOpen(t *testing.T, rec states.Record, image byte, change ...func(w *gateScene)) *gateScene {
	w := &gateScene{scene: newScene(t), next: 200, peers: states.Marks{Known: true, LagKnown: true, LastSession: rec.LastSession}}
	w.h.Ledger = gateLedger{w.scene}
	w.res.reign = 50
	w.res.cfg.AsyncBound, w.res.cfg.AsyncTime = 8192, 5e9
	w.res.cfg.StateDir = "/state"
	rec.LocalOff = 1 << 20
	for _, c := range change {
		c(w)
	}
	w.g = newGate(w.res)
	w.stand = openStanding(&rec, w.h.Boot)
	w.stand.target = w.past
	w.start("gate", w.g)
	area := make([]byte, rec.MapSize())
	area[0] = image
	w.do(fmt.Sprintf("open with map %02x", image), &openGate{rec: rec, standing: w.stand, image: area, sector: 512})
	return w
}

func gateMode(m states.Mode) func(w *gateScene) {
	return func(w *gateScene) { w.res.cfg.Replication = m }
}

// do is a turn of the gate.
func (w *gateScene) do(words string, msg any) {
	w.t.Helper()
	w.turn(words, msg)
	w.g.Books(func(what string) { w.t.Errorf("%s: wrong books: %s", words, what) })
	if now := w.state(); now != w.last {
		w.line("= %s", now)
		w.last = now
	}
}

// state is what a line shows of the gate: numbers and sets that are empty are left out.
func (w *gateScene) state() string {
	g := w.g
	var parts []string
	add := func(name string, on bool, v any) {
		if on {
			parts = append(parts, fmt.Sprintf("%s %v", name, v))
		}
	}
	set := func(name string, has func(e uint32) bool) {
		var list []string
		for e := range g.amap.Extents() {
			if has(e) {
				list = append(list, fmt.Sprint(e))
			}
		}
		add(name, len(list) > 0, strings.Join(list, ","))
	}
	flags := func(name string, on bool) {
		if on {
			parts = append(parts, name)
		}
	}
	add("session", g.session != 0, g.session)
	add("hello", g.hello != 0, g.hello)
	add("offered", g.offered != 0, g.offered)
	add("confirming", g.confirming != 0, g.confirming)
	set("dirty", g.amap.Dirty)
	set("slag", g.amap.Slag)
	set("stale", g.amap.Stale)
	set("bad", g.amap.Bad)
	set("unflushed", func(e uint32) bool { return g.amap.Unflushed(amapP, e) })
	set("unflushed-there", func(e uint32) bool { return g.amap.Unflushed(amapS, e) })
	for _, s := range []struct {
		name string
		set  *bitset.Set
	}{{"lk", g.lk}, {"lag", g.lag}, {"wanted", g.ail.wanted}, {"doubted", g.ail.doubted}, {"undecided", g.ail.undecided}} {
		set(s.name, s.set.Has)
	}
	flags("raised", g.raised)
	flags("raising", g.raising)
	flags("settles", g.settles)
	flags("behind", g.behind)
	flags("target", g.isTarget)
	flags("outdated", g.outdated)
	flags("forced", g.forced)
	flags("barrier", g.barrier)
	flags("late", g.late)
	flags("unsure", g.unsure)
	flags("virgin", g.virgin)
	flags("no-flush", g.noFlush)
	flags("doubtful", g.doubtful)
	flags("leaving", g.leaving)
	flags("drains", g.drains)
	flags("closed", g.closed)
	flags("mute", g.ail.mute > 0)
	add("equal", g.equal.at != equalIdle, g.equal.at)
	add("dead", g.dead.at != deadNot, g.dead.at)
	add("back", g.dead.back != returnNot, g.dead.back)
	add("seen", g.seenPeer != 0, g.seenPeer)
	add("tail", g.tail > 0, g.tail)
	add("pauses", g.ail.pause+g.dead.pause+g.repairs.pause > 0, []int{g.ail.pause, g.ail.left, g.dead.pause, g.dead.left, g.repairs.pause, g.repairs.left})
	add("repairs", len(g.repairs.queue) > 0, g.repairs.queue)
	add("urgent", len(g.urgent) > 0, g.urgent)
	add("cursor", g.cursor > 0, g.cursor)
	add("reason", g.reason+g.remedy+g.peerFails != "", fmt.Sprintf("%q %q %q", g.reason, g.remedy, g.peerFails))
	return strings.Join(parts, "; ")
}

type gateLedger struct{ s *scene }

func (l gateLedger) Read(Owner, string, string) {}
func (l gateLedger) Write(o Owner, dir, name string, data []byte) {
	l.s.line("ledger %s of %s: %d bytes, epoch %d", name, dir, len(data), o.Epoch)
}

// gateDoor is the door of a device.
type gateDoor struct{ s *scene }

func (gateDoor) String() string    { return "door" }
func (gateDoor) Answered(*Request) {}
func (gateDoor) Released(*Request) {}
func (gateDoor) Clients() int      { return 1 }
func (d gateDoor) Close()          { d.s.line("door closes") }
func (d gateDoor) Abandon()        { d.s.line("door abandoned") }

// gateClient hears of one request.
type gateClient struct {
	s    *scene
	name string
}

func (c gateClient) String() string { return c.name }
func (c gateClient) Answered(r *Request) {
	written, durable := r.Claims()
	words := "ok"
	if r.Err != nil {
		words = fmt.Sprintf("%q", r.Err)
	}
	if r.Op == states.OpRead && r.Err == nil {
		words += " " + showBytes(r.Buf)
	}
	c.s.line("%s: %s, %v %v", c.name, words, written, durable)
}
func (c gateClient) Released(*Request) { c.s.line("%s released", c.name) }

// ask has a client ask for something.
func (w *gateScene) ask(name string, op states.Op, off, n int64, fua ...bool) *Request {
	w.t.Helper()
	r := &Request{Op: op, Off: off, Len: n, To: gateClient{w.scene, name}, FUA: len(fua) > 0}
	if op == states.OpRead || op == states.OpWrite {
		r.Buf = bytes.Repeat([]byte{name[len(name)-1]}, int(n))
	}
	w.do(fmt.Sprintf("%s: %v %d+%d", name, op, off, n), &Requests{Reqs: []*Request{r}})
	return r
}

func (w *gateScene) write(name string, extent, extents int64) *Request {
	w.t.Helper()
	return w.ask(name, states.OpWrite, extent*4096, extents*4096-512)
}
func (w *gateScene) read(name string, extent, extents int64) *Request {
	w.t.Helper()
	return w.ask(name, states.OpRead, extent*4096, extents*4096)
}
func (w *gateScene) flush(name string) *Request {
	w.t.Helper()
	return w.ask(name, states.OpFlush, 0, 0)
}

// disk answers the oldest thing that the component was asked for.
func (w *gateScene) disk(err error) {
	w.t.Helper()
	how := "done"
	if err != nil {
		how = "fails"
	}
	for {
		switch m := w.take("localdisk").(type) {
		case *localIO:
			w.do(fmt.Sprintf("disk: %v %d+%d %s", m.r.Op, m.r.Off, m.r.Len, how), &localDone{r: m.r, err: err})
		case *flushDisk:
			w.do("disk: flush "+how, &diskFlushed{tag: m.tag, err: err})
		case *saveMap:
			w.do("disk: map "+how, &mapSaved{tag: m.tag, err: err})
		case *saveRecord:
			w.do("disk: record "+how, &recordSaved{tag: m.tag, rec: m.rec, err: err})
		default:
			continue
		}
		return
	}
}

// later has somebody answer the oldest thing behind all others.
func (w *gateScene) later(name string) {
	m := w.take(name)
	w.mail[name] = append(w.mail[name], m)
}

// peer answers the oldest thing that the peer was asked for: how far it is with a request, or how it ended.
func (w *gateScene) peer(part states.Part, errno wire.Errno) {
	w.t.Helper()
	for {
		switch m := w.take("link").(type) {
		case *remoteIO:
			w.do(fmt.Sprintf("peer: %v %d+%d %v", m.r.Op, m.r.Off, m.r.Len, part), &remoteDone{r: m.r, session: m.r.flow.session, part: part, errno: errno})
			if part == states.PartReceived {
				w.mail["link"] = append(w.mail["link"], m)
			}
		case *flushPeer:
			w.do(fmt.Sprintf("peer: flush %v", errno), &peerFlushed{session: m.session, errno: errno})
		case *markPeer:
			if m.len > 0 {
				continue
			}
			w.do(fmt.Sprintf("peer: marked %v", errno), &peerMarked{session: m.session, errno: errno})
		case *fitPeer:
			w.do(fmt.Sprintf("peer: fitted %v", errno), &peerFitted{session: m.session, errno: errno})
		case *raisePeer:
			w.do(fmt.Sprintf("peer: raised %v", errno), &peerRaised{session: m.session, errno: errno})
		default:
			continue
		}
		return
	}
}

func (w *gateScene) peerOK() {
	w.t.Helper()
	w.peer(states.PartDone, 0)
}

// asked reports whether somebody has something to answer.
func (w *gateScene) asked(name string) bool {
	for _, m := range w.mail[name] {
		switch m := m.(type) {
		case *localIO, *flushDisk, *saveMap, *saveRecord, *remoteIO, *flushPeer, *fitPeer, *raisePeer:
			return true
		case *markPeer:
			if m.len == 0 {
				return true
			}
		}
	}
	return false
}

// rest has everybody answer well until nothing is asked for any more.
func (w *gateScene) rest() {
	w.t.Helper()
	for range 200 {
		switch {
		case w.asked("localdisk"):
			w.disk(nil)
		case w.asked("link"):
			w.peerOK()
		default:
			return
		}
	}
	w.t.Fatalf("no rest, after:\n%s", w.out.String())
}

// show opens the device.
func (w *gateScene) show() {
	w.t.Helper()
	w.do("show", &showDevice{})
	w.rest()
	w.do("the door is open", &DoorOpened{Door: gateDoor{w.scene}, URI: "nbd"})
}

// reply is what a secondary of ours says that is in sync with sceneRecord.
func (w *gateScene) reply() wire.Hello2Reply {
	return wire.Hello2Reply{DataSize: sceneSize, ExtentSize: 4096, LocalCnt: w.g.rec.RemoteCnt, RemoteCnt: w.g.rec.LocalCnt, MapSize: 1, LagSize: 1, Session: 78, Marks: w.peers}
}

// hello is a handshake up to the secondary's reply.
func (w *gateScene) hello(reply wire.Hello2Reply, caps uint64, image ...byte) {
	w.t.Helper()
	w.next++
	w.do("the link wants the copy", &wantCopy{attempt: w.next})
	if image == nil {
		image = []byte{0, 0}
	}
	w.do("reply "+show(&reply), &peerReply{attempt: w.next, reply: reply, image: image, caps: caps})
}

const ourCaps = wire.CapExtensions | wire.CapMarks

// session is a whole handshake.
func (w *gateScene) session(reply wire.Hello2Reply, caps uint64, image ...byte) {
	w.t.Helper()
	w.hello(reply, caps, image...)
	w.rest()
	w.up(caps)
	w.rest()
	if w.g.session == 0 {
		w.t.Fatalf("no session came of it:\n%s", w.out.String())
	}
	w.peers.LastSession = w.g.rec.LastSession
}

// from has the record begin here: another story tells what was before.
func (w *gateScene) from(what string) *gateScene {
	w.out.Reset()
	w.say("(%s)", what)
	return w
}

func (w *gateScene) up(caps uint64) {
	w.t.Helper()
	w.do("the link is up", &linkUp{session: w.next, caps: caps, peer: "peer"})
}

func (w *gateScene) cut() {
	w.t.Helper()
	w.do("the link is lost", &linkLost{session: w.next, reason: "cut"})
	w.do("the link gives back", &linkReturned{session: w.next})
	w.mail["link"] = nil
}

// copy is what sync does: each chunk, until there is no more.
func (w *gateScene) copy() {
	w.t.Helper()
	for range 20 {
		before := len(w.mail["sync"])
		w.do("sync: next", &copyNext{session: w.g.session})
		w.rest()
		for _, m := range w.mail["sync"][before:] {
			if _, none := m.(*copyNone); none {
				return
			}
		}
	}
}

func (w *gateScene) equalise() {
	w.t.Helper()
	w.do("sync: equalise", &equalise{session: w.g.session})
}

func (w *gateScene) tick(n int) {
	w.t.Helper()
	for range n {
		w.time += gateTickEvery
		w.do("tick", &gateTick{})
	}
}

// gateStories plays stories into one golden file.
func gateStories(t *testing.T, file string, stories ...gateStory) {
	var all strings.Builder
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			w := s.play(t)
			fmt.Fprintf(&all, "# %s\n%s\n", s.name, w.out.String())
		})
	}
	golden(t, file, all.String())
}

type gateStory struct {
	name string
	play func(t *testing.T) *gateScene
}
