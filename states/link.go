package states

// The states of the pair of connections to the peer, as the primary sees it.
const (
	// LinkIsDown: there is no connection.
	LinkIsDown State = "down"
	// LinkIsDialingOut: the first connection (requests) is being made.
	LinkIsDialingOut State = "dialing-out"
	// LinkIsHello1: the reply to hello1, with the token, is awaited.
	LinkIsHello1 State = "hello1"
	// LinkIsDialingIn: the second connection (replies) is being made.
	LinkIsDialingIn State = "dialing-in"
	// LinkIsHello2: the reply to hello2, with counters and map, is awaited.
	LinkIsHello2 State = "hello2"
	// LinkIsMerging: verdict, then merged map and record are being made durable by their owner.
	LinkIsMerging State = "merging"
	// LinkIsUp: requests may be sent.
	LinkIsUp State = "up"
	// LinkIsClosing: the connections are being closed.
	LinkIsClosing State = "closing"
)

// What happens to a link. The owner drops events of an earlier attempt by their epoch before it steps.
const (
	// LinkOnConnect: the guard asks for a session.
	LinkOnConnect Event = "connect"
	// LinkOnDialed and LinkOnDialFailed: how making a connection ended.
	LinkOnDialed     Event = "dialed"
	LinkOnDialFailed Event = "dial-failed"
	// LinkOnReplyOK: hello1 was accepted, its token is known.
	LinkOnReplyOK Event = "reply-ok"
	// LinkOnReplyRefused: the peer answered a hello with an error, or with what can't be understood.
	LinkOnReplyRefused Event = "reply-refused"
	// LinkOnPeerReply: hello2 was accepted; counters and map are here.
	LinkOnPeerReply Event = "peer-reply"
	// LinkOnMerged: the session's start is durable on this side.
	LinkOnMerged Event = "merged"
	// LinkOnVerdictRefused: the counters forbid the session (split-brain, foreign, time travel).
	LinkOnVerdictRefused Event = "verdict-refused"
	// LinkOnMergeFailed: map or record could not be made durable, or a raise ended the attempt.
	LinkOnMergeFailed Event = "merge-failed"
	// LinkOnLost: a connection broke.
	LinkOnLost Event = "lost"
	// LinkOnTimeout: the peer was silent for too long.
	LinkOnTimeout Event = "timeout"
	// LinkOnClose: the owner wants no link any more.
	LinkOnClose Event = "close"
	// LinkOnClosed: both connections are gone, nothing more will be heard from them.
	LinkOnClosed Event = "closed"
)

// What a link's owner has to do.
const (
	// LinkDoDialOut and LinkDoDialIn start a connection; dialed or dial-failed follows.
	LinkDoDialOut Effect = "dial-out"
	LinkDoDialIn  Effect = "dial-in"
	// LinkDoSendHello1 and LinkDoSendHello2 send a hello and start the timer for its reply.
	LinkDoSendHello1 Effect = "send-hello1"
	LinkDoSendHello2 Effect = "send-hello2"
	// LinkDoOfferSession gives the reply to the gate; merged, verdict-refused or merge-failed follows.
	LinkDoOfferSession Effect = "offer-session"
	// LinkDoAnnounceUp and LinkDoAnnounceDown tell gate, status and hooks.
	LinkDoAnnounceUp   Effect = "announce-up"
	LinkDoAnnounceDown Effect = "announce-down"
	// LinkDoFailOutstanding ends every request sent and not finally answered as lost, before a later
	// session can begin (A1, A24).
	LinkDoFailOutstanding Effect = "fail-outstanding"
	// LinkDoWithdrawOffer tells the gate that the session it is merging is over.
	LinkDoWithdrawOffer Effect = "withdraw-offer"
	// LinkDoDropConnections closes what is open and gives up what is being dialed; closed follows.
	LinkDoDropConnections Effect = "drop-connections"
	// LinkDoTellGuard says that the link is down, with the reason that the owner remembers.
	LinkDoTellGuard Effect = "tell-guard"
)

// LinkTable is the primary's side of the connection pair.
var LinkTable = &Table{
	Name:    "link",
	Asks:    "How far is the session with the peer?",
	Initial: LinkIsDown,
	States: []State{LinkIsDown, LinkIsDialingOut, LinkIsHello1, LinkIsDialingIn, LinkIsHello2, LinkIsMerging,
		LinkIsUp, LinkIsClosing},
	Events: []Event{LinkOnConnect, LinkOnDialed, LinkOnDialFailed, LinkOnReplyOK, LinkOnReplyRefused, LinkOnPeerReply,
		LinkOnMerged, LinkOnVerdictRefused, LinkOnMergeFailed, LinkOnLost, LinkOnTimeout, LinkOnClose, LinkOnClosed},
	Rows: slicesOf(linkRise, linkFall),
	Ignored: []Ignore{
		{[]State{LinkIsDialingOut, LinkIsHello1, LinkIsDialingIn, LinkIsHello2, LinkIsMerging, LinkIsUp},
			[]Event{LinkOnConnect}, "It is on its way, or there."},
		{[]State{LinkIsDown}, []Event{LinkOnClose}, "There is nothing to close."},
		{[]State{LinkIsClosing}, []Event{LinkOnConnect}, "The guard hears when the link is down, and asks again."},
		{[]State{LinkIsClosing}, []Event{LinkOnDialed, LinkOnDialFailed, LinkOnReplyOK, LinkOnReplyRefused, LinkOnPeerReply,
			LinkOnMerged, LinkOnVerdictRefused, LinkOnMergeFailed, LinkOnLost, LinkOnTimeout, LinkOnClose},
			"The attempt is over; only its end matters."},
	},
}

var linkDrop = []Effect{LinkDoDropConnections}

// linkRise leads from nothing to a session.
var linkRise = []Row{
	{LinkIsDown, LinkOnConnect, LinkIsDialingOut, []Effect{LinkDoDialOut}, "The guard alone decides when to try."},
	{LinkIsDialingOut, LinkOnDialed, LinkIsHello1, []Effect{LinkDoSendHello1}, "The primary speaks first."},
	{LinkIsHello1, LinkOnReplyOK, LinkIsDialingIn, []Effect{LinkDoDialIn}, "The token of the reply ties the second connection to the first."},
	{LinkIsDialingIn, LinkOnDialed, LinkIsHello2, []Effect{LinkDoSendHello2}, "Counters are read when hello2 is sent, not before."},
	{LinkIsHello2, LinkOnPeerReply, LinkIsMerging, []Effect{LinkDoOfferSession}, "Map and record have one owner, and that is not the link."},
	{LinkIsMerging, LinkOnMerged, LinkIsUp, []Effect{LinkDoAnnounceUp}, "Nothing is sent before the merged map is durable here (I8)."},
}

// linkFall leads from everywhere back to nothing.
var linkFall = []Row{
	{LinkIsDialingOut, LinkOnDialFailed, LinkIsDown, []Effect{LinkDoTellGuard}, "No connection was made, so none is to be closed."},
	{LinkIsDialingOut, LinkOnTimeout, LinkIsClosing, linkDrop, "A dial that hangs is given up."},
	{LinkIsDialingOut, LinkOnClose, LinkIsClosing, linkDrop, "The dial is given up."},
	{LinkIsHello1, LinkOnReplyRefused, LinkIsClosing, linkDrop, "The peer said why; the guard decides when to ask again."},
	{LinkIsHello1, LinkOnLost, LinkIsClosing, linkDrop, "The peer went away."},
	{LinkIsHello1, LinkOnTimeout, LinkIsClosing, linkDrop, "The peer is silent."},
	{LinkIsHello1, LinkOnClose, LinkIsClosing, linkDrop, "Nothing was changed yet."},
	{LinkIsDialingIn, LinkOnDialFailed, LinkIsClosing, linkDrop, "The first connection is open and worth nothing alone."},
	{LinkIsDialingIn, LinkOnLost, LinkIsClosing, linkDrop, "The first connection broke."},
	{LinkIsDialingIn, LinkOnTimeout, LinkIsClosing, linkDrop, "A dial that hangs is given up."},
	{LinkIsDialingIn, LinkOnClose, LinkIsClosing, linkDrop, "Nothing was changed yet."},
	{LinkIsHello2, LinkOnReplyRefused, LinkIsClosing, linkDrop, "The peer's verdict, or its own trouble; nothing changes on either side (I14)."},
	{LinkIsHello2, LinkOnLost, LinkIsClosing, linkDrop, "The next hello2 finds the same verdict (I41)."},
	{LinkIsHello2, LinkOnTimeout, LinkIsClosing, linkDrop, "The next hello2 finds the same verdict (I41)."},
	{LinkIsHello2, LinkOnClose, LinkIsClosing, linkDrop, "The next hello2 finds the same verdict (I41)."},
	{LinkIsMerging, LinkOnVerdictRefused, LinkIsClosing, linkDrop, "The verdict is the same on both nodes, and this one says no (I16)."},
	{LinkIsMerging, LinkOnMergeFailed, LinkIsClosing, linkDrop, "A map that isn't durable counts as not merged (I9)."},
	{LinkIsMerging, LinkOnLost, LinkIsClosing, []Effect{LinkDoWithdrawOffer, LinkDoDropConnections}, "A merge without a session is harmless and must not become one."},
	{LinkIsMerging, LinkOnTimeout, LinkIsClosing, []Effect{LinkDoWithdrawOffer, LinkDoDropConnections}, "The own disk hangs; the peer shouldn't wait for it."},
	{LinkIsMerging, LinkOnClose, LinkIsClosing, []Effect{LinkDoWithdrawOffer, LinkDoDropConnections}, "A merge without a session is harmless and must not become one."},
	{LinkIsUp, LinkOnLost, LinkIsClosing, linkEnd, "Whatever was in flight is now unconfirmed (A1)."},
	{LinkIsUp, LinkOnTimeout, LinkIsClosing, linkEnd, "A silent peer is a lost one."},
	{LinkIsUp, LinkOnClose, LinkIsClosing, linkEnd, "A session that is ended on purpose ends like any other."},
	{LinkIsClosing, LinkOnClosed, LinkIsDown, []Effect{LinkDoTellGuard}, "Only now can nothing old be heard any more (I30)."},
}

var linkEnd = []Effect{LinkDoAnnounceDown, LinkDoFailOutstanding, LinkDoDropConnections}
