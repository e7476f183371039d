package wire

import "sync"

// bufferClasses are the sizes in bytes in which payload buffers are kept; larger ones are left to the
// garbage collector.
var bufferClasses = [...]int{4 << 10, 16 << 10, 64 << 10, 128 << 10, 1 << 20}

// poolBytes is how many bytes of unused buffers a pool keeps at most.
const poolBytes = 8 << 20

// poolFrames is how many unused frames a pool keeps at most.
const poolFrames = 1024

// poolStore is the largest room for an nv that a frame keeps for its next use, in bytes.
const poolStore = 4 << 10

// buffer is memory for a payload. class is its index in bufferClasses plus 1; 0 is memory that no pool
// takes back.
type buffer struct {
	bytes []byte
	class int
}

// pool keeps the memory of frames for reuse. Frames are taken by the decoder and may be released by any
// goroutine, which is why there is a lock.
type pool struct {
	mu     sync.Mutex
	free   [len(bufferClasses)][][]byte
	kept   int // bytes in free
	frames []*InFrame
}

// buffer returns n bytes of undefined content.
func (p *pool) buffer(n int) buffer {
	class := 0
	for class < len(bufferClasses) && n > bufferClasses[class] {
		class++
	}
	if class == len(bufferClasses) {
		return buffer{make([]byte, n), 0}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.free[class]
	last := len(free) - 1
	if last < 0 {
		return buffer{make([]byte, n, bufferClasses[class]), class + 1}
	}
	b := free[last]
	free[last] = nil
	p.free[class] = free[:last]
	p.kept -= bufferClasses[class]
	return buffer{b[:n], class + 1}
}

// frame returns an empty frame that belongs to the pool.
func (p *pool) frame() *InFrame {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.frames) - 1; last >= 0 {
		f := p.frames[last]
		p.frames[last] = nil
		p.frames = p.frames[:last]
		f.pool = p
		return f
	}
	return &InFrame{pool: p}
}

// put takes a frame and its buffers back.
func (p *pool) put(f *InFrame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.putBuffer(f.wire)
	p.putBuffer(f.plain)
	store := f.store
	if cap(store) > poolStore {
		store = nil
	}
	*f = InFrame{store: store[:0]}
	if len(p.frames) < poolFrames {
		p.frames = append(p.frames, f)
	}
}

func (p *pool) putBuffer(b buffer) {
	if b.class == 0 || p.kept+cap(b.bytes) > poolBytes {
		return
	}
	i := b.class - 1
	p.free[i] = append(p.free[i], b.bytes[:0])
	p.kept += bufferClasses[i]
}
