package states

import "fmt"

// Plight is why something isn't as it should be, and the single act that helps (L6). Both are empty if all is
// well.
type Plight struct{ Reason, Remedy string }

// Any reports whether there is one.
func (p Plight) Any() bool { return p.Reason != "" }

// nothing is the remedy where the node helps itself.
const nothing = "none is needed, it goes on by itself"

// OwnPause is the plight of a primary that itself ended an attempt at a session.
func OwnPause(reason string) Plight { return Plight{reason, nothing} }

// PeerRemedy is what helps against an answer of the peer, or the lack of one, that kept a primary from a
// session.
func PeerRemedy(a PeerAnswer, resource string) string {
	switch a {
	case PeerPrimary:
		return "make one of the two nodes secondary: 'hastctl role secondary " + resource + "' there"
	case PeerInit:
		return "'hastctl role secondary " + resource + "' on the peer"
	case PeerUnknown:
		return "see the peer's log: its hast.conf must have " + resource + ", with this node's address as 'remote'"
	case PeerRefused:
		return "start hastd on the peer, and 'hastctl role secondary " + resource + "' there"
	case PeerMyself:
		return "set 'remote' to the other node's address"
	case PeerNone:
		return "set 'remote' in hast.conf and reload, if there is to be a second copy"
	case PeerSecondary:
		return "see the peer's status: 'hastctl status --json " + resource + "' there"
	}
	return "see to it that the peer runs hastd and that the network leads there"
}

// PrimaryState is what the status of a primary depends on.
type PrimaryState struct {
	Resource string
	// Held is what the role itself suffers from.
	Held Plight
	// NoPeer: none is configured.
	NoPeer bool
	// Verdict is why the last handshake was refused; no session is to be had while it stands.
	Verdict Plight
	// Disk is what the own component suffers from.
	Disk Plight
	// Session: the nodes are connected. Otherwise Link is why the last attempt failed, and Ended why the last
	// session ended, if there was one.
	Session bool
	Link    Plight
	Ended   string
	// PeerFails is what the peer answered with an error last, until the nodes are in sync again.
	PeerFails string
	// Remaining are the bytes to be copied.
	Remaining uint64
}

// Plight says why a primary isn't complete.
func (s *PrimaryState) Plight() Plight {
	switch {
	case s.Held.Any():
		return s.Held
	case s.Disk.Any():
		return s.Disk
	case s.PeerFails != "" && (s.Session || s.Ended != ""):
		return Plight{s.PeerFails, "check the disk below the peer's component, or replace it and run 'hastctl create " + s.Resource + "' there"}
	case s.Session && s.Remaining > 0:
		return Plight{fmt.Sprintf("%d bytes are still to be copied", s.Remaining), nothing}
	case s.Session:
		return Plight{"the end of the synchronization is being recorded on both nodes", nothing}
	case s.NoPeer:
		return Plight{"no peer is configured", PeerRemedy(PeerNone, s.Resource)}
	case s.Verdict.Any():
		return s.Verdict
	case s.Link.Any():
		return s.Link
	case s.Ended != "":
		return Plight{s.Ended, nothing}
	}
	return Plight{"the peer is being asked for a session", nothing}
}

// SecondaryState is what the status of a secondary depends on.
type SecondaryState struct {
	Resource string
	Held     Plight
	// Verdict is why the last handshake was refused, or what follows from an administrator's decision.
	Verdict Plight
	Session bool
	// Ended is why the last session ended; DiskFailed: because the own component failed.
	Ended      string
	DiskFailed bool
	Fitness    Fitness
}

// Plight says why a secondary isn't complete; there is none if it is.
func (s *SecondaryState) Plight() Plight {
	wait := "'hastctl role primary " + s.Resource + "' on the peer, unless it holds that role; then see its status"
	switch {
	case s.Session && s.Fitness != Fit:
		return Plight{"this copy is " + s.Fitness.String() + " until the primary has copied what it lacks", nothing}
	case s.Session:
		return Plight{} // whatever command was refused meanwhile
	case s.Held.Any():
		return s.Held
	case s.Verdict.Any():
		return s.Verdict
	case s.DiskFailed:
		return Plight{s.Ended, "check the disk below the component, or replace it and run 'hastctl create " + s.Resource + "'"}
	case s.Ended != "":
		return Plight{"no primary is connected: " + s.Ended, wait}
	}
	return Plight{"no primary has connected yet", wait}
}

// PassingPlight says what a role that is under way waits for; there is none in a state that may last.
func PassingPlight(at State) Plight {
	says, ok := map[State]string{
		RoleIsOpening: "the component is being opened", RoleIsStandby: "the next role begins",
		RoleIsProbing: "the peer is being asked before this node serves", RoleIsStarting: "the device is being shown",
		RoleIsDraining: "requests under way are being answered and flushed", RoleIsSettling: "what was received is being applied and flushed",
		RoleIsClosing: "everything is being taken down",
	}[at]
	switch {
	case at == RoleIsQuarantined:
		return Plight{"the component is stuck, and nothing is opened before its operations have ended", "check the disk below the component"}
	case !ok:
		return Plight{}
	}
	return Plight{says, nothing}
}

// NotShown says why a node that was promoted shows no device: the beginning of its reign couldn't be recorded on
// its component, or the device itself couldn't be opened.
func NotShown(unrecorded bool, err string) Plight {
	if unrecorded {
		return Plight{"the beginning of the reign can't be recorded: " + err, "check the disk below the component"}
	}
	return Plight{"cannot show the device: " + err, "check the path of its socket"}
}

// Weaker lists what a pair can't promise because the peer is a stock node (correctness 4.6). noFlush: the
// peer's component can't flush.
func Weaker(own Role, mode Mode, stock, noFlush bool) []string {
	var all []string
	if noFlush && own == RolePrimary {
		all = append(all, "the peer's component can't flush: there, written stands for durable")
	}
	if !stock {
		return all
	}
	if own == RoleSecondary {
		return append(all, "the primary keeps no marks: after its errors, or its loss of power, the copies may differ in silence")
	}
	if mode == MemSync {
		all = append(all, "what the peer has received it may not apply if this node is lost: its acknowledgement counts as sent")
	}
	return append(all, "the peer keeps no marks: nothing tells whether it is partly overwritten, lost answered writes, or went back in time")
}
