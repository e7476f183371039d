package hastsim

import (
	"bytes"
	"fmt"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation/script"
)

func (a *app) scenarioCommand() *cobra.Command {
	var update bool
	c := &cobra.Command{
		Use:   "scenario FILE...",
		Short: "Play scripts, and tell which of their expectations don't come true",
		Args:  cobra.MinimumNArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.scenario(args, update) },
	}
	c.Flags().BoolVar(&update, "update", false, "write into the files what their steps print")
	return c
}

func (a *app) scenario(files []string, update bool) error {
	failed := 0
	for _, path := range files {
		if a.stop.Err() != nil {
			a.code = exitInterrupted
			return nil
		}
		ok, err := a.playFile(path, update)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
	}
	if failed > 0 {
		a.code = exitFound
		fmt.Fprintf(a.stdout, "%d of %d fail\n", failed, len(files))
	}
	return nil
}

// playFile plays one file and reports whether all in it came true.
func (a *app) playFile(path string, update bool) (bool, error) {
	text, err := readBounded(path)
	if err != nil {
		return false, err
	}
	s, err := script.Parse(path, text)
	if err != nil {
		return false, exit.With(exit.DataErr, err)
	}
	o := script.Run(s, script.Options{Update: update})
	if update {
		if now := script.Update(text, o.Outputs); !bytes.Equal(now, text) {
			if err := os.WriteFile(path, now, 0o644); err != nil {
				return false, exit.With(exit.IOErr, err)
			}
			fmt.Fprintf(a.stdout, "%s: written anew\n", path)
		}
	}
	if err := o.Err(); err != nil {
		fmt.Fprintf(a.stdout, "%s: %v\n", path, err)
		return false, nil
	}
	fmt.Fprintf(a.stdout, "%s: passed, %d steps, %v of the world's time\n", path, o.Counters.Steps, o.Elapsed)
	return true, nil
}

func (a *app) crashallCommand() *cobra.Command {
	var o script.CrashOptions
	var workers int
	var once string
	c := &cobra.Command{
		Use:   "crashall FILE",
		Short: "Interrupt a short script at each of its moments, in every way",
		Long: "Play a script once undisturbed, and then once for each moment of its crash-everywhere block (of all of it\n" +
			"if it has none) and each way to die there: kill and power cut of a, of b and of both, with each subset of\n" +
			"what isn't durable that matters. After each, the operator brings the pair back, and all of it is looked at.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.crashall(args[0], once, workers, o) },
	}
	f := c.Flags()
	f.IntVar(&o.Every, "every", 1, "only each `N`th moment")
	f.BoolVar(&o.Quick, "quick", false, "leave out most subsets of what a power cut keeps")
	f.IntVar(&workers, "workers", defaultWorkers(), "play `N` at once")
	f.StringVar(&once, "only", "", "play one `CRASH`, as the report names it, like \"17 power a but:0 failover\"")
	return c
}

// mostCrashFindings is how many findings end a crashall.
const mostCrashFindings = 10

func (a *app) crashall(path, once string, workers int, o script.CrashOptions) error {
	s, err := readScript(path)
	if err != nil {
		return err
	}
	var list []script.Crash
	var report script.Report
	if once != "" {
		c, err := script.ParseCrash(once)
		if err != nil {
			return exit.With(exit.Usage, err)
		}
		list = []script.Crash{c}
	} else if list, report = script.Crashes(s, o); report.Base.Err() != nil {
		fmt.Fprintf(a.stdout, "%s fails without any crash: %v\n", path, report.Base.Err())
		a.code = exitFound
		return nil
	}
	runs, findings := a.crashes(s, list, workers, o)
	for _, f := range findings {
		fmt.Fprintf(a.stdout, "crash %q: %v\n", f.Crash, f.Outcome.Err())
		fmt.Fprintf(a.stdout, "  to see it again: hastsim crashall %s --only %q\n", path, f.Crash)
	}
	fmt.Fprintf(a.stdout, "%s: %d moments, %d of %d crashes played, %d not survived\n", path, report.Points, runs, len(list), len(findings))
	switch {
	case len(findings) > 0:
		a.code = exitFound
	case a.stop.Err() != nil:
		a.code = exitInterrupted
	}
	return nil
}

// crashes plays crashes on several cores. The findings are in the order of the list.
func (a *app) crashes(s *script.Script, list []script.Crash, workers int, o script.CrashOptions) (runs int, findings []script.Finding) {
	var lock sync.Mutex
	next := 0
	var all sync.WaitGroup
	found := make(map[int]script.Finding)
	for range max(1, workers) {
		all.Go(func() {
			for {
				lock.Lock()
				i := next
				next++
				enough := i >= len(list) || len(found) >= mostCrashFindings || a.stop.Err() != nil
				lock.Unlock()
				if enough {
					return
				}
				out := script.CrashOnce(s, list[i], o.Options)
				lock.Lock()
				runs++
				if out.Err() != nil {
					found[i] = script.Finding{Crash: list[i], Outcome: out}
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	for i := range list {
		if f, ok := found[i]; ok {
			findings = append(findings, f)
		}
	}
	return runs, findings
}
