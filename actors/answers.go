package actors

import (
	"hast/wire"
)

// The answers of the seams. Each carries the epoch of the Owner that asked.

// DiskOpened answers Disks.Open.
type DiskOpened struct {
	Epoch  uint64
	Disk   Disk
	Size   int64 // bytes
	Sector int   // bytes; 512 for a regular file
	Err    error
}

// DiskClosed answers Disk.Close: none of its operations can have an effect any more (I30).
type DiskClosed struct{ Epoch uint64 }

// Listening answers Network.Listen.
type Listening struct {
	Epoch    uint64
	Addr     string // the address that is listened on, as asked for
	Listener Listener
	Err      error
}

// Accepted brings a connection from an address that is some resource's remote.
type Accepted struct {
	Epoch uint64
	Conn  Conn
	// Remotes are the configured remote addresses that resolve to the peer's address.
	Remotes []string
}

// Stranger tells that a connection from an unknown address was closed.
type Stranger struct {
	Epoch uint64
	Peer  string
}

// Dialed answers Network.Dial.
type Dialed struct {
	Epoch uint64
	Conn  Conn // nil with Err
	// Refused: somebody's machine answered that nobody listens. Else an Err is silence or a local fault.
	Refused bool
	Err     error
}

// FramesIn brings frames, in the order of the connection. Whoever gets it releases each frame.
type FramesIn struct {
	Epoch  uint64
	Conn   Conn
	Frames []*wire.InFrame
	// Home takes the message back for its next use; nil if it has none.
	Home Recycler
}

// Recycler takes something back that will be used again.
type Recycler interface{ Recycle() }

// Done ends the use of the message, so that receiving takes no memory. Only who has released all of its
// frames says so; a message about which nobody does is the garbage collector's.
func (m *FramesIn) Done() {
	if m.Home != nil {
		m.Home.Recycle()
	}
}

// ConnClosed tells that a connection is gone, by our Close or otherwise (then Err says why: io.EOF or
// what went wrong), and that no buffer is on loan to it. It comes exactly once.
type ConnClosed struct {
	Epoch uint64
	Conn  Conn
	Err   error
}

// DoorOpened answers Doors.Open.
type DoorOpened struct {
	Epoch uint64
	Door  Door
	URI   string // where clients find the device
	Err   error
}

// DoorClosed answers Door.Close and Door.Abandon: the device is gone.
type DoorClosed struct{ Epoch uint64 }

// Requests brings requests of a door's clients, in the order in which they were made. The slice is the
// receiver's until it has been read, within the turn.
type Requests struct {
	Epoch uint64
	Reqs  []*Request
}

// LedgerRead answers Ledger.Read.
type LedgerRead struct {
	Epoch uint64
	Data  []byte
	Err   error
}

// LedgerWritten answers Ledger.Write.
type LedgerWritten struct {
	Epoch uint64
	Err   error
}

// HookDone answers Hooks.Run.
type HookDone struct {
	Epoch uint64
	Argv  []string
	Err   error
}
