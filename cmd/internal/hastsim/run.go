package hastsim

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation/campaign"
)

// runOptions are those of the subcommand run.
type runOptions struct {
	seed    string
	count   uint64
	time    time.Duration
	workers int
	twice   bool
	cells   bool
	keep    int
}

// defaultCount is how many seeds run plays when it is told neither which nor for how long.
const defaultCount = 100

func (a *app) runCommand() *cobra.Command {
	o := runOptions{}
	c := &cobra.Command{
		Use:   "run",
		Short: "Play many seeds",
		Long: "Play seeds one after the other, on all cores, and tell what the judge found: a line for each seed that\n" +
			"fails, and a summary. The exit status is 0 if nothing was found and 1 if something was.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.run(&o) },
	}
	a.storyFlags(c)
	f := c.Flags()
	f.StringVar(&o.seed, "seed", "", "play seed `N`, or those of a range A..B (default: 100 from a new base)")
	f.Uint64Var(&o.count, "count", 0, "play `N` seeds from a new base, which is printed")
	f.DurationVar(&o.time, "time", 0, "begin no further seed after that long, like 5m")
	f.IntVar(&o.workers, "workers", defaultWorkers(), "play `N` seeds at once")
	f.BoolVar(&o.twice, "twice", false, "play each seed twice, and compare the two runs step by step")
	f.BoolVar(&o.cells, "coverage", false, "list the cells of the coverage tables that no seed reached")
	f.IntVar(&o.keep, "stop-after", 0, "begin no further seed after `N` failures (default: go on)")
	return c
}

// defaultWorkers is how many seeds are played at once.
func defaultWorkers() int { return runtime.GOMAXPROCS(0) }

// which are the seeds to be played. Without a number, the base is new each time, and said.
func (o *runOptions) which() (seeds, error) {
	switch {
	case o.seed != "" && o.count > 0:
		return seeds{}, exit.Errorf(exit.Usage, "--seed says which seeds, --count how many: give one of them")
	case o.seed != "":
		s, err := parseSeeds(o.seed)
		if err == nil && o.time > 0 && s.first == s.last {
			s.last = ^uint64(0) // from this one on
		}
		return s, err
	}
	// Six digits less than would fit, so that a seed stays readable.
	base := rand.Uint64N(1_000_000_000) * 1000
	n := o.count
	if n == 0 && o.time == 0 {
		n = defaultCount
	}
	if n == 0 {
		return seeds{base, ^uint64(0)}, nil
	}
	return seeds{base, base + n - 1}, nil
}

func (a *app) run(o *runOptions) error {
	p, err := a.story()
	if err != nil {
		return err
	}
	which, err := o.which()
	if err != nil {
		return err
	}
	if o.workers < 1 || o.workers > 1024 {
		return exit.Errorf(exit.Usage, "--workers %d: allowed is 1 to 1024", o.workers)
	}
	fmt.Fprintf(a.stdout, "version %s, profile %s, seeds from %d\n", version(), p.Name, which.first)
	r := &runner{
		app: a, profile: p, seeds: which, workers: o.workers, twice: o.twice, stopAfter: o.keep, sum: campaign.NewSummary(),
	}
	if o.time > 0 {
		r.until = time.Now().Add(o.time)
	}
	interrupted := r.play(a.stop)
	a.tell(r, interrupted, o.cells)
	switch {
	case r.sum.Failures > 0:
		a.code = exitFound
	case interrupted:
		a.code = exitInterrupted
	}
	return nil
}
