package lossydisk

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
)

// mostRecorded bounds the record of operations.
const mostRecorded = 1 << 20

// Op is one operation as it ended.
type Op struct {
	Kind  string `json:"kind"` // read, write or flush
	Off   int64  `json:"off"`  // bytes
	Len   int    `json:"len"`  // bytes
	Errno int    `json:"errno,omitempty"`
	// Early is set for a write of data whose extent the durable activemap didn't mark when it came (I9).
	Early bool `json:"early,omitempty"`
}

// disk is an image that operations of many goroutines reach, with what is to go wrong.
type disk struct {
	mu     sync.Mutex
	moved  *sync.Cond // stuck or life changed
	img    *image
	saved  []byte // what restore brings back
	faults []*fault
	stuck  kind // operations that wait; empty for none
	// life counts the power cuts. An operation that waits over one has no effect but what the cut gave it.
	life int
	held map[*heldWrite]bool

	record []Op
	layout *layout // how to tell data from map; nil if nobody asks
}

// heldWrite is a write that waits: at a power cut it may have reached the disk in part.
type heldWrite struct {
	p   []byte
	off int64
}

// layout is where a component has its activemap and its data, in bytes.
type layout struct {
	mapAt, data, extent int64
}

func newDisk(content []byte) (*disk, error) {
	img, err := newImage(content)
	if err != nil {
		return nil, err
	}
	d := &disk{img: img, held: make(map[*heldWrite]bool)}
	d.moved = sync.NewCond(&d.mu)
	return d, nil
}

func (d *disk) size() int64 { return int64(len(d.img.written)) }

// read fills as much of p as there is from off on, in bytes.
func (d *disk) read(p []byte, off int64) (int, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if off < 0 || off >= d.size() {
		return 0, 0
	}
	p = p[:min(int64(len(p)), d.size()-off)]
	errno := d.enter(kindRead, off, len(p))
	if errno == 0 {
		copy(p, d.img.written[off:])
	}
	d.note(Op{Kind: string(kindRead), Off: off, Len: len(p), Errno: int(errno)})
	return len(p), errno
}

// write puts p at off, in bytes; with sync it is durable when write returns.
func (d *disk) write(p []byte, off int64, sync bool) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if off < 0 || off+int64(len(p)) > d.size() {
		return syscall.ENOSPC
	}
	early := d.early(p, off)
	h := &heldWrite{p, off}
	d.held[h] = true
	life := d.life
	errno := d.enter(kindWrite, off, len(p))
	delete(d.held, h)
	switch {
	case errno == 0:
		d.img.write(p, off)
		if sync {
			d.img.flushRange(off, len(p))
		}
	case life == d.life:
		// A write that fails may have got anywhere: this one, as far as half of its sectors.
		d.img.write(p[:len(p)/sectorSize/2*sectorSize], off)
	}
	d.note(Op{Kind: string(kindWrite), Off: off, Len: len(p), Errno: int(errno), Early: early})
	return errno
}

// flush makes durable what was written before.
func (d *disk) flush() syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	life := d.life
	errno := d.enter(kindFlush, 0, 0)
	switch {
	case errno == 0:
		d.img.flush()
	case life == d.life:
		d.img.loseFlush()
	}
	d.note(Op{Kind: string(kindFlush), Errno: int(errno)})
	return errno
}

// enter waits as long as the disk is stuck and says whether the operation fails.
func (d *disk) enter(k kind, off int64, n int) syscall.Errno {
	life := d.life
	for d.stuck != "" && d.stuck.covers(k) && life == d.life {
		d.moved.Wait()
	}
	if life != d.life {
		return syscall.EIO
	}
	for _, f := range d.faults {
		if f.strikes(k, off, n) {
			f.left--
			return f.errno
		}
	}
	return 0
}

// early says whether a write has data of an extent that the durable activemap doesn't mark.
func (d *disk) early(p []byte, off int64) bool {
	l := d.layout
	if l == nil || off+int64(len(p)) <= l.data {
		return false
	}
	for at := max(off, l.data) - l.data; at < off+int64(len(p))-l.data; at += l.extent - at%l.extent {
		bit := at / l.extent
		if d.img.durable[l.mapAt+bit/8]&(1<<(bit%8)) == 0 {
			return true
		}
	}
	return false
}

func (d *disk) note(op Op) {
	if d.layout != nil && len(d.record) < mostRecorded {
		d.record = append(d.record, op)
	}
}

// watch forgets what was recorded and records from now on.
func (d *disk) watch(l layout) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.extent <= 0 || l.data <= 0 || l.mapAt < 0 || l.data > d.size() || l.mapAt+(d.size()-l.data)/l.extent/8 >= l.data {
		return fmt.Errorf("no component has its map at %d and its data at %d, in extents of %d bytes", l.mapAt, l.data, l.extent)
	}
	d.layout, d.record = &l, nil
	return nil
}

// recorded gives what was recorded so far.
func (d *disk) recorded() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.record[:len(d.record):len(d.record)]
}

// stick makes operations of that kind wait.
func (d *disk) stick(k kind) error {
	if err := k.check(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck = k
	return nil
}

// unstick lets the operations that wait go on.
func (d *disk) unstick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck = ""
	d.moved.Broadcast()
}

// fail adds a fault.
func (d *disk) fail(args []string) error {
	f, err := parseFault(args, d.size())
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, f)
	return nil
}

// heal takes all faults away. What a failed flush has lost stays lost.
func (d *disk) heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// save remembers the content, and restore makes it all that the disk ever held.
func (d *disk) save() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saved = append(d.saved[:0], d.img.written...)
}

func (d *disk) restore() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.saved == nil {
		return fmt.Errorf("nothing was saved")
	}
	d.img.replace(d.saved)
	return nil
}

// cut is the loss of power. Writes that wait reach the disk in part, as k has it, all operations that wait
// fail, and the disk is well again. It says how many sectors were at stake and how many of them were kept.
func (d *disk) cut(k keeping, seed uint64) (loose, kept int, err error) {
	if err := k.check(); err != nil {
		return 0, 0, err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	d.mu.Lock()
	defer d.mu.Unlock()
	for h := range d.held {
		d.img.write(h.p, h.off)
	}
	loose, kept = d.img.cut(k, r)
	d.life++
	d.stuck, d.faults = "", nil
	d.moved.Broadcast()
	return loose, kept, nil
}
