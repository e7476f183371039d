//go:build !freebsd

package settings

import "hast/config"

// identify adds nothing: only FreeBSD gives a machine a uuid and a number that hast.conf may use. The
// like of other systems (machine-id, the board's number) has other meanings or is not for everybody to
// read, so that hastd and hastctl could disagree about who they are.
func identify(*config.Node) {}
