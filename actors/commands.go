package actors

import (
	"time"

	"hast/config"
	"hast/states"
)

// The commands that a node takes from outside: from hastctl by way of gate/control, from a host
// program, from the simulation's operator.

// SetRole asks for a role of resources. It is answered when each holds it or has failed.
type SetRole struct {
	// Names are resource names, or the one word "all".
	Names []string
	Role  states.Role
	// Force overrides what promotion refuses (states.Promote says what that costs).
	Force bool
	To    RoleSink
}

// RoleSink hears the end of a SetRole, once; it is called in a turn of the node and must not block.
type RoleSink interface{ RolesSet([]RoleAnswer) }

// RoleAnswer tells what became of one resource.
type RoleAnswer struct {
	Name    string
	Unknown bool // no such resource
	// Before is the role before the command.
	Before states.Role
	// Reason is empty if the role holds; else why it doesn't, for people.
	Reason string
}

// QueryStatus asks for the status of resources.
type QueryStatus struct {
	Names []string // as in SetRole
	To    StatusSink
}

// StatusSink hears the end of a QueryStatus, once; see RoleSink.
type StatusSink interface{ Statuses([]Status) }

// Listeners asks on which addresses the node listens; it is answered when each that is wanted now is
// open or has failed.
type Listeners struct{ To ListenSink }

// ListenSink hears the answer to Listeners, once; see RoleSink.
type ListenSink interface {
	Listens(addresses []string, failed []error)
}

// Reload gives the node a new configuration.
type Reload struct{ Config *config.Config }

// Shutdown drains and stops all resources, and then the node. Its roles go to init in order: clients are
// answered, components flushed, devices withdrawn.
type Shutdown struct{ To ShutdownSink }

// ShutdownSink hears that a node has stopped.
type ShutdownSink interface{ NodeStopped() }

// Status is all that is known of a resource, at one moment. The JSON names are hastctl's.
type Status struct {
	Name    string `json:"name"`
	Unknown bool   `json:"unknown,omitempty"`

	Role        string `json:"role"`
	State       string `json:"state"`            // the role machine's state
	Status      string `json:"status,omitempty"` // complete, degraded; empty without a worker
	Reason      string `json:"reason,omitempty"` // why degraded, refused or failed
	Remedy      string `json:"remedy,omitempty"` // the one act that helps
	Since       string `json:"since,omitempty"`  // time of day at which State was entered, RFC 3339
	ReasonSince string `json:"reason_since,omitempty"`
	Weaker      string `json:"weaker,omitempty"` // what can't be promised with this peer
	Provider    string `json:"provider"`
	Local       string `json:"local"`
	Remote      string `json:"remote"`
	Source      string `json:"source,omitempty"`
	Replication string `json:"replication"`
	Checksum    string `json:"checksum"`
	Compression string `json:"compression"`
	Device      string `json:"device,omitempty"` // URI of the primary's device
	Clients     int    `json:"clients"`

	Link       string `json:"link"`           // the link machine's state (primary), or session, none (secondary)
	Peer       string `json:"peer,omitempty"` // ours, stock
	LinkReason string `json:"link_reason,omitempty"`
	Verdict    string `json:"verdict,omitempty"` // of the last handshake

	DataSize   uint64 `json:"datasize"` // bytes
	ExtentSize uint32 `json:"extentsize"`
	KeepDirty  uint32 `json:"keepdirty"`
	ResUID     uint64 `json:"resuid"`
	LocalCnt   uint64 `json:"localcnt"`
	RemoteCnt  uint64 `json:"remotecnt"`
	Unfit      string `json:"fitness"`            // fit, outdated, inconsistent
	Metadata   string `json:"metadata,omitempty"` // what the metadata can't do; empty if all is well

	// Own is this node's copy, there while the component is open; PeerCopy the other one as a handshake told
	// of it last.
	Own      *CopyStatus `json:"own,omitempty"`
	PeerCopy *CopyStatus `json:"peer_copy,omitempty"`

	Dirty uint64     `json:"dirty"` // bytes in extents that are dirty in memory
	Bad   uint64     `json:"bad"`   // bytes in extents that the local component failed, and the peer holds
	Sync  SyncStatus `json:"sync"`
	Stats Stats      `json:"stats"`
}

// SyncStatus tells how a synchronization goes.
type SyncStatus struct {
	State     string        `json:"state"`            // the sync machine's state
	Source    string        `json:"source,omitempty"` // primary or secondary
	Remaining uint64        `json:"remaining"`        // bytes in extents still to be copied
	ToPeer    uint64        `json:"to_peer"`          // of these, to the peer
	FromPeer  uint64        `json:"from_peer"`        // and from there
	Copied    uint64        `json:"copied"`           // bytes copied in this synchronization
	Total     uint64        `json:"copied_total"`     // bytes copied since the role was taken
	Elapsed   time.Duration `json:"elapsed_ns,omitempty"`
}

// Stats counts, since the role was taken.
type Stats struct {
	Reads          uint64 `json:"reads"`
	Writes         uint64 `json:"writes"`
	Deletes        uint64 `json:"deletes"`
	Flushes        uint64 `json:"flushes"`
	MapUpdates     uint64 `json:"activemap_updates"`
	ReadErrors     uint64 `json:"read_errors"`
	WriteErrors    uint64 `json:"write_errors"`
	DeleteErrors   uint64 `json:"delete_errors"`
	FlushErrors    uint64 `json:"flush_errors"`
	RemoteReads    uint64 `json:"remote_reads"`
	RemoteErrors   uint64 `json:"remote_errors"`
	Stale          uint64 `json:"stale_answers"` // answers of earlier epochs, dropped
	QueueLocal     uint64 `json:"queue_local"`
	QueueSend      uint64 `json:"queue_send"`
	QueueRecv      uint64 `json:"queue_recv"`
	QueueDone      uint64 `json:"queue_done"`
	QueueIdle      uint64 `json:"queue_idle"`
	ClaimBoth      uint64 `json:"claims_both"`
	ClaimReceived  uint64 `json:"claims_received"`
	ClaimSent      uint64 `json:"claims_sent"`
	ClaimLocal     uint64 `json:"claims_local"`
	ClaimSource    uint64 `json:"claims_source"`
	ClaimRemote    uint64 `json:"claims_remote"`
	Repairs        uint64 `json:"repairs"`    // ranges that couldn't be read here, written anew from the peer's data
	AsyncTail      uint64 `json:"async_tail"` // bytes answered under async that the peer hasn't confirmed
	Sessions       uint64 `json:"sessions"`
	MetadataWrites uint64 `json:"metadata_writes"`
}
