package tcp

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hast/actors"
)

func TestStranger(t *testing.T) {
	w := newWorld(t, "192.0.2.1", "tcp6://[::1]")
	nc, err := net.Dial("tcp4", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	m, ok := (<-w.node.got).(*actors.Stranger)
	if !ok || m.Epoch != 5 || m.Peer != nc.LocalAddr().String() {
		t.Errorf("a stranger is announced as %+v", m)
	}
	if n, err := nc.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("the stranger is still connected")
	}
}

// Names of peers are looked up at each accept.
func TestNamedPeer(t *testing.T) {
	for _, c := range []struct {
		names book
		known bool
	}{
		{book{"ip node-b": {netip.MustParseAddr("127.0.0.1")}}, true},
		{book{"ip node-b": {netip.MustParseAddr("127.0.0.2")}}, false},
		{book{}, false},
	} {
		w := newWorldWith(t, func(n *Network) { n.resolver = c.names }, "node-b:77")
		nc, err := net.Dial("tcp4", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		switch m := (<-w.node.got).(type) {
		case *actors.Accepted:
			if !c.known || len(m.Remotes) != 1 || m.Remotes[0] != "node-b:77" {
				t.Errorf("with %v, accepted as %+v", c.names, m)
			}
			m.Conn.Close()
		case *actors.Stranger:
			if c.known {
				t.Errorf("with %v, announced as %+v", c.names, m)
			}
		}
	}
}

func TestDialErrors(t *testing.T) {
	w := newWorld(t)
	box := w.post.box()
	w.stop.Close()
	w.stop.Close()
	for _, c := range []struct {
		remote, source string
		refused        bool
		text           string
	}{
		{w.addr, "", true, "refused"},
		{"uds:///x", "", false, "no TCP address"},
		{w.addr, "no/address:x", false, "source address"},
		{w.addr, "192.0.2.77", false, "assign requested address"},
	} {
		w.n.Dial(box.owner(4), actors.DialSpec{Remote: c.remote, Source: c.source, Timeout: 5 * time.Second})
		m := (<-box.got).(*actors.Dialed)
		if m.Conn != nil || m.Epoch != 4 || m.Refused != c.refused || m.Err == nil || !strings.Contains(m.Err.Error(), c.text) {
			t.Errorf("%s from %q: %+v, want %q", c.remote, c.source, m, c.text)
		}
	}
}

func TestListenErrors(t *testing.T) {
	w := newWorld(t)
	box := w.post.box()
	for _, addr := range []string{w.addr, "/a/socket", "tcp4://192.0.2.77:1"} {
		w.n.Listen(box.owner(4), addr)
		m := (<-box.got).(*actors.Listening)
		if m.Err == nil || m.Listener != nil || m.Addr != addr || !strings.Contains(m.Err.Error(), addr) {
			t.Errorf("listening on %s: %+v", addr, m)
		}
	}
}

// BenchmarkRoundTrip is a 4 KiB frame there and a small one back, so many of them under way.
func BenchmarkRoundTrip(b *testing.B) {
	for _, depth := range []int{1, 32} {
		b.Run(map[int]string{1: "depth=1", 32: "depth=32"}[depth], func(b *testing.B) {
			w := newWorld(b)
			there, here := w.pair()
			left, right := w.post.box(), w.post.box()
			there.Own(right.owner(1))
			here.Own(left.owner(1))
			reply := frame(1, nil)
			go func() {
				for m := range right.got {
					in, ok := m.(*actors.FramesIn)
					if !ok {
						return
					}
					for _, f := range in.Frames {
						f.Release()
						there.Send(reply, nil)
					}
				}
			}()
			request := frame(1, make([]byte, 4096))
			b.ReportAllocs()
			b.ResetTimer()
			for range depth {
				here.Send(request, nil)
			}
			for n := 0; n < b.N; {
				for _, f := range (<-left.got).(*actors.FramesIn).Frames {
					f.Release()
					here.Send(request, nil)
					n++
				}
			}
			here.Close()
			there.Close()
		})
	}
}
