package host

import (
	"os"
	"strings"

	"hast/states"
)

// BootIdentity is the kernel's own name for this start of the machine; empty if it can't be read.
func BootIdentity() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	id := strings.TrimSpace(string(b))
	if err != nil || len(id) > states.MaxBoot {
		return ""
	}
	return id
}
