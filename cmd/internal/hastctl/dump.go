package hastctl

import (
	"fmt"

	"github.com/spf13/cobra"

	"hast/cmd/internal/component"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/report"
	"hast/config"
	"hast/gate/provider"
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
	_, resources, err := a.loadSome(names)
	if err != nil {
		return err
	}
	var all []report.Component
	for _, r := range resources {
		found, err := readComponent(r)
		if err != nil {
			a.code = exit.Unreadable
			all = append(all, report.Component{Resource: r.Name, Path: r.Local, Error: err.Error()})
			a.log.Error(sentence(err.Error()), "resource", r.Name)
			continue
		}
		for _, fault := range found.Faults {
			a.log.Warn(fmt.Sprintf("Metadata of %s is damaged, a good copy holds: %s.", r.Local, fault), "resource", r.Name)
		}
		all = append(all, report.NewComponent(r.Local, &found.Record).WithCopies(&found.Found, found.Offsets, &found.Chosen))
		if !a.json {
			report.Dump(a.stdout, &found.Record)
		}
	}
	if a.json {
		return report.DumpJSON(a.stdout, all)
	}
	return nil
}

// readComponent reads the metadata of a resource's component without a lock: whoever uses it writes one of
// its copies at a time, so that what is read is a state that it had.
func readComponent(r *config.Resource) (component.Metadata, error) {
	p, err := provider.Open(r.Local, provider.Options{ReadOnly: true, NoLock: true})
	if err != nil {
		return component.Metadata{}, fmt.Errorf("Unable to open %s: %w", r.Local, err)
	}
	defer p.Close()
	m, err := component.Inspect(p, r.Name)
	switch {
	case err != nil:
		return m, fmt.Errorf("Unable to read metadata from %s: %w. Has hastctl create been run?", r.Local, err)
	case m.Record.Resource != r.Name:
		return m, fmt.Errorf("Provider %s is not part of resource %s. It belongs to resource %s", r.Local, r.Name, m.Record.Resource)
	}
	return m, nil
}

// loadSome reads the configuration and picks the named resources; all, if none is named.
func (a *app) loadSome(names []string) (*config.Config, []*config.Resource, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	resources, err := pick(cfg, orAll(names))
	return cfg, resources, err
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
