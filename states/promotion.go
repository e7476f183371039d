package states

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
	// Verdict is the handshake's, if the peer answered as secondary and there was one.
	Verdict Verdict
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
				"resolve that first, or 'hastctl role --force primary' to serve this copy without the peer"
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
	if c.Fitness != Fit && !c.Force {
		return PromoteRefuse, "this copy is " + c.Fitness.String() + ", and the peer that holds the current one is " +
				peer.String(),
			"bring the peer back as secondary, or 'hastctl role --force primary' to serve this copy as it is"
	}
	if c.Bad && !c.Force {
		return PromoteRefuse, "some extents of this copy aren't current, and the peer that holds them is " + peer.String(),
			"bring the peer back, or 'hastctl role --force primary' to serve this copy as it is"
	}
	if c.Crashed&UncleanReceived != 0 && !c.Force {
		return PromoteRefuse, "this copy may lack writes that it acknowledged as received before its process ended, " +
				"and the peer that has them is " + peer.String(),
			"bring the peer back, or 'hastctl role --force primary' to serve this copy as it is"
	}
	return PromoteAlone, "", ""
}
