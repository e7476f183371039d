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

// linkScene is a remotelink on a scene.
type linkScene struct {
	*scene
	l        *remotelink
	out, in  *sceneConn
	attempts int
}

func sceneLink(t *testing.T) *linkScene {
	st := newScene(t)
	w := &linkScene{scene: st, l: newRemotelink(st.res)}
	st.start("link", w.l)
	return w
}

func (w *linkScene) connect(probing bool) {
	w.t.Helper()
	w.turn("", &connect{probing: probing})
}

// dialed answers the dial that is out, of an attempt that may be over.
func (w *linkScene) dialed(attempt uint64) {
	w.t.Helper()
	w.attempts++
	c := w.conn(fmt.Sprintf("conn%d", w.attempts))
	w.turn(c.name+" is there", &Dialed{Epoch: attempt, Conn: c})
	switch {
	case w.l.out == c:
		w.out = c
	case w.l.in == c:
		w.in = c
	}
}

func (w *linkScene) undialed(refused bool) {
	w.t.Helper()
	w.turn(fmt.Sprintf("nobody is there, refused: %v", refused), &Dialed{Epoch: w.l.attempt, Refused: refused, Err: errors.New("made up")})
}

func (w *linkScene) frame(c *sceneConn, words string, nv, payload []byte) {
	w.t.Helper()
	w.frames(words, c, w.l.attempt, sceneFrame(nv, payload))
}

func (w *linkScene) frames(words string, c *sceneConn, attempt uint64, f ...*wire.InFrame) {
	w.t.Helper()
	w.turn(c.name+" -> "+words, &FramesIn{Epoch: attempt, Conn: c, Frames: f})
}

func (w *linkScene) hello1Reply(r wire.Hello1Reply) {
	w.t.Helper()
	w.frame(w.out, show(&r), wire.AppendHello1Reply(nil, &r), nil)
}

func (w *linkScene) hello2Reply(r wire.Hello2Reply, payload ...byte) {
	w.t.Helper()
	w.frame(w.out, show(&r), wire.AppendHello2Reply(nil, &r), payload)
}

func (w *linkScene) reply(r wire.Reply, payload []byte) {
	w.t.Helper()
	w.frame(w.in, r.String(), wire.AppendReply(nil, &r), payload)
}

func (w *linkScene) closed(c *sceneConn) {
	w.t.Helper()
	w.turn(c.name+" has ended", &ConnClosed{Epoch: w.l.attempt, Conn: c, Err: errors.New("made up")})
}

// asked and answered bring an attempt to its second hello.
func (w *linkScene) hello1(probing bool) {
	w.t.Helper()
	w.connect(probing)
	w.dialed(w.l.attempt)
}

func (w *linkScene) hello2(r wire.Hello1Reply) {
	w.t.Helper()
	w.hello1(false)
	w.hello1Reply(r)
	w.dialed(w.l.attempt)
	w.turn("", &helloCopy{attempt: w.l.attempt, rec: sceneRecord(), marks: states.Marks{Known: true}, told: wire.Told{Dirty: 4096}, virgin: true})
}

var (
	oursReply = wire.Hello1Reply{Version: 2, Token: wire.Token{7}, Caps: offeredCaps | 1<<30}
	copyReply = wire.Hello2Reply{DataSize: sceneSize, ExtentSize: 4096, LocalCnt: 1, RemoteCnt: 1, SyncSrc: states.SourcePrimary, MapSize: 1, Caps: offeredCaps}
)

// up brings a session, whose beginning another story shows.
func (w *linkScene) up(r wire.Hello1Reply) {
	w.t.Helper()
	before := w.scene.out.String()
	w.hello2(r)
	reply := copyReply
	reply.Caps = r.Caps & offeredCaps
	w.hello2Reply(reply, 1)
	w.turn("", &begin{attempt: w.l.attempt})
	w.scene.out.Reset()
	w.scene.out.WriteString(before)
	w.say("--- a session")
	w.mail = make(map[string][]any)
}

// io lends a request of a client's.
func (w *linkScene) io(op states.Op, off, n int64, mode states.Mode) *Request {
	w.t.Helper()
	r := &Request{Op: op, Off: off, Len: n}
	if op == states.OpRead || op == states.OpWrite {
		r.Buf = make([]byte, n)
	}
	r.flow.session, r.flow.mode, r.flow.remote = w.l.attempt, mode, states.PartPending
	w.turn(fmt.Sprintf("%v %d+%d, %v", op, off, n, mode), &remoteIO{r})
	return r
}

func (w *linkScene) status() {
	w.t.Helper()
	m := &statusWalk{status: &Status{Name: "shared"}}
	w.turn("status", m)
	w.say("status %s, for gate %s", show(m.status), show(m.link))
	w.l.Keeps(func(what string, n int) {
		if n != 0 {
			w.say("keeps %d %s", n, what)
		}
	})
}

func (w *linkScene) tick() {
	w.t.Helper()
	w.turn(fmt.Sprintf("tick at %v", w.time), &linkTick{epoch: w.l.attempt})
}

type linkStory struct {
	name string
	play func(w *linkScene)
}

func linkStories(t *testing.T, file string, list []linkStory) {
	var all strings.Builder
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			w := sceneLink(t)
			s.play(w)
			fmt.Fprintf(&all, "== %s\n%s\n", s.name, w.scene.out.String())
		})
	}
	golden(t, "link-"+file, all.String())
}

// TestLinkAttempts: handshakes as the primary has them, and their ends.
func TestLinkAttempts(t *testing.T) { linkStories(t, "attempts", linkAttempts) }

// TestLinkSessions: requests, replies and the ends of sessions.
func TestLinkSessions(t *testing.T) { linkStories(t, "sessions", linkSessions) }

// ends is an attempt's or session's, with what is open.
func (w *linkScene) ends() {
	w.t.Helper()
	for _, c := range []*sceneConn{w.out, w.in} {
		if c != nil {
			w.closed(c)
		}
	}
	w.status()
}

var linkAttempts = []linkStory{
	{"session", func(w *linkScene) {
		w.status()
		w.hello2(oursReply)
		w.hello2Reply(copyReply, 1)
		w.turn("", &begin{attempt: w.l.attempt})
		w.status()
		w.turn("", &hangUp{reason: "enough"})
		w.ends()
	}},
	{"stock", func(w *linkScene) {
		w.hello2(wire.Hello1Reply{Version: 1, Token: wire.Token{7}})
		reply := copyReply
		reply.Caps = 0
		w.hello2Reply(reply, 1)
		w.turn("", &begin{attempt: w.l.attempt})
		w.status()
	}},
	{"probing", func(w *linkScene) {
		w.res.probe.nonce = 44
		w.hello1(true)
		w.hello1Reply(oursReply)
		w.connect(true) // asked while an attempt is under way
		w.dialed(w.l.attempt)
		w.turn("", &linkLimit{attempt: w.l.attempt})
		w.ends()
		w.turn("asked again", w.take("link"))
		w.undialed(false)
		w.status()
	}},
	{"nobody", func(w *linkScene) {
		w.connect(true)
		w.undialed(false)
		w.status()
		w.connect(true)
		w.undialed(true)
		w.status()
		w.connect(false)
		w.undialed(true)
		w.status()
	}},
	{"second-dial-fails", func(w *linkScene) {
		w.hello1(false)
		w.hello1Reply(oursReply)
		w.undialed(false)
		w.ends()
	}},
	{"silence", func(w *linkScene) {
		w.connect(true)
		w.turn("", &linkLimit{attempt: w.l.attempt - 1})
		w.turn("", &linkLimit{attempt: w.l.attempt})
		w.turn("", &linkLimit{attempt: w.l.attempt})
		w.status()
		w.dialed(w.l.attempt) // it comes all the same
		w.turn("", &ConnClosed{Epoch: w.l.attempt, Conn: w.l.out, Err: errors.New("made up")})
		w.status()
		w.turn("", &linkLimit{attempt: w.l.attempt})
	}},
	{"silence-and-no-answer", func(w *linkScene) {
		w.connect(true)
		w.turn("", &linkLimit{attempt: w.l.attempt})
		w.undialed(false)
		w.status()
	}},
	{"connection-out-of-order", func(w *linkScene) {
		w.hello1(false)
		w.dialed(w.l.attempt)
		w.ends()
	}},
	{"late-dial", func(w *linkScene) {
		w.connect(false)
		first := w.l.attempt
		w.undialed(false)
		w.connect(false)
		w.dialed(first)
		w.turn("a late failure", &Dialed{Epoch: first, Err: errors.New("made up")})
		w.dialed(w.l.attempt)
		w.turn("late frames", &FramesIn{Epoch: first, Conn: w.out, Frames: []*wire.InFrame{sceneFrame(wire.AppendHello1Reply(nil, &oursReply), nil)}})
		w.turn("a late end", &ConnClosed{Epoch: first, Conn: w.out, Err: errors.New("made up")})
		w.status()
	}},
	{"hello-without-sense", func(w *linkScene) {
		w.hello1(true)
		w.frame(w.out, "nonsense", wire.AppendU8(nil, "nonsense", 1), nil)
		w.ends()
	}},
	{"peer-is-primary", func(w *linkScene) {
		w.hello1(true)
		w.hello1Reply(wire.Hello1Reply{ErrMsg: wire.MsgWrongRole(states.RolePrimary)})
		w.ends()
	}},
	{"peer-says-wait", func(w *linkScene) {
		w.hello1(true)
		w.hello1Reply(wire.Hello1Reply{ErrMsg: "something", Wait: true})
		w.ends()
	}},
	{"peer-is-init", func(w *linkScene) {
		w.hello1(true)
		w.hello1Reply(wire.Hello1Reply{ErrMsg: wire.MsgWrongRole(states.RoleInit)})
		w.ends()
	}},
	{"peer-is-myself", func(w *linkScene) {
		w.hello1(true)
		w.hello1Reply(wire.Hello1Reply{ErrMsg: msgMyself})
		w.ends()
		w.hello1(true)
		w.hello1Reply(wire.Hello1Reply{ErrMsg: "something else"})
		w.ends()
	}},
	{"ends-early", func(w *linkScene) {
		w.hello1(true)
		w.closed(w.out)
		w.closed(w.out)
		w.status()
	}},
	{"copy-of-another-attempt", func(w *linkScene) {
		w.hello1(false)
		w.turn("", &helloCopy{attempt: w.l.attempt})
		w.hello1Reply(oursReply)
		w.dialed(w.l.attempt)
		w.turn("", &helloCopy{attempt: w.l.attempt - 1})
		w.turn("", &begin{attempt: w.l.attempt})
		w.turn("", &refuseOffer{attempt: w.l.attempt, reason: "early"})
		w.status()
	}},
	{"rejected-on-its-own-connection", func(w *linkScene) {
		w.hello2(oursReply)
		r := wire.Hello1Reply{ErrMsg: wire.MsgBadToken}
		w.frame(w.in, show(&r), wire.AppendHello1Reply(nil, &r), nil)
		w.ends()
	}},
	{"out-of-turn", func(w *linkScene) {
		w.hello2(oursReply)
		w.frame(w.in, "a hello's reply without a reason", wire.AppendHello1Reply(nil, &oursReply), nil)
		w.frame(w.in, "more", wire.AppendHello1Reply(nil, &oursReply), nil)
		w.ends()
		w.frame(w.in, "more", wire.AppendHello1Reply(nil, &oursReply), nil)
	}},
	{"second-reply-without-sense", func(w *linkScene) {
		w.hello2(oursReply)
		w.frame(w.out, "nonsense", wire.AppendU8(nil, "nonsense", 1), nil)
		w.ends()
	}},
	{"map-of-another-size", func(w *linkScene) {
		w.hello2(oursReply)
		w.hello2Reply(copyReply, 1, 2, 3)
		w.ends()
	}},
	{"refused-verdict", func(w *linkScene) {
		w.hello2(oursReply)
		r := copyReply
		r.ErrMsg, r.MapSize = wire.MsgSplitBrain, 0
		w.hello2Reply(r)
		w.turn("", &refuseOffer{attempt: w.l.attempt - 1, reason: "of before"})
		w.turn("", &refuseOffer{attempt: w.l.attempt, reason: "split-brain"})
		w.ends()
		w.connect(false)
		w.status()
	}},
	{"refused-and-its-connection-gone", func(w *linkScene) {
		w.hello2(oursReply)
		w.closed(w.in)
		w.status()
		r := copyReply
		r.ErrMsg, r.MapSize = wire.MsgSplitBrain, 0
		w.hello2Reply(r)
		w.turn("", &refuseOffer{attempt: w.l.attempt, reason: "split-brain"})
		w.ends()
		w.l.out, w.l.in, w.out, w.in = nil, nil, nil, nil
		w.hello2(oursReply)
		w.hello2Reply(copyReply, 1)
		w.turn("", &begin{attempt: w.l.attempt})
		w.status()
	}},
	{"accepted-and-its-connection-gone", func(w *linkScene) {
		w.hello2(oursReply)
		w.closed(w.in)
		w.hello2Reply(copyReply, 1)
		w.turn("", &begin{attempt: w.l.attempt})
		w.ends()
		w.status()
	}},
	{"silent-at-the-second-hello", func(w *linkScene) {
		w.hello2(oursReply)
		w.turn("", &linkLimit{attempt: w.l.attempt})
		w.ends()
	}},
	{"lost-while-merging", func(w *linkScene) {
		w.hello2(oursReply)
		w.hello2Reply(copyReply, 1)
		w.turn("", &begin{attempt: w.l.attempt - 1})
		w.closed(w.out)
		w.turn("", &begin{attempt: w.l.attempt})
		w.ends()
	}},
	{"hung-up-in-between", func(w *linkScene) {
		w.connect(false)
		w.turn("", &hangUp{reason: "enough"})
		w.dialed(w.l.attempt)
		w.turn("", &ConnClosed{Epoch: w.l.attempt, Conn: w.l.out, Err: errors.New("made up")})
		w.status()
		w.turn("", &relink{})
		w.hello1(false)
		w.turn("", &relink{})
		w.ends()
		w.connect(false)
		w.undialed(true)
		w.status()
	}},
	{"stopped", func(w *linkScene) {
		w.hello2(oursReply)
		w.turn("it is stopped", sceneStopping)
	}},
	{"stopped-half", func(w *linkScene) {
		w.hello1(true)
		w.turn("it is stopped", sceneStopping)
	}},
	{"failed-the-same-way-twice", func(w *linkScene) {
		w.connect(false)
		w.undialed(false)
		w.up(oursReply)
		w.closed(w.out)
		w.ends()
		w.connect(false)
		w.status()
	}},
}

var linkSessions = []linkStory{
	{"requests", func(w *linkScene) {
		w.res.cfg.Checksum = states.ChecksumCRC32
		w.up(oursReply)
		w.time += 3 * time.Second
		rd := w.io(states.OpRead, 512, 1024, states.FullSync)
		w.io(states.OpWrite, 0, 512, states.MemSync)
		w.io(states.OpWrite, 4096, 512, states.FullSync)
		w.io(states.OpDelete, 8192, 1<<20, states.MemSync)
		w.io(states.OpZero, 8192, 1<<20, states.MemSync)
		w.status()
		w.reply(wire.Reply{Seq: 2, Received: true}, nil)
		w.reply(wire.Reply{Seq: 3, Received: true}, nil)
		w.reply(wire.Reply{Seq: 4, Received: true}, nil)
		w.reply(wire.Reply{Seq: 99}, nil)
		w.reply(wire.Reply{Seq: 1, Received: true}, nil)
		w.reply(wire.Reply{Seq: 1}, []byte(strings.Repeat("r", 1024)))
		w.say("read %s", showBytes(rd.Buf))
		w.reply(wire.Reply{Seq: 2}, nil)
		w.reply(wire.Reply{Seq: 2}, nil)
		w.reply(wire.Reply{Seq: 3, Error: int16(wire.EIO)}, nil)
		w.reply(wire.Reply{Seq: 4, Error: int16(wire.EIO), Received: true}, nil)
		w.status()
		w.reply(wire.Reply{Seq: 5}, nil)
		w.status()
		w.io(states.OpWrite, 0, 512, states.MemSync)
		w.mail["gate"] = nil
		w.reply(wire.Reply{Seq: 6, Received: true}, nil)
		w.reply(wire.Reply{Seq: 6}, nil)
		for _, m := range w.mail["gate"] {
			w.say("gate has %s", show(m)) // both, each as it was sent
		}
	}},
	{"zeroing-towards-stock", func(w *linkScene) {
		w.up(wire.Hello1Reply{Version: 1, Token: wire.Token{7}})
		w.briefly("zeroes, in parts", func() { w.io(states.OpZero, 0, 2*MaxRequest+512, states.MemSync) }, " <- ")
		w.io(states.OpWrite, 0, 512, states.MemSync)
		w.reply(wire.Reply{Seq: 2}, nil)
		w.reply(wire.Reply{Seq: 4}, nil)
		w.reply(wire.Reply{Seq: 1}, nil)
		w.status()
		w.reply(wire.Reply{Seq: 3}, nil)
		w.status()
		w.briefly("zeroes, in parts", func() { w.io(states.OpZero, 0, 2*MaxRequest, states.MemSync) }, " <- ")
		w.reply(wire.Reply{Seq: 6, Error: int16(wire.EIO)}, nil)
		w.status()
		w.reply(wire.Reply{Seq: 5}, nil)
		w.status()
	}},
	{"requests-of-another-session", func(w *linkScene) {
		w.up(oursReply)
		r := &Request{Op: states.OpWrite, Len: 512, Buf: make([]byte, 512)}
		r.flow.session = w.l.attempt - 1
		w.turn("a write of another session", &remoteIO{r})
		w.turn("", &flushPeer{session: w.l.attempt - 1})
		w.turn("", &markPeer{session: w.l.attempt - 1})
		w.turn("", &raisePeer{session: w.l.attempt - 1})
		w.turn("", &fitPeer{session: w.l.attempt - 1})
		w.turn("", &hangUp{reason: "enough"})
		w.io(states.OpWrite, 0, 512, states.MemSync)
		w.turn("", &flushPeer{session: w.l.attempt})
		w.turn("", &markPeer{session: w.l.attempt})
		w.turn("", &raisePeer{session: w.l.attempt})
		w.frame(w.in, "a reply while it closes", wire.AppendReply(nil, &wire.Reply{Seq: 1}), nil)
		w.ends()
	}},
	{"control", func(w *linkScene) {
		w.up(oursReply)
		w.turn("", &markPeer{session: w.l.attempt, image: []byte{3}})
		w.turn("", &markPeer{session: w.l.attempt, image: []byte{3}, named: true})
		w.turn("", &markPeer{session: w.l.attempt, off: 4096, len: 8192})
		w.turn("", &flushPeer{session: w.l.attempt})
		w.turn("", &raisePeer{session: w.l.attempt, image: []byte{5}})
		w.turn("", &fitPeer{session: w.l.attempt})
		w.reply(wire.Reply{Seq: 6}, nil)
		w.reply(wire.Reply{Seq: 2, Error: int16(wire.EIO)}, nil)
		w.reply(wire.Reply{Seq: 1}, nil)
		w.reply(wire.Reply{Seq: 4, Error: int16(wire.EIO)}, nil)
		w.reply(wire.Reply{Seq: 5, Error: int16(wire.EPERM)}, nil)
		w.reply(wire.Reply{Seq: 3}, nil)
		w.status()
	}},
	{"keepalive", func(w *linkScene) {
		w.up(oursReply)
		w.time += keepaliveEvery - 1
		w.tick()
		w.time++
		w.tick()
		w.turn("a tick of before", &linkTick{epoch: w.l.attempt - 1})
		w.reply(wire.Reply{Seq: 1}, nil)
		w.time += keepaliveEvery
		w.turn("", &markPeer{session: w.l.attempt, image: []byte{3}})
		w.tick()
		w.time += 5 * time.Second
		w.turn("", &flushPeer{session: w.l.attempt})
		w.io(states.OpRead, 0, 512, states.MemSync)
		w.tick()
		w.time += 15*time.Second - 1
		w.tick()
		w.reply(wire.Reply{Seq: 5}, nil)
		w.time++
		w.tick()
		w.tick()
		w.ends()
	}},
	{"keepalive-towards-stock", func(w *linkScene) {
		w.up(wire.Hello1Reply{Version: 2, Token: wire.Token{7}})
		w.time += keepaliveEvery
		w.tick()
		w.time += keepaliveEvery - 1
		w.turn("", &flushPeer{session: w.l.attempt})
		w.reply(wire.Reply{Seq: 1}, nil)
		w.time++
		w.tick()
		w.time += time.Hour
		w.tick()
	}},
	{"keepalive-after-a-long-handshake", func(w *linkScene) {
		w.hello2(oursReply)
		w.time += 9 * time.Second
		w.hello2Reply(copyReply, 1)
		w.turn("", &begin{attempt: w.l.attempt})
		w.time += 2 * time.Second
		w.tick()
		w.time += 7 * time.Second
		w.turn("", &raisePeer{session: w.l.attempt, image: []byte{5}})
		w.time += 2 * time.Second
		w.tick()
	}},
	{"request-unanswered", func(w *linkScene) {
		w.up(oursReply)
		w.io(states.OpRead, 0, 512, states.MemSync)
		w.time += 5 * time.Second
		w.io(states.OpRead, 512, 512, states.MemSync)
		w.io(states.OpRead, 1024, 512, states.MemSync)
		w.reply(wire.Reply{Seq: 1, Error: int16(wire.EIO)}, nil)
		w.reply(wire.Reply{Seq: 3, Error: int16(wire.EIO)}, nil)
		w.time += 15 * time.Second
		w.io(states.OpRead, 2048, 512, states.MemSync)
		w.reply(wire.Reply{Seq: 2}, make([]byte, 512))
		w.time += 20*time.Second - 1
		w.tick()
		w.time++
		w.tick()
		w.ends()
	}},
	{"lost", func(w *linkScene) {
		w.up(oursReply)
		w.io(states.OpRead, 0, 512, states.MemSync)
		w.io(states.OpWrite, 0, 512, states.MemSync)
		w.io(states.OpWrite, 512, 512, states.MemSync)
		w.turn("", &flushPeer{session: w.l.attempt})
		w.reply(wire.Reply{Seq: 2}, nil)
		w.connect(false)
		w.closed(w.in)
		w.connect(false)
		w.closed(w.out)
		w.status()
		w.l.out, w.l.in = nil, nil
		w.time += time.Minute
		w.up(oursReply)
		w.tick()
		w.reply(wire.Reply{Seq: 1}, nil)
		w.status()
	}},
	{"reply-without-sense", func(w *linkScene) {
		w.up(oursReply)
		w.frame(w.in, "nonsense", wire.AppendU8(nil, "nonsense", 1), nil)
		w.ends()
	}},
	{"reply-by-the-other-connection", func(w *linkScene) {
		w.up(oursReply)
		w.frame(w.out, "a reply", wire.AppendReply(nil, &wire.Reply{Seq: 1}), nil)
		w.ends()
	}},
	{"read-of-another-size", func(w *linkScene) {
		w.up(oursReply)
		w.io(states.OpRead, 0, 512, states.MemSync)
		w.reply(wire.Reply{Seq: 1}, make([]byte, 100))
		w.ends()
	}},
	{"read-whose-payload-is-bad", func(w *linkScene) {
		w.up(oursReply)
		w.io(states.OpRead, 0, 512, states.MemSync)
		f := sceneFrame(wire.AppendReply(nil, &wire.Reply{Seq: 1}), make([]byte, 512))
		f.PayloadErr = errDisk
		w.frames("a read's data, damaged", w.in, w.l.attempt, f)
		w.ends()
	}},
	{"gate-was-quicker", func(w *linkScene) {
		w.up(oursReply)
		a := w.io(states.OpRead, 0, 512, states.MemSync)
		b := w.io(states.OpRead, 512, 512, states.MemSync)
		a.flow.remote = states.PartLost
		b.flow.session--
		w.reply(wire.Reply{Seq: 1}, []byte(strings.Repeat("r", 512)))
		w.reply(wire.Reply{Seq: 2}, []byte(strings.Repeat("r", 512)))
		w.say("read %s %s", showBytes(a.Buf), showBytes(b.Buf))
		w.status()
	}},
}
