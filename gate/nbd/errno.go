package nbd

import (
	"errors"
	"fmt"

	"hast/wire"
)

// Errno is an error number of the NBD protocol. They are Linux's, on every system.
type Errno uint32

// The protocol's error numbers.
const (
	EPERM     Errno = 1
	EIO       Errno = 5
	ENOMEM    Errno = 12
	EINVAL    Errno = 22
	ENOSPC    Errno = 28
	EOVERFLOW Errno = 75
	ENOTSUP   Errno = 95
	ESHUTDOWN Errno = 108
)

var errnoTexts = map[Errno]string{
	EPERM:     "operation not permitted",
	EIO:       "input/output error",
	ENOMEM:    "cannot allocate memory",
	EINVAL:    "invalid argument",
	ENOSPC:    "no space left on device",
	EOVERFLOW: "value too large",
	ENOTSUP:   "operation not supported",
	ESHUTDOWN: "the server is shutting down",
}

// Error says what the number means.
func (e Errno) Error() string {
	if t, ok := errnoTexts[e]; ok {
		return t
	}
	return fmt.Sprintf("NBD error %d", uint32(e))
}

// errnoOf is the number that tells a client of err. What the protocol has no number for is EIO.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	var e wire.Errno
	if !errors.As(err, &e) {
		return EIO
	}
	switch e {
	case wire.EPERM, wire.EACCES, wire.EROFS:
		return EPERM
	case wire.ENOMEM, wire.ENOBUFS:
		return ENOMEM
	case wire.EINVAL:
		return EINVAL
	case wire.ENOSPC, wire.EDQUOT, wire.EFBIG:
		return ENOSPC
	case wire.EOVERFLOW:
		return EOVERFLOW
	case wire.EOPNOTSUPP:
		return ENOTSUP
	}
	return EIO
}
