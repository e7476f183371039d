// Package demo is hastctl demo: a pair of nodes in a temporary folder, on which it shows, and checks, that
// what was acknowledged survives the death of the primary.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hast/actors"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/report"
	"hast/gate/nbd"
	"hast/states"
	"hast/wire"
)

// Options are the command's.
type Options struct {
	Mode states.Mode
	Size int64 // of each component, in bytes
	Seed uint64
	// Writes is how many writes are acknowledged before the primary is killed.
	Writes int
	// Keep leaves the pair running.
	Keep bool
}

// Bounds of Size, in bytes: the least has room for a file system, the most keeps a demo one.
const (
	MinSize = 8 << 20
	MaxSize = 64 << 30
)

const (
	// demoTime is how long the whole demo may take, and syncTime one synchronization of it.
	demoTime = 15 * time.Minute
	syncTime = 10 * time.Minute
	// aloneWrites is how many writes the promoted node makes before its peer is back.
	aloneWrites = 100
	// connections is how many the load uses.
	connections = 2
	// interrupted is the exit code of who was interrupted, as shells have it for SIGINT.
	interrupted = 130
)

var statusRequest = wire.ControlRequest{Cmd: wire.ControlStatus}

// Run runs the demo and tells of it on w. Whatever happens, no process of it outlives Run, unless all went
// well and the pair is to be kept. After a failure its folder stays, with the nodes' logs.
func Run(o Options, w io.Writer) (err error) {
	if o.Size < MinSize || o.Size > MaxSize {
		return exit.Errorf(exit.Usage, "A component of %d bytes is not between %d and %d; give another --size.", o.Size, int64(MinSize), int64(MaxSize))
	}
	if o.Writes < 1 || o.Writes > math.MaxInt32 {
		return exit.Errorf(exit.Usage, "The number of writes (%d) must be between 1 and %d.", o.Writes, math.MaxInt32)
	}
	// Nobody may read our output to its end (SIGPIPE); the daemons must not stay behind for that.
	signal.Ignore(syscall.SIGPIPE)
	defer signal.Reset(syscall.SIGPIPE)
	asked, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer done()
	ctx, cancel := context.WithTimeout(asked, demoTime)
	defer cancel()

	p, err := newPair(o.Mode, o.Keep)
	if p == nil {
		return err
	}
	r := &run{Options: o, teller: teller{w: w}, pair: p, ctx: ctx}
	// A request to a process that is gone fails at once, wherever the demo is waiting then.
	forget := context.AfterFunc(ctx, p.killAll)
	failed := true
	defer func() { r.clean(failed && asked.Err() == nil) }()
	if err == nil {
		err = r.all()
	}
	switch {
	case asked.Err() != nil:
		return exit.Errorf(interrupted, "Interrupted; nothing of the demo is left.")
	case ctx.Err() != nil:
		err = fmt.Errorf("the demo took longer than %v: %w", demoTime, err)
	}
	if err != nil {
		return exit.With(exit.Software, fmt.Errorf("The demo failed: %w", err))
	}
	failed = false
	if o.Keep {
		forget()
		r.kept = true
	}
	return nil
}

// run is one demo.
type run struct {
	Options
	teller
	*pair
	ctx  context.Context
	kept bool

	image *image
	load  area
	spare int64 // where the first write on the promoted node goes, in bytes
	j     *journal
	seen  []uint64 // what the load's blocks hold
	found finding

	killed   time.Time
	firstIn  time.Duration
	resynced uint64
	compared int64
}

// clean ends what is left of the demo.
func (r *run) clean(failed bool) {
	if r.kept {
		return
	}
	if failed {
		r.killAll()
		for _, d := range []*daemon{r.a, r.b} {
			if d != nil {
				fmt.Fprintf(r.w, "\nThe end of %s:\n%s\n", d.logFile(), d.logTail(15))
			}
		}
		fmt.Fprintf(r.w, "\nAll of it is in %s\n", r.dir)
		return
	}
	r.stopAll()
	if err := os.RemoveAll(r.dir); err != nil {
		fmt.Fprintf(r.w, "%s can't be removed: %v\n", r.dir, err)
	}
}

// all is the demo, step by step.
func (r *run) all() error {
	for _, step := range []func() error{r.form, r.writeImage, r.crash, r.promote, r.verify, r.comeBack, r.compare, r.conclude} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// form makes the pair and brings it into sync.
func (r *run) form() error {
	r.next("Two nodes, a and b, in %s", r.dir)
	r.say("Components of %s with different garbage on them; %s replication over TCP, %s and %s; seed %d.",
		report.Human(uint64(r.Size)), r.Mode, r.a.addr, r.b.addr, r.Seed)
	if err := r.create(r.ctx, r.Size, r.Seed); err != nil {
		return err
	}
	for _, d := range []*daemon{r.a, r.b} {
		if err := d.start(r.ctx); err != nil {
			return err
		}
	}
	if err := r.b.role(states.RoleSecondary); err != nil {
		return err
	}
	if err := r.a.role(states.RolePrimary); err != nil {
		return err
	}
	s, err := r.a.inSync(r.ctx, nil)
	if err != nil {
		return err
	}
	if err := r.a.settle(r.ctx); err != nil {
		return err
	}
	r.say("a is primary, b secondary; %s were copied from a to b.", report.Human(s.Sync.Copied))
	r.divide(int64(s.DataSize))
	return r.status(r.a)
}

// divide gives one half of the device to the image, most of the rest to the load; what is left stays as it
// was, but for one write.
func (r *run) divide(size int64) {
	size = size / blockSize * blockSize
	r.load = area{off: size / 2 / blockSize * blockSize, seed: r.Seed}
	r.load.blocks = int(size * 3 / 8 / blockSize)
	r.spare = size - blockSize
}

// writeImage writes the real data.
func (r *run) writeImage() (err error) {
	r.next("Real data, through the primary's NBD export")
	if r.image, err = makeImage(r.ctx, r.pair, r.load.off); err != nil {
		return err
	}
	c, err := r.a.open(r.ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := r.image.write(c); err != nil {
		return err
	}
	r.say("Written and flushed: %s, %s.", r.image.kind, report.Human(uint64(r.image.size)))
	return nil
}

// crash kills the primary under load.
func (r *run) crash() error {
	r.next("A load of stamped writes, and a SIGKILL in the middle of it")
	clients := make([]*nbd.Client, connections)
	for i := range clients {
		c, err := r.a.open(r.ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		clients[i] = c
	}
	if err := r.load.fill(clients[0]); err != nil {
		return err
	}
	r.j = newJournal(r.load.blocks)
	err := r.load.load(r.ctx, clients, r.j, r.Writes, func() {
		r.killed = time.Now()
		r.a.kill()
	})
	if err != nil {
		return err
	}
	acked, flying := r.j.count()
	r.say("%d writers over %d connections; killed node a: %d writes were acknowledged, %d in flight.", workers, connections, acked, flying)
	if flying == 0 {
		return errors.New("no write was in flight when the primary died; the demo proves nothing then, run it again")
	}
	return nil
}

// promote makes the other node primary and writes to it.
func (r *run) promote() error {
	r.next("b takes over")
	if err := r.b.role(states.RolePrimary); err != nil {
		return err
	}
	c, err := r.b.open(r.ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, blockSize)
	stamp(buf, r.Seed, math.MaxUint64, 0)
	if _, err := c.WriteAt(buf, r.spare, false); err != nil {
		return err
	}
	r.firstIn = time.Since(r.killed)
	r.say("b is primary; it acknowledged its first write %v after the kill.", r.firstIn.Round(time.Millisecond))
	return r.status(r.b)
}

// verify holds what b has against the journal.
func (r *run) verify() error {
	r.next("Every acknowledged write, read from b")
	c, err := r.b.open(r.ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := r.image.check(c); err != nil {
		return err
	}
	r.say("The image is as it was written.")
	if r.seen, err = r.load.read(c); err != nil {
		return err
	}
	if r.found, err = r.j.judge(r.seen, r.Mode == states.Async); err != nil {
		return err
	}
	again, err := r.load.read(c)
	if err == nil {
		err = same(r.seen, again)
	}
	if err != nil {
		return err
	}
	f := r.found
	switch {
	case f.lost > 0:
		r.say("%d of %d acknowledged writes are there. Async replication lost the last %d: all among the last %d", f.acked-f.lost, f.acked, f.lost, f.tail)
		r.say("to begin, nothing newer is there without them, and none was covered by a flush.")
	default:
		r.say("All %d acknowledged writes are there; so are %d of the %d in flight, which may be either way.", f.acked, f.applied, f.inFlight)
	}
	r.say("Two readings of %d blocks agree, and each block is whole.", len(r.seen))
	return nil
}

// comeBack writes on b alone and then brings a back as its secondary.
func (r *run) comeBack() error {
	r.next("a comes back, as secondary")
	c, err := r.b.open(r.ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, blockSize)
	for i := range aloneWrites {
		block := i * 7 % r.load.blocks
		if _, err := r.load.write(c, r.j, block, 1, buf); err != nil {
			return err
		}
		r.seen[block] = r.j.last()
	}
	dirty, err := dirtyBytes(r.a, r.b)
	if err != nil {
		return err
	}
	r.say("%d more writes on b, which is alone. The activemaps of both mark %s as what may differ.", aloneWrites, report.Human(dirty))
	if err := r.a.start(r.ctx); err != nil {
		return err
	}
	if err := r.a.role(states.RoleSecondary); err != nil {
		return err
	}
	p := r.progress("from b to a")
	early := false // complete was claimed too early
	s, err := r.b.inSync(r.ctx, func(s *actors.Status) {
		p.show(s)
		early = early || s.Status == "complete" && s.Sync.Remaining > 0
	})
	switch {
	case err != nil:
		return err
	case early:
		return errors.New("status said complete while there was something left to copy")
	}
	p.end()
	r.resynced = s.Sync.Copied
	r.say("In sync again: %s of %s were copied from b to a.", report.Human(r.resynced), report.Human(s.DataSize))
	if r.resynced == 0 || r.resynced > dirty {
		return fmt.Errorf("%d bytes were copied, where %d were marked dirty", r.resynced, dirty)
	}
	again, err := r.load.read(c)
	if err == nil {
		err = same(r.seen, again)
	}
	if err == nil {
		err = r.image.check(c)
	}
	if err != nil {
		return err
	}
	return errors.Join(r.status(r.a), r.status(r.b))
}

// compare stops both nodes in order and compares their components.
func (r *run) compare() (err error) {
	r.next("Both components, byte by byte")
	for _, d := range []*daemon{r.b, r.a} {
		if err := d.role(states.RoleInit); err != nil {
			return err
		}
	}
	if r.compared, err = r.identical(); err != nil {
		return err
	}
	r.say("The data areas, %d bytes each, are identical.", r.compared)
	return nil
}

// conclude prints the counts and, if asked for, how to go on.
func (r *run) conclude() error {
	r.next("What was counted")
	f := r.found
	r.row("mode", "%s", r.Mode)
	r.row("writes acknowledged before the kill", "%d", f.acked)
	r.row("writes in flight at the kill", "%d", f.inFlight)
	r.row("acknowledged writes verified on b", "%d", f.acked-f.lost)
	r.row("acknowledged writes lost (tail)", "%d", f.lost)
	r.row("first write on b after the kill", "%v", r.firstIn.Round(time.Millisecond))
	r.row("bytes resynchronized", "%d of %d", r.resynced, r.compared)
	r.row("bytes compared, identical", "%d", r.compared)
	if !r.Keep {
		return nil
	}
	return r.keep()
}
