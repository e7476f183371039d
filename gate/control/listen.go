// Package control is hastctl's way to hastd: a unix socket that takes one request and gives one reply a
// connection, in the original's protocol (hast-protocol §10.6), so that FreeBSD's own hastctl and bsnmpd's
// module work with it. The server turns requests into a node's commands and its answers into replies; the
// client is what our hastctl calls.
package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrRunning says that somebody answers on the socket already.
var ErrRunning = errors.New("another hastd is running")

// probeTimeout bounds how long a socket that was found is asked whether somebody listens on it.
const probeTimeout = 2 * time.Second

// Listen opens the socket at path with mode 0600. A socket that nobody listens on any more is replaced;
// one that somebody does is an error that wraps ErrRunning; what is no socket is left alone, with an
// error. Closing the listener removes the socket.
func Listen(path string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	// The mode must be right from the beginning: between a bind and a chmod anybody could connect. The
	// mask is the process's; a file that is created meanwhile gets the stricter mode, which does no harm.
	old := unix.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("Unable to listen on control socket %s: %w. The directory must exist and be writable; hast.conf's control statement names another path.", path, cause(err))
	}
	return l, nil
}

// removeStale removes a socket that was left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("Unable to use control socket %s: %w.", path, cause(err))
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("Unable to use control socket %s: there is a file that is no socket. Remove it, or name another path by hast.conf's control statement.", path)
	}
	conn, err := net.DialTimeout("unix", path, probeTimeout)
	switch {
	case err == nil:
		conn.Close()
		return fmt.Errorf("Unable to listen on control socket %s: %w. Stop it first, or name another path by hast.conf's control statement.", path, ErrRunning)
	case errors.Is(err, syscall.ECONNREFUSED):
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, os.ErrDeadlineExceeded):
		// Somebody listens, but is too busy to take us.
		return fmt.Errorf("Unable to listen on control socket %s: %w, and it is busy. Stop it first.", path, ErrRunning)
	default:
		return fmt.Errorf("Unable to ask who listens on control socket %s: %w.", path, cause(err))
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("Unable to remove the stale control socket %s: %w.", path, cause(err))
	}
	return nil
}

// cause is the innermost error: those around it name the path, which our messages do themselves.
func cause(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}
