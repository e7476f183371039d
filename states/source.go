package states

// SourceRow is the row of the table by which an extent that is dirty or bad has its source (design 3.1).
type SourceRow uint8

// The rows, in the order in which they are looked for.
const (
	// SourceNoCopy: neither side holds a current copy.
	SourceNoCopy SourceRow = iota
	// SourceByFresh: the secondary's component was just created.
	SourceByFresh
	// SourceByAgain: the secondary is ahead, but the primary already took over all that was new there
	// (rule keep-stale).
	SourceByAgain
	// SourceByAhead: one side alone was changed; it is the source, except of extents that it holds as bad.
	SourceByAhead
	// SourceByStale: the primary knew before that its content isn't current.
	SourceByStale
	// SourceByBad: one side's component failed the extent.
	SourceByBad
	// SourceByServed: clients have seen the primary's content (I35).
	SourceByServed
	// SourceByRank: the counters are equal, and one side may lack less of what was answered.
	SourceByRank
	// SourceByTail: equally good, and one side alone holds answers that were given for what was only sent.
	SourceByTail
	// SourceByLast: equally good; the primary of the last time in sync, or else today's, is the source.
	SourceByLast
)

var sourceRowNames = [...]string{"no-copy", "fresh", "taken-before", "ahead", "stale", "bad", "served", "rank", "sent-tail", "last-primary"}

// String names the row.
func (r SourceRow) String() string { return enumName(sourceRowNames[:], int(r)) }

// SourceOf says which side's content of an extent that is dirty or bad survives; ok is false if neither is
// a current copy.
func SourceOf(v Verdict, p, s Marks, r Reign, e ExtentMarks) (from SyncSource, ok bool) {
	row, from := SourceRowOf(v, p, s, r, e)
	return from, row != SourceNoCopy
}

// SourceRowOf also names the row of the table that applies; with SourceNoCopy the side means nothing.
func SourceRowOf(v Verdict, p, s Marks, r Reign, e ExtentMarks) (SourceRow, SyncSource) {
	faulted := s.Crashed&(UncleanReceived|UncleanRestarted) != 0
	switch {
	case v == VerdictFresh && e.BadP:
		return SourceNoCopy, SourcePrimary
	case v == VerdictFresh:
		return SourceByFresh, SourcePrimary
	case e.BadP && e.BadS:
		return SourceNoCopy, SourceUndef
	case v == VerdictSecondaryAhead && r.Again && e.Stale:
		return SourceByAgain, SourceSecondary
	case v == VerdictSecondaryAhead && r.Again:
		return SourceByAgain, SourcePrimary
	case v == VerdictSecondaryAhead && e.BadS:
		return SourceByBad, SourcePrimary
	case v == VerdictSecondaryAhead:
		return SourceByAhead, SourceSecondary
	case e.Stale && (r.Served || !faulted):
		return SourceByStale, SourceSecondary
	case e.BadP:
		return SourceByBad, SourceSecondary
	case e.BadS:
		return SourceByBad, SourcePrimary
	case r.Served:
		return SourceByServed, SourcePrimary
	case v == VerdictPrimaryAhead:
		return SourceByAhead, SourcePrimary
	}
	own, other := p.Rank(e.LagP), s.Rank(e.LagS)
	switch {
	case own < other:
		return SourceByRank, SourcePrimary
	case own > other:
		return SourceByRank, SourceSecondary
	case p.Sent && !s.Sent:
		return SourceByTail, SourcePrimary
	case s.Sent && !p.Sent:
		return SourceByTail, SourceSecondary
	case p.Sent && s.WasPrimary && !p.WasPrimary:
		return SourceByLast, SourceSecondary // rule tie-last-primary
	}
	return SourceByLast, SourcePrimary
}
