package provider

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"hast/wire"
)

const (
	// deviceMode: FreeBSD's disks are character devices.
	deviceMode = unix.S_IFCHR
	deviceKind = "GEOM provider"
	// exclusive: GEOM refuses a second writer by itself.
	exclusive = 0
)

func errno(e unix.Errno) wire.Errno { return wire.FromFreeBSD(int(e)) }

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); e != 0 {
		return e
	}
	return nil
}

// deviceSize asks a GEOM provider for its size and that of its sectors, in bytes (hast-protocol.md §11.1).
func deviceSize(fd int) (size int64, sector int, err error) {
	var n uint32
	if err := ioctl(fd, unix.DIOCGMEDIASIZE, unsafe.Pointer(&size)); err != nil {
		return 0, 0, err
	}
	err = ioctl(fd, unix.DIOCGSECTORSIZE, unsafe.Pointer(&n))
	return size, int(n), err
}

// punch: DIOCGDELETE promises nothing about what is read afterwards, so zeroes are written.
func (p *Provider) punch(int64, int64) bool { return false }

// sync flushes the cache of a device by its own command; fsync of a device node wouldn't.
func (p *Provider) sync() error {
	if p.device {
		return ioctl(p.fd, unix.DIOCGFLUSH, nil)
	}
	return unix.Fsync(p.fd)
}

// readCached: there is no way to ask for cached data only.
func (p *Provider) readCached([]byte, int64) (all, supported bool) { return false, false }
