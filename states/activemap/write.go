package activemap

import (
	"encoding/binary"
	"fmt"

	"hast/states/bitset"
)

// Write is a snapshot of the parts of the map that the disk doesn't hold yet. Its bytes belong to the
// map, and are valid until Written or Failed.
type Write struct {
	// Epoch numbers the writes of a map from 1 on.
	Epoch uint64
	// Runs are what to write, in order of their offsets, without overlap.
	Runs []Run
}

// Run is a stretch of the map.
type Run struct {
	// Off is where it goes, in bytes from the beginning of the map on disk; a multiple of the block size.
	Off uint64
	// Data is a multiple of the block size long, unless the map's room ends before that.
	Data []byte
}

// NextWrite returns what must be written, and flushed, to make the disk's map agree with memory; not ok
// if that is nothing or a write is under way. Its runs are whole blocks of blockSize bytes, a power of
// two of at least 8. From here on until Written, no bit that the write changes counts as durable.
func (m *Map) NextWrite(blockSize int) (w Write, ok bool) {
	if blockSize < 8 || blockSize&(blockSize-1) != 0 {
		panic(fmt.Sprintf("activemap: block size %d", blockSize))
	}
	if m.writing || !m.changed.Any() {
		return Write{}, false
	}
	m.writing = true
	m.epoch++
	m.write.Epoch = m.epoch
	m.write.Runs = m.write.Runs[:0]
	perBlock := uint32(blockSize / 8)
	for word, more := m.changed.Next(0); more; {
		first := word / perBlock * perBlock
		last := first // the first word behind the run
		for more && word < last+perBlock {
			last += perBlock
			word, more = m.changed.Next(last)
		}
		m.snapshot(first, last)
	}
	m.changed.Reset()
	return m.write, true
}

// snapshot adds a run of words, and stops trusting the bits that it clears.
func (m *Map) snapshot(first, last uint32) {
	off := uint64(first) * 8
	size := int(min(uint64(last)*8, m.area) - off)
	var data []byte
	if n := len(m.write.Runs); n < cap(m.write.Runs) {
		data = m.write.Runs[:n+1][n].Data[:0] // a buffer of an earlier write
	}
	if cap(data) < size {
		data = make([]byte, 0, size)
	}
	data = data[:size]
	clear(data)
	for at, word := 0, first; at < size && word < m.want.Words(); at, word = at+8, word+1 {
		image := m.want.Word(word)
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], image)
		copy(data[at:], b[:])
		m.disk.PutWord(word, m.disk.Word(word)&image)
	}
	m.write.Runs = append(m.write.Runs, Run{Off: off, Data: data})
}

// Written says that a write and the flush after it went well: its bits are durable.
func (m *Map) Written(w Write) {
	m.finish(w)
	m.eachWord(func(word uint32, image uint64) { m.disk.PutWord(word, image) })
}

// Failed says that a write or the flush after it failed. Nothing that it would have changed is known:
// bits to be set aren't durable, bits to be cleared may be set or clear. The next write has them all
// again (I38).
func (m *Map) Failed(w Write) {
	m.finish(w)
	m.eachWord(func(word uint32, _ uint64) { m.changed.Set(word) })
}

// Writing reports whether a write is under way.
func (m *Map) Writing() bool { return m.writing }

// Pending reports whether NextWrite would have something, now or after the write under way.
func (m *Map) Pending() bool { return m.changed.Any() }

func (m *Map) finish(w Write) {
	if !m.writing || w.Epoch != m.epoch {
		panic(fmt.Sprintf("activemap: write %d ended, but %d is the last, under way: %v", w.Epoch, m.epoch, m.writing))
	}
	m.writing = false
}

// eachWord walks the words of the last write.
func (m *Map) eachWord(f func(word uint32, image uint64)) {
	for _, r := range m.write.Runs {
		word := uint32(r.Off / 8)
		for at := 0; at < len(r.Data) && word < m.want.Words(); at, word = at+8, word+1 {
			f(word, bitset.WordOf(r.Data[at:]))
		}
	}
}

// Reload takes the image that the disk shows after it was away. What is dirty in memory stays so, and what the
// image says in addition is dirty, too; as in Load, nothing of it counts as durable. No write may be under way.
func (m *Map) Reload(img []byte) error {
	if m.writing {
		panic("activemap: the map was read while it is being written")
	}
	if err := m.disk.LoadBytes(img); err != nil {
		return fmt.Errorf("activemap: %w", err)
	}
	m.want.Or(m.disk)
	m.disk.Reset()
	for w, ok := m.want.NextWord(0); ok; w, ok = m.want.NextWord(w + 1) {
		m.changed.Set(w)
	}
	return nil
}
