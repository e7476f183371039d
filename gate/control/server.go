package control

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
	"hast/wire"
)

const (
	// readTimeout is how long a client may take to send its request, and to take its reply.
	readTimeout = 10 * time.Second
	// maxConns is how many clients are served at once; more wait in the socket's backlog.
	maxConns = 128
	// maxRequest bounds a request's nv, in bytes.
	maxRequest = 1 << 20
)

// Server answers clients for a node.
type Server struct {
	listener net.Listener
	tell     func(msg any)
	log      hclog.Logger
	slots    chan struct{}
	closing  chan struct{}
	ended    chan struct{}
}

// Serve starts to answer the clients of l. tell hands an *actors.SetRole, *actors.Resolve or *actors.QueryStatus to the
// node; it must not block. It returns at once.
func Serve(l net.Listener, tell func(msg any), log hclog.Logger) *Server {
	s := &Server{
		listener: l,
		tell:     tell,
		log:      log,
		slots:    make(chan struct{}, maxConns),
		closing:  make(chan struct{}),
		ended:    make(chan struct{}),
	}
	spawn.Go("control socket", func(err error, stack []byte) {
		s.log.Error(fmt.Sprintf("Control socket is closed, restart hastd: %v.", err), "stack", string(stack))
		l.Close()
	}, s.accept)
	return s
}

// Close lets nobody in any more and removes the socket. Clients whose role change or status is still
// under way hear nothing: their connections end. Close must be called once.
func (s *Server) Close() {
	close(s.closing)
	s.listener.Close()
	<-s.ended
}

// accept takes clients until the listener is closed.
func (s *Server) accept() {
	defer close(s.ended)
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Warn(fmt.Sprintf("Unable to accept control connection: %v.", err))
			// Descriptors are short: wait until one of ours is free, or a little.
			if !s.pause() {
				return
			}
			continue
		}
		select {
		case s.slots <- struct{}{}:
		case <-s.closing:
			conn.Close()
			return
		}
		spawn.Go("control connection", func(err error, stack []byte) {
			s.log.Error(fmt.Sprintf("Control connection failed: %v.", err), "stack", string(stack))
		}, func() {
			defer func() { <-s.slots }()
			defer conn.Close()
			s.serve(conn)
		})
	}
}

// pause waits a second; false says that the server is closing.
func (s *Server) pause() bool {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
		return false
	}
}

// serve handles one connection: one request, one reply.
func (s *Server) serve(conn net.Conn) {
	if err := conn.SetReadDeadline(time.Now().Add(readTimeout)); err != nil {
		return
	}
	dec := wire.NewDecoder(wire.Limits{MaxNV: maxRequest})
	frame, err := dec.ReadFrame(bufio.NewReaderSize(conn, 4096))
	if err != nil {
		// Who connects and says nothing only wanted to know whether we are here.
		if !errors.Is(err, io.EOF) {
			s.log.Warn(fmt.Sprintf("Unable to receive control request: %v.", err))
		}
		return
	}
	req, err := wire.DecodeControlRequest(frame.NV)
	frame.Release()
	var rep wire.ControlReply
	if err != nil {
		rep = refusal(wire.ControlInvalid, err.Error())
	} else {
		var ok bool
		if rep, ok = s.ask(req); !ok {
			return
		}
	}
	if err := send(conn, wire.AppendControlReply(nil, &rep), readTimeout); err != nil {
		s.log.Warn(fmt.Sprintf("Unable to send control response: %v.", err))
	}
}

// ask puts a request to the node and waits for its answer; false says that the server closed meanwhile.
func (s *Server) ask(req wire.ControlRequest) (wire.ControlReply, bool) {
	if rep, refused := refuse(req); refused {
		return rep, true
	}
	switch req.Cmd {
	case wire.ControlSetRole:
		answer := make(roleSink, 1)
		s.tell(&actors.SetRole{Names: req.Resources, Role: req.Role, Force: req.Force, To: answer})
		select {
		case a := <-answer:
			return rolesReply(a), true
		case <-s.closing:
		}
	case wire.ControlResolve:
		answer := make(resolveSink, 1)
		s.tell(&actors.Resolve{Name: req.Resources[0], How: req.How, To: answer})
		select {
		case a := <-answer:
			return resolveReply(a), true
		case <-s.closing:
		}
	case wire.ControlStatus:
		answer := make(statusSink, 1)
		s.tell(&actors.QueryStatus{Names: req.Resources, To: answer})
		select {
		case a := <-answer:
			return statusReply(a), true
		case <-s.closing:
		}
	}
	return wire.ControlReply{}, false
}

// roleSink hears a node's answer. There is room for the one answer that comes, so that the node's turn
// never waits for a client.
type roleSink chan []actors.RoleAnswer

// RolesSet implements actors.RoleSink.
func (c roleSink) RolesSet(a []actors.RoleAnswer) {
	select {
	case c <- a:
	default:
	}
}

// resolveSink is roleSink for the end of a split-brain.
type resolveSink chan actors.ResolveAnswer

// Resolved implements actors.ResolveSink.
func (c resolveSink) Resolved(a actors.ResolveAnswer) {
	select {
	case c <- a:
	default:
	}
}

// statusSink is roleSink for a status.
type statusSink chan []actors.Status

// Statuses implements actors.StatusSink.
func (c statusSink) Statuses(a []actors.Status) {
	select {
	case c <- a:
	default:
	}
}

// send writes one frame of version 2 without payload, within a time.
func send(conn net.Conn, nv []byte, timeout time.Duration) error {
	if err := conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	var enc wire.Encoder
	head, _, err := enc.AppendHead(nil, &wire.OutFrame{Version: wire.ProtocolVersion, NV: nv})
	if err != nil {
		return err
	}
	_, err = conn.Write(head)
	return err
}
