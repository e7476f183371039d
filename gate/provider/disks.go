package provider

import (
	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
	"hast/gate/turn"
)

const (
	defaultWorkers = 4
	maxWorkers     = 64
)

// Disks opens components for the actors.
type Disks struct {
	log  hclog.Logger
	tell func(*actor.PID, any)
}

var _ actors.Disks = (*Disks)(nil)

// NewDisks makes the seam. tell sends a message to an actor from outside any actor.
func NewDisks(log hclog.Logger, tell func(to *actor.PID, msg any)) *Disks {
	return &Disks{log: log, tell: func(to *actor.PID, msg any) {
		if to != nil {
			tell(to, msg)
		}
	}}
}

// Open opens and locks the component at path. So many workers (0 is a default) do its I/O.
func (ds *Disks) Open(o actors.Owner, path string, workers int) {
	fail := func(err error) { ds.tell(o.PID, &actors.DiskOpened{Epoch: o.Epoch, Err: err}) }
	spawn.Go("opening of "+path, func(err error, stack []byte) {
		ds.log.Error("cannot open a component", "path", path, "error", err, "stack", string(stack))
		fail(err)
	}, func() {
		p, err := Open(path, Options{Exclusive: true})
		if err != nil {
			fail(err)
			return
		}
		if p.Unlocked() != nil {
			ds.log.Warn("the component has no lock against other processes", "error", p.Unlocked())
		}
		d := newDisk(p, ds, turn.Of(o.Exec), workers)
		ds.tell(o.PID, &actors.DiskOpened{Epoch: o.Epoch, Disk: d, Size: p.Size(), Sector: p.Sector()})
	})
}
