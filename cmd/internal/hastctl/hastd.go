package hastctl

import (
	"github.com/spf13/cobra"

	"hast/cmd/internal/hastdmain"
)

// hastdCommand makes this program a hastd, so that one file is enough to show a pair of nodes.
func (a *app) hastdCommand(start hastdmain.StartNode) *cobra.Command {
	return &cobra.Command{
		Use:                "hastd",
		Hidden:             true,
		DisableFlagParsing: true,
		// The options are hastd's: nothing here must look at them.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(_ *cobra.Command, args []string) error {
			a.code = hastdmain.Main(args, start, a.stdout, a.stderr)
			return nil
		},
	}
}
