package nbd

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
	"hast/gate/turn"
)

// How long a client may take when the device goes away: closeRead to send the rest of a payload,
// closeWrite to take its last replies. acceptPause is the time between two attempts when the system
// has no descriptor for a connection.
const (
	closeRead   = 2 * time.Second
	closeWrite  = 5 * time.Second
	acceptPause = 100 * time.Millisecond
)

// doors opens NBD doors.
type doors struct {
	log  hclog.Logger
	tell func(pid *actor.PID, msg any)
}

// NewDoors returns the Doors that show devices on unix sockets. tell sends a message to an actor from
// any goroutine; it may run turns of the actor's executor before it returns.
func NewDoors(log hclog.Logger, tell func(pid *actor.PID, msg any)) actors.Doors {
	return &doors{log, tell}
}

// Open makes spec.Socket and serves spec.Resource on it. DoorOpened.Err says what is wrong with the spec
// or the path. The requests are told to o.PID in the order of each connection.
func (ds *doors) Open(o actors.Owner, spec actors.DoorSpec) {
	failed := func(err error) {
		err = fmt.Errorf("showing resource %s: %w", spec.Resource, err)
		ds.tell(o.PID, &actors.DoorOpened{Epoch: o.Epoch, Err: err})
	}
	// Looking for a stale socket may wait for whoever has it.
	spawn.Go("NBD open", func(err error, _ []byte) { failed(err) }, func() {
		d, err := open(ds, o, spec)
		if err != nil {
			failed(err)
			return
		}
		ds.tell(o.PID, &actors.DoorOpened{Epoch: o.Epoch, Door: d, URI: URI(spec.Resource, spec.Socket)})
		d.spawn("NBD accept", d.Abandon, d.accept)
	})
}

// door is an open door.
type door struct {
	log    hclog.Logger
	tell   func(pid *actor.PID, msg any)
	owner  actors.Owner
	exec   turn.Executor
	export *export
	socket *socket

	credits  *credits
	assembly assembly

	clients    atomic.Int32 // connections in transmission
	unanswered atomic.Int32 // commands that wait for the gate
	closing    atomic.Bool  // no new request is let in
	final      atomic.Bool  // readers end
	abandoned  atomic.Bool
	ended      chan struct{} // closed when closing becomes true
	stir       chan struct{} // of capacity 1: something changed that drain may wait for
	told       sync.Once     // DoorClosed

	mu    sync.Mutex
	conns map[*conn]struct{}
}

func open(ds *doors, o actors.Owner, spec actors.DoorSpec) (*door, error) {
	e, err := exportOf(spec)
	if err != nil {
		return nil, err
	}
	d := &door{
		log: ds.log.With("resource", spec.Resource), tell: ds.tell, owner: o, exec: turn.Of(o.Exec), export: e,
		ended: make(chan struct{}), stir: make(chan struct{}, 1), conns: map[*conn]struct{}{},
	}
	n := spec.Credits
	if n == 0 {
		n = defaultCredits
	}
	if d.credits, err = newCredits(n, d); err != nil {
		return nil, err
	}
	if d.socket, err = listenAt(spec.Socket); err != nil {
		d.credits.retire()
		return nil, err
	}
	return d, nil
}

// spawn starts a goroutine; failed is called if it panics, after that was logged.
func (d *door) spawn(name string, failed, fn func()) {
	spawn.Go(name, func(err error, stack []byte) {
		d.log.Error("NBD door", "error", err, "stack", string(stack))
		failed()
	}, fn)
}

// accept takes connections until the door closes.
func (d *door) accept() {
	for {
		nc, err := d.socket.AcceptUnix()
		switch {
		case err == nil:
			d.welcome(nc)
		case d.closing.Load() || errors.Is(err, net.ErrClosed):
			return
		default:
			d.log.Warn("accepting NBD clients; trying again", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-d.ended:
				return
			}
		}
	}
}

// welcome starts a connection, if there may be another.
func (d *door) welcome(nc *net.UnixConn) {
	c, err := newConn(d, nc)
	d.mu.Lock()
	full := len(d.conns) >= maxConnections
	refused := err != nil || full || d.closing.Load()
	if !refused {
		d.conns[c] = struct{}{}
	}
	d.mu.Unlock()
	if refused {
		nc.Close()
		if full {
			d.log.Warn("NBD client turned away: too many connections", "limit", maxConnections)
		}
		return
	}
	lost := func() { c.fail(spawn.ErrPanic) }
	d.spawn("NBD writer", lost, func() { c.out.write(c.over) })
	d.spawn("NBD reader", lost, c.serve)
}

// forget is told of a connection that has ended.
func (d *door) forget(c *conn) {
	d.mu.Lock()
	delete(d.conns, c)
	d.mu.Unlock()
	d.changed()
}

// admit counts a command that the gate is about to get, unless the door closes. The order matters: Close
// sets closing and then looks at the count.
func (d *door) admit() bool {
	d.unanswered.Add(1)
	if d.closing.Load() {
		d.settled()
		return false
	}
	return true
}

// settled counts a command that is answered.
func (d *door) settled() {
	if d.unanswered.Add(-1) == 0 && d.closing.Load() {
		d.changed()
	}
}

func (d *door) changed() {
	select {
	case d.stir <- struct{}{}:
	default:
	}
}

// Answered takes a request's answer. The reply leaves at the end of this burst of turns.
func (d *door) Answered(r *actors.Request) {
	s := r.Slot.(*slot)
	if s.answered {
		panic("nbd: a request is answered twice (I23)")
	}
	s.answered = true
	cmd := s.cmd
	c := cmd.conn
	cmd.collect(s)
	cmd.answered(r.Err)
	if !c.deferred {
		c.deferred = true
		d.exec.Defer(c)
	}
}

// Released takes a request back. Its credit is free when the reply doesn't need the buffer any more.
func (d *door) Released(r *actors.Request) {
	s := r.Slot.(*slot)
	if !s.answered {
		panic("nbd: a request is released that was not answered (I23)")
	}
	cmd := s.cmd
	d.credits.released(s.batch)
	if cmd != &s.single {
		cmd.drop()
	}
	s.drop()
}

// Clients is how many connections have the device open.
func (d *door) Clients() int { return int(d.clients.Load()) }

// begin makes the door let nothing in, and says whether it did before.
func (d *door) begin() (conns []*conn, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		conns = append(conns, c)
	}
	if d.closing.Swap(true) {
		return conns, false
	}
	close(d.ended)
	return conns, true
}

// Close withdraws the device when all that was asked for is answered. See actors.Door.
func (d *door) Close() {
	conns, first := d.begin()
	if !first {
		return
	}
	d.socket.Close()
	for _, c := range conns {
		_ = c.nc.SetReadDeadline(time.Now().Add(closeRead))
	}
	d.spawn("NBD close", d.Abandon, func() { d.drain(conns) })
}

// drain ends the connections, which are all there were when closing began.
func (d *door) drain(conns []*conn) {
	d.await(func() bool { return d.unanswered.Load() == 0 })
	d.final.Store(true)
	now := time.Now()
	for _, c := range conns {
		_ = c.nc.SetWriteDeadline(now.Add(closeWrite))
		_ = c.nc.SetReadDeadline(now)
	}
	d.await(func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.conns) == 0
	})
	d.withdraw()
}

// await waits until reached, or until the door is abandoned.
func (d *door) await(reached func() bool) {
	for !d.abandoned.Load() && !reached() {
		<-d.stir
	}
}

// Abandon drops all clients and withdraws the device. See actors.Door.
func (d *door) Abandon() {
	d.abandoned.Store(true)
	conns, _ := d.begin()
	d.socket.Close()
	for _, c := range conns {
		c.fail(errWithdrawn)
	}
	d.changed()
	d.withdraw()
}

// withdraw is the end of both ways. The memory goes when nobody holds any of it.
func (d *door) withdraw() {
	d.told.Do(func() {
		d.credits.retire()
		d.assembly.retire()
		d.tell(d.owner.PID, &actors.DoorClosed{Epoch: d.owner.Epoch})
	})
}
