package hastctl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
	"hast/config"
	"hast/states"
	"hast/wire"
)

func (a *app) roleCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "role {init | primary | secondary} {all | name ...}",
		Short: "Change the role of resources",
		Long: "Change the role of resources, and wait until they hold it. The exit code is 0 then; otherwise " +
			"the reason is told for each resource that does not hold it.",
		RunE: runs(func(args []string) error { return a.role(args, force) }),
	}
	c.Flags().BoolVar(&force, "force", false, "take the role though this copy may lack writes that were answered, which are lost then; give it up though clients have the device open")
	a.waitFlag(c)
	return c
}

func (a *app) role(args []string, force bool) error {
	if len(args) < 2 {
		return usageError{errUsage}
	}
	role, err := states.ParseRole(args[0])
	if err != nil {
		return usageError{err}
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	rep, err := a.ask(cfg, wire.ControlRequest{Cmd: wire.ControlSetRole, Role: role, Force: force, Resources: args[1:]}, roleWait(cfg))
	if err != nil {
		return err
	}
	for i := range rep.Resources {
		r := &rep.Resources[i]
		if r.Error != 0 {
			a.code = int(r.Error)
			a.log.Error(sentence(roleFailure(r, role)), "resource", r.Name)
			continue
		}
		a.log.Debug(fmt.Sprintf("Role changed from %s to %s.", r.Role, role), "resource", r.Name)
	}
	if len(rep.Resources) == 0 {
		return exit.With(exit.Software, errors.New("hastd answered for no resource; is any configured?"))
	}
	return nil
}

func roleFailure(r *wire.ControlResource, role states.Role) string {
	reason := r.ErrMsg
	if reason == "" {
		reason = fmt.Sprintf("error %d", r.Error)
	}
	return fmt.Sprintf("Unable to change role to %s: %s", role, strings.TrimSuffix(reason, "."))
}

// roleWait is how long a role change may take: a resource may have to wait for its peer, for answers
// that are outstanding and for its disk, each for a timeout, and a slow disk some time more.
func roleWait(cfg *config.Config) time.Duration {
	longest := time.Duration(0)
	for i := range cfg.Resources {
		longest = max(longest, cfg.Resources[i].Timeout)
	}
	return 3*longest + time.Minute
}
