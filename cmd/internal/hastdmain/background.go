package hastdmain

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"hast/cmd/internal/exit"
)

// readyVariable tells the daemon's process which descriptor its parent waits at.
const readyVariable = "HASTD_READY_FD"

// readyMark is what the daemon writes there once it serves.
const readyMark = '+'

// background starts the daemon and waits until it serves or has failed: a Go process can't fork, so
// that it is this program again, in a session of its own. What it says until then goes to our streams,
// and its exit code becomes ours.
func background(log hclog.Logger) int {
	self, err := os.Executable()
	if err != nil {
		log.Error(fmt.Sprintf("Unable to find this program's file: %v. Stay in the foreground with -F.", err))
		return exit.OSErr
	}
	wait, ready, err := os.Pipe()
	if err != nil {
		log.Error(fmt.Sprintf("Unable to make a pipe: %v.", err))
		return exit.OSErr
	}
	defer wait.Close()
	child := exec.Command(self)
	child.Args = os.Args
	child.Env = append(os.Environ(), readyVariable+"="+strconv.Itoa(3))
	child.ExtraFiles = []*os.File{ready}
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Start()
	ready.Close()
	if err != nil {
		log.Error(fmt.Sprintf("Unable to daemonize: %v. Stay in the foreground with -F.", err))
		return exit.OSErr
	}
	var mark [1]byte
	if n, _ := wait.Read(mark[:]); n == 1 && mark[0] == readyMark {
		return exit.OK
	}
	err = child.Wait()
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() > 0 {
		return failed.ExitCode()
	}
	log.Error(fmt.Sprintf("The daemon ended before it served (%v).", err))
	return exit.OSErr
}

// inherited is the pipe at which a parent waits, nil if there is none. Programs that hastd starts don't
// learn of it.
func inherited() *os.File {
	fd, err := strconv.Atoi(os.Getenv(readyVariable))
	if err != nil || fd < 3 {
		return nil
	}
	_ = os.Unsetenv(readyVariable) // It fails for bad names only.
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "ready")
}

// report tells the parent that the daemon serves.
func report(ready *os.File) error {
	if ready == nil {
		return nil
	}
	defer ready.Close()
	if _, err := ready.Write([]byte{readyMark}); err != nil {
		return exit.Errorf(exit.OSErr, "Unable to tell the starting process that hastd serves: %w.", err)
	}
	return nil
}
