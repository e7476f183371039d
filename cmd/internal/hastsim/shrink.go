package hastsim

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation/campaign"
	"hast/simulation/script"
)

func (a *app) shrinkCommand() *cobra.Command {
	var k campaign.Shrinker
	var out string
	c := &cobra.Command{
		Use:   "shrink SEED | FILE",
		Short: "Make what fails small",
		Long: "Take away steps, settings and times as long as the same invariant fails, and write what is left as a\n" +
			"scenario. Interrupted, it writes the smallest that it has.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.shrink(args[0], out, &k) },
	}
	a.storyFlags(c)
	f := c.Flags()
	f.IntVar(&k.Tries, "tries", 4, "play each smaller script with `N` seeds before it is given up")
	f.IntVar(&k.Patience, "patience", 2000, "play at most `N` scripts")
	f.StringVarP(&out, "output", "o", "", "write the scenario to `FILE` (default: to the output)")
	return c
}

func (a *app) shrink(what, out string, k *campaign.Shrinker) error {
	s, err := a.load(what)
	if err != nil {
		return err
	}
	k.Fresh = a.options
	k.Stop = func() bool { return a.stop.Err() != nil }
	r := campaign.Play(s, a.options())
	if !r.Failed() {
		return exit.Errorf(exit.DataErr, "%s passes: there is nothing to shrink", s.Name)
	}
	fmt.Fprintf(a.stderr, "%s\n%d steps, %d knobs\n", r.Line(), len(s.Steps), len(s.Knobs))
	least := len(s.Steps)
	k.Told = func(s *script.Script, plays int) {
		if n := campaign.Events(s); n < least {
			least = n
			fmt.Fprintf(a.stderr, "%d steps, %d knobs, after %d plays\n", n, len(s.Knobs), plays)
		}
	}
	small := k.Shrink(r)
	a.code = exitFound
	write := func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s", campaign.Comment(small, version()), small.Script.Format())
		return err
	}
	if out == "" {
		return write(a.stdout)
	}
	return toFile(out, write)
}
