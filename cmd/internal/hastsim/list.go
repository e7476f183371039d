package hastsim

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hast/simulation"
	"hast/simulation/campaign"
	"hast/simulation/script"
)

func (a *app) listCommand() *cobra.Command {
	lists := []struct {
		name string
		show func()
	}{{"invariants", a.listInvariants}, {"profiles", a.listProfiles}, {"faults", a.listFaults}, {"knobs", a.listKnobs}, {"verbs", a.listVerbs}}
	var names []string
	for _, l := range lists {
		names = append(names, l.name)
	}
	return &cobra.Command{
		Use:       "list [" + strings.Join(names, " | ") + "]",
		Short:     "Show what is checked, what may go wrong, and the words of scenarios",
		ValidArgs: names,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		Run: func(_ *cobra.Command, args []string) {
			for i, l := range lists {
				if len(args) > 0 && args[0] != l.name {
					continue
				}
				if len(args) == 0 {
					if i > 0 {
						fmt.Fprintln(a.stdout)
					}
					fmt.Fprintf(a.stdout, "%s:\n", l.name)
				}
				l.show()
			}
		},
	}
}

func (a *app) entry(name, about string) {
	if len(name) > 16 {
		fmt.Fprintf(a.stdout, "  %s\n  %-16s %s\n", name, "", about)
		return
	}
	fmt.Fprintf(a.stdout, "  %-16s %s\n", name, about)
}

func (a *app) listInvariants() {
	for _, i := range simulation.Invariants() {
		a.entry(i.ID, i.What+" ("+i.When+")")
	}
}

func (a *app) listProfiles() {
	for _, p := range campaign.Profiles() {
		a.entry(p.Name, p.About)
	}
}

func (a *app) listFaults() {
	for _, f := range campaign.Faults() {
		a.entry(f.Name, f.About)
	}
}

func (a *app) listKnobs() {
	for _, k := range simulation.DefaultKnobs().List() {
		a.entry(k.Name, "by default "+k.Value)
	}
}

func (a *app) listVerbs() {
	for _, v := range script.Usage() {
		a.entry(v[0], v[1])
	}
}
