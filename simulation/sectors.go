package simulation

import "math/bits"

// sectorSet is a set of sectors, a bit for each.
type sectorSet []uint64

func newSectorSet(n int64) sectorSet { return make(sectorSet, (n+63)/64) }

func (s sectorSet) has(i int64) bool { return s[i>>6]>>(i&63)&1 == 1 }
func (s sectorSet) add(i int64)      { s[i>>6] |= 1 << (i & 63) }
func (s sectorSet) remove(i int64)   { s[i>>6] &^= 1 << (i & 63) }

// next is the first member that is not less than i, or -1.
func (s sectorSet) next(i int64) int64 {
	at := i >> 6
	if at >= int64(len(s)) {
		return -1
	}
	word := s[at] >> (i & 63) << (i & 63)
	for word == 0 {
		if at++; at == int64(len(s)) {
			return -1
		}
		word = s[at]
	}
	return at<<6 + int64(bits.TrailingZeros64(word))
}

// any reports whether one of n sectors from first on is a member.
func (s sectorSet) any(first, n int64) bool {
	i := s.next(first)
	return i >= 0 && i < first+n
}
