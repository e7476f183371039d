package component

import (
	"errors"
	"fmt"
	"io"
	"math"

	"hast/states"
	"hast/wire"
)

// Metadata is what a component says about itself.
type Metadata struct {
	states.Chosen
	// Found is what lies in each place.
	Found states.Stored
	// Offsets is where the copies are, in bytes; zeroes if the layout has none.
	Offsets [states.CopySlots]uint64
}

// Read gives the record of a component as hastd would find it. The error is wire.ErrNoMetadata if its
// first block is blank and there are no copies, or says what is wrong with each.
func Read(dev io.ReaderAt) (states.Record, error) {
	m, err := Inspect(dev, "")
	return m.Record, err
}

// Inspect reads FreeBSD's block and the copies of a component of a resource, which may be empty for any,
// and decides which holds. The errors are Read's.
func Inspect(dev io.ReaderAt, resource string) (Metadata, error) {
	var m Metadata
	block := make([]byte, states.MetadataSize)
	err := readFull(dev, block, 0)
	if err == io.ErrUnexpectedEOF {
		return m, err
	}
	m.Found.Block = wire.FindBlock(block, err)
	if m.Found.Block.State == states.CopyGood {
		rec := &m.Found.Block.Record
		if resource != "" && rec.Resource != resource {
			m.Record = *rec
			return m, nil
		}
		if offs, ok := rec.CopyOffsets(); ok {
			m.findAt(dev, offs, resource)
		}
	} else {
		m.search(dev, resource)
	}
	m.Chosen, err = m.Found.Choose()
	var none *states.NoCopyError
	switch {
	case errors.As(err, &none) && none.Blank:
		return m, wire.ErrNoMetadata
	case err != nil:
		return m, fmt.Errorf("metadata: %w", err)
	}
	return m, nil
}

// findAt reads the slots in one place; true if one of them decides.
func (m *Metadata) findAt(dev io.ReaderAt, offs [states.CopySlots]uint64, resource string) (known, marked bool) {
	buf := make([]byte, states.CopySlot)
	m.Offsets = offs
	for i, off := range offs {
		err := readFull(dev, buf, int64(off))
		f := wire.FindCopy(buf, off, resource, err)
		m.Found.Slots[i] = f
		known = known || f.State == states.CopyGood || f.State == states.CopyNewer
		marked = marked || err == nil && wire.BeginsAsCopy(buf)
	}
	return known, marked
}

// search looks for copies wherever the data area could begin, up to the component's end.
func (m *Metadata) search(dev io.ReaderAt, resource string) {
	best := *m
	size := uint64(math.MaxInt64)
	if s, ok := dev.(interface{ Size() int64 }); ok {
		size = uint64(s.Size())
	}
	probe := make([]byte, states.MetadataSize)
	for _, place := range states.SlotSearch(size) {
		if readFull(dev, probe, int64(place)) != nil {
			break
		}
		known, marked := m.findAt(dev, states.SlotsBelow(place), resource)
		if known {
			return
		}
		if marked && best.Offsets[0] == 0 {
			best = *m
		}
	}
	*m = best
}

// readFull reads all of p; a component that ends before is too short.
func readFull(dev io.ReaderAt, p []byte, off int64) error {
	n, err := dev.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// ReadMap reads the activemap of a component with that record.
func ReadMap(dev io.ReaderAt, r *states.Record) ([]byte, error) {
	image := make([]byte, min(states.MapBytes(r.DataSize, r.ExtentSize), r.MapSize()))
	return image, readFull(dev, image, states.MapOffset)
}
