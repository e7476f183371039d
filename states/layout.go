package states

import "fmt"

// Numbers of our own layout, in bytes. Everything but the component's size and the extent's size is
// left out of it on purpose: two nodes whose disks differ in sector size agree on the data size.
const (
	// LayoutUnit is what the beginning of the data area is a multiple of, so that no file system's
	// block and no flash page of a client straddles two of the component's.
	LayoutUnit = 1 << 20
	// LayoutSpare is the room between metadata and data beyond two activemaps.
	LayoutSpare = 64 << 10
	// LayoutGrain is what the size of the data area is a multiple of: the largest usual sector.
	LayoutGrain = 4096
)

// MaxExtents is the largest number of extents of a component; the original counts them in an int.
const MaxExtents = 1<<31 - 1

// maxSize is the largest size of a component in bytes; sizes travel as signed numbers.
const maxSize = 1<<63 - 1

// TooSmallError says that a component has no room for a data area.
type TooSmallError struct {
	Media uint64 // bytes that the component has
	Min   uint64 // bytes that it would need
}

// Error names both sizes.
func (e *TooSmallError) Error() string {
	return fmt.Sprintf("too small: %d bytes, at least %d are needed", e.Media, e.Min)
}

// Layout divides a component of media bytes as this implementation does: the data area begins at a whole
// MiB, and is a multiple of 4096 bytes. Extent is the size of an extent in bytes, a power of two of at
// least 4096. All results are in bytes; mapsize is the room between the metadata block and the data
// area. It is a *TooSmallError if not even the smallest data area fits.
//
// The room holds two activemaps and LayoutSpare bytes, because the map's second copy and our checksummed
// records live in it. A stock node can be the peer only if it is given the same data size (CompatLayout).
func Layout(media uint64, extent uint32) (localoff, mapsize, datasize uint64, err error) {
	if extent < LayoutGrain {
		return 0, 0, 0, fmt.Errorf("extent size (%d) is less than %d, the smallest outside FreeBSD's layout", extent, LayoutGrain)
	}
	if err := checkLayout(media, extent, LayoutGrain); err != nil {
		return 0, 0, 0, err
	}
	localoff = LayoutUnit
	if media > MetadataSize {
		need := MetadataSize + 2*MapBytes(media-MetadataSize, extent) + LayoutSpare
		localoff = max(LayoutUnit, (need+LayoutUnit-1)/LayoutUnit*LayoutUnit)
	}
	if media < localoff+LayoutGrain {
		return 0, 0, 0, &TooSmallError{media, localoff + LayoutGrain}
	}
	return localoff, localoff - MapOffset, (media - localoff) / LayoutGrain * LayoutGrain, nil
}

// CompatLayout divides a component to the byte as FreeBSD's hastctl create does (hast-protocol §5.2).
// Sector is the component's sector size in bytes; 512 for a regular file. Sizes are in bytes.
func CompatLayout(media uint64, extent, sector uint32) (localoff, mapsize, datasize uint64, err error) {
	if sector == 0 || sector&(sector-1) != 0 {
		return 0, 0, 0, fmt.Errorf("sector size is not power of 2 (%d)", sector)
	}
	if err := checkLayout(media, extent, sector); err != nil {
		return 0, 0, 0, err
	}
	smallest := MetadataSize + 2*uint64(sector)
	if media < smallest {
		return 0, 0, 0, &TooSmallError{media, smallest}
	}
	s := uint64(sector)
	mapsize = (MapBytes(media-MetadataSize, extent) + s - 1) / s * s
	localoff = MetadataSize + mapsize
	if media < localoff+s {
		return 0, 0, 0, &TooSmallError{media, localoff + s}
	}
	return localoff, mapsize, media - localoff, nil
}

// checkLayout refuses what no layout can be made of. The texts are the original's where it has one.
func checkLayout(media uint64, extent, sector uint32) error {
	switch {
	case media > maxSize:
		return fmt.Errorf("component of %d bytes is too large, at most %d", media, uint64(maxSize))
	case extent < sector:
		return fmt.Errorf("extent size (%d) is less than sector size (%d)", extent, sector)
	case extent%sector != 0:
		return fmt.Errorf("extent size (%d) is not multiple of sector size (%d)", extent, sector)
	case extent&(extent-1) != 0:
		return fmt.Errorf("extent size (%d) is not power of 2", extent)
	case Extents(media, extent) > MaxExtents:
		return fmt.Errorf("component of %d bytes has more than %d extents of %d bytes, choose larger ones", media, uint64(MaxExtents), extent)
	}
	return nil
}
