// Package hastsim is the command hastsim: it plays many seeds, shows what happened in one, makes a failure
// small, and runs scenarios. What is played is in hast/simulation and below.
package hastsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation/campaign"
	"hast/simulation/script"
	"hast/states"
)

// exitFound is the exit code of a run that found something.
const exitFound = 1

// exitInterrupted is that of one that was interrupted before it found anything.
const exitInterrupted = 130

// app is one run of the command.
type app struct {
	stdout, stderr io.Writer
	stop           context.Context // ends when the user interrupts
	code           int

	profile, mode string
}

// Main runs hastsim with the arguments behind the program's name and returns its exit code: 0 if nothing was
// found, 1 if something was, 64 and above for what could not be done.
func Main(args []string, stdout, stderr io.Writer) int {
	stop, done := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer done()
	a := &app{stdout: stdout, stderr: stderr, stop: stop}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	var coded *exit.Error
	switch {
	case err == nil:
		return a.code
	case errors.As(err, &coded):
		fmt.Fprintf(stderr, "hastsim: %v\n", err)
		return coded.Code
	}
	// What has no code comes from the parsing of the command line.
	fmt.Fprintf(stderr, "hastsim: %v; 'hastsim --help' tells the usage\n", err)
	return exit.Usage
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "hastsim",
		Short: "Look for defects with many simulated pairs, and show what happened in one",
		Long: "hastsim plays the nodes that hastd runs in a made-up world: clock, disks, network and chance are all\n" +
			"decided by one number, the seed. A judge holds each run against the promises of a replicated device\n" +
			"(docs/simulation.md). The same seed gives the same run on every machine.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown subcommand %q", args[0])
			}
			return errors.New("which subcommand?")
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(a.runCommand(), a.replayCommand(), a.shrinkCommand(), a.scenarioCommand(), a.crashallCommand(), a.soakCommand(),
		a.bisectCommand(), a.checkCommand(), a.listCommand(), a.mutantsCommand())
	return root
}

// storyFlags adds the options that say which story a seed tells.
func (a *app) storyFlags(c *cobra.Command) {
	c.Flags().StringVar(&a.profile, "profile", campaign.Default, "what may go wrong: a `NAME` that 'hastsim list' shows")
	c.Flags().StringVar(&a.mode, "mode", "", "replicate by `MODE` (memsync, fullsync or async) whatever the seed draws")
}

// story is the profile that the options ask for.
func (a *app) story() (*campaign.Profile, error) {
	p, err := campaign.ProfileByName(a.profile)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if a.mode != "" {
		m, err := states.ParseMode(a.mode)
		if err != nil {
			return nil, exit.With(exit.Usage, err)
		}
		p.Set("mode", m.String())
	}
	return p, nil
}

// repeat is the command line that shows a result again.
func (a *app) repeat(r *campaign.Result) string {
	words := []string{"hastsim", "replay", fmt.Sprint(r.Seed)}
	if a.profile != campaign.Default {
		words = append(words, "--profile", a.profile)
	}
	if a.mode != "" {
		words = append(words, "--mode", a.mode)
	}
	return strings.Join(words, " ")
}

// node is the Options of every run here.
func (a *app) options() campaign.Options { return campaign.Options{} }

// load reads what a user names: a seed, or a file with a script or a trace.
func (a *app) load(what string) (*script.Script, error) {
	if seed, ok := parseSeed(what); ok {
		p, err := a.story()
		if err != nil {
			return nil, err
		}
		return campaign.Generate(seed, p), nil
	}
	return readScript(what)
}
