package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/states"
	"hast/wire"
)

// Host is the world that a node lives in: everything through which it can be surprised, and nothing
// else. It has two implementations, the machine's (gate/host) and the made-up one (simulation).
//
// Every call of a seam returns at once; its answer is a message to the Owner that the call names, with
// the Owner's epoch in it, so that a late answer can be told from a current one (I26, I30). Seams are
// called from the owner's executor only.
type Host struct {
	System *actor.ActorSystem
	Exec   Executors
	Clock  Clock
	Rand   Rand
	Disks  Disks
	Net    Network
	Doors  Doors
	Hooks  Hooks
	Log    hclog.Logger
	// Ledger may be nil: then nothing can be remembered but on components.
	Ledger Ledger
	// Boot identifies the machine's start: as long as it is the same, what was written is still in some
	// cache. Empty if that can't be told: then every unclean end counts as a loss of power.
	Boot string
	// Watch hears what is decided; nil for nobody.
	Watch Watcher
}

// Tell sends msg to an actor from outside any actor. Whoever has ended has no address any more, and gets
// nothing: when an actor falls, the others of its resource have turns until they, too, are stopped.
func (h *Host) Tell(to *actor.PID, msg any) {
	if to != nil {
		h.System.Root.Send(to, msg)
	}
}

// Owner names who hears the answers of a seam: an actor, the executor that it runs on, and the epoch
// under which it asked.
type Owner struct {
	PID   *actor.PID
	Exec  Executor
	Epoch uint64
}

// Executors makes executors.
type Executors interface {
	// Executor makes the executor of one resource (or of the node's control plane).
	Executor(name string) Executor
}

// Executor runs the actors that were spawned with its options: one message of one of them at a time,
// never two at once, so that the actors of one resource need no locks among them.
type Executor interface {
	// Options are the mailbox and dispatcher for an actor's Props.
	Options() []actor.PropsOption
}

// Clock is time.
type Clock interface {
	// Now is monotonic time since an arbitrary origin of this process.
	Now() time.Duration
	// Wall is the time of day; it is for people and must not decide anything.
	Wall() time.Time
	// TellAfter sends msg to an actor after d, unless the timer is stopped first. A stopped timer's
	// message may still arrive if it was on its way: carry an epoch in it.
	TellAfter(d time.Duration, to *actor.PID, msg any) Timer
}

// Timer is a message on its way.
type Timer interface{ Stop() }

// Rand is chance: identities, tokens, jitter.
type Rand interface{ Uint64() uint64 }

// DiskKind is what a DiskOp asks.
type DiskKind uint8

// The kinds of disk operations.
const (
	// DiskRead fills Buf; a short read is an error.
	DiskRead DiskKind = iota
	// DiskWrite writes Buf. When answered, the data is written, not durable.
	DiskWrite
	// DiskZero makes Len bytes read as zeroes.
	DiskZero
	// DiskFlush makes durable all that was answered before it was submitted.
	DiskFlush
)

// String names the kind.
func (k DiskKind) String() string { return [...]string{"read", "write", "zero", "flush"}[k&3] }

// DiskOp is one operation on a component. It is handed to Disk.Submit and comes back to To as a
// message, the very same pointer, with Err set; between the two it belongs to the disk, and so does
// Buf. Operations in flight together may be executed in any order: who needs an order waits.
type DiskOp struct {
	Kind  DiskKind
	Off   int64 // bytes from the component's beginning
	Buf   []byte
	Len   int64 // bytes to zero; for the other kinds it is len(Buf)
	Epoch uint64
	To    *actor.PID
	// Err is the answer; it wraps a wire.Errno.
	Err error

	born uint64 // when localdisk handed it over, in its ticks
	turn uint64 // if followed: what the component's cache gave for it (localdisk_heal.go)
	// followed: it is a change of data or a flush that the component has.
	followed bool

	use  opUse
	done *Request // opData: whose part this is
	serv *served  // opServe: the peer's request that it serves
	save *saving  // opSave: the saving that it is a step of
}

// Disks opens components.
type Disks interface {
	// Open opens and locks the component at path for writing. Answer: *DiskOpened.
	Open(o Owner, path string, workers int)
}

// Disk is an opened component.
type Disk interface {
	// Submit starts an operation; the answer is the operation itself, sent to op.To.
	Submit(op *DiskOp)
	// Close lets go of the component once all its operations have ended. Answer: *DiskClosed.
	Close(o Owner)
}

// DialSpec says where a connection goes.
type DialSpec struct {
	Remote  string // address of the peer as in hast.conf
	Source  string // own address as in hast.conf, or empty
	Timeout time.Duration
}

// Network makes connections.
type Network interface {
	// Listen opens a listener. Answer: *Listening, then an *Accepted for each connection whose
	// address is one of the peers', and a *Stranger for each of another.
	Listen(o Owner, addr string)
	// SetPeers tells which remote addresses are configured; names are resolved at each accept.
	SetPeers(remotes []string)
	// Dial connects. Answer: *Dialed.
	Dial(o Owner, spec DialSpec)
}

// Listener is an open listener.
type Listener interface{ Close() }

// Conn is a connection to the peer that carries frames.
type Conn interface {
	// Own names who hears *FramesIn and *ConnClosed from now on; reading starts with the first call.
	Own(o Owner)
	// Send queues a frame behind those queued before. The frame itself may be reused when Send
	// returns; its payload stays on loan until note comes back to the owner as a message, which it
	// always does and before *ConnClosed, or, without a note, until *ConnClosed.
	Send(f *wire.OutFrame, note any)
	// SetReading stops and resumes the delivery of frames (a few may still arrive after a stop).
	SetReading(on bool)
	// SetMaxPayload bounds the payload of the frames to come, in bytes.
	SetMaxPayload(n uint32)
	// Close ends the connection, also one that hangs. Answer: *ConnClosed, once no buffer is on loan.
	// Frames queued before may be lost. CloseAfterSend sends them first, for at most a second.
	Close()
	CloseAfterSend()
	// Peer and Local are the addresses, for people.
	Peer() string
	Local() string
}

// DoorSpec describes the device that a door shows.
type DoorSpec struct {
	Resource string
	Provider string // name of the device
	Size     int64  // bytes
	Sector   int    // bytes; requests are whole sectors
	Socket   string // path of the socket, for doors that have one
	Credits  int    // how many requests may be outstanding
}

// Doors shows devices to clients.
type Doors interface {
	// Open shows a device. Answer: *DoorOpened; requests then come as *Requests.
	Open(o Owner, spec DoorSpec)
}

// Replier hears what becomes of a request: Answered exactly once (I23), then Released exactly once.
// Answered: r.Err is the answer, tell the client, for a read r.Buf holds the data. That may be another
// buffer than the one that was given, which a component that is stuck may still write into until Released.
// Released: nobody holds
// the request or its buffer any more, so that it may be used again. Under memsync and async the two are
// apart: the client has its answer while the link still sends from the buffer.
type Replier interface {
	Answered(r *Request)
	Released(r *Request)
}

// Door is an open way in. It owns its requests: a fixed number of them, the credits, bounds all
// outstanding work of the resource (I24).
type Door interface {
	Replier
	// Close lets no new request in (clients are told that the device goes away), waits until those
	// outstanding are answered and sent, and goes away. Answer: *DoorClosed. Legal twice.
	Close()
	// Abandon drops all clients at once, without an answer for what is outstanding, and goes away.
	// Answer: *DoorClosed. Requests that gate still holds may be answered later; that is ignored.
	Abandon()
	// Clients is how many clients have the device open.
	Clients() int
}

// Ledger keeps an entry for each resource on another disk than its component: what the component can't say of
// itself any more (I37). A name is a resource's; dir is the directory from its configuration.
type Ledger interface {
	// Read answers *LedgerRead; no Data is no entry.
	Read(o Owner, dir, name string)
	// Write makes an entry durable in place of the one before, or takes it away if data is nil. Answer:
	// *LedgerWritten.
	Write(o Owner, dir, name string, data []byte)
}

// Hooks runs the exec program.
type Hooks interface {
	// Run starts argv. Answer: *HookDone.
	Run(o Owner, argv []string)
}

// Request is one I/O of a client, or one chunk of a copy. The door fills it in and sends it; from then
// on it is gate's, which lends it to localdisk and remotelink, until Released. Requests are reused: a
// door allocates each once.
type Request struct {
	Op  states.Op
	Off int64 // bytes from the beginning of the device, a multiple of the sector size
	Len int64 // bytes, a multiple of the sector size; 0 for a flush
	// Buf holds Len bytes for a read or a write, nothing else. At most MaxRequest of them.
	Buf []byte
	// FUA: what is written must be durable, as after a flush, before the answer.
	FUA bool
	// To hears the answer; Slot is whatever it needs to know its request again.
	To   Replier
	Slot any
	// Err is the answer, nil for success. It wraps a wire.Errno.
	Err error

	flow flow
}

// MaxRequest is the most bytes that a read or write request may carry: what every peer accepts in one
// frame (hast-protocol 2.6). Doors cut larger ones of their clients. Deletes and zeroings carry no data;
// doors cut them at MaxRange.
const MaxRequest = 128 << 10

// MaxRange is the most bytes of one delete or zeroing.
const MaxRange = 16 << 20
