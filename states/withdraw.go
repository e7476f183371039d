package states

import "fmt"

// MustWithdraw says why a primary has to take its device away before a session begins; empty if it needn't
// (design 4 and 12). The content under an open device changes by its own writes only (I35): whatever else
// is to be served now is another device, with a reign of its own.
//
// stale: some extents, which this primary reads from the secondary, aren't copied yet.
func MustWithdraw(v Verdict, r Reign, s Marks, stale bool) string {
	switch {
	case !r.Served:
	case v == VerdictSecondaryAhead && !r.Again:
		return "the peer is ahead of what was served here"
	case stale && s.Crashed&(UncleanReceived|UncleanRestarted) != 0:
		return "the peer may have lost what was served here from its copy" // rule withdraw-source
	}
	return ""
}

// MayDemote says why a primary keeps its role, and what helps; both are empty if it may give it up. A device
// that is open is somebody's file system (I26).
func MayDemote(clients int, force bool) (reason, remedy string) {
	if clients == 0 || force {
		return "", ""
	}
	return fmt.Sprintf("the device is open (clients: %d)", clients),
		"close it first, or 'hastctl role --force': clients are answered and turned out then"
}
