package hastctl

import (
	"io"

	"github.com/spf13/cobra"

	"hast/cmd/internal/report"
	"hast/wire"
)

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status [all | name ...]",
		Short: "Show the state of resources, one line each",
		RunE:  runs(func(args []string) error { return a.status(args, report.Status) }),
	}
	a.queryFlags(c)
	return c
}

// queryFlags adds the options that status and list share.
func (a *app) queryFlags(c *cobra.Command) {
	c.Flags().BoolVar(&a.json, "json", false, "write all that hastd knows, as JSON")
	a.waitFlag(c)
}

// status asks for resources and writes the reply.
func (a *app) status(names []string, text func(io.Writer, *wire.ControlReply)) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	rep, err := a.ask(cfg, wire.ControlRequest{Cmd: wire.ControlStatus, Resources: orAll(names)}, defaultWait)
	if err != nil {
		return err
	}
	for i := range rep.Resources {
		if e := rep.Resources[i].Error; e != 0 {
			a.code = int(e)
		}
	}
	if a.json {
		return report.JSON(a.stdout, rep)
	}
	text(a.stdout, rep)
	return nil
}
