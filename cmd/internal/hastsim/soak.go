package hastsim

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation/campaign"
)

func (a *app) soakCommand() *cobra.Command {
	o := runOptions{}
	var folder string
	var length time.Duration
	c := &cobra.Command{
		Use:   "soak",
		Short: "Play seeds for hours, and keep what fails",
		Long: "Play seeds from a new base for as long as --for says. Of all failures that look alike, the script of the\n" +
			"one that fails after the fewest steps is kept in a folder, under the failure's fingerprint. A quarter of\n" +
			"the seeds are near others that reached rare cells of the coverage tables: the same story told anew.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if length <= 0 {
				return exit.Errorf(exit.Usage, "--for %v: for how long? Like 8h", length)
			}
			return a.soak(folder, length, &o)
		},
	}
	a.storyFlags(c)
	f := c.Flags()
	f.DurationVar(&length, "for", 0, "begin no further seed after that long, like 8h")
	f.StringVar(&folder, "keep", "hastsim-found", "keep failing scripts in `FOLDER`")
	f.StringVar(&o.seed, "seed", "", "begin at seed `N` (default: a new base)")
	f.IntVar(&o.workers, "workers", defaultWorkers(), "play `N` seeds at once")
	return c
}

func (a *app) soak(folder string, length time.Duration, o *runOptions) error {
	p, err := a.story()
	if err != nil {
		return err
	}
	o.time = length
	which, err := o.which()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return exit.With(exit.IOErr, err)
	}
	fmt.Fprintf(a.stdout, "version %s, profile %s, seeds from %d, until %s\n", version(), p.Name, which.first, time.Now().Add(length).Format(time.RFC3339))
	r := &runner{app: a, profile: p, seeds: which, workers: o.workers, sum: campaign.NewSummary(), until: time.Now().Add(length), steer: campaign.NewSteer()}
	var failure error
	r.found = func(res *campaign.Result, fastest bool) {
		if fastest && failure == nil {
			failure = keep(folder, res)
		}
	}
	interrupted := r.play(a.stop)
	a.tell(r, interrupted, false)
	if failure != nil {
		return exit.With(exit.IOErr, failure)
	}
	switch {
	case r.sum.Failures > 0:
		a.code = exitFound
	case interrupted:
		a.code = exitInterrupted
	}
	return nil
}

// keep writes a failing script into a folder, unless one is there that fails sooner.
func keep(folder string, r *campaign.Result) error {
	path := filepath.Join(folder, r.Fingerprint()+".sim")
	if old, err := os.ReadFile(path); err == nil {
		// Of an earlier soak. What another version had found may be no finding of this one.
		if step, by, ok := campaign.ReadComment(old); ok && by == version() && step <= r.Step {
			return nil
		}
	}
	text := append([]byte(campaign.Comment(r, version())), r.Script.Format()...)
	// Through another name: an interrupted soak leaves no half of a file.
	half := path + ".new"
	if err := os.WriteFile(half, text, 0o644); err != nil {
		return err
	}
	return os.Rename(half, path)
}
