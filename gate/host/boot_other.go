//go:build !linux && !freebsd

package host

// bootIdentity is not known here: every unclean end counts as a loss of power.
func bootIdentity() string { return "" }
