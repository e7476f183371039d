// Package component makes the local components of resources and reads what they say about themselves:
// what hastctl's create and dump do.
package component

import (
	"errors"
	"math"

	"hast/cmd/internal/exit"
	"hast/states"
)

// Defaults of create.
const (
	DefaultExtentSize = 2 << 20 // bytes
	DefaultKeepDirty  = 64      // extents
)

// Device is an opened component. Sizes and offsets are in bytes.
type Device interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	// Zero makes n bytes from off read as zeroes.
	Zero(off, n int64) error
	// Flush makes durable what was written.
	Flush() error
}

// Wish is what create was asked for.
type Wish struct {
	Resource string
	// Path is the component's, for messages.
	Path string
	// MediaSize is how many bytes of the component to use, 0 for all.
	MediaSize int64
	// ExtentSize in bytes and KeepDirty in extents; 0 for the default.
	ExtentSize, KeepDirty int64
	// Compat asks for FreeBSD's layout instead of ours.
	Compat bool
}

// Plan works out the record of a component of size bytes in sectors of sector bytes. Errors carry the
// exit code for bad sizes and, where FreeBSD's hastctl has one, its text.
func Plan(w Wish, size int64, sector int) (states.Record, error) {
	media := w.MediaSize
	switch {
	case media == 0:
		media = size
	case media < 0:
		return states.Record{}, exit.Errorf(exit.DataErr, "Media size (%d) is negative.", media)
	case media > size:
		return states.Record{}, exit.Errorf(exit.DataErr, "Provided mediasize is larger than provider %s size. It has %d bytes, -m asks for %d.", w.Path, size, media)
	}
	if sector <= 0 || sector&(sector-1) != 0 || sector > math.MaxInt32 {
		return states.Record{}, exit.Errorf(exit.DataErr, "Sector size of provider %s is not power of 2 (%d).", w.Path, sector)
	}
	if sector > states.MetadataSize {
		return states.Record{}, exit.Errorf(exit.DataErr, "Sector size of provider %s is %d; HAST's metadata block of %d bytes needs sectors of at most that.", w.Path, sector, states.MetadataSize)
	}
	extent, keep := w.ExtentSize, w.KeepDirty
	if extent == 0 {
		extent = DefaultExtentSize
	}
	if keep == 0 {
		keep = DefaultKeepDirty
	}
	if extent < int64(sector) {
		return states.Record{}, exit.Errorf(exit.DataErr, "Extent size (%d) is less than sector size (%d).", extent, sector)
	}
	if extent%int64(sector) != 0 {
		return states.Record{}, exit.Errorf(exit.DataErr, "Extent size (%d) is not multiple of sector size (%d).", extent, sector)
	}
	// The handshake carries the extent size as a signed 32-bit number.
	if extent > 1<<30 {
		return states.Record{}, exit.Errorf(exit.DataErr, "Extent size (%d) is larger than %d.", extent, 1<<30)
	}
	if keep < 1 || keep > math.MaxInt32 {
		return states.Record{}, exit.Errorf(exit.DataErr, "Number of extents to keep dirty (%d) is not between 1 and %d.", keep, math.MaxInt32)
	}
	r := states.Record{
		Resource:   w.Resource,
		ExtentSize: uint32(extent),
		KeepDirty:  uint32(keep),
		PrevRole:   states.RoleInit,
	}
	var err error
	if w.Compat {
		r.LocalOff, _, r.DataSize, err = states.CompatLayout(uint64(media), r.ExtentSize, uint32(sector))
	} else {
		r.LocalOff, _, r.DataSize, err = states.Layout(uint64(media), r.ExtentSize)
	}
	var small *states.TooSmallError
	switch {
	case errors.As(err, &small) && w.MediaSize != 0:
		return states.Record{}, exit.Errorf(exit.DataErr, "Media size of resource %s is %w. Give a larger one with -m.", w.Resource, err)
	case small != nil:
		return states.Record{}, exit.Errorf(exit.DataErr, "Component %s of resource %s is %w. Use a larger one.", w.Path, w.Resource, err)
	case err != nil:
		return states.Record{}, exit.Errorf(exit.DataErr, "Component %s can't be divided: %w.", w.Path, err)
	}
	return r, nil
}
