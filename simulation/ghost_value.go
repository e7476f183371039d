package simulation

import (
	"encoding/binary"
	"fmt"

	"hast/states"
)

// valueID names what a sector holds: the number of the write that put it there; zeroes; or something that no
// client wrote, by a hash of its bytes.
type valueID uint64

const (
	zeroes valueID = 1 << 63
	// foreign: nothing that a client wrote. stray: the stamp of another sector, of a write that never was, or
	// a torn one.
	foreign valueID = 1 << 62
	stray   valueID = 1 << 61
)

// zeroing is what is known of the zeroings and trims of a sector.
type zeroing struct {
	gen  uint64 // the newest
	end  uint64 // the newest end
	open int    // under way
}

// identify names what an image of the component holds in a sector of the device.
func (s *side) identify(image []byte, sector int64) valueID {
	at := int64(s.ghost.record.LocalOff) + sector*SectorSize
	if at+SectorSize > int64(len(image)) {
		return foreign
	}
	return s.ghost.judge.identify(image[at:at+SectorSize], sector)
}

func (j *Judge) identify(b []byte, sector int64) valueID {
	c := decode(b)
	switch c.kind {
	case contentZero:
		return zeroes
	case contentStamp:
		if c.sector == sector && c.gen > 0 && c.gen < uint64(len(j.writes)) {
			if w := &j.writes[c.gen]; w.op == states.OpWrite && w.sector <= sector && sector < w.sector+w.n {
				return valueID(c.gen)
			}
		}
		return stray | hashed(b)
	case contentTorn:
		return stray | hashed(b)
	}
	return foreign | hashed(b)
}

// hashed tells contents apart that no client wrote.
func hashed(b []byte) valueID {
	h := uint64(14695981039346656037)
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * 1099511628211
		h ^= h >> 29
	}
	return valueID(h) & (stray - 1)
}

func (v valueID) isWrite() bool { return v < stray }
func (v valueID) isStray() bool { return v&(zeroes|foreign|stray) == stray }

// ends is the newest end that the write of a value may have: never while one is under way, 0 if no client
// wrote it.
func (g *ghost) ends(sector int64, v valueID) uint64 {
	switch {
	case v == zeroes:
		if z := &g.zeroed[sector]; z.open > 0 {
			return never
		}
		return g.zeroed[sector].end
	case v.isWrite():
		return g.judge.writes[v].end
	}
	return 0
}

// writer is the write that a value is of, 0 if no client wrote it. Of several zeroings it is the newest.
func (g *ghost) writer(sector int64, v valueID) uint64 {
	switch {
	case v == zeroes:
		return g.zeroed[sector].gen
	case v.isWrite():
		return uint64(v)
	}
	return 0
}

// describe says in words what a value is.
func (j *Judge) describe(v valueID) string {
	switch {
	case v == zeroes:
		return "zeroes"
	case v.isWrite():
		w := j.writes[v]
		if w.end == never {
			return fmt.Sprintf("write %d (invoked %d)", uint64(v), w.inv)
		}
		return fmt.Sprintf("write %d (invoked %d, ended %d)", uint64(v), w.inv, w.end)
	case v.isStray():
		return "a stamp that doesn't belong there"
	}
	return "what no client wrote"
}
