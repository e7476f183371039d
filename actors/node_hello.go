package actors

import (
	"fmt"
	"slices"
	"time"

	"hast/wire"
)

// helloTime is how long a connection may be silent before its first message.
const helloTime = 20 * time.Second

// hellosMost bounds connections that haven't said yet what they want (I24).
const hellosMost = 64

// hello is a connection of which nothing is known but where it comes from.
type hello struct {
	conn    Conn
	remotes []string // the configured remotes that resolve to its address
}

// onAccepted waits for a connection's first message.
func (n *node) onAccepted(m *Accepted) {
	if len(n.hellos) >= hellosMost {
		n.log.Warn("too many connections haven't said hello; one was closed", "peer", m.Conn.Peer())
		m.Conn.Close()
		return
	}
	id := n.nextEpoch()
	n.hellos[id] = hello{conn: m.Conn, remotes: m.Remotes}
	n.log.Info(fmt.Sprintf("Connection from %s to %s.", m.Conn.Peer(), m.Conn.Local()))
	m.Conn.Own(Owner{PID: n.self, Exec: n.ex, Epoch: id})
	n.h.Clock.TellAfter(helloTime, n.self, &helloLimit{id: id})
}

// onConnClosed: a connection has ended before its hello came, or after that and before its resource's actors had it as
// their own. Those wouldn't hear of that, and keep it for ever.
func (n *node) onConnClosed(m *ConnClosed) {
	delete(n.hellos, m.Epoch)
	if pid := n.resources[n.passed[m.Epoch]]; pid != nil {
		n.h.Tell(pid, &helloOver{conn: m.Conn, err: m.Err})
	}
	delete(n.passed, m.Epoch)
}

func (n *node) onHelloLimit(m *helloLimit) {
	delete(n.passed, m.id)
	if w, ok := n.hellos[m.id]; ok {
		n.log.Warn("a connection said nothing", "peer", w.conn.Peer())
		delete(n.hellos, m.id)
		w.conn.Close()
	}
}

// onFrames takes the hello, the only frame that the node itself reads from a connection.
func (n *node) onFrames(m *FramesIn) {
	w, ok := n.hellos[m.Epoch]
	for i, f := range m.Frames {
		if ok && i == 0 {
			delete(n.hellos, m.Epoch)
			if len(m.Frames) > 1 {
				n.refuse(w.conn, "more than one message before an answer")
			} else {
				n.onHello(m.Epoch, w, f)
			}
		}
		f.Release()
	}
}

func (n *node) onHello(id uint64, w hello, f *wire.InFrame) {
	c := w.conn
	hello := &peerHello{conn: c}
	var name string
	if wire.IsHello2(f.NV) {
		h, err := wire.DecodeHello2(f.NV)
		if err != nil {
			n.refuse(c, err.Error())
			return
		}
		hello.again, name = &h, h.Resource
	} else {
		h, err := wire.DecodeHello1(f.NV)
		if err != nil {
			n.refuse(c, err.Error())
			return
		}
		hello.first, name = &h, h.Resource
	}
	pid := n.resources[name]
	if pid == nil {
		n.log.Error("hello for an unknown resource", "peer", c.Peer(), "resource", name)
		n.answer(c, wire.MsgNotConfigured)
		return
	}
	if !slices.Contains(w.remotes, n.confs[name].Remote) {
		n.log.Error(fmt.Sprintf("Client %s has no access to the resource.", c.Peer()), "resource", name)
		n.answer(c, wire.MsgNoAccess)
		return
	}
	if len(n.passed) < hellosMost {
		n.passed[id] = name // until its time would be up: by then it has another owner
	}
	n.h.Tell(pid, hello)
}

// refuse closes a connection that speaks something else.
func (n *node) refuse(c Conn, why string) {
	n.log.Error("not a hello", "peer", c.Peer(), "reason", why)
	c.Close()
}

func (n *node) answer(c Conn, reason string) {
	var f wire.OutFrame
	f.Version = wire.ProtocolVersion
	f.NV = wire.AppendHello1Reply(nil, &wire.Hello1Reply{ErrMsg: reason})
	c.Send(&f, nil)
	c.CloseAfterSend()
}
