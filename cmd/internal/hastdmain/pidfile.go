package hastdmain

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"hast/cmd/internal/exit"
)

// pidfile is the file that says which process is the daemon. Its lock, not its text, keeps a second one
// from starting: the lock ends with the process, however it ends.
type pidfile struct {
	f    *os.File
	path string
}

// openPidfile opens and locks the file at path, mode 0600. Another daemon that holds it is an error with
// the original's text and code TempFail; a file that can't be opened is one with code OSErr.
func openPidfile(path string) (*pidfile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, exit.Errorf(exit.OSErr, "Unable to open or create pidfile: %w. Give another path with -P or in hast.conf.", err)
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		pid := readPid(f)
		f.Close()
		return nil, exit.Errorf(exit.TempFail, "Another hastd is already running, pidfile: %s, pid: %s.", path, pid)
	case err != nil:
		f.Close()
		return nil, exit.Errorf(exit.OSErr, "Unable to lock pidfile %s: %w.", path, err)
	}
	return &pidfile{f, path}, nil
}

// readPid reads the number in a locked file; its holder may not have written it yet.
func readPid(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return "unknown"
	}
	if _, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32); err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// write puts this process's number into the file.
func (p *pidfile) write() error {
	if err := p.f.Truncate(0); err != nil {
		return fmt.Errorf("pidfile %s: %w", p.path, err)
	}
	if _, err := p.f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0); err != nil {
		return fmt.Errorf("pidfile %s: %w", p.path, err)
	}
	return nil
}

// remove takes the file away and lets go of it. Nil is legal: a daemon without a pidfile.
func (p *pidfile) remove() {
	if p == nil {
		return
	}
	_ = os.Remove(p.path) // A file that stays behind is unlocked, and so means nothing.
	_ = p.f.Close()
}
