package lossydisk

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hast/gate/provider"
)

// value is what a sector holds: the number of the write that filled it, over and over. 0 are zeroes.
type value uint64

// torn is what a sector holds that is of no single write.
const torn = ^value(0)

// fill is the data of a write: sectors of one value.
func fill(v value, sectors int) []byte {
	b := make([]byte, sectors*sectorSize)
	for at := 0; at < len(b); at += 8 {
		binary.LittleEndian.PutUint64(b[at:], uint64(v))
	}
	return b
}

// values are what the sectors of an image hold.
func values(image []byte) []value {
	var list []value
	for at := 0; at < len(image); at += sectorSize {
		v := value(binary.LittleEndian.Uint64(image[at:]))
		for i := at; i < at+sectorSize; i += 8 {
			if value(binary.LittleEndian.Uint64(image[i:])) != v {
				v = torn
			}
		}
		list = append(list, v)
	}
	return list
}

// writeLog is a plain file behind a log of what is written to it: the file says what is read, the log what may be
// read after a power cut. It knows of operations what their submitter does: when it was told of their ends.
type writeLog struct {
	t    *testing.T
	file *provider.Provider
	past []sectorLog
	turn uint64 // counts writes to sectors
}

// sectorLog are the values of one sector of which any may be there after a power cut, the oldest first: all since the
// newest that a flush is known to have made durable. The last is what is read.
type sectorLog []logged

// logged is one of them. It is final: a flush that should have covered it failed, so that no later one is a proof.
type logged struct {
	value
	turn  uint64
	final bool
}

// flushing is what a flush covers: by sector, the turn of the value that was there when it was submitted.
type flushing []uint64

func newWriteLog(t *testing.T, image []byte) *writeLog {
	t.Helper()
	path := filepath.Join(t.TempDir(), "component")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := provider.Open(path, provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	l := &writeLog{t: t, file: p}
	l.is(values(image))
	return l
}

// is takes a content for durable.
func (l *writeLog) is(content []value) {
	l.past = make([]sectorLog, len(content))
	for s, v := range content {
		l.past[s] = sectorLog{{value: v}}
	}
}

// write is a write that ended with success; final, if a flush has failed since it began.
func (l *writeLog) write(first int, v value, sectors int, final bool) {
	l.t.Helper()
	var err error
	if off, b := int64(first)*sectorSize, fill(v, sectors); v == 0 {
		err = l.file.Zero(off, int64(len(b)))
	} else {
		_, err = l.file.WriteAt(b, off)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	for s := first; s < first+sectors; s++ {
		l.turn++
		l.past[s] = append(l.past[s], logged{value: v, turn: l.turn, final: final})
	}
}

// flush is the beginning of a flush, done its end. One that fails may have come to anything that was written until
// then: nobody knows when after its submission the kernel has looked.
func (l *writeLog) flush() flushing {
	f := make(flushing, len(l.past))
	for s, p := range l.past {
		f[s] = p[len(p)-1].turn
	}
	return f
}

func (l *writeLog) done(f flushing, ok bool) {
	l.t.Helper()
	if err := l.file.Flush(); err != nil {
		l.t.Fatal(err)
	}
	for s, p := range l.past {
		i := slices.IndexFunc(p, func(e logged) bool { return e.turn == f[s] })
		switch {
		case !ok:
			for k := range p[1:] {
				p[k+1].final = true
			}
		case i >= 0 && !p[i].final: // else another flush has covered something newer meanwhile
			l.past[s] = p[i:]
		}
	}
}

// read is what the file holds now.
func (l *writeLog) read() []value {
	l.t.Helper()
	b := make([]byte, l.file.Size())
	if _, err := l.file.ReadAt(b, 0); err != nil {
		l.t.Fatal(err)
	}
	return values(b)
}

// mayHold reports whether a sector may hold that value after a power cut.
func (l *writeLog) mayHold(s int, v value) bool {
	return slices.ContainsFunc(l.past[s], func(e logged) bool { return e.value == v })
}

// all are all contents that there may be after a power cut.
func (l *writeLog) all() [][]value {
	list := [][]value{nil}
	for _, p := range l.past {
		var longer [][]value
		for _, c := range list {
			for _, e := range p {
				longer = append(longer, append(slices.Clone(c), e.value))
			}
		}
		list = longer
	}
	return list
}
