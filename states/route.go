package states

// Route is where a read goes.
type Route uint8

// The routes.
const (
	// RouteLocal reads this node's component.
	RouteLocal Route = iota
	// RouteRemote reads the secondary's.
	RouteRemote
	// RouteNone: no reachable copy is current; the read fails (I13).
	RouteNone
)

var routeNames = [...]string{"local", "remote", "none"}

// String names the route.
func (r Route) String() string { return enumName(routeNames[:], int(r)) }

// ReadState is what a read's way depends on, for one extent.
type ReadState struct {
	// Stale: the extent is to be copied from the secondary, which holds the current content.
	Stale bool
	// Lags: the extent is to be copied to the secondary, or its content there is unknown.
	Lags bool
	// Connected: there is a session.
	Connected bool
	// LocalFailed: the local component has just answered an error.
	LocalFailed bool
	// Undecided: whether the record names the extent as bad isn't known, because the writing of the record
	// failed. What a read returned now could be taken back by the next start.
	Undecided bool
}

// RouteRead says where an extent is read: from a copy that is current for it, the local one first.
func RouteRead(r ReadState) Route {
	switch {
	case r.Undecided:
		return RouteNone
	case !r.Stale && !r.LocalFailed:
		return RouteLocal
	case r.Connected && !r.Lags:
		return RouteRemote
	}
	return RouteNone
}

// ReadAgain reports that what the local component has just returned isn't what is served: a session's plan was made while
// the read was under way (plan counts them; routed is how many there were when the read was sent), and it takes a part of
// that from the secondary. Nothing was answered before that plan, or the device would have been withdrawn: so what the
// read shows first is what every later one shows (I13, I35).
func ReadAgain(routed, plan uint64, stale bool) bool { return stale && routed != plan }
