package hastctl

import (
	"github.com/spf13/cobra"

	"hast/cmd/internal/report"
)

func (a *app) listCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list [all | name ...]",
		Short: "Show settings, state and counters of resources",
		RunE:  runs(func(args []string) error { return a.status(args, report.List) }),
	}
	a.queryFlags(c)
	return c
}
