package demo

import (
	"encoding/binary"
	"fmt"
)

// blockSize is the unit of the load, in bytes: each block says which write it came from.
const blockSize = 4096

// The head of a stamped block; the rest is drawn from the same numbers, so that one wrong bit shows.
const (
	stampMagic = 0x68617374_64656d6f // "hastdemo"
	stampHead  = 32
)

// stamp fills p, one block, with what write id of this seed puts at a block.
func stamp(p []byte, seed, block, id uint64) {
	le := binary.LittleEndian
	le.PutUint64(p, stampMagic)
	le.PutUint64(p[8:], seed)
	le.PutUint64(p[16:], block)
	le.PutUint64(p[24:], id)
	x := mix(mix(mix(seed)^block) ^ id)
	for at := stampHead; at < blockSize; at += 8 {
		x += 0x9e3779b97f4a7c15
		le.PutUint64(p[at:], mix(x))
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// stamped says which write p, one block, came from. It is an error if the block is no block of this seed,
// belongs elsewhere, or is not whole.
func stamped(p []byte, seed, block uint64) (id uint64, err error) {
	le := binary.LittleEndian
	switch {
	case le.Uint64(p) != stampMagic:
		return 0, fmt.Errorf("block %d holds something that was never written there", block)
	case le.Uint64(p[8:]) != seed:
		return 0, fmt.Errorf("block %d holds a block of another run", block)
	case le.Uint64(p[16:]) != block:
		return 0, fmt.Errorf("block %d holds what was written to block %d", block, le.Uint64(p[16:]))
	}
	id = le.Uint64(p[24:])
	var want [blockSize]byte
	stamp(want[:], seed, block, id)
	if string(p[stampHead:blockSize]) != string(want[stampHead:]) {
		return 0, fmt.Errorf("block %d holds a part of write %d only", block, id)
	}
	return id, nil
}
