// Package provider opens components: regular files and block devices (GEOM providers on FreeBSD). It
// reads and writes through the page cache; what is durable is what a flush has covered.
package provider

import (
	"fmt"

	"golang.org/x/sys/unix"

	"hast/wire"
)

// Options say how a component is opened.
type Options struct {
	// ReadOnly opens it for reading.
	ReadOnly bool
	// NoLock takes no lock, so that a component in use can be looked at.
	NoLock bool
	// Exclusive refuses a block device that is in use otherwise, for example mounted.
	Exclusive bool
}

// Provider is an opened component. Its methods may be called at once from several goroutines, but not
// at once with Close. Errors wrap a wire.Errno and name the path.
type Provider struct {
	path   string
	fd     int
	size   int64
	sector int
	device bool
	// unlocked says why there is no lock although one was asked for.
	unlocked error
}

// Open opens the component at path. Unless opt says otherwise it takes an exclusive lock (flock, which
// the original's workers take, too: hast-protocol.md §5.5), which ends with Close or with the process.
func Open(path string, opt Options) (*Provider, error) {
	// Look before opening: to open a FIFO could wait for ever, and to open a tape would wind it.
	var st unix.Stat_t
	if err := retry(func() error { return unix.Stat(path, &st) }); err != nil {
		return nil, failure("open", path, err)
	}
	if err := checkKind(path, uint32(st.Mode)); err != nil {
		return nil, err
	}
	flags := unix.O_RDWR | unix.O_CLOEXEC
	if opt.ReadOnly {
		flags = unix.O_RDONLY | unix.O_CLOEXEC
	}
	if opt.Exclusive && isDevice(uint32(st.Mode)) {
		flags |= exclusive
	}
	p := &Provider{path: path}
	err := retry(func() (err error) { p.fd, err = unix.Open(path, flags, 0); return err })
	if err == unix.EBUSY {
		return nil, fmt.Errorf("open %s: the device is in use, perhaps mounted or part of another device: %w", path, wire.EBUSY)
	}
	if err != nil {
		return nil, failure("open", path, err)
	}
	if err := p.prepare(opt); err != nil {
		unix.Close(p.fd)
		return nil, err
	}
	return p, nil
}

func checkKind(path string, mode uint32) error {
	if mode&unix.S_IFMT != unix.S_IFREG && !isDevice(mode) {
		return fmt.Errorf("open %s: neither a %s nor a regular file: %w", path, deviceKind, wire.EFTYPE)
	}
	return nil
}

func isDevice(mode uint32) bool { return mode&unix.S_IFMT == deviceMode }

// prepare locks what was opened and measures it.
func (p *Provider) prepare(opt Options) error {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstat(p.fd, &st) }); err != nil {
		return failure("stat", p.path, err)
	}
	if err := checkKind(p.path, uint32(st.Mode)); err != nil {
		return err
	}
	if !opt.NoLock {
		if err := p.lock(); err != nil {
			return err
		}
	}
	p.device = isDevice(uint32(st.Mode))
	if !p.device {
		p.size, p.sector = st.Size, 512
		return nil
	}
	var err error
	if p.size, p.sector, err = deviceSize(p.fd); err != nil {
		return failure("measure", p.path, err)
	}
	if p.size < 0 || p.sector <= 0 || p.sector&(p.sector-1) != 0 {
		return fmt.Errorf("measure %s: impossible size of %d bytes in sectors of %d: %w", p.path, p.size, p.sector, wire.EINVAL)
	}
	return nil
}

func (p *Provider) lock() error {
	err := retry(func() error { return unix.Flock(p.fd, unix.LOCK_EX|unix.LOCK_NB) })
	switch err {
	case nil:
		return nil
	case unix.EWOULDBLOCK:
		return fmt.Errorf("lock %s: in use by another process; stop it, or wait until it has let go: %w", p.path, wire.EBUSY)
	case unix.EOPNOTSUPP:
		p.unlocked = failure("lock", p.path, err)
		return nil
	}
	return failure("lock", p.path, err)
}

// Path is the path that was opened.
func (p *Provider) Path() string { return p.path }

// Size is the component's size in bytes at the time when it was opened.
func (p *Provider) Size() int64 { return p.size }

// Sector is the size of a sector in bytes; 512 for a regular file.
func (p *Provider) Sector() int { return p.sector }

// Unlocked is nil, or says why the component could not be locked: its file system knows no locks.
func (p *Provider) Unlocked() error { return p.unlocked }

// ReadAt fills b from offset off in bytes. A component that ends before is an error (EIO).
func (p *Provider) ReadAt(b []byte, off int64) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.Pread(p.fd, b[done:], off+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, p.failed("read", off, len(b), err)
		}
		if n == 0 {
			return done, fmt.Errorf("read %s at %d: %d of %d bytes are there, the component has shrunk: %w", p.path, off, done, len(b), wire.EIO)
		}
		done += n
	}
	return done, nil
}

// WriteAt writes b at offset off in bytes. The data is not durable before a Flush that starts later.
func (p *Provider) WriteAt(b []byte, off int64) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.Pwrite(p.fd, b[done:], off+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, p.failed("write", off, len(b), err)
		}
		if n == 0 {
			return done, fmt.Errorf("write %s at %d: only %d of %d bytes are accepted: %w", p.path, off, done, len(b), wire.EIO)
		}
		done += n
	}
	return done, nil
}

// zeroes is what Zero writes where there is no better way; in bytes.
var zeroes = make([]byte, 256<<10)

// Zero makes length bytes at off read as zeroes, by freeing them where the machine can.
func (p *Provider) Zero(off, length int64) error {
	if length == 0 {
		return nil
	}
	if p.punch(off, length) {
		return nil
	}
	for done := int64(0); done < length; {
		n := min(length-done, int64(len(zeroes)))
		if _, err := p.WriteAt(zeroes[:n], off+done); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// Flush makes durable what was written before. An error is final (I38): the machine may have forgotten
// what it could not write, so that a later success says nothing about it.
func (p *Provider) Flush() error {
	if err := retry(p.sync); err != nil {
		return failure("flush", p.path, err)
	}
	return nil
}

// Close lets go of the component and of its lock. It doesn't flush.
func (p *Provider) Close() error {
	if err := unix.Close(p.fd); err != nil {
		return failure("close", p.path, err)
	}
	return nil
}

func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

func (p *Provider) failed(what string, off int64, length int, err error) error {
	return fmt.Errorf("%s of %d bytes at %d: %w", what, length, off, failure(what, p.path, err))
}

// failure words an error of the machine. One that has no number of its own on the wire is EIO there, so
// that its text is all that tells it.
func failure(what, path string, err error) error {
	sys, ok := err.(unix.Errno)
	if !ok {
		return fmt.Errorf("%s %s: %w (%w)", what, path, wire.EIO, err)
	}
	n := errno(sys)
	if n == wire.EIO && sys != unix.EIO {
		return fmt.Errorf("%s %s: %w (%w)", what, path, n, sys)
	}
	return fmt.Errorf("%s %s: %w", what, path, n)
}
