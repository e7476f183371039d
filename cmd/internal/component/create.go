package component

import (
	"hast/cmd/internal/exit"
	"hast/states"
	"hast/wire"
)

// zeroChunk is how much is zeroed by one call, in bytes.
const zeroChunk = 64 << 20

// Format makes dev an empty component as the record says. The order is one in which a crash at any
// point leaves no metadata, or the old beside the old activemap, or the new: never old counters beside an
// empty activemap, which would promise that the peer's copy is the same (I9). So the block and all copies
// of the record go first, also those of an earlier life with another layout, which nobody would look for
// unless the block was lost. All the room between metadata and data is zeroed. With zero the data area is,
// too.
func Format(dev Device, path string, r states.Record, zero bool) error {
	r.Zeroed = zero
	writes, err := encode(&r)
	if err != nil {
		return exit.Errorf(exit.DataErr, "Metadata of resource %s can't be written: %w.", r.Resource, err)
	}
	if err := forget(dev, &r); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to clear the old metadata on %s: %w.", path, err)
	}
	if err := dev.Flush(); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to flush %s: %w.", path, err)
	}
	if err := zeroRange(dev, states.MapOffset, r.LocalOff); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to store initial bitmap on %s: %w.", path, err)
	}
	if zero {
		if err := zeroRange(dev, r.LocalOff, r.LocalOff+r.DataSize); err != nil {
			return exit.Errorf(exit.IOErr, "Unable to zero the data area on %s: %w.", path, err)
		}
	}
	if err := dev.Flush(); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to flush %s: %w.", path, err)
	}
	for _, w := range writes {
		if _, err := dev.WriteAt(w.buf, int64(w.off)); err != nil {
			return exit.Errorf(exit.IOErr, "Unable to write metadata on %s: %w.", path, err)
		}
		if err := dev.Flush(); err != nil {
			return exit.Errorf(exit.IOErr, "Unable to flush %s: %w.", path, err)
		}
	}
	return nil
}

// placed is bytes and where they go.
type placed struct {
	off uint64
	buf []byte
}

// firstNumber is the number of a new component's record.
const firstNumber = 1

// encode makes all copies of a new record in the order in which they are written: FreeBSD's block last.
func encode(r *states.Record) ([]placed, error) {
	offs, ok := r.CopyOffsets()
	if !ok {
		block, err := wire.EncodeMetadata(r)
		return []placed{{0, block}}, err
	}
	var all []placed
	for _, off := range offs {
		buf, err := wire.EncodeCopy(r, firstNumber, off)
		if err != nil {
			return nil, err
		}
		all = append(all, placed{off, buf})
	}
	block, err := wire.EncodeBlock(r, firstNumber)
	return append(all, placed{0, block}), err
}

// forget clears the block, and every slot in which a copy begins, wherever the data area began.
func forget(dev Device, r *states.Record) error {
	if _, err := dev.WriteAt(make([]byte, states.MetadataSize), 0); err != nil {
		return err
	}
	places := append(states.SlotSearch(r.LocalOff+r.DataSize), r.LocalOff)
	buf := make([]byte, states.CopySlot)
	for _, place := range places {
		if place < states.MapOffset+states.CopySlots*states.CopySlot {
			continue
		}
		for _, off := range states.SlotsBelow(place) {
			if n, _ := dev.ReadAt(buf, int64(off)); n < len(buf) || !wire.WrittenAt(buf, off) {
				// Nobody finds a copy in what can't be read or was written for another place.
				continue
			}
			if err := dev.Zero(int64(off), states.CopySlot); err != nil {
				return err
			}
		}
	}
	return nil
}

// zeroRange zeroes from off up to end in pieces, so that an interrupt is heard in between.
func zeroRange(dev Device, off, end uint64) error {
	for off < end {
		n := min(end-off, zeroChunk)
		if err := dev.Zero(int64(off), int64(n)); err != nil {
			return err
		}
		off += n
	}
	return nil
}
