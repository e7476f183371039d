package states

import "cmp"

// PeerAnswer is what the peer said when this node was asked to become primary.
type PeerAnswer uint8

// The answers.
const (
	// PeerSecondary: it answers as secondary.
	PeerSecondary PeerAnswer = iota
	// PeerPrimary: it says that it is primary.
	PeerPrimary
	// PeerInit: it answers, with no role for the resource.
	PeerInit
	// PeerUnknown: it answers that it doesn't know the resource, or us.
	PeerUnknown
	// PeerRefused: its machine answers that nobody listens.
	PeerRefused
	// PeerSilent: no answer within the limit.
	PeerSilent
	// PeerNone: none is configured.
	PeerNone
	// PeerMyself: the configured address leads back to this node.
	PeerMyself
)

var peerNames = [...]string{"secondary", "primary", "init", "unknown", "refused", "silent", "none", "this node itself"}

// String names the answer.
func (p PeerAnswer) String() string { return enumName(peerNames[:], int(p)) }

// Promotion is what follows.
type Promotion uint8

// The decisions.
const (
	// PromoteSession: handshake first, serve with the secondary.
	PromoteSession Promotion = iota
	// PromoteAlone: serve at once, degraded.
	PromoteAlone
	// PromoteRetry: ask again in a second.
	PromoteRetry
	// PromoteRefuse: stay what we are, and say why.
	PromoteRefuse
)

var promotionNames = [...]string{"session", "alone", "retry", "refuse"}

// String names the decision.
func (p Promotion) String() string { return enumName(promotionNames[:], int(p)) }

// Candidate is the node that is to become primary.
type Candidate struct {
	Fitness Fitness
	// Bad: of some extents the other side holds the current content.
	Bad bool
	// Crashed is what an unclean end of this copy left.
	Crashed Unclean
	// Force: the operator insists.
	Force bool
	// Waited: the peer has been asked for as long as `timeout` says.
	Waited bool
	// Withdrawn: this node was primary, and had to take its device away until it has the peer's content.
	Withdrawn bool
	// Verdict is the handshake's, if the peer answered as secondary and there was one.
	Verdict Verdict
	// Remedy is what helps against a verdict that allows no session.
	Remedy string
}

// Promote decides a promotion, with the reason and the remedy of a refusal.
func Promote(peer PeerAnswer, c Candidate) (Promotion, string, string) {
	switch peer {
	case PeerSecondary:
		switch c.Verdict {
		case VerdictNone:
			return PromoteSession, "", ""
		case VerdictForeign, VerdictBackInTime, VerdictImpossible, VerdictSplitBrain:
			if c.Force {
				return PromoteAlone, "", ""
			}
			return PromoteRefuse, "the secondary's component doesn't go with this one (" + c.Verdict.String() + ")",
				cmp.Or(c.Remedy, "see the status of the peer") + "; or 'hastctl role --force primary' to serve this copy without the peer"
		}
		return PromoteSession, "", ""
	case PeerPrimary:
		switch {
		case c.Force && c.Waited:
			return PromoteAlone, "", ""
		case c.Waited:
			return PromoteRefuse, "the peer is primary",
				"make the peer secondary first; '--force' serves here too, and makes a split-brain"
		}
		return PromoteRetry, "", ""
	}
	if peer == PeerMyself {
		return PromoteRefuse, "the remote address leads back to this node", "set 'remote' to the other node's address"
	}
	if reason, remedy := c.Lacks(peer); reason != "" && !c.Force {
		if c.Withdrawn {
			return PromoteRetry, "", "" // nobody waits for an answer, and the peer may come back
		}
		return PromoteRefuse, reason, remedy
	}
	return PromoteAlone, "", ""
}

// Lacks says why this copy shouldn't be served without its peer, what helps, and what it costs to serve it
// all the same; both are empty if nothing is known to be missing (I17).
func (c Candidate) Lacks(peer PeerAnswer) (reason, remedy string) {
	const asItIs = "bring the peer back as secondary, or 'hastctl role --force primary' to serve this copy as it is: "
	switch {
	case c.Fitness == Outdated:
		return "this copy is outdated, and the peer that holds the current one is " + peer.String(),
			asItIs + "what was written at the peer since is missing, and the first write here makes a split-brain"
	case c.Fitness != Fit:
		return "this copy is " + c.Fitness.String() + ", and the peer that holds the current one is " + peer.String(),
			asItIs + "it mixes older and newer content as no moment ever had it, and the first write here makes a split-brain"
	case c.Bad:
		return "some extents of this copy aren't current, and the peer that holds them is " + peer.String(),
			asItIs + "those extents hold what the component kept when it failed"
	case c.Crashed&UncleanReceived != 0:
		return "this copy may lack writes that it acknowledged as received before its process ended, " +
			"and the peer that has them is " + peer.String(), asItIs + "those writes are lost then"
	}
	return "", ""
}
