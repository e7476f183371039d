package wire

import (
	"errors"
	"fmt"
)

// Errno is an error number as FreeBSD has them: the only ones that go over the wire, whatever the
// machine (hast-protocol App. A). 0 is no error.
type Errno int16

// The error numbers that a component or a peer may answer with.
const (
	EPERM        Errno = 1
	ENOENT       Errno = 2
	EINTR        Errno = 4
	EIO          Errno = 5
	ENXIO        Errno = 6
	EBADF        Errno = 9
	EDEADLK      Errno = 11
	ENOMEM       Errno = 12
	EACCES       Errno = 13
	EFAULT       Errno = 14
	EBUSY        Errno = 16
	EEXIST       Errno = 17
	ENODEV       Errno = 19
	ENOTDIR      Errno = 20
	EISDIR       Errno = 21
	EINVAL       Errno = 22
	ENFILE       Errno = 23
	EMFILE       Errno = 24
	ENOTTY       Errno = 25
	EFBIG        Errno = 27
	ENOSPC       Errno = 28
	EROFS        Errno = 30
	EPIPE        Errno = 32
	ERANGE       Errno = 34
	EAGAIN       Errno = 35
	EINPROGRESS  Errno = 36
	ENOTSOCK     Errno = 38
	EMSGSIZE     Errno = 40
	EOPNOTSUPP   Errno = 45
	EADDRINUSE   Errno = 48
	ENETUNREACH  Errno = 51
	ECONNABORTED Errno = 53
	ECONNRESET   Errno = 54
	ENOBUFS      Errno = 55
	ENOTCONN     Errno = 57
	ETIMEDOUT    Errno = 60
	ECONNREFUSED Errno = 61
	EHOSTUNREACH Errno = 65
	EDQUOT       Errno = 69
	ESTALE       Errno = 70
	ERPCMISMATCH Errno = 73
	ENOSYS       Errno = 78
	EFTYPE       Errno = 79
	EOVERFLOW    Errno = 84
	ECANCELED    Errno = 85
)

// errnos describes each number: its name, what it says, and the number that Linux has for it (0: none;
// it becomes EIO there).
var errnos = map[Errno]struct {
	name, text string
	linux      int
}{
	EPERM:        {"EPERM", "operation not permitted", 1},
	ENOENT:       {"ENOENT", "no such file or directory", 2},
	EINTR:        {"EINTR", "interrupted", 4},
	EIO:          {"EIO", "input/output error", 5},
	ENXIO:        {"ENXIO", "device not configured", 6},
	EBADF:        {"EBADF", "bad file descriptor", 9},
	EDEADLK:      {"EDEADLK", "deadlock avoided", 35},
	ENOMEM:       {"ENOMEM", "out of memory", 12},
	EACCES:       {"EACCES", "permission denied", 13},
	EFAULT:       {"EFAULT", "bad address", 14},
	EBUSY:        {"EBUSY", "device busy", 16},
	EEXIST:       {"EEXIST", "exists already", 17},
	ENODEV:       {"ENODEV", "operation not supported by the device", 19},
	ENOTDIR:      {"ENOTDIR", "not a directory", 20},
	EISDIR:       {"EISDIR", "is a directory", 21},
	EINVAL:       {"EINVAL", "invalid argument", 22},
	ENFILE:       {"ENFILE", "too many open files in the system", 23},
	EMFILE:       {"EMFILE", "too many open files", 24},
	ENOTTY:       {"ENOTTY", "inappropriate control of the device", 25},
	EFBIG:        {"EFBIG", "file too large", 27},
	ENOSPC:       {"ENOSPC", "no space left on the device", 28},
	EROFS:        {"EROFS", "read-only", 30},
	EPIPE:        {"EPIPE", "broken pipe", 32},
	ERANGE:       {"ERANGE", "result too large", 34},
	EAGAIN:       {"EAGAIN", "temporarily unavailable", 11},
	EINPROGRESS:  {"EINPROGRESS", "in progress", 115},
	ENOTSOCK:     {"ENOTSOCK", "not a socket", 88},
	EMSGSIZE:     {"EMSGSIZE", "message too long", 90},
	EOPNOTSUPP:   {"EOPNOTSUPP", "operation not supported", 95},
	EADDRINUSE:   {"EADDRINUSE", "address in use", 98},
	ENETUNREACH:  {"ENETUNREACH", "network unreachable", 101},
	ECONNABORTED: {"ECONNABORTED", "connection aborted", 103},
	ECONNRESET:   {"ECONNRESET", "connection reset by the peer", 104},
	ENOBUFS:      {"ENOBUFS", "no buffer space", 105},
	ENOTCONN:     {"ENOTCONN", "not connected", 107},
	ETIMEDOUT:    {"ETIMEDOUT", "timed out", 110},
	ECONNREFUSED: {"ECONNREFUSED", "connection refused", 111},
	EHOSTUNREACH: {"EHOSTUNREACH", "no route to host", 113},
	EDQUOT:       {"EDQUOT", "quota exceeded", 122},
	ESTALE:       {"ESTALE", "stale handle", 116},
	ERPCMISMATCH: {"ERPCMISMATCH", "protocol version not supported", 0},
	ENOSYS:       {"ENOSYS", "not implemented", 38},
	EFTYPE:       {"EFTYPE", "inappropriate type or format", 0},
	EOVERFLOW:    {"EOVERFLOW", "value too large", 75},
	ECANCELED:    {"ECANCELED", "canceled", 125},
}

// fromLinux is the table the other way round.
var fromLinux = func() map[int]Errno {
	m := make(map[int]Errno, len(errnos))
	for e, d := range errnos {
		if d.linux != 0 {
			m[d.linux] = e
		}
	}
	return m
}()

// Error is the text of the number, with its name.
func (e Errno) Error() string {
	if d, ok := errnos[e]; ok {
		return d.text + " (" + d.name + ")"
	}
	return fmt.Sprintf("error %d", int16(e))
}

// Name is the symbol of the number, such as "EIO"; of an unknown one it is the number itself.
func (e Errno) Name() string {
	if d, ok := errnos[e]; ok {
		return d.name
	}
	return fmt.Sprint(int16(e))
}

// FromLinux turns an error number of Linux into FreeBSD's. 0 stays 0; one that the wire does not know
// becomes EIO.
func FromLinux(n int) Errno {
	if n == 0 {
		return 0
	}
	if e, ok := fromLinux[n]; ok {
		return e
	}
	return EIO
}

// FromFreeBSD is the same for a number of FreeBSD's.
func FromFreeBSD(n int) Errno {
	if n == 0 {
		return 0
	}
	if n > 0 && n < 1<<15 {
		if _, ok := errnos[Errno(n)]; ok {
			return Errno(n)
		}
	}
	return EIO
}

// ToLinux turns e into Linux's number. 0 stays 0; one that Linux does not have becomes its EIO, 5.
func ToLinux(e Errno) int {
	if e == 0 {
		return 0
	}
	if d, ok := errnos[e]; ok && d.linux != 0 {
		return d.linux
	}
	return int(EIO)
}

// ErrnoOf is the number to send for an error: that of the Errno that err wraps, EIO for any other error,
// 0 for nil. An Errno of 0 in an error that is not nil is an error all the same: EIO.
func ErrnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	var e Errno
	if errors.As(err, &e) && e != 0 {
		return e
	}
	return EIO
}
