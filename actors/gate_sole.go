package actors

// What the secondary's record names as bad is current here alone, under whatever counters. Copied to the secondary it is
// there, too, but its record says otherwise until it has confirmed that it is fit: a handshake before that takes these
// extents from this copy, after a loss of power as well, and from no other one (SourceOf). So as long as that may happen,
// the secondary's content of them counts for nothing (rule sole-flush): what both owe is durable here before it is answered,
// and what this component fails, or what a flush of it may have lost, can't become the secondary's.

// isSole reports whether a request touches such an extent.
func (g *gate) isSole(r *Request) bool {
	if g.sole.IsEmpty() {
		return false
	}
	first, last := g.amap.Range(uint64(r.Off), uint64(r.Len))
	for e := first; e <= last; e++ {
		if g.sole.Contains(uint64(e)) {
			return true
		}
	}
	return false
}
