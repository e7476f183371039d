package provider

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"hast/actors"
	"hast/gate/turn"
	"hast/wire"
)

// manual is an executor whose turns end when the test says so.
type manual struct {
	turn.Now
	due []turn.Flusher
}

func (m *manual) Defer(f turn.Flusher)         { m.due = append(m.due, f) }
func (m *manual) Options() []actor.PropsOption { return nil }
func (m *manual) endTurn() {
	due := m.due
	m.due = nil
	for _, f := range due {
		f.Flush()
	}
}

type fixture struct {
	t    *testing.T
	got  chan any
	exec *manual
	o    actors.Owner
	disk actors.Disk
	path string
}

func openDisk(t *testing.T, size, workers int) *fixture {
	t.Helper()
	f := &fixture{t: t, got: make(chan any, 1024), exec: &manual{}, path: component(t, size)}
	f.o = actors.Owner{PID: &actor.PID{Id: "owner"}, Exec: f.exec, Epoch: 3}
	ds := NewDisks(hclog.NewNullLogger(), func(_ *actor.PID, msg any) { f.got <- msg })
	ds.Open(f.o, f.path, workers)
	m := (<-f.got).(*actors.DiskOpened)
	if m.Err != nil || m.Epoch != 3 || m.Size != int64(size) || m.Sector != 512 {
		t.Fatalf("opened: %+v", m)
	}
	f.disk = m.Disk
	return f
}

func (f *fixture) close() {
	f.disk.Close(f.o)
	if m, ok := (<-f.got).(*actors.DiskClosed); !ok || m.Epoch != 3 {
		f.t.Errorf("closing is answered by %+v", m)
	}
}

// do executes operations together and returns when all are answered.
func (f *fixture) do(ops ...*actors.DiskOp) {
	f.t.Helper()
	for _, op := range ops {
		op.To = f.o.PID
		f.disk.Submit(op)
	}
	f.exec.endTurn()
	open := map[any]bool{}
	for _, op := range ops {
		open[op] = true
	}
	for range ops {
		m := <-f.got
		if !open[m] {
			f.t.Fatalf("unexpected answer %+v", m)
		}
		delete(open, m)
	}
}

func TestDisk(t *testing.T) {
	const size, block, blocks = 1 << 20, 4096, 64
	for _, workers := range []int{0, 1, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			f := openDisk(t, size, workers)
			var ops []*actors.DiskOp
			for i := range blocks {
				ops = append(ops, &actors.DiskOp{Kind: actors.DiskWrite, Off: int64(i * block), Buf: bytes.Repeat([]byte{byte(i)}, block)})
			}
			f.do(ops...)
			f.do(&actors.DiskOp{Kind: actors.DiskZero, Off: 5 * block, Len: block}, &actors.DiskOp{Kind: actors.DiskFlush}, &actors.DiskOp{Kind: actors.DiskFlush})
			for _, op := range ops {
				op.Kind, op.Buf = actors.DiskRead, make([]byte, block)
			}
			whole := &actors.DiskOp{Kind: actors.DiskRead, Buf: make([]byte, size)}
			f.do(append(ops, whole)...)
			for i, op := range ops {
				want := bytes.Repeat([]byte{byte(i)}, block)
				if i == 5 {
					clear(want)
				}
				if op.Err != nil || !bytes.Equal(op.Buf, want) || !bytes.Equal(whole.Buf[op.Off:][:block], want) {
					t.Errorf("block %d is wrong: %v", i, op.Err)
				}
			}
			f.close()
		})
	}
}

func TestDiskErrors(t *testing.T) {
	f := openDisk(t, 8192, 2)
	past := []*actors.DiskOp{
		{Kind: actors.DiskRead, Off: 8192, Buf: make([]byte, 1)},
		{Kind: actors.DiskWrite, Off: -1, Buf: make([]byte, 1)},
		{Kind: actors.DiskWrite, Off: 1<<63 - 1, Buf: make([]byte, 2)},
		{Kind: actors.DiskZero, Off: 4096, Len: 4097},
		{Kind: actors.DiskZero, Off: 0, Len: -1},
		{Kind: 9},
	}
	f.do(past...)
	for _, op := range past {
		wantErrno(t, op.Err, wire.EINVAL, f.path)
	}
	empty := &actors.DiskOp{Kind: actors.DiskRead, Off: 8192}
	f.do(empty)
	if empty.Err != nil {
		t.Errorf("an empty read at the end: %v", empty.Err)
	}
	if err := os.Truncate(f.path, 4096); err != nil {
		t.Fatal(err)
	}
	short := &actors.DiskOp{Kind: actors.DiskRead, Off: 2048, Buf: make([]byte, 4096)}
	f.do(short)
	wantErrno(t, short.Err, wire.EIO, "has shrunk")
	f.close()
	late := &actors.DiskOp{Kind: actors.DiskWrite, Buf: make([]byte, 512)}
	f.do(late)
	wantErrno(t, late.Err, wire.ENXIO, "closed")
	f.close()
}

func TestOpenFails(t *testing.T) {
	f := openDisk(t, 8192, 1)
	got := make(chan any, 1)
	ds := NewDisks(hclog.NewNullLogger(), func(_ *actor.PID, msg any) { got <- msg })
	ds.Open(f.o, f.path, 1)
	m := (<-got).(*actors.DiskOpened)
	wantErrno(t, m.Err, wire.EBUSY, "in use")
	if m.Disk != nil {
		t.Error("a disk comes with the error")
	}
	f.close()
	ds.Open(f.o, filepath.Join(f.path, "x"), 1)
	wantErrno(t, (<-got).(*actors.DiskOpened).Err, wire.ENOTDIR, "open")
}

// A close waits until what was submitted before has been answered.
func TestCloseWaits(t *testing.T) {
	f := openDisk(t, 1<<20, 2)
	const n = 50
	for i := range n {
		f.disk.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: int64(i) * 512, Buf: make([]byte, 512), To: f.o.PID})
	}
	f.disk.Submit(&actors.DiskOp{Kind: actors.DiskFlush, To: f.o.PID})
	f.disk.Close(f.o)
	f.exec.endTurn()
	for range n + 1 {
		if op, ok := (<-f.got).(*actors.DiskOp); !ok || op.Err != nil {
			t.Fatalf("want an operation's answer, got %+v", op)
		}
	}
	if _, ok := (<-f.got).(*actors.DiskClosed); !ok {
		t.Error("the close is not answered last")
	}
	p, err := Open(f.path, Options{})
	if err != nil {
		t.Fatalf("the component is still locked: %v", err)
	}
	p.Close()
}

// A flush that fails takes with it those that were submitted before anybody could know (I38), and no
// later one.
func TestFailedFlush(t *testing.T) {
	f := openDisk(t, 8192, 1)
	d := f.disk.(*disk)
	op := func() *actors.DiskOp { return &actors.DiskOp{Kind: actors.DiskFlush, To: f.o.PID} }
	failed, queued, submitted := op(), op(), op()
	failed.Err = errors.New("no luck")
	f.disk.Submit(submitted)
	d.mu.Lock()
	d.inFlight += 2
	d.flushes = append(d.flushes, queued)
	d.mu.Unlock()
	group := d.spread([]*actors.DiskOp{failed})
	d.answerAll(group)
	f.exec.endTurn()
	for _, want := range []*actors.DiskOp{failed, queued, submitted} {
		if got := <-f.got; got != any(want) || want.Err == nil {
			t.Errorf("answer %+v with error %v", got, want.Err)
		}
	}
	wantErrno(t, queued.Err, wire.EIO, "earlier flush")
	wantErrno(t, submitted.Err, wire.EIO, "earlier flush")
	later := op()
	f.do(later)
	if later.Err != nil {
		t.Errorf("a flush submitted after the failure was known: %v", later.Err)
	}
	f.close()
}

// The machine's own errors reach the operation: here those of a descriptor that is no component.
func TestMachineErrors(t *testing.T) {
	f := openDisk(t, 8192, 1)
	d := f.disk.(*disk)
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[1])
	unix.Close(d.p.fd)
	d.p.fd = pipe[0]
	ops := []*actors.DiskOp{
		{Kind: actors.DiskFlush}, {Kind: actors.DiskWrite, Buf: make([]byte, 512)},
		{Kind: actors.DiskRead, Buf: make([]byte, 512)}, {Kind: actors.DiskZero, Len: 512},
	}
	f.do(ops...)
	for _, op := range ops {
		var n wire.Errno
		if !errors.As(op.Err, &n) {
			t.Errorf("%s: error %v, want one with a number", op.Kind, op.Err)
		}
	}
	f.close()
}

func TestPanicIsAnError(t *testing.T) {
	f := openDisk(t, 8192, 1)
	d := f.disk.(*disk)
	p := d.p
	d.p = nil
	op := &actors.DiskOp{Kind: actors.DiskWrite, Buf: make([]byte, 512)}
	d.execute(op)
	err := d.sync()
	d.p = p
	f.close()
	wantErrno(t, op.Err, wire.EIO, "write panicked")
	wantErrno(t, err, wire.EIO, "flush panicked")
}

func BenchmarkDisk(b *testing.B) {
	path := filepath.Join(b.TempDir(), "component")
	if err := os.WriteFile(path, make([]byte, 16<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	p, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []actors.DiskKind{actors.DiskRead, actors.DiskWrite} {
		b.Run(kind.String(), func(b *testing.B) {
			const depth = 32
			got := make(chan *actors.DiskOp, depth)
			exec := &manual{}
			ds := NewDisks(hclog.NewNullLogger(), func(_ *actor.PID, msg any) {
				if op, ok := msg.(*actors.DiskOp); ok {
					got <- op
				}
			})
			d := newDisk(p, ds, exec, 4)
			to := &actor.PID{Id: "b"}
			for i := range depth {
				got <- &actors.DiskOp{Kind: kind, Off: int64(i) * 4096, Buf: make([]byte, 4096), To: to}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; {
				d.Submit(<-got)
				n++
				for len(got) > 0 && n < b.N {
					d.Submit(<-got)
					n++
				}
				exec.endTurn()
			}
		})
	}
}
