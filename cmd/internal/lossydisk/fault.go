package lossydisk

import (
	"fmt"
	"strconv"
	"syscall"
)

// kind is what an operation does.
type kind string

// The kinds of operations; every stands for all of them.
const (
	kindRead  kind = "read"
	kindWrite kind = "write"
	kindFlush kind = "flush"
	every     kind = "all"
)

func (k kind) check() error {
	if k != kindRead && k != kindWrite && k != kindFlush && k != every {
		return fmt.Errorf("%q is not read, write, flush or all", string(k))
	}
	return nil
}

func (k kind) covers(of kind) bool { return k == every || k == of }

// fault is what makes operations fail.
type fault struct {
	kind     kind
	from, to int64 // the bytes that fail; a flush has none and fails whatever they are
	errno    syscall.Errno
	left     int // how many more times it strikes; negative for ever
}

// strikes says whether an operation on n bytes at off fails.
func (f *fault) strikes(k kind, off int64, n int) bool {
	if f.left == 0 || !f.kind.covers(k) {
		return false
	}
	return k == kindFlush || off < f.to && off+int64(n) > f.from
}

// errnos are the errors that disks give.
var errnos = map[string]syscall.Errno{
	"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC, "EROFS": syscall.EROFS, "ENXIO": syscall.ENXIO,
}

// parseFault reads KIND [from OFFSET] [to OFFSET] [errno NAME] [times N]. The range is in bytes, to is
// the one behind its last; without it, up to the disk's end.
func parseFault(args []string, size int64) (*fault, error) {
	if len(args)%2 != 1 {
		return nil, fmt.Errorf("a fault is read|write|flush|all and pairs of words: from, to, errno, times")
	}
	f := &fault{kind: kind(args[0]), to: size, errno: syscall.EIO, left: -1}
	if err := f.kind.check(); err != nil {
		return nil, err
	}
	for i := 1; i < len(args); i += 2 {
		word, value := args[i], args[i+1]
		number, err := strconv.ParseInt(value, 0, 64)
		known := false
		switch word {
		case "from":
			f.from = number
		case "to":
			f.to = number
		case "times":
			f.left = int(number)
		case "errno":
			f.errno, known = errnos[value]
			if err = nil; !known {
				err = fmt.Errorf("no errno is called %q here", value)
			}
		default:
			err = fmt.Errorf("%q is not from, to, errno or times", word)
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}
