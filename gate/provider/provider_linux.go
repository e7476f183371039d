package provider

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"hast/wire"
)

const (
	deviceMode = unix.S_IFBLK
	deviceKind = "block device"
	// exclusive, for a block device, fails with EBUSY if it is mounted or held by another exclusive opener.
	exclusive = unix.O_EXCL
)

func errno(e unix.Errno) wire.Errno { return wire.FromLinux(int(e)) }

// deviceSize asks a block device for its size and that of its sectors, in bytes.
func deviceSize(fd int) (size int64, sector int, err error) {
	var bytes uint64
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.BLKGETSIZE64, uintptr(unsafe.Pointer(&bytes))); e != 0 {
		return 0, 0, e
	}
	n, err := unix.IoctlGetUint32(fd, unix.BLKSSZGET)
	return int64(bytes), int(n), err
}

// punch frees a range, so that it reads as zeroes. It reports whether that was possible. A block device
// without such a command, or a range that doesn't fit its blocks, is not an error.
func (p *Provider) punch(off, length int64) bool {
	err := retry(func() error {
		return unix.Fallocate(p.fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, length)
	})
	return err == nil
}

func (p *Provider) sync() error { return unix.Fdatasync(p.fd) }

// readCached reads what the page cache holds, and nothing that would have to wait for the device. It
// reports whether that was all of b; supported is false if the kernel or file system cannot do it.
func (p *Provider) readCached(b []byte, off int64) (all, supported bool) {
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	// On 64-bit machines the low half of the offset is all of it; the others take it in two halves.
	high := uintptr(uint64(off) >> 32 >> (8*unsafe.Sizeof(uintptr(0)) - 32))
	n, _, e := unix.Syscall6(unix.SYS_PREADV2, uintptr(p.fd), uintptr(unsafe.Pointer(&iov)), 1,
		uintptr(off), high, unix.RWF_NOWAIT)
	switch e {
	case 0:
		return n == uintptr(len(b)), true
	case unix.EAGAIN, unix.EINTR:
		return false, true
	}
	return false, e != unix.EOPNOTSUPP && e != unix.ENOSYS && e != unix.EINVAL
}
