package wire

import (
	"fmt"

	"hast/states"
)

// The reasons for refusals that travel to the peer, worded as the original words them, because scripts
// and stock primaries look at the text (hast-protocol 3.6).
const (
	MsgNotConfigured = "Resource not configured."
	MsgNoAccess      = "No access to the resource."
	MsgBadToken      = "Token doesn't match."
	// MsgSplitBrain is compared literally by the original primary.
	MsgSplitBrain = "Split-brain condition!"
)

const (
	msgWrongRole   = "Remote node acts as %s for the resource and not as %s."
	msgResUID      = "Resource unique ID mismatch (primary=%d, secondary=%d)."
	msgDataSize    = "Data size differs between nodes (local=%d, remote=%d)."
	msgExtentSize  = "Extent size differs between nodes (local=%d, remote=%d)."
	invalidVersion = "is %d, which we do not speak"
)

// MsgWrongRole is the refusal of a node that is no secondary.
func MsgWrongRole(is states.Role) string {
	return fmt.Sprintf(msgWrongRole, is, states.RoleSecondary)
}

// MsgResUIDMismatch is the refusal of a component that belongs to another pair.
func MsgResUIDMismatch(primary, secondary uint64) string {
	return fmt.Sprintf(msgResUID, primary, secondary)
}

// MsgDataSize is what a primary says about a peer of another data size; both in bytes.
func MsgDataSize(local, remote int64) string { return fmt.Sprintf(msgDataSize, local, remote) }

// MsgExtentSize is what a primary says about a peer of another extent size; both in bytes.
func MsgExtentSize(local, remote int64) string { return fmt.Sprintf(msgExtentSize, local, remote) }
