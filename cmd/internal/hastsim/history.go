package hastsim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/simulation"
	"hast/simulation/campaign"
	"hast/simulation/script"
)

// historyFormat names the layout of histories: a head, and then a line for each sector and reign.
const historyFormat = "hastsim history 1"

// historyHead is what every history begins with.
type historyHead struct {
	Format    string `json:"format"`
	Version   string `json:"version"` // of the program that made it
	Seed      uint64 `json:"seed"`
	Verdict   string `json:"verdict"` // how the run ended
	Invariant string `json:"invariant,omitempty"`
}

// historyLine is a sector's history in one reign.
type historyLine struct {
	Resource string `json:"resource"`
	simulation.Past
}

// longestHistoryLine bounds a line of a history that is read, in bytes.
const longestHistoryLine = 64 << 20

// chronicler keeps the histories of a run's devices.
type chronicler struct {
	resources []string
	histories []*simulation.History
}

// attach has a run of the options be written down.
func (c *chronicler) attach(o *campaign.Options) {
	begun := o.Begun
	o.Begun = func(st *script.Stage) {
		for p := st.Pair; p != nil; p = p.Neighbour {
			c.resources = append(c.resources, p.Resource())
			c.histories = append(c.histories, p.Client.Judge().KeepHistory())
		}
		if begun != nil {
			begun(st)
		}
	}
}

// write writes what was kept.
func (c *chronicler) write(w io.Writer, r *campaign.Result) error {
	enc := json.NewEncoder(w)
	err := enc.Encode(historyHead{Format: historyFormat, Version: version(), Seed: r.Seed, Verdict: r.Verdict.String(), Invariant: r.Invariant})
	for i, h := range c.histories {
		for _, p := range h.Pasts() {
			if err == nil {
				err = enc.Encode(historyLine{c.resources[i], p})
			}
		}
	}
	return err
}

func (a *app) checkCommand() *cobra.Command {
	var limit time.Duration
	var picture string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Ask porcupine for a second opinion of histories",
		Long: "Read histories that 'hastsim replay --history' wrote, and ask porcupine, a checker that knows nothing of\n" +
			"our judge, whether there is for each sector and reign one order of its writes and reads in which each\n" +
			"read returns the newest write. The exit status is 0 if there is, and 1 if somewhere there is none.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, path := range args {
				if err := a.check(path, limit, picture); err != nil || a.stop.Err() != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().DurationVar(&limit, "limit", time.Minute, "give up a sector after `TIME`")
	c.Flags().StringVar(&picture, "html", "", "draw the first history that has no order into `FILE`")
	return c
}

func (a *app) check(path string, limit time.Duration, picture string) error {
	f, err := os.Open(path)
	if err != nil {
		return exit.With(exit.NoInput, err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, longestHistoryLine)
	var head historyHead
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Format != historyFormat {
		return exit.Errorf(exit.DataErr, "%s:1: this is no history; 'hastsim replay SEED --history FILE' writes one", path)
	}
	checked, ops, wrong, unknown := 0, 0, 0, 0
	for n := 2; lines.Scan() && a.stop.Err() == nil; n++ {
		var line historyLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return exit.Errorf(exit.DataErr, "%s:%d: %w", path, n, err)
		}
		operations, err := line.Operations()
		if err != nil {
			return exit.Errorf(exit.DataErr, "%s:%d: %w", path, n, err)
		}
		checked, ops = checked+1, ops+len(operations)
		model := line.Model()
		verdict, info := porcupine.CheckOperationsVerbose(model, operations, limit)
		switch verdict {
		case porcupine.Unknown:
			unknown++
			fmt.Fprintf(a.stdout, "%s:%d: sector %d of %s: not known after %v\n", path, n, line.Sector, line.Resource, limit)
		case porcupine.Illegal:
			wrong++
			fmt.Fprintf(a.stdout, "%s:%d: sector %d of %s: there is no order of its %d writes and reads\n", path, n, line.Sector, line.Resource, len(operations))
			if picture != "" && wrong == 1 {
				if err := toFile(picture, func(w io.Writer) error { return porcupine.Visualize(model, info, w) }); err != nil {
					return err
				}
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return exit.Errorf(exit.DataErr, "%s: a line of a history has at most %d bytes", path, longestHistoryLine)
	} else if err != nil {
		return exit.With(exit.IOErr, err)
	}
	fmt.Fprintf(a.stdout, "%s: %d histories of %d writes and reads; %d without an order, %d not known; the judge said: %s\n",
		path, checked, ops, wrong, unknown, head.Verdict)
	switch {
	case wrong > 0:
		a.code = exitFound
	case a.stop.Err() != nil:
		a.code = exitInterrupted
	}
	return nil
}
