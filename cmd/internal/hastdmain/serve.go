package hastdmain

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/hastlog"
	"hast/cmd/internal/settings"
	"hast/config"
	"hast/gate/control"
	"hast/gate/host"
	"hast/gate/nbd"
	"hast/wire"
)

// daemon is a running hastd.
type daemon struct {
	options options
	log     hclog.Logger
	config  *config.Config
	pidfile *pidfile
	host    *actors.Host
	node    *actor.PID
	control *control.Server
}

// serve starts the daemon, reports that it serves, and runs it until a signal ends it.
func serve(o options, start StartNode, log hclog.Logger, to *hastlog.Switch, ready *os.File) error {
	// From here on a signal must not end the process in the middle of something.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	// Who reads our log may go away at any time.
	signal.Ignore(syscall.SIGPIPE)

	d := &daemon{options: o, log: log}
	if err := d.start(start); err != nil {
		d.pidfile.remove()
		return err
	}
	if ready != nil {
		if err := leave(log, to); err != nil {
			d.stop(signals)
			return err
		}
	}
	log.Info(fmt.Sprintf("Started successfully, running protocol version %d.", wire.ProtocolVersion))
	if err := report(ready); err != nil {
		d.stop(signals)
		return err
	}
	return d.run(signals)
}

// start opens everything, in the original's order: configuration, pidfile, control socket, listeners.
func (d *daemon) start(start StartNode) error {
	var err error
	if d.config, err = settings.Load(d.options.config, d.options.node); err != nil {
		return err
	}
	d.warn(d.config)
	// In the foreground there is a pidfile only if it was asked for, as with the original.
	if !d.options.foreground || d.options.pidfile != "" {
		if d.pidfile, err = openPidfile(d.pidPath(d.config)); err != nil {
			return err
		}
	}
	socket, err := control.Listen(d.config.ControlPath())
	switch {
	case errors.Is(err, control.ErrRunning):
		return exit.With(exit.TempFail, err)
	case err != nil:
		return exit.With(exit.OSErr, err)
	}
	d.sweep()
	d.host = host.New(host.Options{Log: d.log, Doors: nbd.NewDoors})
	if d.node, err = start(d.host, d.config); err != nil {
		socket.Close()
		return exit.With(exit.OSErr, err)
	}
	if err := d.listening(); err != nil {
		socket.Close()
		return exit.With(exit.OSErr, err)
	}
	d.control = control.Serve(socket, d.tell, d.log)
	if d.pidfile != nil {
		if err := d.pidfile.write(); err != nil {
			d.log.Warn(fmt.Sprintf("Unable to write the process id: %v.", err))
		}
	}
	return nil
}

// sweep removes the sockets of devices that a hastd left which was killed: nothing is served yet, and nobody
// else uses this control socket. So a socket that is there means a device that is there.
func (d *daemon) sweep() {
	for i := range d.config.Resources {
		if r := &d.config.Resources[i]; r.NBDSocket != "" && nbd.Sweep(r.NBDSocket) {
			d.log.Info(fmt.Sprintf("Removed the stale socket %s.", r.NBDSocket), "resource", r.Name)
		}
	}
}

// heard is what the node says about its listeners.
type heard struct {
	addresses []string
	failed    []error
}

// listens hears on which addresses the node listens.
type listens chan heard

// Listens implements actors.ListenSink.
func (c listens) Listens(addresses []string, failed []error) { c <- heard{addresses, failed} }

// listening waits for the listeners. An address that was asked for must work; of the defaults, one
// family is enough.
func (d *daemon) listening() error {
	answer := make(listens, 1)
	d.tell(&actors.Listeners{To: answer})
	h := <-answer
	if len(h.failed) > 0 && (!d.config.ListenDefault || len(h.addresses) == 0) {
		return errors.Join(h.failed...)
	}
	return nil
}

func (d *daemon) tell(msg any) { d.host.Tell(d.node, msg) }

// pidPath is where the pidfile belongs: the command line wins over hast.conf.
func (d *daemon) pidPath(cfg *config.Config) string {
	if d.options.pidfile != "" {
		return d.options.pidfile
	}
	return cfg.Pidfile
}

func (d *daemon) warn(cfg *config.Config) {
	for _, w := range cfg.Warnings {
		d.log.Warn(w.String())
	}
}

// run handles signals until one of them ends the daemon.
func (d *daemon) run(signals <-chan os.Signal) error {
	for s := range signals {
		if s == syscall.SIGHUP {
			d.reload()
			continue
		}
		d.log.Info("Termination signal received, exiting.")
		return d.stop(signals)
	}
	return nil
}

// stopped hears that the node has stopped.
type stopped chan struct{}

// NodeStopped implements actors.ShutdownSink.
func (c stopped) NodeStopped() { close(c) }

// stop shuts the node down, and takes away what others look at: the control socket last but for the
// pidfile, so that hastctl can tell what is being waited for. A second signal ends the waiting, with an
// error: components are then as after a crash.
func (d *daemon) stop(signals <-chan os.Signal) error {
	done := make(stopped)
	d.tell(&actors.Shutdown{To: done})
	var err error
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case s := <-signals:
			if s != syscall.SIGHUP {
				err = exit.Errorf(exit.TempFail, "Second termination signal received, exiting at once.")
				waiting = false
			}
		}
	}
	d.control.Close()
	d.pidfile.remove()
	return err
}
