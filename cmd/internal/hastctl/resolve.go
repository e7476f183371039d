package hastctl

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hast/actors"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/report"
	"hast/config"
	"hast/states"
	"hast/wire"
)

// resolveOptions are resolve's own.
type resolveOptions struct{ discard, keep, yes bool }

func (a *app) resolveCommand() *cobra.Command {
	var o resolveOptions
	c := &cobra.Command{
		Use:   "resolve {--discard-mine | --keep-mine} name",
		Short: "End a split-brain: say whose changes are given up",
		Long: "End a split-brain. On the node whose changes are to be given up: --discard-mine. If that one can't be " +
			"commanded: --keep-mine on the other one. One of the two, on one node, is all; that node has to be secondary. " +
			"What both nodes changed since they parted is then copied from the one that is kept, and nothing else. " +
			"Tells what would be given up, and asks; --yes is for scripts.",
		RunE: runs(func(args []string) error { return a.resolve(args, o) }),
	}
	f := c.Flags()
	f.BoolVar(&o.discard, "discard-mine", false, "give up what this node changed alone")
	f.BoolVar(&o.keep, "keep-mine", false, "give up what the peer changed alone")
	f.BoolVar(&o.yes, "yes", false, "don't ask")
	f.BoolVar(&a.json, "json", false, "write JSON")
	a.waitFlag(c)
	return c
}

func (a *app) resolve(args []string, o resolveOptions) error {
	if len(args) != 1 || args[0] == wire.ControlAll {
		return usageError{fmt.Errorf("resolve takes the name of one resource")}
	}
	if o.discard == o.keep {
		return usageError{fmt.Errorf("say either --discard-mine or --keep-mine")}
	}
	how := states.DiscardMine
	if o.keep {
		how = states.KeepMine
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	resources, err := pick(cfg, args)
	if err != nil {
		return err
	}
	if !o.yes {
		if err := a.confirm(cfg, resources[0], how); err != nil {
			return err
		}
	}
	rep, err := a.ask(cfg, wire.ControlRequest{Cmd: wire.ControlResolve, How: how, Resources: args}, roleWait(cfg))
	if err != nil {
		return err
	}
	if len(rep.Resources) != 1 {
		return exit.Errorf(exit.Software, "hastd's answer on resource %s has %d parts", args[0], len(rep.Resources))
	}
	if r := &rep.Resources[0]; r.Error != 0 {
		return exit.Errorf(int(r.Error), "The split-brain of resource %s isn't resolved: %s", r.Name, strings.TrimSuffix(r.ErrMsg, "."))
	}
	var answer actors.ResolveAnswer
	if err := json.Unmarshal([]byte(rep.Resources[0].JSON), &answer); err != nil {
		return exit.Errorf(exit.Software, "hastd's answer on resource %s can't be read: %w", args[0], err)
	}
	if a.json {
		return report.ResolvedJSON(a.stdout, &answer)
	}
	report.Resolved(a.stdout, how, &answer)
	return nil
}

// confirm tells what would be given up and asks whether it may; nil is yes. Who isn't at a terminal can't be
// asked, and is told of --yes.
func (a *app) confirm(cfg *config.Config, r *config.Resource, how states.Resolution) error {
	what := "the peer's changes, of which nothing is known"
	x := explainOne(r, a.statuses(cfg, []*config.Resource{r})[r.Name])
	if c := map[states.Resolution]*actors.CopyStatus{states.DiscardMine: x.Own, states.KeepMine: x.Peer}[how]; c != nil && c.Marks {
		what = fmt.Sprintf("what %s changed alone, in extents of %d bytes (%s)", map[states.Resolution]string{states.DiscardMine: "this node",
			states.KeepMine: "the peer"}[how], c.Dirty, report.Human(c.Dirty))
	}
	if how == states.KeepMine && x.Own != nil && x.Own.Bad > 0 {
		what = fmt.Sprintf("%s (but %d bytes in extents that this node's component failed come from there)", what, x.Own.Bad)
	}
	if !a.atTerminal() {
		return exit.Errorf(exit.NoInput, "Resource %s: this gives up %s. Say so with --yes; 'hastctl explain %s' tells more.", r.Name, what, r.Name)
	}
	if a.agreed(fmt.Sprintf("Resource %s: this gives up %s, for good. Go on?", r.Name, what)) {
		return nil
	}
	return exit.Errorf(exit.NoInput, "Resource %s is left as it was.", r.Name)
}
