package cmd_test

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxyPort is where a node's proxy listens, on the node's own host: so a node that is reached through it
// still sees who its peer is.
const proxyPort = ":8458"

// link is all that the nodes of a pair say to each other, in the hands of a script.
type link struct {
	mu    sync.Mutex
	cut   bool
	left  int64 // bytes until it is cut; negative: it isn't
	conns map[net.Conn]bool
}

// linkWord is the word link:
//
//	link make          between pair and start: the nodes reach each other through a proxy
//	link cut           cuts all connections; there are no others
//	link after BYTES   does so when that many more bytes have passed
//	link await         waits until that has happened
//	link heal          lets them connect again
func linkWord(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, "link make|cut|after|await|heal ...")
	f := fleetOf(ts)
	if args[0] == "make" {
		f.link = makeLink(ts)
		return
	}
	l := f.link
	switch args[0] {
	case "cut":
		l.sever()
	case "after":
		n, err := strconv.ParseInt(args[1], 0, 64)
		ts.Check(err)
		l.mu.Lock()
		l.left = n
		l.mu.Unlock()
	case "await":
		wait(ts, "the link isn't cut", func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.cut
		})
	case "heal":
		l.mu.Lock()
		l.cut, l.left = false, -1
		l.mu.Unlock()
	default:
		ts.Fatalf("unknown: link %s", args[0])
	}
}

func makeLink(ts *testscript.TestScript) *link {
	l := &link{left: -1, conns: make(map[net.Conn]bool)}
	conf := ts.ReadFile("hast.conf")
	for _, node := range []string{"A", "B"} {
		conf = strings.ReplaceAll(conf, "remote "+ts.Getenv(node), "remote "+ts.Getenv("H"+node)+proxyPort)
	}
	ts.Check(os.WriteFile(ts.MkAbs("hast.conf"), []byte(conf), 0o600))
	for to, from := range map[string]string{"A": "B", "B": "A"} {
		listener, err := net.Listen("tcp4", ts.Getenv("H"+to)+proxyPort)
		ts.Check(err)
		ts.Defer(func() {
			listener.Close()
			l.sever()
		})
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ts.Getenv("H" + from))}, Timeout: patience}
		go l.serve(listener, &d, ts.Getenv(to))
	}
	return l
}

// serve passes on whatever connects.
func (l *link) serve(listener net.Listener, d *net.Dialer, to string) {
	for {
		in, err := listener.Accept()
		if err != nil {
			return
		}
		out, err := d.Dial("tcp4", to)
		if err != nil {
			// As the node itself would: nobody listens.
			_ = in.(*net.TCPConn).SetLinger(0)
			in.Close()
			continue
		}
		l.mu.Lock()
		refused := l.cut
		if !refused {
			l.conns[in], l.conns[out] = true, true
		}
		l.mu.Unlock()
		if refused {
			in.Close()
			out.Close()
			continue
		}
		go l.pass(in, out)
		go l.pass(out, in)
	}
}

// pass copies what one side says to the other one, as long as the link is.
func (l *link) pass(from, to net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if n > 0 && !l.spend(int64(n)) {
			l.sever()
			break
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err == io.EOF {
			_ = to.(*net.TCPConn).CloseWrite()
			return // the other direction may have something to say yet
		}
		if err != nil {
			break
		}
	}
	l.drop(from)
	l.drop(to)
}

// spend counts bytes that pass, and reports whether they may.
func (l *link) spend(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut || l.left >= 0 && l.left < n {
		return false
	}
	if l.left >= 0 {
		l.left -= n
	}
	return true
}

func (l *link) drop(c net.Conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	c.Close()
}

// sever ends all connections, and lets no other one be.
func (l *link) sever() {
	l.mu.Lock()
	l.cut = true
	var all []net.Conn
	for c := range l.conns {
		all = append(all, c)
	}
	clear(l.conns)
	l.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}
