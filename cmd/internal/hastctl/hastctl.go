// Package hastctl is the command hastctl: it makes and shows components itself, and asks the hastd of
// this machine for everything else. Options, outputs and exit codes are FreeBSD's (hast-protocol §10.5);
// what is ours has long options only.
package hastctl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/cmd/internal/hastdmain"
	"hast/cmd/internal/hastlog"
	"hast/cmd/internal/settings"
	"hast/config"
	"hast/gate/control"
	"hast/wire"
)

// usage is what wrong usage gets on stderr.
const usage = `usage: hastctl create [-d] [-c config] [-e extentsize] [-k keepdirty] [-m mediasize] name ...
       hastctl role [-d] [-c config] <init | primary | secondary> all | name ...
       hastctl list [-d] [-c config] [all | name ...]
       hastctl status [-d] [-c config] [all | name ...]
       hastctl dump [-d] [-c config] [all | name ...]
       hastctl explain [-d] [-c config] [--json] [all | name ...]
       hastctl resolve [-d] [-c config] {--discard-mine | --keep-mine} [--yes] name
       hastctl demo [--mode MODE] [--size SIZE] [--seed N] [--writes N] [--keep]
`

// app is one run of the command.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	log            hclog.Logger

	config string
	node   string
	debug  int
	json   bool
	wait   time.Duration
	code   int
}

// Main runs hastctl with the arguments behind the program's name and returns its exit code. The hidden
// subcommand hastd starts its node with start.
func Main(args []string, start hastdmain.StartNode, stdin *os.File, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	a.log, _ = hastlog.New(hclog.Info, hastlog.NewTerminal(stderr, stderr))
	root := a.root(start)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	var coded *exit.Error
	switch {
	case err == nil:
		return a.code
	case errors.Is(err, errUsage):
		fmt.Fprint(stderr, usage)
		return exit.Usage
	case errors.As(err, &coded):
		a.log.Error(sentence(err.Error()))
		return coded.Code
	}
	// What has no code comes from the parsing of the command line.
	fmt.Fprintf(stderr, "hastctl: %v\n%s", err, usage)
	return exit.Usage
}

// errUsage asks for the usage, without a reason.
var errUsage = errors.New("usage")

// sentence ends a message as HAST's log lines end.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func (a *app) root(start hastdmain.StartNode) *cobra.Command {
	root := &cobra.Command{
		Use:           "hastctl",
		Short:         "Control replicated block devices",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
	}
	f := root.PersistentFlags()
	f.CountVarP(&a.debug, "debug", "d", "tell more")
	f.StringVarP(&a.config, "config", "c", settings.DefaultPath, "read the configuration from `FILE`")
	f.StringVarP(&a.node, "node", "n", "", "be the node `NAME` instead of this host (also "+settings.NodeVariable+")")
	f.Bool("help", false, "tell the usage")
	f.BoolP("usage", "h", false, "tell the usage in short")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if short, err := c.Flags().GetBool("usage"); err == nil && short {
			return errUsage
		}
		switch {
		case a.debug > 1:
			a.log.SetLevel(hclog.Trace)
		case a.debug == 1:
			a.log.SetLevel(hclog.Debug)
		}
		return nil
	}
	root.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown subcommand %q", args[0])
		}
		return errUsage
	}
	root.AddCommand(a.createCommand(), a.roleCommand(), a.listCommand(), a.statusCommand(), a.dumpCommand(), a.explainCommand(), a.resolveCommand(), a.demoCommand(), a.hastdCommand(start))
	return root
}

// runs makes a function a subcommand's. Its errors get a code, so that they aren't taken for wrong usage.
func runs(f func(args []string) error) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		err := f(args)
		var wrong usageError
		if errors.As(err, &wrong) {
			return wrong.error
		}
		return exit.With(exit.Software, err)
	}
}

// usageError is an error in the arguments that only a subcommand finds.
type usageError struct{ error }

// load reads the configuration.
func (a *app) load() (*config.Config, error) {
	cfg, err := settings.Load(a.config, a.node)
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		a.log.Debug(w.String())
	}
	return cfg, nil
}

// defaultWait is how long hastd may take to tell a status.
const defaultWait = 30 * time.Second

// ask sends a request to hastd. A reply that refuses it as a whole is an error.
func (a *app) ask(cfg *config.Config, req wire.ControlRequest, wait time.Duration) (*wire.ControlReply, error) {
	if a.wait > 0 {
		wait = a.wait
	}
	rep, err := control.Call(cfg.ControlPath(), req, wait)
	switch {
	case errors.Is(err, control.ErrConnect):
		return nil, exit.Errorf(exit.OSErr, "Unable to connect to hastd via %s: %w. Is hastd running, and are you allowed to use its socket?", cfg.Control, err)
	case err != nil:
		return nil, exit.Errorf(exit.Unavailable, "Unable to get an answer from hastd via %s: %w.", cfg.Control, err)
	case rep.Error != 0 && rep.ErrMsg != "":
		return nil, exit.Errorf(exit.Software, "Error %d received from hastd: %s.", rep.Error, strings.TrimSuffix(rep.ErrMsg, "."))
	case rep.Error != 0:
		return nil, exit.Errorf(exit.Software, "Error %d received from hastd.", rep.Error)
	}
	return &rep, nil
}

// waitFlag adds the option that overrides how long hastd may take.
func (a *app) waitFlag(c *cobra.Command) {
	c.Flags().DurationVar(&a.wait, "wait", 0, "how long hastd may take to answer, like 90s (default: by the configured timeouts)")
}

// orAll is the list of resources for a subcommand that takes all of them by default.
func orAll(names []string) []string {
	if len(names) == 0 {
		return []string{wire.ControlAll}
	}
	return names
}
