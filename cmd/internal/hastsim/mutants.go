package hastsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/cmd/internal/mutants"
	"hast/simulation/campaign"
)

// mutantHunt is what the options of mutants ask for.
type mutantHunt struct {
	set, only, part, report, results string
	source                           string
	seeds, bases, jobs, sample, draw int
	list                             bool
	first                            uint64
	patience                         time.Duration
}

// automaticSeeds is how many seeds are tried for an automatic mutant, of which there are thousands, and
// automaticHead how many of them come before the scenarios.
const automaticSeeds, automaticHead = 60, 4

func (a *app) mutantsCommand() *cobra.Command {
	h := mutantHunt{}
	c := &cobra.Command{
		Use:   "mutants",
		Short: "Plant bugs in the product and see how soon seeds find them",
		Long: "mutants builds the product with switches for planted bugs, from the source tree, and plays seeds with each\n" +
			"bug until one finds it. A seed that fails without the bug, too, doesn't count. What no seed finds is tried with\n" +
			"the scenarios of simulation/testdata and the tests of states and actors; with automatic ones the scenarios come\n" +
			"behind the first few seeds, and for those in states the tests come first. --set world spoils the made-up world and\n" +
			"its judge instead, and runs the tests that must notice. The exit code is 1 if a bug isn't found that isn't listed\n" +
			"as equivalent.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if h.set == "automatic" && !c.Flags().Changed("seeds") {
				h.seeds = automaticSeeds
			}
			return a.mutants(&h)
		},
	}
	f := c.Flags()
	f.StringVar(&h.set, "set", "listed", "which bugs: listed, automatic ones made from the syntax, or those of the made-up world itself (`SET`)")
	f.StringVar(&h.only, "only", "", "only bugs whose name or file contains one of these words, `WORD,WORD`; =WORD is the whole name")
	f.StringVar(&h.part, "part", "", "only every N-th bug, from the K-th on: `K/N`")
	f.IntVar(&h.sample, "sample", 0, "only `N` of the bugs, drawn by their names; 0 for all")
	f.IntVar(&h.draw, "draw", 0, "which sample of that size is drawn: a `NUMBER`")
	f.BoolVar(&h.list, "list", false, "only list the bugs: name, line, and what is changed")
	f.StringVar(&h.results, "results", "", "keep what is found out in a `FILE`, and go on from what is in it")
	f.StringVar(&h.report, "json", "", "write the whole report to a `FILE`")
	f.StringVar(&h.source, "source", ".", "a `FOLDER` of the source tree")
	f.IntVar(&h.seeds, "seeds", 2000, "how many seeds may be tried for each bug; of automatic ones 60 unless this says else")
	f.IntVar(&h.bases, "bases", 1, "how many independent series of seeds must each find it")
	f.Uint64Var(&h.first, "seed", 1, "the first seed of the first series")
	f.IntVar(&h.jobs, "jobs", runtime.NumCPU(), "how many bugs are hunted at once")
	f.DurationVar(&h.patience, "patience", time.Minute, "how long one seed may take before it counts as hanging")
	f.StringVar(&a.profile, "profile", campaign.Default, "what may go wrong: a `NAME` that 'hastsim list' shows")
	return c
}

func (a *app) mutants(o *mutantHunt) error {
	if _, err := campaign.ProfileByName(a.profile); err != nil {
		return exit.With(exit.Usage, err)
	}
	if o.seeds < 1 || o.bases < 1 {
		return exit.With(exit.Usage, errors.New("--seeds and --bases are at least 1"))
	}
	k, n := 1, 1
	if o.part != "" {
		if got, err := fmt.Sscanf(o.part, "%d/%d", &k, &n); got != 2 || err != nil || n < 1 || k < 1 || k > n {
			return exit.With(exit.Usage, fmt.Errorf("--part %q is not K/N with K from 1 to N", o.part))
		}
	}
	root, err := sourceRoot(o.source)
	if err != nil {
		return exit.With(exit.NoInput, err)
	}
	var set *mutants.Set
	switch o.set {
	case "listed":
		set, err = mutants.Listed(root)
	case "automatic":
		set, err = mutants.Automatic(root)
	case "world":
		set, err = mutants.World(root)
	default:
		return exit.With(exit.Usage, fmt.Errorf("there is no set %q; there are listed, automatic and world", o.set))
	}
	if err != nil {
		return exit.With(exit.NoInput, err)
	}
	scenarios, err := filepath.Glob(filepath.Join(root, "simulation", "testdata", "*.sim"))
	if err != nil {
		return exit.With(exit.NoInput, err)
	}
	sample := set.Sample(o.sample, o.draw)
	h := &mutants.Hunt{Root: root, Set: set, Seeds: o.seeds, Profile: a.profile, Patience: o.patience, Jobs: o.jobs,
		Scenarios: scenarios, Tests: mutants.Simulated, Results: o.results,
		Wanted: func(m *mutants.Mutant) bool {
			return m.ID%n == k%n && wanted(m, o.only) && (o.sample == 0 || sample[m.Name])
		},
		Told: func(r *mutants.Report) { fmt.Fprintln(a.stdout, mutantLine(r)) }}
	if o.list {
		for _, m := range set.Mutants {
			if h.Wanted(&m) {
				fmt.Fprintf(a.stdout, "%s:%d: %s: %s\n", m.File, m.Line, m.Name, m.What)
			}
		}
		return nil
	}
	if o.set == "automatic" {
		h.Head = automaticHead
	}
	for i := range o.bases {
		h.Bases = append(h.Bases, o.first+uint64(i)*1_000_000)
	}
	hunt := h.Run
	if o.set == "world" {
		hunt = h.Notice
	}
	reports, err := hunt(a.stop)
	if err != nil {
		return err
	}
	if o.report != "" {
		text, err := json.MarshalIndent(reports, "", "\t")
		if err == nil {
			err = os.WriteFile(o.report, append(text, '\n'), 0o644)
		}
		if err != nil {
			return exit.With(exit.IOErr, err)
		}
	}
	left := a.mutantSummary(reports)
	if o.set == "listed" {
		a.unplanted(a.stdout)
	}
	if err := a.stop.Err(); err != nil {
		a.code = exitInterrupted
	}
	if left > 0 {
		a.code = exitFound
	}
	return nil
}

// wanted reports whether a bug is among those that --only asks for.
func wanted(m *mutants.Mutant, only string) bool {
	if only == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(only, ","), func(word string) bool {
		if name, ok := strings.CutPrefix(word, "="); ok {
			return m.Name == name
		}
		return strings.Contains(m.Name, word) || strings.Contains(m.File, word)
	})
}

func mutantLine(r *mutants.Report) string {
	switch {
	case r.By == mutants.BySeed:
		return fmt.Sprintf("found      %5d  %-8s %s: %s", r.Median(), r.Invariant, r.Name, r.What)
	case r.Found():
		return fmt.Sprintf("found  by %s %s  %s %s: %s", r.By, r.Where, r.Invariant, r.Name, r.What)
	case r.Excuse != "":
		return fmt.Sprintf("equivalent        %-8s %s: %s", "", r.Name, r.Excuse)
	case !r.Met:
		return fmt.Sprintf("not met           %-8s %s: %s", "", r.Name, r.What)
	}
	return fmt.Sprintf("NOT FOUND         %-8s %s: %s", "", r.Name, r.What)
}

// mutantSummary prints what found how many, and how soon, and returns how many were not found and have no
// excuse.
func (a *app) mutantSummary(reports []*mutants.Report) (left int) {
	var medians []int
	found, excused, met, worst := 0, 0, 0, 0
	by, how := map[string]int{}, map[string]int{}
	for _, r := range reports {
		switch {
		case r.Found():
			found++
			how[r.By]++
			if r.Invariant != "" {
				by[r.Invariant]++
			}
			if r.By == mutants.BySeed {
				medians = append(medians, r.Median())
				worst = max(worst, r.Worst())
			}
		case r.Excuse != "":
			excused++
		case r.Met:
			met++
		}
	}
	left = len(reports) - found - excused
	fmt.Fprintf(a.stdout, "\n%d bugs: %d found, %d equivalent, %d not found (%d of them never met)\n", len(reports), found, excused, left, left-met)
	fmt.Fprintf(a.stdout, "found by seeds %d, by scenarios %d, by tests %d\n", how[mutants.BySeed], how[mutants.ByScenario], how[mutants.ByTest])
	if len(medians) > 0 {
		slices.Sort(medians)
		fmt.Fprintf(a.stdout, "seeds to find one: median %d, nine in ten %d, worst %d\n", medians[len(medians)/2],
			medians[(len(medians)*9-1)/10], worst)
	}
	first := make([]string, 0, len(by))
	for id := range by {
		first = append(first, id)
	}
	slices.SortFunc(first, func(x, y string) int {
		if by[x] != by[y] {
			return by[y] - by[x]
		}
		return strings.Compare(x, y)
	})
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "found first by\tbugs")
	for _, id := range first {
		fmt.Fprintf(t, "%s\t%d\n", id, by[id])
	}
	_ = t.Flush()
	return left
}

// unplanted prints the listed bugs that change nothing, with the reasons.
func (a *app) unplanted(w io.Writer) {
	bugs, err := mutants.Bugs()
	if err != nil {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nnot planted\twhy")
	for _, b := range bugs {
		switch {
		case b.Pending != "":
			fmt.Fprintf(t, "%s\tpending: %s\n", b.Name, b.Pending)
		case b.Same != "":
			fmt.Fprintf(t, "%s\tthe same as %s\n", b.Name, b.Same)
		case b.None != "":
			fmt.Fprintf(t, "%s\tcan't be: %s\n", b.Name, b.None)
		}
	}
	_ = t.Flush()
}

// sourceRoot is the top of the source tree that a folder belongs to.
func sourceRoot(folder string) (string, error) {
	c := exec.Command("go", "env", "GOMOD")
	c.Dir = folder
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("the go command is needed to build with planted bugs: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", fmt.Errorf("%s is in no source tree: run this from one, or name it with --source", folder)
	}
	return filepath.Dir(mod), nil
}
