//go:build !linux && !freebsd

package host

// BootIdentity is not known here: every unclean end counts as a loss of power.
func BootIdentity() string { return "" }
