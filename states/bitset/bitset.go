// Package bitset holds fixed-size sets of small numbers. A summary, one bit per word that isn't zero,
// makes walking, clearing and copying cost what is in a set, not what could be: the maps of a large
// device have millions of bits, nearly all of them clear. Nothing allocates after New.
package bitset

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Set is a set of numbers below its length. It is not safe for use from two goroutines at once.
type Set struct {
	words   []uint64
	summary []uint64 // bit i is set when words[i] isn't zero
	length  uint32
	count   uint32
}

// New makes an empty set of numbers below length. It takes length/8 bytes of memory.
func New(length uint32) *Set {
	words := (uint64(length) + 63) / 64
	return &Set{words: make([]uint64, words), summary: make([]uint64, (words+63)/64), length: length}
}

// Len is the bound that all members are below.
func (s *Set) Len() uint32 { return s.length }

// Count is the number of members.
func (s *Set) Count() uint32 { return s.count }

// Any reports whether there is a member.
func (s *Set) Any() bool { return s.count != 0 }

// Has reports whether i is a member. Like Set and Clear it panics if i is not below the length.
func (s *Set) Has(i uint32) bool {
	s.check(i)
	return s.words[i/64]>>(i%64)&1 != 0
}

// Set adds i, and reports whether that changed the set.
func (s *Set) Set(i uint32) bool {
	s.check(i)
	w, mask := i/64, uint64(1)<<(i%64)
	if s.words[w]&mask != 0 {
		return false
	}
	s.words[w] |= mask
	s.summary[w/64] |= 1 << (w % 64)
	s.count++
	return true
}

// Clear removes i, and reports whether that changed the set.
func (s *Set) Clear(i uint32) bool {
	s.check(i)
	w, mask := i/64, uint64(1)<<(i%64)
	if s.words[w]&mask == 0 {
		return false
	}
	s.words[w] &^= mask
	if s.words[w] == 0 {
		s.summary[w/64] &^= 1 << (w % 64)
	}
	s.count--
	return true
}

// check matters in the last word only, where a slip would go unnoticed by Go's own bounds.
func (s *Set) check(i uint32) {
	if i >= s.length {
		panic(fmt.Sprintf("bitset: %d is not below the length %d", i, s.length))
	}
}

// Next returns the least member that is not below from.
func (s *Set) Next(from uint32) (uint32, bool) {
	if from >= s.length {
		return 0, false
	}
	w := from / 64
	if rest := s.words[w] >> (from % 64); rest != 0 {
		return from + uint32(bits.TrailingZeros64(rest)), true
	}
	w, ok := s.NextWord(w + 1)
	if !ok {
		return 0, false
	}
	return w*64 + uint32(bits.TrailingZeros64(s.words[w])), true
}

// NextWord returns the least word that isn't zero and not below from.
func (s *Set) NextWord(from uint32) (uint32, bool) {
	at := from / 64
	if int(at) >= len(s.summary) {
		return 0, false
	}
	rest := s.summary[at] &^ (1<<(from%64) - 1)
	for rest == 0 {
		at++
		if int(at) == len(s.summary) {
			return 0, false
		}
		rest = s.summary[at]
	}
	return at*64 + uint32(bits.TrailingZeros64(rest)), true
}

// ForEach calls f for every member, in order. f may change the set: it is called for a member that
// was there when its word was reached.
func (s *Set) ForEach(f func(i uint32)) {
	for w, ok := s.NextWord(0); ok; w, ok = s.NextWord(w + 1) {
		for rest := s.words[w]; rest != 0; rest &= rest - 1 {
			f(w*64 + uint32(bits.TrailingZeros64(rest)))
		}
	}
}

// Words is the number of 64-bit words; word i holds the members from i*64 on.
func (s *Set) Words() uint32 { return uint32(len(s.words)) }

// Word returns a word; its lowest bit is the least number.
func (s *Set) Word(i uint32) uint64 { return s.words[i] }

// PutWord replaces a word; bits that are not below the length are dropped.
func (s *Set) PutWord(i uint32, w uint64) {
	if last := s.length % 64; last != 0 && i == s.Words()-1 {
		w &= 1<<last - 1
	}
	s.count = s.count - uint32(bits.OnesCount64(s.words[i])) + uint32(bits.OnesCount64(w))
	s.words[i] = w
	if w == 0 {
		s.summary[i/64] &^= 1 << (i % 64)
	} else {
		s.summary[i/64] |= 1 << (i % 64)
	}
}

// Reset removes all members.
func (s *Set) Reset() {
	for w, ok := s.NextWord(0); ok; w, ok = s.NextWord(w + 1) {
		s.words[w] = 0
	}
	clear(s.summary)
	s.count = 0
}

// CopyFrom makes s equal to o, which has the same length.
func (s *Set) CopyFrom(o *Set) {
	s.same(o)
	if s == o {
		return
	}
	s.Reset()
	for w, ok := o.NextWord(0); ok; w, ok = o.NextWord(w + 1) {
		s.words[w] = o.words[w]
	}
	copy(s.summary, o.summary)
	s.count = o.count
}

// Or adds all members of o, which has the same length.
func (s *Set) Or(o *Set) {
	s.same(o)
	for w, ok := o.NextWord(0); ok; w, ok = o.NextWord(w + 1) {
		s.PutWord(w, s.words[w]|o.words[w])
	}
}

// AndNot removes all members of o, which has the same length.
func (s *Set) AndNot(o *Set) {
	s.same(o)
	for w, ok := s.NextWord(0); ok; w, ok = s.NextWord(w + 1) {
		s.PutWord(w, s.words[w]&^o.words[w])
	}
}

func (s *Set) same(o *Set) {
	if s.length != o.length {
		panic(fmt.Sprintf("bitset: sets of lengths %d and %d", s.length, o.length))
	}
}

// Bytes is the length of the set as bytes.
func (s *Set) Bytes() int { return int((uint64(s.length) + 7) / 8) }

// LoadBytes replaces the set by an image: member i is bit i%8, least first, of byte i/8, as on HAST's
// disks. What the image holds beyond the length means nothing; one that is too short is refused, and
// leaves the set as it was.
func (s *Set) LoadBytes(img []byte) error {
	if len(img) < s.Bytes() {
		return fmt.Errorf("image of %d bytes is too short for %d bits, which take %d", len(img), s.length, s.Bytes())
	}
	for i := range s.words {
		s.PutWord(uint32(i), WordOf(img[i*8:]))
	}
	return nil
}

// WordOf reads a word from an image, of which as little as one byte may be left.
func WordOf(img []byte) uint64 {
	if len(img) >= 8 {
		return binary.LittleEndian.Uint64(img)
	}
	var last [8]byte
	copy(last[:], img)
	return binary.LittleEndian.Uint64(last[:])
}

// AppendBytes appends the image that LoadBytes reads.
func (s *Set) AppendBytes(dst []byte) []byte {
	left := s.Bytes()
	for _, w := range s.words {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], w)
		n := min(8, left)
		dst = append(dst, b[:n]...)
		left -= n
	}
	return dst
}
