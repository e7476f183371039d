package tcp

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"hast/states"
	"hast/wire"
)

const (
	// heavyLZF and heavySHA are the payloads, in bytes, from which on the work of preparing them is not
	// done in a turn of the resource, but on the connection's writer.
	heavyLZF = 4 << 10
	heavySHA = 16 << 10
	// vectorMost is how many pieces go into one writev; kernels take at most 1024.
	vectorMost = 512
	// headsKeep is how much memory for heads a batch keeps for its next use, in bytes.
	headsKeep = 1 << 20
)

func heavy(f *wire.OutFrame) bool {
	return f.Compression == states.CompressionLZF && len(f.Payload) >= heavyLZF ||
		f.Checksum == states.ChecksumSHA256 && len(f.Payload) >= heavySHA
}

// batch is what is sent with one writev, if the socket takes it.
type batch struct {
	enc   wire.Encoder
	heads []byte // the headers and nvs of items
	items []item
	notes []any
	// later are copies of frames that are heavy; the first held of them belong to items.
	later []*wire.OutFrame
	held  int

	// What remains to be written, once write has begun.
	bufs  [][]byte
	at    int
	iovs  []unix.Iovec
	begun bool
}

// item is a frame: encoded, or still to be encoded.
type item struct {
	start, end int // of the head within heads
	body       []byte
	later      *wire.OutFrame
}

func (b *batch) empty() bool { return len(b.items) == 0 }

// add takes a frame: encoded if that is little work.
func (b *batch) add(f *wire.OutFrame) error {
	if heavy(f) {
		if b.held == len(b.later) {
			b.later = append(b.later, new(wire.OutFrame))
		}
		keep := b.later[b.held]
		b.held++
		keep.CopyFrom(f)
		b.items = append(b.items, item{later: keep})
		return nil
	}
	it, err := b.encode(f)
	if err == nil {
		b.items = append(b.items, it)
	}
	return err
}

func (b *batch) encode(f *wire.OutFrame) (it item, err error) {
	it.start = len(b.heads)
	b.heads, it.body, err = b.enc.AppendHead(b.heads, f)
	it.end = len(b.heads)
	return it, err
}

// prepare encodes what is still to be encoded and lists the pieces to write. Heads that lie side by side
// become one piece.
func (b *batch) prepare() error {
	if b.begun {
		return nil
	}
	b.begun = true
	for i := range b.items {
		if f := b.items[i].later; f != nil {
			it, err := b.encode(f)
			if err != nil {
				return err
			}
			b.items[i] = it
		}
	}
	start, end := 0, 0
	for _, it := range b.items {
		if it.start != end {
			if end > start {
				b.bufs = append(b.bufs, b.heads[start:end])
			}
			start = it.start
		}
		end = it.end
		if len(it.body) > 0 {
			b.bufs = append(b.bufs, b.heads[start:end], it.body)
			start = end
		}
	}
	if end > start {
		b.bufs = append(b.bufs, b.heads[start:end])
	}
	return nil
}

func (b *batch) done() bool { return b.begun && b.at == len(b.bufs) }

// writev makes one call. It reports whether the socket took less than it was given.
func (b *batch) writev(fd uintptr) (short bool, e unix.Errno) {
	total := 0
	b.iovs = b.iovs[:0]
	for _, p := range b.bufs[b.at:min(len(b.bufs), b.at+vectorMost)] {
		v := unix.Iovec{Base: &p[0]}
		v.SetLen(len(p))
		b.iovs = append(b.iovs, v)
		total += len(p)
	}
	n, _, e := unix.Syscall(unix.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&b.iovs[0])), uintptr(len(b.iovs)))
	clear(b.iovs)
	if e != 0 {
		return true, e
	}
	b.consume(int(n))
	return int(n) < total, 0
}

func (b *batch) consume(n int) {
	for n > 0 {
		p := b.bufs[b.at]
		if n < len(p) {
			b.bufs[b.at] = p[n:]
			return
		}
		n -= len(p)
		b.at++
	}
}

// reset empties the batch for its next use. Nothing that was on loan is referred to any more.
func (b *batch) reset() {
	b.enc.Reset()
	for _, f := range b.later[:b.held] {
		f.Reset()
	}
	b.held = 0
	clear(b.items)
	clear(b.notes)
	clear(b.bufs)
	b.items, b.notes, b.bufs = b.items[:0], b.notes[:0], b.bufs[:0]
	b.at, b.begun = 0, false
	b.heads = b.heads[:0]
	if cap(b.heads) > headsKeep {
		b.heads = nil
	}
}
