package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/bits"
	"os"
	"time"

	"hast/cmd/internal/component"
	"hast/states"
)

// identical compares the data areas of both components, byte by byte, and returns their size in bytes.
// Nobody may be using them.
func (p *pair) identical() (int64, error) {
	var files [2]*os.File
	var records [2]states.Record
	for i, d := range []*daemon{p.a, p.b} {
		f, err := os.Open(d.component())
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if records[i], err = component.Read(f); err != nil {
			return 0, fmt.Errorf("component of node %s: %w", d.node, err)
		}
		files[i] = f
	}
	if records[0].DataSize != records[1].DataSize {
		return 0, fmt.Errorf("the data areas have %d and %d bytes", records[0].DataSize, records[1].DataSize)
	}
	size := int64(records[0].DataSize)
	const piece = 1 << 20
	x, y := make([]byte, piece), make([]byte, piece)
	for off := int64(0); off < size; off += piece {
		n := min(piece, size-off)
		for i, p := range [][]byte{x[:n], y[:n]} {
			if _, err := files[i].ReadAt(p, int64(records[i].LocalOff)+off); err != nil && err != io.EOF {
				return 0, err
			}
		}
		if !bytes.Equal(x[:n], y[:n]) {
			at := 0
			for x[at] == y[at] {
				at++
			}
			return 0, fmt.Errorf("the components differ at byte %d of the data area", off+int64(at))
		}
	}
	return size, nil
}

// settleTime is how long a primary that nobody writes to may take until its map is clean.
const settleTime = 30 * time.Second

// settle waits until the primary d, which is idle and in sync, has cleared its activemap on disk: what is
// marked afterwards was marked by what came afterwards.
func (d *daemon) settle(ctx context.Context) error {
	return d.await(ctx, settleTime, "has cleared its activemap", func() (bool, error) {
		dirty, err := dirtyBytes(d)
		return dirty == 0, err
	})
}

// dirtyBytes is how much lies in extents that the activemap of any of these components marks on disk.
// It may be asked while the components are in use.
func dirtyBytes(of ...*daemon) (uint64, error) {
	var all []byte
	var extent uint64
	for _, d := range of {
		f, err := os.Open(d.component())
		if err != nil {
			return 0, err
		}
		defer f.Close()
		rec, err := component.Read(f)
		if err != nil {
			return 0, fmt.Errorf("component of node %s: %w", d.node, err)
		}
		extent = uint64(rec.ExtentSize)
		one := make([]byte, states.MapBytes(rec.DataSize, rec.ExtentSize))
		if _, err := f.ReadAt(one, states.MapOffset); err != nil {
			return 0, err
		}
		if all == nil {
			all = make([]byte, len(one))
		}
		for i := range min(len(one), len(all)) {
			all[i] |= one[i]
		}
	}
	extents := 0
	for _, b := range all {
		extents += bits.OnesCount8(b)
	}
	return uint64(extents) * extent, nil
}
