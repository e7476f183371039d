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
)

// createOptions are create's own.
type createOptions struct {
	extentSize, keepDirty, mediaSize size
	force, compat, zero              bool
}

// size is an option that takes a number with a suffix.
type size int64

func (s *size) String() string { return "" }
func (s *size) Type() string   { return "size" }
func (s *size) Set(text string) error {
	n, err := config.ParseSize(text)
	if err == nil && n == 0 {
		err = fmt.Errorf("it must be larger than 0")
	}
	*s = size(n)
	return err
}

func (a *app) createCommand() *cobra.Command {
	var o createOptions
	c := &cobra.Command{
		Use:   "create name ...",
		Short: "Make the local components of resources",
		Long: "Make the local components of resources: write new metadata and an empty activemap. The data area " +
			"is not touched (but see --zero). It begins at a whole MiB; --compat lays the component out as " +
			"FreeBSD's hastctl does, which a pair with a FreeBSD node needs. Sizes take a suffix k, M, G, T, P or E.",
		RunE: runs(func(args []string) error { return a.create(args, o) }),
	}
	f := c.Flags()
	f.VarP(&o.extentSize, "extentsize", "e", "bytes for each bit of the activemap, a power of two (default 2M)")
	f.VarP(&o.keepDirty, "keepdirty", "k", "how many recently written extents stay dirty on disk (default 64)")
	f.VarP(&o.mediaSize, "mediasize", "m", "use only so many bytes of the component (default all)")
	f.BoolVar(&o.force, "force", false, "overwrite the metadata that is there without asking")
	f.BoolVar(&o.compat, "compat", false, "use FreeBSD's layout")
	f.BoolVar(&o.zero, "zero", false, "zero the data area")
	return c
}

func (a *app) create(names []string, o createOptions) error {
	if len(names) == 0 {
		return usageError{errUsage}
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	var resources []*config.Resource
	for _, name := range names {
		r, ok := cfg.Resource(name)
		if !ok {
			return exit.Errorf(exit.DataErr, "Unknown resource %s.", name)
		}
		resources = append(resources, r)
	}
	for _, r := range resources {
		if err := a.createOne(r, o); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) createOne(r *config.Resource, o createOptions) error {
	p, err := provider.Open(r.Local, provider.Options{Exclusive: true})
	if err != nil {
		return exit.Errorf(exit.NoInput, "Unable to use the component of resource %s: %w.", r.Name, err)
	}
	defer p.Close()
	if err := p.Unlocked(); err != nil {
		a.log.Warn(fmt.Sprintf("Unable to lock %s, see to it that nobody else uses it: %v.", r.Local, err))
	}
	rec, err := component.Plan(component.Wish{
		Resource:   r.Name,
		Path:       r.Local,
		MediaSize:  int64(o.mediaSize),
		ExtentSize: int64(o.extentSize),
		KeepDirty:  int64(o.keepDirty),
		Compat:     o.compat,
	}, p.Size(), p.Sector())
	if err != nil {
		return err
	}
	if found, err := component.Read(p); err == nil && !o.force {
		if err := a.overwrite(r, &found); err != nil {
			return err
		}
	}
	if err := component.Format(p, r.Local, rec, o.zero); err != nil {
		return err
	}
	a.log.Debug(fmt.Sprintf("Component %s created: %d bytes of data at %d.", r.Local, rec.DataSize, rec.LocalOff), "resource", r.Name)
	return nil
}

// overwrite asks whether metadata that was found may go; nil is yes. Who isn't at a terminal can't be
// asked, and is told of --force.
func (a *app) overwrite(r *config.Resource, found *states.Record) error {
	what := fmt.Sprintf("Component %s holds metadata of resource %s already (%d bytes (%s) of data, extents of %d bytes, localcnt %d)",
		r.Local, found.Resource, found.DataSize, report.Human(found.DataSize), found.ExtentSize, found.LocalCnt)
	if !a.atTerminal() {
		return exit.Errorf(exit.NoInput, "%s. Overwrite it with --force: its counters and what it knows of its peer are lost then.", what)
	}
	if a.agreed(what + ". Overwrite it?") {
		return nil
	}
	return exit.Errorf(exit.NoInput, "Component %s is left as it was.", r.Local)
}

var _ component.Device = (*provider.Provider)(nil)
