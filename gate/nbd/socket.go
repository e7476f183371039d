package nbd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// socket is a listening unix socket at a path.
type socket struct {
	*net.UnixListener
	path string
	file fs.FileInfo // what we put at path
	once sync.Once   // takes it away
}

const (
	// maxSocketPath is what fits sun_path on FreeBSD, in bytes; Linux has 4 more.
	maxSocketPath = 103
	// privateSize is what the private directory and the socket in it add to the directory's path, at
	// most: "/.", a random uint32 in decimal, "/s".
	privateSize = 2 + 10 + 2
	// probeTimeout bounds the question whether somebody answers on a socket that is there already.
	probeTimeout = time.Second
)

// listenAt makes a socket at path that only this user can open. There is no moment at which others
// could: it is made in a directory that nobody else can enter, and moved when its mode is right. (The
// umask would do as well, but it is the whole process's.)
func listenAt(path string) (*socket, error) {
	if path == "" || !filepath.IsAbs(path) {
		return nil, fmt.Errorf("NBD socket %q: an absolute path is needed", path)
	}
	dir := filepath.Dir(path)
	if longest := max(len(path), len(dir)+privateSize); longest > maxSocketPath {
		return nil, fmt.Errorf("NBD socket %s: the path is %d bytes longer than the system allows; choose a shorter one", path, longest-maxSocketPath)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("NBD socket %s: %w", path, err)
	}
	if err := clearStale(path); err != nil {
		return nil, err
	}
	private, err := os.MkdirTemp(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("NBD socket %s: %w", path, err)
	}
	defer os.RemoveAll(private)
	made := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("NBD socket %s: %w", path, err)
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	err = os.Chmod(made, 0o600)
	if err == nil {
		s.file, err = os.Lstat(made)
	}
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("NBD socket %s: %w", path, err)
	}
	return s, nil
}

// Sweep removes the socket of a device that an earlier process left at path; removed says that there was one.
// Whatever somebody answers on, or isn't a socket, is left alone.
func Sweep(path string) (removed bool) {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSocket && clearStale(path) == nil
}

// clearStale removes what an earlier process left at path, if it is a socket on which nobody answers.
func clearStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("NBD socket %s: %w", path, err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("NBD socket %s: there is a file that is not a socket; remove it or choose another path", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		c.Close()
		return fmt.Errorf("NBD socket %s: another process serves it; stop that one or choose another path", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("NBD socket %s: whether another process serves it can't be told: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("NBD socket %s: removing a stale one: %w", path, err)
	}
	return nil
}

// Close takes the file away, unless another has taken its place, and stops listening: in this order, so
// that the file is never a stale one, and its inode number never one that was given out again.
func (s *socket) Close() error {
	s.once.Do(func() {
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
			os.Remove(s.path)
		}
	})
	return s.UnixListener.Close()
}
