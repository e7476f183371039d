package nbd

import (
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// reply is what goes to a client, and what it holds until it is gone.
type reply struct {
	head [replySize]byte
	data []byte
	slot *slot    // holds data, or nil
	cmd  *command // holds data, or nil
}

// drop ends the reply's hold on its data.
func (r *reply) drop() {
	if r.slot != nil {
		r.slot.drop()
	}
	if r.cmd != nil {
		r.cmd.drop()
	}
	r.data, r.slot, r.cmd = nil, nil, nil
}

// maxVectors is how many pieces go into one system call. The kernels take 1024; the array is a part of
// each connection.
const maxVectors = 256

// outbox sends a connection's replies, in the order of push. Whoever calls flush writes what the kernel
// takes at once; the rest is the writer goroutine's, and what is pushed meanwhile waits behind it.
type outbox struct {
	raw  syscall.RawConn
	kick chan struct{}   // wakes the writer, of capacity 1
	done func(*reply)    // a reply is written, or never will be
	lost func(err error) // the connection takes no more

	mu    sync.Mutex
	queue []reply
	busy  bool // someone writes: a caller of flush, or the writer
	dead  bool

	// The rest belongs to whoever made busy true.
	batch   []reply // replies being written; those before batch[at] are, and off bytes of that one
	at, off int
	vectors [maxVectors]unix.Iovec
	pieces  int  // how many vectors are in use
	patient bool // wait for the client
	errno   syscall.Errno
	written int
	attempt func(fd uintptr) bool
}

func (o *outbox) init(nc *net.UnixConn, done func(*reply), lost func(error)) error {
	raw, err := nc.SyscallConn()
	if err != nil {
		return err
	}
	o.raw, o.done, o.lost = raw, done, lost
	o.kick = make(chan struct{}, 1)
	o.attempt = o.writev
	return nil
}

// push queues a reply. It is sent by the next flush.
func (o *outbox) push(r reply) {
	o.mu.Lock()
	dead := o.dead
	if !dead {
		o.queue = append(o.queue, r)
	}
	o.mu.Unlock()
	if dead {
		o.discard(r)
	}
}

// discard is apart from push so that only a reply that nobody gets is copied to the heap.
func (o *outbox) discard(r reply) { o.done(&r) }

// flush sends what can be sent without waiting for the client.
func (o *outbox) flush() {
	o.mu.Lock()
	if o.busy || len(o.queue) == 0 {
		o.mu.Unlock()
		return
	}
	o.busy = true
	o.mu.Unlock()
	o.run(false)
}

// write is the writer goroutine: it takes over from flushes whose client is slow, until stop.
func (o *outbox) write(stop <-chan struct{}) {
	for {
		select {
		case <-o.kick:
			o.run(true)
		case <-stop:
			return
		}
	}
}

// run writes until nothing is queued or, unless patient, until the client is slow.
func (o *outbox) run(patient bool) {
	o.patient = patient
	for o.next() {
		o.gather()
		err := o.raw.Write(o.attempt)
		if err == nil && o.errno == unix.EAGAIN {
			o.kick <- struct{}{} // never blocks: only the one who is busy kicks
			return
		}
		if err == nil && o.errno != 0 {
			err = o.errno
		}
		if err != nil {
			o.die(err)
			return
		}
		o.advance(o.written)
	}
}

// next says whether there is something to write, and otherwise ends being busy.
func (o *outbox) next() bool {
	if o.at < len(o.batch) {
		return true
	}
	clear(o.vectors[:o.pieces]) // no pointer stays to a buffer that may be unmapped
	o.pieces = 0
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at, o.off = 0, 0
	o.batch, o.queue = o.queue, o.batch[:0]
	if len(o.batch) == 0 {
		o.busy = false
	}
	return len(o.batch) > 0
}

// gather makes the vectors of what comes next.
func (o *outbox) gather() {
	n, skip := 0, o.off
	for i := o.at; i < len(o.batch) && n+2 <= maxVectors; i++ {
		r := &o.batch[i]
		if skip < replySize {
			o.vectors[n].Base = &r.head[skip]
			o.vectors[n].SetLen(replySize - skip)
			n, skip = n+1, replySize
		}
		if rest := r.data[skip-replySize:]; len(rest) > 0 {
			o.vectors[n].Base = &rest[0]
			o.vectors[n].SetLen(len(rest))
			n++
		}
		skip = 0
	}
	o.pieces = n
}

// writev is called by the RawConn. It returns false to be called again when the client has read some.
func (o *outbox) writev(fd uintptr) bool {
	for {
		n, errno := writeVectors(fd, o.vectors[:o.pieces])
		if errno == unix.EINTR {
			continue
		}
		if errno == unix.EAGAIN && o.patient {
			return false
		}
		o.written, o.errno = n, errno
		return true
	}
}

// advance counts n bytes as written.
func (o *outbox) advance(n int) {
	for n > 0 {
		r := &o.batch[o.at]
		rest := replySize + len(r.data) - o.off
		if n < rest {
			o.off += n
			return
		}
		n -= rest
		o.at, o.off = o.at+1, 0
		o.done(r)
	}
}

// die drops all replies, from now on those to come, too.
func (o *outbox) die(err error) {
	o.mu.Lock()
	o.dead, o.busy = true, false
	clear(o.vectors[:o.pieces])
	batch, queue := o.batch[o.at:], o.queue
	o.batch, o.queue, o.at, o.off = nil, nil, 0, 0
	o.mu.Unlock()
	o.lost(err)
	for i := range batch {
		o.done(&batch[i])
	}
	for i := range queue {
		o.done(&queue[i])
	}
}
