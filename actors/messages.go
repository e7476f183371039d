package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"hast/config"
	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// Messages between the actors of a node, grouped by receiver. Commands are imperatives, facts are in the
// past. All actors of a resource share one executor, and messages of one sender arrive in order; an
// epoch tells a late answer wherever the receiver may have moved on.

// To node, from resource.

// roleSettled tells that a role command has ended.
type roleSettled struct {
	name   string
	id     uint64
	before states.Role
	reason string
}

// statusWalk visits the actors of a resource, each of which fills in what it knows, and ends at node.
// What fell on the way leaves it unanswered; node answers without it after a second.
type statusWalk struct {
	id     uint64
	to     *actor.PID
	sink   StatusSink // of a host program, instead of a node
	status *Status
	link   states.Plight // what keeps the link down; remotelink's, for gate
	at     *actor.PID    // who has it; resource's
}

// resourceGone tells that a resource has stopped for good.
type resourceGone struct{ name string }

// To resource, from node.

// setRole asks for a role; answered by roleSettled with the same id.
type setRole struct {
	id    uint64
	role  states.Role
	force bool
	sink  RoleSink // of a host program, instead of a node
	// before is the role at the time of the command; resource's own.
	before states.Role
	epoch  uint64 // of its roleLimit; resource's own
	looks  int    // how often it found the device open; resource's own
}

// reconfigure gives a resource its new settings; change says which differ.
type reconfigure struct {
	cfg    config.Resource
	change config.ResourceChange
}

// retire asks a resource to go to init and stop; answered by resourceGone.
type retire struct{}

// peerHello brings a connection whose first frame was a hello for this resource. Connection and hello
// are the receiver's.
type peerHello struct {
	conn  Conn
	first *wire.Hello1 // exactly one of the two is set
	again *wire.Hello2
}

// helloOver follows a peerHello whose connection has ended before somebody took it over.
type helloOver struct {
	conn Conn
	err  error
}

// To resource, from its children.

// diskReady answers openDisk.
type diskReady struct {
	rec states.Record
	// image is the activemap as it is on disk.
	image []byte
	size  int64
	// sector is the provider's sector size in bytes.
	sector int
}

// diskTaken tells that the provider is open: it will be heard of when it is closed.
type diskTaken struct{}

// diskFailed answers openDisk when the component can't be used.
// held: the provider is open and will be closed.
type diskFailed struct {
	reason, remedy string
	held, busy     bool // busy: somebody else has it open
}

// peerAnswered tells, during a promotion, how the peer answered the first hello.
type peerAnswered struct {
	answer states.PeerAnswer
	reason string
}

// sessionUp tells that a session began: both map and record are durable.
type sessionUp struct{ verdict states.Verdict }

// sessionRefused tells that the verdict of a handshake ended it.
type sessionRefused struct {
	verdict        states.Verdict
	reason, remedy string
}

// sessionDown tells that the session, or the attempt at one, ended. It reaches resource by way of gate, and so
// after sessionRefused: else a promotion would take a peer that has refused it for one that is silent.
type sessionDown struct {
	was    bool // there was a session
	reason string
}

// deviceShown and deviceGone answer showDevice and hideDevice; door is for the case that gate falls.
// unrecorded: err is the component's, which couldn't take the record of the reign's beginning.
type deviceShown struct {
	door       Door
	uri        string
	err        error
	unrecorded bool
}
type deviceGone struct{}

// gateDrained answers drain: nothing is outstanding, the component is flushed.
// reopen: the component was given up, and must be closed before anything else is done with it.
type gateDrained struct {
	reason string
	reopen bool
}

// reignEnded tells that this node has no current copy any more.
type reignEnded struct{ reason, remedy string }

// settled answers settle: what was received is applied and flushed.
type settled struct{}

// notice is an event that a hook hears: connect, disconnect, syncstart, syncdone, syncintr, split-brain.
type notice struct{ event string }

// fell tells that a child panicked.
type fell struct{ who, what string }

// probeOver, probeAgain and upAgain are the resource's own timers.
type probeOver struct{ epoch uint64 }
type probeAgain struct{ epoch uint64 }
type upAgain struct{ epoch uint64 }

// stuckLimit ends a state that must end by itself.
type stuckLimit struct{ epoch uint64 }

// roleLimit ends the waiting of a role command, though not what it began.
type roleLimit struct{ epoch uint64 }

// To localdisk.

// openDisk opens the component; answered by diskReady or diskFailed, to resource.
type openDisk struct{}

// describeDisk asks for diskReady again.
type describeDisk struct{}

// localIO lends a request; answered by localDone. It is embedded in the request.
type localIO struct{ r *Request }

// flushDisk makes durable what was answered before; answered by diskFlushed to who asked.
type flushDisk struct {
	to  *actor.PID
	tag uint64
}

// saveRecord makes a record durable; answered by recordSaved to who asked.
type saveRecord struct {
	to  *actor.PID
	tag uint64
	rec states.Record
}

// saveMap makes blocks of the activemap durable; answered by mapSaved to who asked.
type saveMap struct {
	to  *actor.PID
	tag uint64
	// runs are stretches of the map; their offsets are in bytes from its beginning.
	runs []activemap.Run
}

// quarantine tells that nothing more is asked of the component: what it still holds stays its own.
type quarantine struct{}

// From localdisk.

type localDone struct {
	r   *Request
	err error
}
type diskFlushed struct {
	tag uint64
	err error
}
type recordSaved struct {
	tag uint64
	rec states.Record
	err error
}
type mapSaved struct {
	tag uint64
	err error
}

// To remotelink.

// connect asks for one attempt at a session; its end is sessionUp or sessionDown.
type connect struct{ probing bool }

// hangUp ends the session or the attempt.
type hangUp struct{ reason string }

// refuseOffer answers peerReply when there must be no session.
type refuseOffer struct {
	attempt uint64
	reason  string
}

// helloCopy answers wantCopy.
type helloCopy struct {
	attempt uint64
	rec     states.Record
	marks   states.Marks
	told    wire.Told
	virgin  bool
}

// begin answers peerReply when gate has taken the verdict and made it durable.
type begin struct{ attempt uint64 }

// remoteIO lends a request; answered by remoteDone. It is embedded in the request.
type remoteIO struct{ r *Request }

// flushPeer asks the peer to flush; answered by peerFlushed.
type flushPeer struct{ session uint64 }

// markPeer tells the peer, as the first request of a session, what it lacks; answered by peerMarked. Later
// ones, with a length, say that a range lacks nothing any more; they aren't answered. named: the own record names all
// extents that are taken from the peer.
type markPeer struct {
	session  uint64
	image    []byte
	named    bool
	off, len uint64
}

// fitPeer tells the peer that counters are equal; answered by peerFitted.
type fitPeer struct{ session uint64 }

// raisePeer asks the peer to count in our stead, whose component has failed; image is the map of what may
// differ. Answered by peerRaised.
type raisePeer struct {
	session uint64
	image   []byte
}

// relink gives the link new settings.
type relink struct{ cfg config.Resource }

// From remotelink to gate.

// wantCopy asks for what the second hello says.
type wantCopy struct{ attempt uint64 }

// peerReply brings the answer to the second hello; answered by begin or hangUp.
type peerReply struct {
	attempt uint64
	reply   wire.Hello2Reply
	image   []byte // the secondary's map; gate's from now on
	caps    uint64
	version uint8
}

// linkUp tells that the session has begun; session is its number, never used again.
type linkUp struct {
	session uint64
	caps    uint64
	peer    string
}

// linkLost tells that the session ended: nothing more of it counts. What was lent to it may still be
// sent from until linkReturned.
type linkLost struct {
	session uint64
	reason  string
}
type linkReturned struct{ session uint64 }

// remoteDone is embedded in the request: part tells how far the peer is with it.
type remoteDone struct {
	r       *Request
	session uint64
	part    states.Part
	errno   wire.Errno
}
type peerFlushed struct {
	session uint64
	errno   wire.Errno
}
type peerMarked struct {
	session uint64
	errno   wire.Errno
}
type peerRaised struct {
	session uint64
	errno   wire.Errno
}
type peerFitted struct {
	session uint64
	errno   wire.Errno
}

// To gate, from resource.

// openGate gives gate the component's state; the gate then answers the link but serves nobody.
type openGate struct {
	rec      states.Record
	standing *standing
	image    []byte
	sector   int
	forced   bool // promoted by force: an unfit copy may be changed alone
}

// diskStuck tells that an operation of the own component has been under way for too long.
type diskStuck struct{ err error }

// showDevice opens the door, hideDevice closes it; drain ends all work and flushes.
type showDevice struct{}
type drain struct{}

// regate gives gate new settings.
type regate struct{ cfg config.Resource }

// To gate, from sync.

// copyNext asks for one more chunk to be copied; answered by chunkDone or copyNone.
type copyNext struct{ session uint64 }

// flushBoth asks for a flush of both components; answered by bothFlushed.
type flushBoth struct{ session uint64 }

// equalise asks for both components to be flushed and the counters made equal; answered by equalised.
type equalise struct{ session uint64 }

// To sync, from gate.

type syncBegin struct {
	session uint64
	source  states.SyncSource
	dirty   uint64 // bytes to be copied
}
type syncEnd struct{ session uint64 }
type chunkDone struct {
	session uint64
	bytes   int64
	err     error
	clients states.Clients // since the last chunk
}
type bothFlushed struct {
	session uint64
	err     error
}
type copyNone struct {
	session uint64
	busy    bool // chunks are still under way
}
type equalised struct {
	session uint64
	err     error
}

// syncMore tells that an extent has to be copied that hadn't when the session began.
type syncMore struct{ session uint64 }
type syncAgain struct{ session uint64 }

// syncRested ends a rest of the session's sync (states.Pace).
type syncRested struct{ session uint64 }

// To guard, from resource and remotelink.

// watch starts and stops the guard's interest in the link.
type watch struct{ on bool }
type guardWake struct{ epoch uint64 }

// To secondary, from resource.

// serveAs starts the secondary's work; settle ends it, answered by settled.
type serveAs struct {
	rec      states.Record
	standing *standing
	image    []byte
}
type settle struct{}

// To hooks.

// runHook runs the resource's exec program with these arguments after its path.
type runHook struct {
	exec string
	args []string
}

// linkTick, gateTick and servedTick are timers of the actors they are named after.
type linkTick struct{ epoch uint64 }
type linkLimit struct{ attempt uint64 }
type gateTick struct{ epoch uint64 }
type servedTick struct{ epoch uint64 }
type helloLimit struct{ id uint64 }
type statusLimit struct{ id uint64 }
