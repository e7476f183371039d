package states

// Ailing is where a primary stands whose component has failed writes, or flushes, of some extents of which
// the secondary holds the current content. Before that content counts for this node's answers, the record
// has to say so (I37).
type Ailing struct {
	// Alone: there is no session that the secondary has confirmed.
	Alone bool
	// Unflushed: the secondary may hold something of these extents in its cache only (rule bad-flush).
	Unflushed bool
	// Flushing: a flush of the secondary is under way.
	Flushing bool
	// Recording: some record is being written.
	Recording bool
}

// AilingStep is what to do next.
type AilingStep uint8

// The steps.
const (
	// AilingWait for something that is under way.
	AilingWait AilingStep = iota
	// AilingForget the extents: what the secondary holds counts for nothing without a session.
	AilingForget
	// AilingFlush the secondary.
	AilingFlush
	// AilingRecord the extents as bad.
	AilingRecord
)

var ailingNames = [...]string{"wait", "forget", "flush", "record"}

// String names the step.
func (s AilingStep) String() string { return enumName(ailingNames[:], int(s)) }

// Next is the next step. The flush comes before the record: with the record alone, the secondary's loss of
// power would leave no current copy at all.
func (a Ailing) Next() AilingStep {
	switch {
	case a.Alone:
		return AilingForget
	case a.Unflushed && a.Flushing, !a.Unflushed && a.Recording:
		return AilingWait
	case a.Unflushed:
		return AilingFlush
	}
	return AilingRecord
}

// Disowned is the record of a primary whose copy of more extents is the secondary's from now on. It is false
// if the record has no room to name just these: a widened set would hold extents of which the secondary
// lacks something.
func Disowned(r Record, more ...ExtentRun) (Record, bool) {
	set, ok := r.exactly(append(r.Bad.list(), more...))
	if ok {
		r.Bad = set
	}
	return r, ok
}

// Regained is the record of a primary whose component has got extents back, by copying and a flush: only
// those named still are bad (rule bad-clear). It is false as in Disowned.
func Regained(r Record, still ...ExtentRun) (Record, bool) {
	set, ok := r.exactly(still)
	if ok {
		r.Bad = set
	}
	return r, ok
}

// exactly is a set of extents, if the record's metadata can hold it without widening it.
func (r *Record) exactly(runs []ExtentRun) (ExtentRuns, bool) {
	room := MaxExtentRuns
	if _, ok := r.CopyOffsets(); !ok {
		room = BlockRuns
	}
	joined := joinRuns(runs)
	if len(joined) > room {
		return ExtentRuns{}, false
	}
	return packRuns(joined), true
}

// BlockRuns is how many runs of bad extents the metadata block has room for.
const BlockRuns = 256
