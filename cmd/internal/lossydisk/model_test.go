package lossydisk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"hast/actors"
	"hast/simulation"
)

// The disk that the simulation plays with is made up, as are its power cuts, and all that is found there rests on it.
// Here the same operations go to it, to a lossy disk and to a plain file behind a write log (writelog_test.go).

// modelDisk is a disk of the simulation, opened by an actor that does nothing but hear of the ends.
type modelDisk struct {
	t       *testing.T
	world   *simulation.World
	machine *simulation.Machine
	platter *simulation.Platter
	disk    actors.Disk
	self    *actor.PID
	ended   []*actors.DiskOp
}

func newModelDisk(t *testing.T, seed uint64, image []byte) *modelDisk {
	t.Helper()
	w := simulation.NewWorld(seed)
	t.Cleanup(w.Close)
	m := &modelDisk{t: t, world: w, machine: w.AddMachine("a", "10.0.0.1")}
	m.platter = m.machine.AddDisk("/disk", int64(len(image)))
	m.platter.Put(0, image)
	m.open()
	return m
}

// open starts the machine's node and opens the disk.
func (m *modelDisk) open() {
	m.t.Helper()
	m.disk, m.ended = nil, nil
	var host *actors.Host
	err := m.machine.Start(func(h *actors.Host) *actor.Props {
		host = h
		return actor.PropsFromProducer(func() actor.Actor { return m }, h.Exec.Executor("probe").Options()...)
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.self = m.machine.Root()
	host.Disks.Open(actors.Owner{PID: m.self, Exec: host.Exec.Executor("probe"), Epoch: 1}, "/disk", 4)
	m.until(func() bool { return m.disk != nil })
}

// Receive hears of an end.
func (m *modelDisk) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *actors.DiskOpened:
		if msg.Err != nil {
			m.t.Errorf("open: %v", msg.Err)
		}
		m.disk = msg.Disk
	case *actors.DiskOp:
		m.ended = append(m.ended, msg)
	}
}

func (m *modelDisk) until(done func() bool) {
	m.t.Helper()
	if err := m.world.Run(done, time.Hour); err != nil {
		m.t.Fatal(err)
	}
}

// trio is the three disks, and what their user has under way at the first of them. The other two have what that one
// has ended: of what is under way nobody can tell.
type trio struct {
	t      *testing.T
	r      *rand.Rand
	model  *modelDisk
	lossy  *disk
	log    *writeLog
	newest value
	busy   []*task
	cuts   int
}

// task is an operation under way. seen are, for a read, the values that each of its sectors had since it began.
type task struct {
	op      *actors.DiskOp
	first   int
	sectors int
	value   value
	covers  flushing
	final   bool // a flush has failed since this write began
	seen    [][]value
}

func (k *task) writes() bool { return k.op.Kind == actors.DiskWrite || k.op.Kind == actors.DiskZero }

func (k *task) overlaps(first, sectors int) bool {
	return k.first < first+sectors && first < k.first+k.sectors
}

func newTrio(t *testing.T, seed uint64, sectors int) *trio {
	t.Helper()
	x := &trio{t: t, r: rand.New(rand.NewPCG(seed, 3))}
	image := x.next(sectors)
	var err error
	if x.lossy, err = newDisk(image); err != nil {
		t.Fatal(err)
	}
	x.model, x.log = newModelDisk(t, seed, image), newWriteLog(t, image)
	return x
}

// next is the data of the next write.
func (x *trio) next(sectors int) []byte {
	x.newest++
	return fill(x.newest, sectors)
}

// submit begins an operation at the model.
func (x *trio) submit(kind actors.DiskKind, first, sectors int) *task {
	k := &task{op: &actors.DiskOp{Kind: kind, Off: int64(first) * sectorSize, To: x.model.self}, first: first, sectors: sectors}
	switch kind {
	case actors.DiskRead:
		k.op.Buf = make([]byte, sectors*sectorSize)
		for s := first; s < first+sectors; s++ {
			p := x.log.past[s]
			k.seen = append(k.seen, []value{p[len(p)-1].value})
		}
		for _, w := range x.busy {
			k.meets(w)
		}
	case actors.DiskWrite:
		k.op.Buf, k.value = x.next(sectors), x.newest
	case actors.DiskZero:
		k.op.Len = int64(sectors) * sectorSize
	case actors.DiskFlush:
		k.first, k.sectors = 0, 0
		k.covers = x.log.flush()
		_ = x.lossy.flush()
	}
	if k.writes() {
		for _, r := range x.busy {
			r.meets(k)
		}
	}
	x.busy = append(x.busy, k)
	x.model.disk.Submit(k.op)
	return k
}

// meets tells a read of a write that is under way at the same time.
func (k *task) meets(w *task) {
	if k.op.Kind != actors.DiskRead || !w.writes() {
		return
	}
	for i := range k.seen {
		if s := k.first + i; s >= w.first && s < w.first+w.sectors {
			k.seen[i] = append(k.seen[i], w.value)
		}
	}
}

// wait lets the model end an operation, and has the other two do it.
func (x *trio) wait() {
	x.t.Helper()
	x.model.until(func() bool { return len(x.model.ended) > 0 })
	op := x.model.ended[0]
	x.model.ended = x.model.ended[1:]
	i := slices.IndexFunc(x.busy, func(k *task) bool { return k.op == op })
	k := x.busy[i]
	x.busy = slices.Delete(x.busy, i, i+1)
	switch {
	case k.op.Kind == actors.DiskFlush:
		x.flushed(k, op.Err == nil)
	case op.Err != nil:
		x.learn(k)
	case k.op.Kind == actors.DiskRead:
		for i, v := range values(op.Buf) {
			if !slices.Contains(k.seen[i], v) {
				x.t.Fatalf("sector %d: the model reads %d, and since that began it was %v", k.first+i, v, k.seen[i])
			}
		}
	default:
		x.write(k.first, k.value, k.sectors, k.final)
	}
}

// flushed is the end of a flush.
func (x *trio) flushed(k *task, ok bool) {
	x.t.Helper()
	x.log.done(k.covers, ok)
	for _, w := range x.busy {
		w.final = w.final || !ok
	}
}

// write is a write that ended, at the lossy disk and the file.
func (x *trio) write(first int, v value, sectors int, final bool) {
	x.t.Helper()
	if e := x.lossy.write(fill(v, sectors), int64(first)*sectorSize, false); e != 0 {
		x.t.Fatal(e)
	}
	x.log.write(first, v, sectors, final)
}

// learn takes over what the model has of a write of which only its reads tell how far it came.
func (x *trio) learn(k *task) {
	x.t.Helper()
	now := values(x.model.platter.Written())
	for s := k.first; s < k.first+k.sectors && k.writes(); s++ {
		old := x.log.past[s]
		switch v := now[s]; {
		case v == old[len(old)-1].value:
		case v == k.value:
			x.write(s, v, 1, k.final)
		default:
			x.t.Fatalf("sector %d: after a write of %d that came to no good end the model has %d, and before it was %d", s, k.value, v, old[len(old)-1].value)
		}
	}
}

// same wants that all three read the same wherever no write is under way.
func (x *trio) same() {
	x.t.Helper()
	b := make([]byte, x.lossy.size())
	if _, e := x.lossy.read(b, 0); e != 0 {
		x.t.Fatal(e)
	}
	model, lossy, file := values(x.model.platter.Written()), values(b), x.log.read()
	for s := range model {
		if slices.ContainsFunc(x.busy, func(k *task) bool { return k.writes() && k.overlaps(s, 1) }) {
			continue
		}
		if model[s] != file[s] || lossy[s] != file[s] {
			x.t.Fatalf("sector %d: the file has %d, the model %d, the lossy disk %d", s, file[s], model[s], lossy[s])
		}
	}
}

// kill is the end of the node: what it had handed over is done, or part of it, before the disk is opened again.
func (x *trio) kill() {
	x.t.Helper()
	caught := x.busy
	x.model.machine.Kill()
	x.model.open()
	for _, k := range caught {
		if k.op.Kind == actors.DiskFlush {
			x.flushed(k, false) // it may have failed, and who was to hear it is dead
		}
	}
	for _, k := range caught {
		x.learn(k)
	}
	x.busy = nil
	x.same()
}

// cut is the loss of power. Both disks must have what the log allows, and what was under way besides.
func (x *trio) cut(kept simulation.Kept, lossy keeping) {
	x.t.Helper()
	x.cuts++
	x.model.machine.PowerCut(kept, 0)
	if _, _, err := x.lossy.cut(lossy, uint64(x.cuts)); err != nil {
		x.t.Fatal(err)
	}
	left := values(x.model.platter.Written())
	for s, v := range left {
		under := slices.ContainsFunc(x.busy, func(k *task) bool { return k.writes() && k.overlaps(s, 1) && k.value == v })
		if !under && !x.log.mayHold(s, v) {
			x.t.Fatalf("sector %d: a power cut (%v) leaves %d at the model, and the log allows %v", s, kept, v, x.log.past[s])
		}
	}
	for s, v := range values(x.lossy.img.written) {
		if !x.log.mayHold(s, v) {
			x.t.Fatalf("sector %d: a power cut (%v) leaves %d at the lossy disk, and the log allows %v", s, lossy, v, x.log.past[s])
		}
	}
	if !bytes.Equal(x.model.platter.Written(), x.model.platter.Durable()) {
		x.t.Fatal("after a power cut the model has something that isn't durable")
	}
	x.busy = nil
	x.model.open()
	for s, v := range left {
		x.write(s, v, 1, false)
	}
	x.log.done(x.log.flush(), true)
	_ = x.lossy.flush()
	x.same()
}

// random does one thing.
func (x *trio) random() {
	x.t.Helper()
	n := len(x.log.past)
	first := x.r.IntN(n)
	sectors := 1 + x.r.IntN(min(4, n-first))
	switch what := x.r.IntN(40); {
	case what == 0:
		x.cut(simulation.Kept(x.r.IntN(int(simulation.KeptOldest)+1)), []keeping{keepNone, keepAll, keepRandom}[x.r.IntN(3)])
	case what == 1:
		x.kill()
	case what == 2:
		kind := []actors.DiskKind{actors.DiskFlush, actors.DiskWrite}[x.r.IntN(2)]
		x.model.platter.Fail(simulation.DiskFault{Kinds: []actors.DiskKind{kind}, Times: 1})
	case what < 16 && len(x.busy) > 0 || len(x.busy) == 6:
		x.wait()
		x.same()
	case what < 20:
		x.submit(actors.DiskFlush, 0, 0)
	case what < 28:
		x.submit(actors.DiskRead, first, sectors)
	case slices.ContainsFunc(x.busy, func(k *task) bool { return k.writes() && k.overlaps(first, sectors) }):
		// Nobody submits writes that overlap: their order would be open.
	case what < 31:
		x.submit(actors.DiskZero, first, sectors)
	default:
		x.submit(actors.DiskWrite, first, sectors)
	}
}

// TestDisksAreAlike: of the same random operations, with power cuts, deaths and failures between them, all three
// disks read the same, and after a power cut both have only what the log of the file allows.
func TestDisksAreAlike(t *testing.T) {
	cuts := 0
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			x := newTrio(t, seed, 4+int(seed%13))
			for range 300 {
				x.random()
			}
			for len(x.busy) > 0 {
				x.wait()
			}
			x.same()
			x.cut(simulation.KeptNone, keepNone)
			cuts += x.cuts
			if err := x.model.world.Check(); err != nil {
				t.Error(err)
			}
		})
	}
	if cuts < 150 {
		t.Errorf("only %d power cuts", cuts)
	}
}

// TestPowerCutsReachAllThatTheLogAllows: what may be there after a power cut, by the write log, the model's cuts bring
// about, all of it, over many seeds, and nothing else. A cut that always kept, or lost, something would hide what
// depends on it.
func TestPowerCutsReachAllThatTheLogAllows(t *testing.T) {
	for _, c := range []struct {
		name    string
		sectors int
		do      func(x *trio)
		more    int // outcomes beyond those of the log: of what is under way
	}{
		{"nothing", 2, func(x *trio) {}, 0},
		{"two sectors", 2, func(x *trio) { x.put(0, 1); x.put(1, 1) }, 0},
		{"three of one write", 3, func(x *trio) { x.put(0, 3) }, 0},
		{"one twice", 1, func(x *trio) { x.put(0, 1); x.put(0, 1) }, 0},
		{"flushed, and written again", 2, func(x *trio) { x.put(0, 2); x.sync(); x.put(1, 1) }, 0},
		{"zeroes", 2, func(x *trio) { x.put(0, 2); x.sync(); x.submit(actors.DiskZero, 0, 1); x.rest() }, 0},
		{"written while a flush is under way", 2, func(x *trio) {
			x.put(0, 2)
			x.submit(actors.DiskFlush, 0, 0)
			x.submit(actors.DiskWrite, 0, 1)
			x.rest()
		}, 0},
		{"a failed flush is final", 2, func(x *trio) {
			x.put(0, 1)
			x.model.platter.Fail(simulation.DiskFault{Kinds: []actors.DiskKind{actors.DiskFlush}, Times: 1})
			x.sync()
			x.put(1, 1)
			x.sync()
		}, 0},
		{"written again after a failed flush", 1, func(x *trio) {
			x.put(0, 1)
			x.model.platter.Fail(simulation.DiskFault{Kinds: []actors.DiskKind{actors.DiskFlush}, Times: 1})
			x.sync()
			x.put(0, 1)
			x.sync()
		}, 0},
		{"under way", 2, func(x *trio) { x.submit(actors.DiskWrite, 0, 2) }, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			reached, allowed := make(map[string]bool), make(map[string]bool)
			for seed := range uint64(100) {
				x := newTrio(t, seed, c.sectors)
				c.do(x)
				for _, content := range x.log.all() {
					allowed[fmt.Sprint(content)] = true
				}
				x.cut(simulation.KeptDrawn, keepRandom)
				reached[fmt.Sprint(x.log.read())] = true
				x.model.world.Close()
			}
			for content := range allowed {
				if !reached[content] {
					t.Errorf("no power cut leaves %s", content)
				}
			}
			if len(reached) != len(allowed)+c.more {
				t.Errorf("power cuts leave %v; the log allows %v, and %d beyond are under way", reached, allowed, c.more)
			}
		})
	}
}

// put is a write that ends, sync a flush, rest the end of all.
func (x *trio) put(first, sectors int) { x.submit(actors.DiskWrite, first, sectors); x.rest() }
func (x *trio) sync()                  { x.submit(actors.DiskFlush, 0, 0); x.rest() }
func (x *trio) rest() {
	for len(x.busy) > 0 {
		x.wait()
	}
}
