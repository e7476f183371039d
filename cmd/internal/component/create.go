package component

import (
	"hast/cmd/internal/exit"
	"hast/states"
	"hast/wire"
)

// zeroChunk is how much is zeroed by one call, in bytes.
const zeroChunk = 64 << 20

// Format makes dev an empty component as the record says. The order is one in which a crash at any
// point leaves no metadata, or the new: never old counters beside an empty activemap, which would
// promise that the peer's copy is the same (I9). All the room between metadata and data is
// zeroed, where records of an earlier life could lie. With zero the data area is, too.
func Format(dev Device, path string, r states.Record, zero bool) error {
	block, err := wire.EncodeMetadata(&r)
	if err != nil {
		return exit.Errorf(exit.DataErr, "Metadata of resource %s can't be written: %w.", r.Resource, err)
	}
	if _, err := dev.WriteAt(make([]byte, states.MetadataSize), 0); err != nil {
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
	if _, err := dev.WriteAt(block, 0); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to write metadata on %s: %w.", path, err)
	}
	if err := dev.Flush(); err != nil {
		return exit.Errorf(exit.IOErr, "Unable to flush %s: %w.", path, err)
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
