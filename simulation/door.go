package simulation

import (
	"bytes"
	"fmt"
	"time"

	"hast/actors"
	"hast/states"
)

// doors is a node's way to the clients.
type doors struct{ boot *boot }

func (d doors) Open(o actors.Owner, spec actors.DoorSpec) {
	b, w := d.boot, d.boot.world
	w.after(between(w.chance.workload, 10*time.Microsecond, time.Millisecond), b, func() {
		for _, c := range w.clients {
			if c.resource == spec.Resource && c.Credits > 0 {
				spec.Credits = min(spec.Credits, c.Credits)
			}
		}
		dr := newDoor(b, o, spec)
		b.doors = append(b.doors, dr)
		w.trace.add(w.now, b.name, "door", spec.Resource)
		b.tell(o.PID, &actors.DoorOpened{Epoch: o.Epoch, Door: dr, URI: "sim:" + spec.Resource})
		for _, c := range w.clients {
			if c.resource == spec.Resource {
				c.attach(dr)
			}
		}
	})
}

// door is a way in: an actors.Door with a fixed number of requests.
type door struct {
	boot    *boot
	owner   actors.Owner
	spec    actors.DoorSpec
	slots   []*slot
	free    []*slot
	unsent  []*actors.Request // made within one event, sent as one message
	client  *Client
	busy    int // requests that have no answer
	closing bool
	gone    bool
}

// slot is one request of a door and what it is used for now.
type slot struct {
	door     *door
	req      actors.Request
	memory   []byte
	io       *clientIO
	sent     bool // with the node: not released
	answered bool
	// What an answer of a node that isn't ours claims.
	written, durable states.Claim
}

func newDoor(b *boot, o actors.Owner, spec actors.DoorSpec) *door {
	d := &door{boot: b, owner: o, spec: spec}
	for range max(1, spec.Credits) {
		s := &slot{door: d, memory: make([]byte, 0, SectorSize)}
		d.slots = append(d.slots, s)
		d.free = append(d.free, s)
	}
	return d
}

// take prepares a request, nil when all credits are used.
func (d *door) take(io *clientIO) *actors.Request {
	if len(d.free) == 0 || d.closing || d.gone {
		return nil
	}
	s := d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	s.io, s.sent, s.answered = io, true, false
	s.req.Op, s.req.Off, s.req.Len, s.req.FUA = io.op, io.off, io.n, io.fua
	s.req.To, s.req.Slot, s.req.Err, s.req.Buf = d, s, nil, nil
	if io.carriesData() {
		if int64(cap(s.memory)) < io.n {
			s.memory = make([]byte, io.n)
		}
		s.req.Buf = s.memory[:io.n]
	}
	d.busy++
	d.unsent = append(d.unsent, &s.req)
	return &s.req
}

// send hands the requests taken to the node.
func (d *door) send() {
	if len(d.unsent) == 0 {
		return
	}
	reqs := d.unsent
	d.unsent = nil
	d.boot.tell(d.owner.PID, &actors.Requests{Epoch: d.owner.Epoch, Reqs: reqs})
}

// Answered takes the answer of a request.
func (d *door) Answered(r *actors.Request) {
	s, ok := d.mine(r, "answered")
	if !ok {
		return
	}
	if s.answered || !s.sent {
		d.boot.world.violate(ruleI23, d.boot.machine.name, NoSector, "%s was answered twice", s.describe())
		return
	}
	s.answered = true
	d.boot.world.moment()
	io := s.io
	s.io = nil
	if d.gone {
		return
	}
	d.busy--
	if d.client != nil {
		d.client.answered(io, r)
	}
	d.maybeClosed()
}

// Released takes a request back.
func (d *door) Released(r *actors.Request) {
	s, ok := d.mine(r, "released")
	if !ok {
		return
	}
	if !s.answered || !s.sent {
		d.boot.world.violate(ruleI23, d.boot.machine.name, NoSector, "%s was released before its answer, or twice", s.describe())
		return
	}
	s.sent = false
	d.settled(r)
	// Whoever still looks at the buffer shall not find there what he expects.
	for b := r.Buf; len(b) > 0; {
		b = b[copy(b, spoiled[:]):]
	}
	d.free = append(d.free, s)
	if d.client != nil && !d.gone {
		d.client.wake()
	}
}

// claimsOf is what the answer to a request promises; the node may not be one of ours.
func claimsOf(r *actors.Request) (written, durable states.Claim) {
	if s, ok := r.Slot.(*slot); ok && s.door.boot.machine.stock {
		return s.written, s.durable
	}
	return r.Claims()
}

// spoiled is what a released buffer is filled with.
var spoiled = [4096]byte(bytes.Repeat([]byte{0xdb}, 4096))

// settled has the ghost look at what a request has changed, now that nobody holds it any more.
func (d *door) settled(r *actors.Request) {
	if d.client == nil || d.client.ghost == nil || !r.Op.Changes() || r.Err != nil {
		return
	}
	d.client.ghost.checkClean(r.Off/SectorSize, r.Len/SectorSize)
}

func (d *door) mine(r *actors.Request, what string) (*slot, bool) {
	if d.boot.dead {
		return nil, false
	}
	d.boot.world.checked(ruleI23)
	s, ok := r.Slot.(*slot)
	if !ok || s.door != d {
		d.boot.world.violate(ruleI23, d.boot.machine.name, NoSector, "a request of another device was %s", what)
		return nil, false
	}
	return s, true
}

func (s *slot) describe() string { return fmt.Sprintf("%v %d+%d", s.req.Op, s.req.Off, s.req.Len) }

// Close lets no new request in and goes away when all are answered.
func (d *door) Close() {
	if d.boot.dead {
		return
	}
	d.closing = true
	d.boot.world.after(10*time.Microsecond, d.boot, d.maybeClosed)
}

func (d *door) maybeClosed() {
	if d.closing && d.busy == 0 && !d.gone {
		d.leave()
	}
}

// Abandon drops the clients at once.
func (d *door) Abandon() {
	if d.boot.dead || d.gone {
		return
	}
	d.leave()
}

// leave takes the device away. The requests that are not released stay with the node.
func (d *door) leave() {
	d.gone = true
	d.boot.doors = drop(d.boot.doors, d)
	for _, c := range d.boot.world.clients {
		if c.ghost != nil && c.resource == d.spec.Resource {
			c.ghost.deviceGone(d.boot.machine)
		}
	}
	if d.client != nil {
		d.client.detach(d)
	}
	w := d.boot.world
	w.after(between(w.chance.workload, time.Microsecond, 100*time.Microsecond), d.boot, func() {
		d.boot.tell(d.owner.PID, &actors.DoorClosed{Epoch: d.owner.Epoch})
	})
}

// died is leave without anybody to tell: the node is dead.
func (d *door) died() {
	d.gone = true
	if d.client != nil {
		d.client.detach(d)
	}
}

// Clients is how many clients have the device open.
func (d *door) Clients() int {
	if d.client != nil && !d.gone {
		return 1
	}
	return 0
}
