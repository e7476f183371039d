package simulation

import (
	"bytes"
	"encoding/binary"
)

// A stamp says who wrote a sector: generation and sector number, repeated over the whole sector, so that
// a sector that is torn inside or lies in a wrong place is found.
const stampSize = 32

var stampWord = [16]byte{'h', 'a', 's', 't', ' ', 's', 'i', 'm', 'u', 'l', 'a', 't', 'i', 'o', 'n', '.'}

// stampSectors fills b with the stamps of a write that begins at a sector.
func stampSectors(b []byte, gen uint64, sector int64) {
	var s [stampSize]byte
	copy(s[16:], stampWord[:])
	binary.LittleEndian.PutUint64(s[:], gen)
	for at := 0; at < len(b); at += SectorSize {
		binary.LittleEndian.PutUint64(s[8:], uint64(sector))
		for i := at; i < at+SectorSize; i += stampSize {
			copy(b[i:], s[:])
		}
		sector++
	}
}

// content is what a sector holds.
type content struct {
	kind   contentKind
	gen    uint64
	sector int64
}

type contentKind uint8

const (
	contentForeign contentKind = iota // nothing that a client wrote
	contentZero
	contentStamp
	contentTorn // begins with a stamp, but isn't one throughout
)

// decode reads a sector.
func decode(b []byte) content {
	b = b[:SectorSize]
	if bytes.Equal(b, zeroSector[:]) {
		return content{kind: contentZero}
	}
	if !bytes.Equal(b[16:stampSize], stampWord[:]) {
		return content{kind: contentForeign}
	}
	c := content{contentStamp, binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}
	if !bytes.Equal(b[:SectorSize-stampSize], b[stampSize:]) {
		c.kind = contentTorn
	}
	return c
}
