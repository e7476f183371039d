// Package tcp carries frames between the nodes. It is the machine's side of the Network and Conn seams.
package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"hast/actors"
	"hast/gate/spawn"
)

// defaultTimeout is how long to dial, if no limit is given: hast.conf's default.
const defaultTimeout = 20 * time.Second

// Network makes connections over TCP. Sockets are set up as the original's: TCP_NODELAY, SO_REUSEADDR
// for listeners, no SO_KEEPALIVE (hast-protocol.md §3.7).
type Network struct {
	log      hclog.Logger
	tell     func(*actor.PID, any)
	peers    peers
	resolver resolver
	linger   time.Duration // how long CloseAfterSend may take
}

var _ actors.Network = (*Network)(nil)

// NewNetwork makes the seam. tell sends a message to an actor from outside any actor.
func NewNetwork(log hclog.Logger, tell func(to *actor.PID, msg any)) *Network {
	return &Network{log: log, resolver: net.DefaultResolver, linger: lingerLimit, tell: func(to *actor.PID, msg any) {
		if to != nil {
			tell(to, msg)
		}
	}}
}

func (n *Network) panicked(err error, stack []byte) {
	n.log.Error("goroutine of the network failed", "error", err, "stack", string(stack))
}

// SetPeers implements actors.Network.
func (n *Network) SetPeers(remotes []string) {
	for _, err := range n.peers.set(remotes) {
		n.log.Warn("a remote address is of no use", "error", err)
	}
}

// Dial implements actors.Network.
func (n *Network) Dial(o actors.Owner, spec actors.DialSpec) {
	fail := func(err error) {
		n.tell(o.PID, &actors.Dialed{Epoch: o.Epoch, Err: err, Refused: errors.Is(err, unix.ECONNREFUSED)})
	}
	spawn.Go("dialing of "+spec.Remote, func(err error, stack []byte) {
		n.panicked(err, stack)
		fail(err)
	}, func() {
		c, err := n.dial(spec)
		if err != nil {
			fail(err)
			return
		}
		n.tell(o.PID, &actors.Dialed{Epoch: o.Epoch, Conn: c})
	})
}

func (n *Network) dial(spec actors.DialSpec) (*conn, error) {
	timeout := spec.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	remote, err := parse(spec.Remote, defaultPort)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	if spec.Source != "" {
		if d.LocalAddr, err = n.source(ctx, spec.Source); err != nil {
			return nil, err
		}
	}
	nc, err := d.DialContext(ctx, remote.network, remote.endpoint())
	if err != nil {
		return nil, err
	}
	return n.adopt(nc)
}

// source is the address to connect from.
func (n *Network) source(ctx context.Context, text string) (net.Addr, error) {
	a, err := parse(text, 0)
	if err != nil {
		return nil, fmt.Errorf("source %w", err)
	}
	ip, ok := a.literal()
	if !ok {
		ips, err := n.resolver.LookupNetIP(ctx, a.family(), a.host)
		if err != nil {
			return nil, fmt.Errorf("source address %q: %w", text, err)
		}
		ip = ips[0].Unmap()
	}
	return &net.TCPAddr{IP: ip.AsSlice(), Port: int(a.port), Zone: ip.Zone()}, nil
}

// adopt makes a connection of a socket, or closes it.
func (n *Network) adopt(nc net.Conn) (*conn, error) {
	t, ok := nc.(*net.TCPConn)
	if !ok {
		nc.Close()
		return nil, fmt.Errorf("connection to %s is a %T, not TCP", nc.RemoteAddr(), nc)
	}
	c, err := newConn(n, t)
	if err != nil {
		nc.Close()
	}
	return c, err
}

// Listen implements actors.Network.
func (n *Network) Listen(o actors.Owner, addr string) {
	fail := func(err error) { n.tell(o.PID, &actors.Listening{Epoch: o.Epoch, Addr: addr, Err: err}) }
	spawn.Go("listening on "+addr, func(err error, stack []byte) {
		n.panicked(err, stack)
		fail(err)
	}, func() {
		a, err := parse(addr, defaultPort)
		if err != nil {
			fail(err)
			return
		}
		lc := net.ListenConfig{KeepAlive: -1}
		lc.SetMultipathTCP(false)
		nl, err := lc.Listen(context.Background(), a.network, a.endpoint())
		if err != nil {
			fail(fmt.Errorf("listen on %s: %w", addr, err))
			return
		}
		l := &listener{n: n, o: o, nl: nl, closed: make(chan struct{}), pending: make(chan struct{}, pendingAccepts)}
		n.tell(o.PID, &actors.Listening{Epoch: o.Epoch, Addr: addr, Listener: l})
		l.run()
	})
}

const (
	// pendingAccepts bounds how many connections may wait for the resolution of the peers' names.
	pendingAccepts = 64
	// acceptRetry is the pause after a failed accept, of which the usual reason is that there are too
	// many open files.
	acceptRetry = 100 * time.Millisecond
)

type listener struct {
	n       *Network
	o       actors.Owner
	nl      net.Listener
	once    sync.Once
	closed  chan struct{}
	pending chan struct{}
}

// Close implements actors.Listener.
func (l *listener) Close() {
	l.once.Do(func() {
		close(l.closed)
		l.nl.Close()
	})
}

// Addr is the address that is really listened on: what was asked for may leave the port to the kernel.
func (l *listener) Addr() string { return l.nl.Addr().String() }

func (l *listener) run() {
	for {
		nc, err := l.nl.Accept()
		if err == nil {
			l.accepted(nc)
			continue
		}
		select {
		case <-l.closed:
			return
		case <-time.After(acceptRetry):
			l.n.log.Warn("cannot accept connections", "address", l.nl.Addr().String(), "error", err)
		}
	}
}

// accepted finds out whose connection it is. Names are resolved aside, so that a slow name server keeps
// nobody else waiting.
func (l *listener) accepted(nc net.Conn) {
	from := bare(nc.RemoteAddr())
	remotes, names := l.n.peers.match(from)
	if len(names) == 0 {
		l.introduce(nc, remotes)
		return
	}
	select {
	case l.pending <- struct{}{}:
	default:
		l.n.log.Warn("connection refused: too many wait for the names of peers to be resolved", "peer", from.String())
		nc.Close()
		return
	}
	spawn.Go("accepting", func(err error, stack []byte) {
		<-l.pending
		nc.Close()
		l.n.panicked(err, stack)
	}, func() {
		named := resolve(l.n.resolver, names, from, func(p peer, err error) {
			l.n.log.Warn("a remote address cannot be resolved", "remote", p.text, "error", err)
		})
		l.introduce(nc, append(remotes, named...))
		<-l.pending
	})
}

func (l *listener) introduce(nc net.Conn, remotes []string) {
	if len(remotes) == 0 {
		nc.Close()
		l.n.tell(l.o.PID, &actors.Stranger{Epoch: l.o.Epoch, Peer: nc.RemoteAddr().String()})
		return
	}
	c, err := l.n.adopt(nc)
	if err != nil {
		l.n.log.Warn("connection refused", "peer", nc.RemoteAddr().String(), "error", err)
		return
	}
	l.n.tell(l.o.PID, &actors.Accepted{Epoch: l.o.Epoch, Conn: c, Remotes: remotes})
}
