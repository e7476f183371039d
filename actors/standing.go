package actors

import (
	"hast/states"
	"hast/states/bitset"
)

// standing is what is known of the own copy beyond its record, from the opening of the component on. It
// belongs to resource, which lends it to gate or secondary: whichever of the two there is.
type standing struct {
	// crashed is what an unclean end before the opening left; it goes with a raise, equal counters or the
	// primary's word that this copy is fit, never by serving (rule keep-crashed).
	crashed states.Unclean
	// lag holds the extents of which this copy, as secondary, knows that they lack something answered.
	lag *bitset.Set
	// lagKnown: lag says it all.
	lagKnown bool
	// outdated: the last handshake found the peer ahead. The record says so from the reply or the session on; until
	// then, or if it can't be written, this node must not go on alone all the same.
	outdated bool
	// outdatedCopy is the copy of which a handshake said so: a component that was made anew is another one.
	outdatedCopy states.Copy
	// target is what a reign leaves to the next one when its device was withdrawn; nil if none was.
	target *pastTarget
}

// openStanding takes stock at the opening: boot is the identity of the machine's start, empty if unknown.
func openStanding(r *states.Record, boot string) *standing {
	s := &standing{crashed: r.Unclean, lag: bitset.New(uint32(states.Extents(r.DataSize, r.ExtentSize)))}
	if s.crashed != 0 && (boot == "" || boot != r.Boot) {
		s.crashed |= states.UncleanRestarted
	}
	s.lagKnown = s.crashed == 0
	return s
}

// marks is what a handshake tells of this copy.
func (s *standing) marks(r *states.Record, dirty bool) states.Marks {
	return states.Marks{Known: true, LastSession: r.LastSession, TrySession: r.TrySession, Crashed: s.crashed,
		Sent: r.Unclean&states.UncleanSent != 0, Branch: r.Branch, WasPrimary: r.WasPrimary, LagKnown: s.lagKnown, Dirty: dirty,
		Zeroed: r.Zeroed}
}

// whole says that this copy lacks nothing.
func (s *standing) whole() {
	s.crashed, s.lagKnown, s.outdated = 0, true, false
	s.lag.Reset()
}

// behind says that the last handshake found the peer ahead of the copy with this record.
func (s *standing) behind(r *states.Record) { s.outdated, s.outdatedCopy = true, states.CopyOf(r) }

// isBehind reports whether a former opening was told that the copy with this record is behind.
func (s *standing) isBehind(r *states.Record) bool {
	return s != nil && s.outdated && s.outdatedCopy == states.CopyOf(r)
}

// lacking says that this copy, as secondary, failed to apply or to keep what its primary may have answered
// (rule fail-apply-mark).
func (s *standing) lacking() {
	s.crashed |= states.UncleanBegan | states.UncleanReceived
	s.lagKnown = false
}

// began is a record under which a reign or session has begun.
func (s *standing) began(r states.Record, boot string) states.Record {
	r.Unclean |= s.crashed | states.UncleanBegan
	r.Boot = boot
	return r
}
