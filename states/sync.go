package states

// The states of synchronization.
const (
	// SyncIsIdle: there is no session.
	SyncIsIdle State = "idle"
	// SyncIsRunning: extents are being copied.
	SyncIsRunning State = "running"
	// SyncIsWaiting: a copy failed, its extent stays where it was; a timer runs.
	SyncIsWaiting State = "waiting"
	// SyncIsFinishing: nothing is left to copy, both components are being flushed.
	SyncIsFinishing State = "finishing"
	// SyncIsEqualising: both are flushed, the counters are being equalised.
	SyncIsEqualising State = "equalising"
	// SyncIsDone: the components are in sync; regular writes keep them so.
	SyncIsDone State = "done"
)

// What happens to synchronization.
const (
	// SyncOnSessionUp: a session began with nothing to copy.
	SyncOnSessionUp Event = "session-up"
	// SyncOnWork: there are extents to copy, at the start of a session or since; also the retry timer's.
	SyncOnWork Event = "work"
	// SyncOnNothingLeft: the last extent is copied; also the retry timer's.
	SyncOnNothingLeft Event = "nothing-left"
	// SyncOnFlushed: a good flush of both sides covers all that was copied or written.
	SyncOnFlushed Event = "flushed"
	// SyncOnEqualised: the record with equal counters is durable.
	SyncOnEqualised Event = "equalised"
	// SyncOnError: a copy, a flush or the record failed while the session lasts.
	SyncOnError Event = "error"
	// SyncOnLost: the session ended.
	SyncOnLost Event = "lost"
)

// What the owner of synchronization has to do.
const (
	// SyncDoStartCopy asks the gate for extents until none is left.
	SyncDoStartCopy Effect = "start-copy"
	// SyncDoFlushBoth flushes both sides until nothing is unflushed; flushed or work or error follows.
	SyncDoFlushBoth Effect = "flush-both"
	// SyncDoEqualise equalises the counters, and tells S; equalised or work or error follows.
	SyncDoEqualise Effect = "equalise"
	// SyncDoRecheck looks once more whether extents have to be copied; work follows if so.
	SyncDoRecheck Effect = "recheck"
	// SyncDoRetryLater starts the timer; work or nothing-left follows.
	SyncDoRetryLater Effect = "retry-later"
	// SyncDoAnnounceStart, SyncDoAnnounceDone and SyncDoAnnounceInterrupted tell status, log and hooks.
	// A start is told unless one was and hasn't ended; the other two only if one was and hasn't.
	SyncDoAnnounceStart       Effect = "announce-start"
	SyncDoAnnounceDone        Effect = "announce-done"
	SyncDoAnnounceInterrupted Effect = "announce-interrupted"
)

// SyncTable is how far the components of a resource are from being equal, as the primary sees it.
var SyncTable = &Table{
	Name:    "sync",
	Asks:    "How far is the synchronization of this session?",
	Initial: SyncIsIdle,
	States:  []State{SyncIsIdle, SyncIsRunning, SyncIsWaiting, SyncIsFinishing, SyncIsEqualising, SyncIsDone},
	Events: []Event{SyncOnSessionUp, SyncOnWork, SyncOnNothingLeft, SyncOnFlushed, SyncOnEqualised, SyncOnError,
		SyncOnLost},
	Rows: []Row{
		{SyncIsIdle, SyncOnSessionUp, SyncIsFinishing, []Effect{SyncDoFlushBoth}, "The counters may still have to be equalised."},
		{SyncIsIdle, SyncOnWork, SyncIsRunning, []Effect{SyncDoAnnounceStart, SyncDoStartCopy}, "A start is announced only if there is something to copy."},
		{SyncIsRunning, SyncOnNothingLeft, SyncIsFinishing, []Effect{SyncDoFlushBoth}, "A copy that isn't flushed isn't one (I10, A12)."},
		{SyncIsRunning, SyncOnError, SyncIsWaiting, []Effect{SyncDoAnnounceInterrupted, SyncDoRetryLater}, "The extent stays where it is, and is tried again (A4)."},
		{SyncIsRunning, SyncOnLost, SyncIsIdle, []Effect{SyncDoAnnounceInterrupted}, "What is left stays in the map."},
		{SyncIsWaiting, SyncOnWork, SyncIsRunning, []Effect{SyncDoAnnounceStart, SyncDoStartCopy}, "The timer rang."},
		{SyncIsWaiting, SyncOnNothingLeft, SyncIsFinishing, []Effect{SyncDoFlushBoth}, "The timer rang after a failed flush or record."},
		{SyncIsWaiting, SyncOnLost, SyncIsIdle, nil, "The interruption was announced when it happened."},
		{SyncIsFinishing, SyncOnFlushed, SyncIsEqualising, []Effect{SyncDoEqualise}, "Both flushes come before equal counters (I15)."},
		{SyncIsFinishing, SyncOnWork, SyncIsRunning, []Effect{SyncDoAnnounceStart, SyncDoStartCopy}, "Something failed meanwhile; the same synchronization goes on."},
		{SyncIsFinishing, SyncOnError, SyncIsWaiting, []Effect{SyncDoAnnounceInterrupted, SyncDoRetryLater}, "A failed flush is final: the gate marks what it covered (I38)."},
		{SyncIsFinishing, SyncOnLost, SyncIsIdle, []Effect{SyncDoAnnounceInterrupted}, "An old session's flush counts for nothing."},
		{SyncIsEqualising, SyncOnEqualised, SyncIsDone, []Effect{SyncDoAnnounceDone, SyncDoRecheck}, "The components are in sync, durably."},
		{SyncIsEqualising, SyncOnWork, SyncIsRunning, []Effect{SyncDoAnnounceStart, SyncDoStartCopy}, "Its owner found that the counters must not be equalised now (I19)."},
		{SyncIsEqualising, SyncOnError, SyncIsWaiting, []Effect{SyncDoAnnounceInterrupted, SyncDoRetryLater}, "The record could not be written; nothing is claimed."},
		{SyncIsEqualising, SyncOnLost, SyncIsIdle, []Effect{SyncDoAnnounceInterrupted}, "The next verdict reads what became durable (I41)."},
		{SyncIsDone, SyncOnWork, SyncIsRunning, []Effect{SyncDoAnnounceStart, SyncDoStartCopy}, "Repair, or an extent that failed since."},
		{SyncIsDone, SyncOnLost, SyncIsIdle, nil, "Nothing was interrupted."},
	},
	Ignored: []Ignore{
		{[]State{SyncIsIdle}, []Event{SyncOnLost}, "Nothing was being copied."},
		{[]State{SyncIsRunning}, []Event{SyncOnWork}, "The copy takes what comes."},
		{[]State{SyncIsRunning}, []Event{SyncOnFlushed, SyncOnEqualised}, "More work came while it was being finished, which will be done again."},
		{[]State{SyncIsWaiting}, []Event{SyncOnError, SyncOnFlushed, SyncOnEqualised}, "The timer runs already; everything is looked at again."},
		{[]State{SyncIsFinishing, SyncIsEqualising, SyncIsDone}, []Event{SyncOnNothingLeft}, "It is known."},
		{[]State{SyncIsIdle}, []Event{SyncOnNothingLeft, SyncOnFlushed, SyncOnEqualised, SyncOnError}, "The session that it was for is over."},
	},
}
