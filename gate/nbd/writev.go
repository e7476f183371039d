package nbd

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// writeVectors is writev(2). x/sys has it with slices of bytes only, of which it would make vectors on
// the heap each time.
func writeVectors(fd uintptr, v []unix.Iovec) (int, syscall.Errno) {
	n, _, errno := unix.Syscall(unix.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&v[0])), uintptr(len(v)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
