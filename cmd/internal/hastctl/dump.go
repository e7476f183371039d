package hastctl

import (
	"fmt"

	"github.com/spf13/cobra"

	"hast/cmd/internal/component"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/report"
	"hast/config"
	"hast/gate/provider"
	"hast/states"
	"hast/wire"
)

func (a *app) dumpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "dump [all | name ...]",
		Short: "Show the metadata of local components",
		RunE:  runs(a.dump),
	}
	c.Flags().BoolVar(&a.json, "json", false, "write JSON")
	return c
}

func (a *app) dump(names []string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	resources, err := pick(cfg, orAll(names))
	if err != nil {
		return err
	}
	var all []report.Component
	for _, r := range resources {
		rec, err := readComponent(r)
		if err != nil {
			a.code = exit.Unreadable
			all = append(all, report.Component{Resource: r.Name, Path: r.Local, Error: err.Error()})
			a.log.Error(sentence(err.Error()), "resource", r.Name)
			continue
		}
		all = append(all, report.NewComponent(r.Local, &rec))
		if !a.json {
			report.Dump(a.stdout, &rec)
		}
	}
	if a.json {
		return report.DumpJSON(a.stdout, all)
	}
	return nil
}

// readComponent reads the metadata of a resource's component without a lock: whoever uses it writes the
// block as a whole, so that what is read is a state that it had.
func readComponent(r *config.Resource) (states.Record, error) {
	p, err := provider.Open(r.Local, provider.Options{ReadOnly: true, NoLock: true})
	if err != nil {
		return states.Record{}, fmt.Errorf("Unable to open %s: %w", r.Local, err)
	}
	defer p.Close()
	rec, err := component.Read(p)
	switch {
	case err != nil:
		return rec, fmt.Errorf("Unable to read metadata from %s: %w. Has hastctl create been run?", r.Local, err)
	case rec.Resource != r.Name:
		return rec, fmt.Errorf("Provider %s is not part of resource %s. It belongs to resource %s", r.Local, r.Name, rec.Resource)
	}
	return rec, nil
}

// pick finds the resources that are named, before anything is done to any of them.
func pick(cfg *config.Config, names []string) ([]*config.Resource, error) {
	var picked []*config.Resource
	if len(names) == 1 && names[0] == wire.ControlAll {
		for i := range cfg.Resources {
			picked = append(picked, &cfg.Resources[i])
		}
		return picked, nil
	}
	for _, name := range names {
		r, ok := cfg.Resource(name)
		if !ok {
			return nil, exit.Errorf(exit.DataErr, "Unknown resource %s.", name)
		}
		picked = append(picked, r)
	}
	return picked, nil
}
