package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"hast/actors"
	"hast/gate/control"
	"hast/gate/nbd"
	"hast/gate/spawn"
	"hast/states"
	"hast/wire"
)

const (
	// startTime is how long a hastd may take until it answers.
	startTime = 15 * time.Second
	// answerTime is how long it may take to tell its status, and roleTime to take a role.
	answerTime = 15 * time.Second
	roleTime   = 60 * time.Second
	// stopTime is how long it may take to end before it is killed.
	stopTime = 5 * time.Second
	// look is the pause between two looks at something that comes about by itself.
	look = 20 * time.Millisecond
)

// daemon is one node: a hastd in a process of its own.
type daemon struct {
	p    *pair
	node string // its name in hast.conf
	addr string // host and port that it listens on

	mu    sync.Mutex // whoever interrupts the demo kills the process from another goroutine
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

func (d *daemon) component() string { return filepath.Join(d.p.dir, d.node+".img") }
func (d *daemon) socket() string    { return filepath.Join(d.p.dir, d.node+".ctl") }
func (d *daemon) logFile() string   { return filepath.Join(d.p.dir, d.node+".log") }
func (d *daemon) pidfile() string   { return filepath.Join(d.p.dir, d.node+".pid") }

// start starts the process and waits until it answers.
func (d *daemon) start(ctx context.Context) error {
	if err := d.spawn(ctx); err != nil {
		return fmt.Errorf("hastd of node %s cannot be started: %w", d.node, err)
	}
	return d.await(ctx, startTime, "answers", func() (bool, error) {
		if _, ended := d.process(); over(ended) {
			return false, fmt.Errorf("hastd of node %s ended at once", d.node)
		}
		_, err := d.status()
		return err == nil, nil
	})
}

// spawn starts the process, unless the demo was interrupted.
func (d *daemon) spawn(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	log, err := os.OpenFile(d.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The program's own file, whatever name it was called by, is a hastd too.
	cmd, ended := exec.Command(d.p.program), make(chan struct{})
	cmd.Args = []string{"hastctl", "hastd", "-F", "-n", d.node, "-c", d.p.conf(), "-P", d.pidfile()}
	cmd.Stdout, cmd.Stderr = log, log
	// A terminal's ^C is for the demo alone, which then ends its daemons.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd, d.ended = cmd, ended
	spawn.Go("waiting for hastd", func(error, []byte) {}, func() {
		defer close(ended)
		_ = cmd.Wait()
	})
	return nil
}

// process is the process that was started last, and what is closed when it has ended; nil if there is none.
func (d *daemon) process() (*os.Process, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cmd == nil {
		return nil, nil
	}
	return d.cmd.Process, d.ended
}

// over reports whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// kill ends the process without a warning, as a power failure would end its machine.
func (d *daemon) kill() {
	if p, ended := d.process(); p != nil {
		_ = p.Kill()
		<-ended
	}
}

// stop ends the process in order, or, if that takes too long, in any case.
func (d *daemon) stop() {
	p, ended := d.process()
	if p == nil {
		return
	}
	_ = p.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopTime):
		d.kill()
	}
}

// ask sends a control request as hastctl does, and returns what it says of the one resource.
func (d *daemon) ask(req wire.ControlRequest, wait time.Duration) (*wire.ControlReply, error) {
	req.Resources = []string{resource}
	rep, err := control.Call(d.socket(), req, wait)
	switch {
	case err != nil:
		return nil, err
	case rep.Error != 0:
		return nil, fmt.Errorf("hastd of node %s answers error %d %s", d.node, rep.Error, rep.ErrMsg)
	case len(rep.Resources) != 1:
		return nil, fmt.Errorf("hastd of node %s answers for %d resources", d.node, len(rep.Resources))
	case rep.Resources[0].Error != 0:
		return nil, fmt.Errorf("node %s: %s", d.node, rep.Resources[0].ErrMsg)
	}
	return &rep, nil
}

// role gives the node a role; it holds when role returns.
func (d *daemon) role(role states.Role) error {
	_, err := d.ask(wire.ControlRequest{Cmd: wire.ControlSetRole, Role: role}, roleTime)
	if err != nil {
		return fmt.Errorf("role %s: %w", role, err)
	}
	return nil
}

func (d *daemon) status() (*actors.Status, error) {
	rep, err := d.ask(wire.ControlRequest{Cmd: wire.ControlStatus}, answerTime)
	if err != nil {
		return nil, err
	}
	var s actors.Status
	if err := json.Unmarshal([]byte(rep.Resources[0].JSON), &s); err != nil {
		return nil, fmt.Errorf("status of node %s: %w", d.node, err)
	}
	return &s, nil
}

// await looks until done says so.
func (d *daemon) await(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	again := time.NewTicker(look)
	defer again.Stop()
	late := time.After(limit)
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("waited %v for node %s until it %s", limit, d.node, what)
		case <-again.C:
		}
	}
}

// inSync waits until primary d and its peer hold the same, durably, and returns the status that says so.
func (d *daemon) inSync(ctx context.Context, seen func(*actors.Status)) (*actors.Status, error) {
	var last *actors.Status
	err := d.await(ctx, syncTime, "is in sync with its peer", func() (bool, error) {
		s, err := d.status()
		if err != nil {
			return false, err
		}
		last = s
		if seen != nil {
			seen(s)
		}
		return s.Status == "complete" && s.Sync.Remaining == 0 && s.Sync.State == string(states.SyncIsDone), nil
	})
	if err != nil && last != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: status %s, link %s, %d bytes to copy (%s)", err, last.Status, last.Link, last.Sync.Remaining, last.Reason)
	}
	return last, err
}

// open connects to the device that primary d shows.
func (d *daemon) open(ctx context.Context) (*nbd.Client, error) {
	s, err := d.status()
	if err != nil {
		return nil, err
	}
	export, socket, err := nbd.ParseURI(s.Device)
	if err != nil {
		return nil, fmt.Errorf("the device of node %s: %w", d.node, err)
	}
	return nbd.Dial(ctx, socket, export)
}

// logTail is the end of the daemon's log.
func (d *daemon) logTail(lines int) string {
	text, err := os.ReadFile(d.logFile())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(bytes.ToValidUTF8(text, []byte("?"))), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
