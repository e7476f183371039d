package hastdmain

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"hast/cmd/internal/settings"
)

// options are what the command line says.
type options struct {
	config     string
	pidfile    string
	node       string
	debug      int
	foreground bool
}

// errUsage says that the usage was asked for with -h or has to be told.
var errUsage = errors.New("usage")

const usage = `usage: hastd [-dFh] [-c config] [-n node] [-P pidfile]
`

// parse reads the arguments behind the program's name. It answers --help itself, with pflag.ErrHelp.
func parse(args []string, stdout, stderr io.Writer) (options, error) {
	var o options
	var short, long bool
	f := pflag.NewFlagSet("hastd", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SortFlags = false
	f.StringVarP(&o.config, "config", "c", settings.DefaultPath, "read the configuration from `FILE`")
	f.CountVarP(&o.debug, "debug", "d", "log more; twice for yet more")
	f.BoolVarP(&o.foreground, "foreground", "F", false, "stay in the foreground and log to the terminal")
	f.StringVarP(&o.node, "node", "n", "", "be the node `NAME` instead of this host (also "+settings.NodeVariable+")")
	f.StringVarP(&o.pidfile, "pidfile", "P", "", "write the process id to `FILE` (default: hast.conf's)")
	f.BoolVarP(&short, "usage", "h", false, "tell the usage in short")
	f.BoolVar(&long, "help", false, "tell the usage")
	err := f.Parse(args)
	switch {
	case err == nil && long:
		fmt.Fprintf(stdout, "%s\n%s", usage, f.FlagUsages())
		return o, pflag.ErrHelp
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(stderr, "hastd: %v\n", err)
	}
	if err != nil || short {
		fmt.Fprint(stderr, usage)
		return o, errUsage
	}
	return o, nil
}
