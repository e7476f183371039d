package states

// Bounded is the mode under which a write is answered while tail bytes are answered as sent and not yet
// confirmed by the secondary: what would carry the tail beyond bound bytes waits for the secondary, as
// under fullsync. So what a failover can lose under async is never more than the bound (I2); a single
// write larger than the bound is answered as sent only if nothing else is.
//
// late says that a part of the tail has been there for longer than it may.
func Bounded(m Mode, tail, n, bound int64, late bool) Mode {
	if m == Async && tail > 0 && (late || bound > 0 && tail+n > bound) {
		return FullSync
	}
	return m
}
