package nbd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/gate/host"
	"hast/gate/nbd"
	"hast/states"
)

// owner is an actor that opens a door and serves a device in memory, on the machine's real host.
type owner struct {
	host   *actors.Host
	exec   actors.Executor
	socket string
	disk   []byte
	door   actors.Door
	opened chan *actors.DoorOpened
	closed chan struct{}
}

type leave struct{}

func (o *owner) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		o.host.Doors.Open(actors.Owner{PID: ctx.Self(), Exec: o.exec, Epoch: 1},
			actors.DoorSpec{Resource: "shared", Size: int64(len(o.disk)), Sector: 512, Socket: o.socket})
	case *actors.DoorOpened:
		o.door = m.Door
		o.opened <- m
	case *actors.Requests:
		for _, r := range m.Reqs {
			switch r.Op {
			case states.OpRead:
				copy(r.Buf, o.disk[r.Off:])
			case states.OpWrite:
				copy(o.disk[r.Off:], r.Buf)
			}
			r.To.Answered(r)
			r.To.Released(r)
		}
	case leave:
		o.door.Close()
	case *actors.DoorClosed:
		close(o.closed)
	}
}

// serve shows a device of size bytes and returns a client of it, and how to end both.
func serve(t testing.TB, size int) (*nbd.Client, func()) {
	t.Helper()
	h := host.New(host.Options{Doors: nbd.NewDoors})
	o := &owner{
		host: h, exec: h.Exec.Executor("shared"), socket: filepath.Join(t.TempDir(), "s"), disk: make([]byte, size),
		opened: make(chan *actors.DoorOpened, 1), closed: make(chan struct{}),
	}
	pid := h.System.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return o }, o.exec.Options()...))
	m := <-o.opened
	if m.Err != nil {
		t.Fatal(m.Err)
	}
	export, socket, err := nbd.ParseURI(m.URI)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := nbd.Dial(ctx, socket, export)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() {
		h.Tell(pid, leave{})
		<-o.closed
		if err := c.Flush(); err == nil {
			t.Error("the device answers after its door was closed")
		}
		c.Close()
	}
}

// The door works with the executor that it was made for, whose turns run on the door's readers.
func TestOnHost(t *testing.T) {
	const size, workers = 8 << 20, 8
	c, end := serve(t, size)
	defer end()
	failed := make(chan error, workers)
	for w := range workers {
		go func() {
			failed <- func() error {
				part := size / workers
				want, got := bytes.Repeat([]byte{byte(w + 1)}, part), make([]byte, part)
				for off := 0; off < part; off += 64 << 10 {
					if _, err := c.WriteAt(want[:64<<10], int64(w*part+off), false); err != nil {
						return err
					}
				}
				if _, err := c.ReadAt(got, int64(w*part)); err != nil {
					return err
				}
				if !bytes.Equal(got, want) {
					return errors.New("other bytes are read than were written")
				}
				return nil
			}()
		}()
	}
	for range workers {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkOnHost(b *testing.B) {
	for _, depth := range []int{1, 32} {
		b.Run(fmt.Sprintf("read/size=4096/depth=%d", depth), func(b *testing.B) {
			c, end := serve(b, 16<<20)
			defer end()
			b.ReportAllocs()
			b.ResetTimer()
			var next atomic.Int64
			var workers sync.WaitGroup
			for range depth {
				workers.Go(func() {
					buf := make([]byte, 4096)
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if _, err := c.ReadAt(buf, i*4096%(16<<20)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			workers.Wait()
			b.StopTimer()
		})
	}
}
