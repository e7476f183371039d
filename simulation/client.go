package simulation

import (
	"time"

	"hast/actors"
	"hast/states"
)

// Client uses a device, wherever its door is: it reads and writes at random as long as it is told to,
// and has its judge look at each answer. It goes on over failovers.
type Client struct {
	// Outstanding is how many requests it has under way at most.
	Outstanding int
	// Sectors is how many sectors of the device it uses, from the beginning.
	Sectors int64
	// Hot is how many sectors, from the first one, half of its requests begin in.
	Hot int64
	// MaxSectors is how many sectors a read or write has at most.
	MaxSectors int64
	// Pause is the longest time it thinks between two requests.
	Pause time.Duration
	// Writes, Reads, Trims, Zeroes and Flushes are the odds of each.
	Writes, Reads, Trims, Zeroes, Flushes int

	// Durable is one in how many writes carries FUA; 0 for none.
	Durable int

	// Credits is how many requests its door lets in at most; 0 is as many as the node says.
	Credits int

	// Only, if set, is the one machine whose device the client uses. A client without it wants to see one
	// device at a time, wherever it is (I18).
	Only *Machine

	world    *World
	resource string
	judge    *Judge
	ghost    *ghost // looks behind the answers; nil for none
	door     *door
	reign    uint64 // the judge's tick at which the door opened
	busy     []*clientIO
	running  bool
	scanning bool
	scan     int64 // next sector of a scan
	due      bool  // an event will issue requests

	answeredOK int
	errors     int
	lastErr    error
	longest    time.Duration
}

// clientIO is one request as the client sees it.
type clientIO struct {
	op  states.Op
	off int64
	n   int64
	fua bool
	gen uint64 // of a write
	inv uint64 // of a read or a flush
	at  time.Duration

	written, durable states.Claim // of its answer

	asked *Request // if somebody waits for this very request
}

func (io *clientIO) carriesData() bool { return io.op == states.OpRead || io.op == states.OpWrite }

// AddClient puts a client of a resource's device of size bytes into the world. It attaches to the door
// when one opens.
func (w *World) AddClient(resource string, size int64) *Client {
	c := &Client{
		Outstanding: 8, Sectors: size / SectorSize, Hot: 64, MaxSectors: 24, Pause: 300 * time.Microsecond,
		Durable: 10, Writes: 50, Reads: 30, Trims: 3, Zeroes: 3, Flushes: 4,
		world: w, resource: resource, judge: newJudge(w, size/SectorSize),
	}
	w.clients = append(w.clients, c)
	return c
}

// Judge is what the client knows about its data.
func (c *Client) Judge() *Judge { return c.judge }

// Start makes the client use the device; Stop lets it issue nothing more.
func (c *Client) Start() {
	c.running = true
	c.wake()
}

// Stop ends Start. Requests under way are still to be answered.
func (c *Client) Stop() { c.running = false }

// Idle reports whether no request is under way.
func (c *Client) Idle() bool { return len(c.busy) == 0 && !c.scanning }

// Attached reports whether the client has a device.
func (c *Client) Attached() bool { return c.door != nil }

// At is the machine whose device the client uses; false if it has none.
func (c *Client) At() (*Machine, bool) {
	if c.door == nil {
		return nil, false
	}
	return c.door.boot.machine, true
}

// Answered is how many requests were answered with success.
func (c *Client) Answered() int { return c.answeredOK }

// Errors is how many requests were answered with an error, and the last of those.
func (c *Client) Errors() (int, error) { return c.errors, c.lastErr }

// Longest is how long an answer took at most since it was asked last, those that are still awaited included.
func (c *Client) Longest() time.Duration {
	longest := c.longest
	for _, io := range c.busy {
		longest = max(longest, c.world.now-io.at)
	}
	c.longest = 0
	return longest
}

// Scan reads the whole device once, for the judge. It is over when Idle holds again.
func (c *Client) Scan() {
	c.scanning, c.scan = true, 0
	c.wake()
}

func (c *Client) attach(d *door) {
	if c.Only != nil && c.Only != d.boot.machine {
		return
	}
	c.world.checked(ruleI18)
	if c.door != nil {
		// Nodes that don't hear each other, or a forced promotion of either, may end with two devices. Then the client goes on
		// with the one that it has: an administrator sees to it that nobody uses both.
		if !d.boot.isForced(c.resource) && !c.door.boot.isForced(c.resource) && c.world.together() && (c.ghost == nil || !c.ghost.excused(c.door, d)) {
			c.world.violate(ruleI18, d.boot.machine.name, NoSector, "a second device of %s while that at %s is open", c.resource, c.door.boot.name)
		}
		return
	}
	c.door, d.client, c.reign = d, c, c.judge.tick
	if c.ghost != nil {
		c.ghost.begin(d)
	}
	c.wake()
}

// detach ends what is under way without an answer.
func (c *Client) detach(d *door) {
	if c.door != d {
		return
	}
	d.client, c.door = nil, nil
	if c.ghost != nil {
		c.ghost.at(d.boot.machine).left = c.world.steps
	}
	for _, io := range c.busy {
		c.unresolved(io)
		c.judge.forget(io)
		io.asked.answered(ErrNoDevice, nil)
	}
	c.busy, c.scanning = nil, false
	c.seek()
}

// seek finds another device that is open.
func (c *Client) seek() {
	for _, m := range c.world.machines {
		if m.boot == nil {
			continue
		}
		for _, d := range m.boot.doors {
			if c.door == nil && d.spec.Resource == c.resource && !d.gone && !d.closing {
				c.attach(d)
			}
		}
	}
}

// wake makes the client issue requests soon.
func (c *Client) wake() {
	if c.due || c.door == nil || !(c.running || c.scanning) {
		return
	}
	c.due = true
	c.world.after(between(c.world.chance.workload, time.Microsecond, c.Pause), nil, func() {
		c.due = false
		c.issue()
	})
}

// issue makes a few requests.
func (c *Client) issue() {
	d := c.door
	if d == nil {
		return
	}
	for n := 1 + c.world.chance.workload.IntN(4); n > 0 && len(c.busy) < c.Outstanding; n-- {
		io := c.next()
		if io == nil {
			break
		}
		r := d.take(io)
		if r == nil {
			break
		}
		c.begin(io, r)
	}
	d.send()
	if len(c.busy) < c.Outstanding {
		c.wake()
	}
}

// begin is the invocation of a request.
func (c *Client) begin(io *clientIO, r *actors.Request) {
	if io.op == states.OpRead && c.scanning {
		c.scan = (io.off + io.n) / SectorSize
	}
	io.at = c.world.now
	c.judge.invoked(io)
	if c.ghost != nil {
		c.ghost.invoked(io)
	}
	if io.op == states.OpWrite {
		stampSectors(r.Buf, io.gen, io.off/SectorSize)
	}
	c.busy = append(c.busy, io)
}

// next decides on a request, nil for none.
func (c *Client) next() *clientIO {
	if c.scanning {
		if c.scan >= c.Sectors {
			return nil
		}
		return &clientIO{op: states.OpRead, off: c.scan * SectorSize, n: min(128, c.Sectors-c.scan) * SectorSize}
	}
	if !c.running {
		return nil
	}
	r := c.world.chance.workload
	io := &clientIO{op: c.pick(r.IntN(c.Writes + c.Reads + c.Trims + c.Zeroes + c.Flushes))}
	if io.op == states.OpFlush {
		return io
	}
	n := 1 + r.Int64N(c.MaxSectors)
	if oneIn(r, 3) {
		n = 1
	}
	at := r.Int64N(c.Sectors)
	if oneIn(r, 2) {
		at = r.Int64N(min(c.Sectors, max(1, c.Hot))) // a corner where requests meet
	}
	n = min(n, c.Sectors-at)
	io.off, io.n = at*SectorSize, n*SectorSize
	io.fua = io.op == states.OpWrite && oneIn(r, c.Durable)
	return io
}

func (c *Client) pick(x int) states.Op {
	for _, odds := range []struct {
		op states.Op
		n  int
	}{{states.OpWrite, c.Writes}, {states.OpRead, c.Reads}, {states.OpDelete, c.Trims}, {states.OpZero, c.Zeroes}} {
		if x < odds.n {
			return odds.op
		}
		x -= odds.n
	}
	return states.OpFlush
}

// answered takes an answer, at the very step at which it is given.
func (c *Client) answered(io *clientIO, r *actors.Request) {
	c.busy = drop(c.busy, io)
	c.longest = max(c.longest, c.world.now-io.at)
	io.written, io.durable = claimsOf(r)
	if c.ghost != nil && r.Err == nil { // an error shows nothing of what is served
		c.ghost.settle()
	}
	if r.Err != nil {
		c.errors++
		c.lastErr = r.Err
		c.world.trace.add(c.world.now, "client", "error", io.op.String(), r.Err.Error())
		if c.ghost != nil && c.door != nil {
			c.ghost.failed(c.ghost.at(c.door.boot.machine), io, r.Err)
		}
		c.unresolved(io)
	} else {
		c.answeredOK++
		c.resolved(io, r.Buf)
	}
	c.judge.forget(io)
	c.world.tellAnswer(c, io, r.Err)
	io.asked.answered(r.Err, r.Buf)
	if c.scanning && c.scan >= c.Sectors && len(c.busy) == 0 {
		c.scanning = false
	}
	c.wake()
}

// resolved has judge and ghost take an answer with success.
func (c *Client) resolved(io *clientIO, data []byte) {
	c.judge.answered(io, data)
	g := c.ghost
	if g == nil || c.door == nil {
		return
	}
	g.over(io, true)
	g.answered(g.at(c.door.boot.machine), io, data)
	switch {
	case io.op == states.OpFlush:
		g.crashNow(0, int64(len(g.done)))
	case io.op.Changes():
		g.crashNow(io.off/SectorSize, io.n/SectorSize)
	}
}

// unresolved has them take an end without success.
func (c *Client) unresolved(io *clientIO) {
	c.judge.unresolved(io)
	if c.ghost != nil {
		c.ghost.over(io, false)
	}
}

// Running reports whether Start was called, and Stop was not.
func (c *Client) Running() bool { return c.running }
