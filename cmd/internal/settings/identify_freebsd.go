package settings

import (
	"syscall"

	"hast/config"
)

// identify adds the names that FreeBSD's kernel keeps for a machine. One that can't be had matches nothing.
func identify(node *config.Node) {
	if uuid, err := syscall.Sysctl("kern.hostuuid"); err == nil {
		node.HostUUID = uuid
	}
	if id, err := syscall.SysctlUint32("kern.hostid"); err == nil {
		node.HostID = uint64(id)
	}
}
