// Package hastdmain is the command hastd: it reads the configuration, opens what the machine has for a
// node (gate) and runs the node (actors) until it is told to stop. It is a package of its own because
// two commands run it, hastd and hastctl's demo.
package hastdmain

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/pflag"

	"hast/actors"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/hastlog"
	"hast/config"
)

// StartNode starts a node on a host, as actors.StartNode does.
type StartNode func(h *actors.Host, cfg *config.Config) (*actor.PID, error)

// Main runs hastd with the arguments behind the program's name, and returns its exit code. In the
// background it runs this process's program again, with the same arguments: os.Args must lead to Main.
func Main(args []string, start StartNode, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout, stderr)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return exit.OK
	case err != nil:
		return exit.Usage
	}
	log, to := hastlog.New(level(o.debug), hastlog.NewTerminal(stdout, stderr))
	if err := o.absolute(); err != nil {
		log.Error(err.Error())
		return exit.Code(err)
	}
	ready := inherited()
	if !o.foreground && ready == nil {
		return background(log)
	}
	if err := serve(o, start, log, to, ready); err != nil {
		log.Error(err.Error())
		return exit.Code(err)
	}
	return exit.OK
}

func level(debug int) hclog.Level {
	switch {
	case debug > 1:
		return hclog.Trace
	case debug == 1:
		return hclog.Debug
	}
	return hclog.Info
}

// absolute makes the paths of the command line independent of the working directory, which a daemon
// leaves, and which a reload must not depend on.
func (o *options) absolute() error {
	for _, p := range []*string{&o.config, &o.pidfile} {
		if *p == "" {
			continue
		}
		full, err := filepath.Abs(*p)
		if err != nil {
			return exit.Errorf(exit.Config, "Unable to obtain full path of %s: %w.", *p, err)
		}
		*p = full
	}
	return nil
}

// leave detaches from what the terminal gave: working directory and streams.
func leave(log hclog.Logger, to *hastlog.Switch) error {
	if sink, err := hastlog.NewSyslog("hastd"); err != nil {
		// A daemon without a system log keeps its streams: whoever sent them somewhere gets the log.
		log.Warn("Unable to reach syslog, logging to standard error: " + err.Error() + ".")
		to.To(hastlog.NewTerminal(os.Stderr, os.Stderr))
	} else {
		to.To(sink)
		if err := closeStreams(); err != nil {
			return exit.Errorf(exit.OSErr, "Unable to detach from the terminal: %w.", err)
		}
	}
	if err := os.Chdir("/"); err != nil {
		return exit.Errorf(exit.OSErr, "Unable to change to the root directory: %w.", err)
	}
	return nil
}
