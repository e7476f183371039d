// Package lossydisk is a disk for tests: a component that loses at a power cut what wasn't flushed, fails
// when it is told to, stops answering, and comes back with what it held before. It is a FUSE file system
// with one file in a process of its own (serve.go), and is told what to do on a socket (control.go).
package lossydisk

import (
	"fmt"
	"math/rand/v2"
)

// sectorSize is what survives a power cut as a whole or not at all, in bytes.
const sectorSize = 512

// image is the content of a disk with a cache. written is what a read returns, durable what a power cut
// leaves at least. loose are the sectors that the next flush will make durable; one that isn't loose and
// differs all the same was lost by a flush that failed, and no later flush knows of it (I38).
type image struct {
	written, durable []byte
	loose            []bool // by sector
}

// newImage is a disk on which all of content is durable. Its size must be a multiple of sectorSize.
func newImage(content []byte) (*image, error) {
	if len(content) == 0 || len(content)%sectorSize != 0 {
		return nil, fmt.Errorf("a disk of %d bytes isn't of whole sectors of %d bytes", len(content), sectorSize)
	}
	m := &image{loose: make([]bool, len(content)/sectorSize)}
	m.replace(content)
	return m, nil
}

// replace makes content, as long as before, all that the disk ever held.
func (m *image) replace(content []byte) {
	m.written = append(m.written[:0], content...)
	m.durable = append(m.durable[:0], content...)
	clear(m.loose)
}

// sectors are the first of a range and the one behind its last.
func sectors(off int64, n int) (first, end int) {
	return int(off / sectorSize), int((off + int64(n) + sectorSize - 1) / sectorSize)
}

// write puts p at off, in bytes. The range must be on the disk.
func (m *image) write(p []byte, off int64) {
	copy(m.written[off:], p)
	for s, end := sectors(off, len(p)); s < end; s++ {
		m.loose[s] = true
	}
}

// flush makes durable what was written.
func (m *image) flush() {
	for s, loose := range m.loose {
		if loose {
			m.settle(s)
		}
	}
}

// flushRange makes durable what was written to a range, in bytes.
func (m *image) flushRange(off int64, n int) {
	for s, end := sectors(off, n); s < end; s++ {
		m.settle(s)
	}
}

func (m *image) settle(sector int) {
	m.loose[sector] = false
	at := sector * sectorSize
	copy(m.durable[at:at+sectorSize], m.written[at:])
}

// loseFlush is a flush that fails: what it should have made durable still reads as it was written, and will
// not be durable, whatever later flushes say.
func (m *image) loseFlush() { clear(m.loose) }

// keeping says which loose sectors survive a power cut.
type keeping string

// The three ways in which a cache may lose.
const (
	keepNone   keeping = "none"
	keepAll    keeping = "all"
	keepRandom keeping = "random" // each or not, as the seed has it
)

func (k keeping) check() error {
	if k != keepNone && k != keepAll && k != keepRandom {
		return fmt.Errorf("%q is not none, all or random", string(k))
	}
	return nil
}

// keeps draws for one sector.
func (k keeping) keeps(r *rand.Rand) bool {
	return k == keepAll || k == keepRandom && r.IntN(2) == 0
}

// cut is the loss of power. It returns how many sectors were not durable and how many of them were kept.
func (m *image) cut(k keeping, r *rand.Rand) (loose, kept int) {
	for s := range m.loose {
		if !m.loose[s] {
			continue
		}
		loose++
		if k.keeps(r) {
			kept++
			m.settle(s)
		}
	}
	copy(m.written, m.durable)
	clear(m.loose)
	return loose, kept
}
