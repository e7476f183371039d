package hastctl

import (
	"math/rand/v2"

	"github.com/spf13/cobra"

	"hast/cmd/internal/demo"
	"hast/cmd/internal/exit"
	"hast/states"
)

// Defaults of the demo.
const (
	demoSize   = 64 << 20 // bytes
	demoWrites = 5000
)

func (a *app) demoCommand() *cobra.Command {
	o := demo.Options{Writes: demoWrites}
	mode, bytes := states.MemSync.String(), size(demoSize)
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show a failover on a throw-away pair of nodes",
		Long: "Make a pair of nodes in a temporary folder, write to it, kill its primary in the middle of that, and " +
			"check on the other node all that was acknowledged. Nothing else on this machine is touched.",
		Args: cobra.NoArgs,
		RunE: runs(func([]string) (err error) {
			if o.Mode, err = states.ParseMode(mode); err != nil {
				return usageError{exit.With(exit.Usage, err)}
			}
			if o.Seed == 0 {
				o.Seed = rand.Uint64()
			}
			o.Size = int64(bytes)
			return demo.Run(o, a.stdout)
		}),
	}
	f := c.Flags()
	f.StringVar(&mode, "mode", mode, "replicate by `MODE`: memsync, fullsync or async")
	f.Var(&bytes, "size", "size of each component, like 64M (the default)")
	f.Uint64Var(&o.Seed, "seed", 0, "draw the data from `N` (default: a new one each time)")
	f.IntVar(&o.Writes, "writes", o.Writes, "kill the primary after `N` acknowledged writes")
	f.BoolVar(&o.Keep, "keep", false, "leave the pair running, and tell how to use it")
	return c
}
