package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// BootIdentity is the time at which the kernel started: FreeBSD has no other name for it. A clock that is
// set moves it, which reads as a loss of power: the safe side. Empty if it can't be read.
func BootIdentity() string {
	raw, err := unix.SysctlRaw("kern.boottime")
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", raw)
}
