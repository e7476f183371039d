package hastsim

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation"
	"hast/simulation/campaign"
)

// replayOptions are those of the subcommand replay.
type replayOptions struct {
	trace, all, json, log, script bool
	perfetto, html, history       string
	at, until                     uint64
	twice                         bool
}

func (a *app) replayCommand() *cobra.Command {
	o := replayOptions{}
	c := &cobra.Command{
		Use:   "replay SEED | FILE",
		Short: "Play one seed, script or trace, and show what happens",
		Long: "Play one seed, or what a file says: a script, or a trace that this version made. Without an option it\n" +
			"tells how the run ended. The exit status is 0 if nothing was found and 1 if something was.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.replay(args[0], &o) },
	}
	a.storyFlags(c)
	f := c.Flags()
	f.BoolVar(&o.trace, "trace", false, "show what happened, and how both nodes stood: for people (docs/simulation.md has the legend)")
	f.BoolVar(&o.all, "all", false, "with --trace: show every message, too")
	f.BoolVar(&o.json, "json", false, "write the whole trace as JSON, a value a line")
	f.StringVar(&o.perfetto, "perfetto", "", "write the trace to `FILE` for the trace viewers of browsers")
	f.StringVar(&o.html, "html", "", "write a page that shows the run to `FILE`")
	f.StringVar(&o.history, "history", "", "write what clients asked and were told to `FILE`, for 'hastsim check'")
	f.BoolVar(&o.log, "log", false, "show the nodes' logs")
	f.BoolVar(&o.script, "script", false, "write the script instead of playing it")
	f.Uint64Var(&o.at, "at", 0, "show the state of every actor, map and sector before step `N`, and end there")
	f.Uint64Var(&o.until, "until", 0, "end before step `N`")
	f.BoolVar(&o.twice, "twice", false, "play it twice, and compare the two runs step by step")
	return c
}

func (a *app) replay(what string, o *replayOptions) error {
	s, err := a.load(what)
	if err != nil {
		return err
	}
	if o.script {
		_, err := a.stdout.Write(s.Format())
		return err
	}
	out := bufio.NewWriter(a.stdout)
	defer out.Flush()
	if o.twice {
		return a.conclude(out, campaign.Twice(s, a.options()))
	}
	opt := a.options()
	var rec campaign.Record
	if o.at > 0 || o.until > 0 {
		end := o.until
		if o.at > 0 {
			end = o.at
		}
		opt.Step = func(w *simulation.World) bool { return w.Steps() < end }
	}
	if o.at > 0 {
		opt.Ended = dumpTo(out)
	}
	recorded := o.trace || o.all || o.json || o.log || o.perfetto != "" || o.html != ""
	if recorded {
		rec.Attach(&opt)
	}
	var past chronicler
	if o.history != "" {
		past.attach(&opt)
	}
	r := campaign.Play(s, opt)
	if o.history != "" {
		if err := toFile(o.history, func(w io.Writer) error { return past.write(w, r) }); err != nil {
			return err
		}
	}
	if _, isSeed := parseSeed(what); isSeed {
		r.Profile = a.profile
	}
	if o.json {
		return a.found(r, writeJSON(out, r, &rec))
	}
	if o.trace || o.all {
		writeTrace(out, &rec, o.all)
	} else if o.log {
		writeLog(out, &rec)
	}
	if o.perfetto != "" {
		if err := toFile(o.perfetto, func(w io.Writer) error { return writePerfetto(w, r, &rec) }); err != nil {
			return err
		}
	}
	if o.html != "" {
		if err := toFile(o.html, func(w io.Writer) error { return writeHTML(w, r, &rec) }); err != nil {
			return err
		}
	}
	return a.conclude(out, r)
}

// conclude says how a run ended.
func (a *app) conclude(w io.Writer, r *campaign.Result) error {
	fmt.Fprintf(w, "%s\n", r.Line())
	fmt.Fprintf(w, "%d steps, %v of the world's time, %d requests answered, %d failed, hash %016x, version %s\n",
		r.Steps, r.Elapsed, r.Answered, r.Errors, r.Hash, version())
	for i, f := range r.All {
		if i > 0 && i < 10 {
			fmt.Fprintf(w, "also: %s\n", f)
		}
	}
	for _, h := range r.History {
		fmt.Fprintf(w, "    %s\n", h)
	}
	if r.Stack != "" {
		fmt.Fprintf(w, "%s\n", r.Stack)
	}
	return a.found(r, nil)
}

// found sets the exit code to what a run found.
func (a *app) found(r *campaign.Result, err error) error {
	if r.Failed() {
		a.code = exitFound
	}
	return err
}

// toFile writes a file.
func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return exit.With(exit.IOErr, err)
	}
	w := bufio.NewWriter(f)
	err = write(w)
	if e := w.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return exit.With(exit.IOErr, err)
}
