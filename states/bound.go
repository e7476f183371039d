package states

// Bounded is the mode under which a write is answered while tail bytes are answered as sent and not yet
// confirmed by the secondary: what would carry the tail beyond bound bytes waits for the secondary, as
// under fullsync. So what a failover can lose under async is never more than the bound (I2); a single
// write larger than the bound is answered as sent only if nothing else is.
func Bounded(m Mode, tail, n, bound int64) Mode {
	if m == Async && bound > 0 && tail > 0 && tail+n > bound {
		return FullSync
	}
	return m
}
