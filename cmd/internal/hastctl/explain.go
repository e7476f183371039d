package hastctl

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"hast/actors"
	"hast/cmd/internal/component"
	"hast/cmd/internal/exit"
	"hast/cmd/internal/report"
	"hast/config"
	"hast/gate/control"
	"hast/gate/host"
	"hast/gate/provider"
	"hast/states"
	"hast/wire"
)

func (a *app) explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain [all | name ...]",
		Short: "Tell how the two copies of resources relate, what follows, and what helps",
		Long: "Tell both nodes' counters and marks, the verdict on them, what would be copied in which direction, what " +
			"would be lost, and the one act that helps. The peer's side is what this node's hastd heard in a " +
			"handshake last. Without a hastd the component itself is read, and the peer's side is unknown.",
		RunE: runs(a.explain),
	}
	a.queryFlags(c)
	return c
}

func (a *app) explain(names []string) error {
	cfg, resources, err := a.loadSome(names)
	if err != nil {
		return err
	}
	statuses := a.statuses(cfg, resources)
	var all []*report.Explained
	for _, r := range resources {
		x := explainOne(r, statuses[r.Name])
		if x.Error != "" {
			a.code = exit.Unreadable
		}
		all = append(all, x)
		if !a.json {
			report.Explanation(a.stdout, x)
		}
	}
	if a.json {
		return report.ExplainJSON(a.stdout, all)
	}
	return nil
}

// statuses asks hastd for the resources; what it doesn't tell is left out.
func (a *app) statuses(cfg *config.Config, resources []*config.Resource) map[string]*actors.Status {
	var names []string
	for _, r := range resources {
		names = append(names, r.Name)
	}
	wait := defaultWait
	if a.wait > 0 {
		wait = a.wait
	}
	rep, err := control.Call(cfg.ControlPath(), wire.ControlRequest{Cmd: wire.ControlStatus, Resources: names}, wait)
	if err != nil {
		a.log.Debug(sentence("No hastd answers: " + err.Error()))
		return nil
	}
	told := make(map[string]*actors.Status)
	for i := range rep.Resources {
		var s actors.Status
		if r := &rep.Resources[i]; r.Error == 0 && json.Unmarshal([]byte(r.JSON), &s) == nil {
			told[r.Name] = &s
		}
	}
	return told
}

// explainOne explains a resource by what hastd tells of it, which may be nothing, and by its component where
// hastd doesn't have it open.
func explainOne(r *config.Resource, s *actors.Status) *report.Explained {
	x := &report.Explained{Name: r.Name, Daemon: s != nil, Role: states.RoleInit.String(), Copies: []report.Transfer{}, Lost: []string{}}
	situation := states.Situation{Role: states.RoleInit}
	if s != nil {
		x.Role, x.Status, x.State, x.Since, x.Reason = s.Role, s.Status, s.State, s.Since, s.Reason
		x.Own, x.Peer = s.Own, s.PeerCopy
		situation = situationOf(s)
	}
	if x.Own == nil {
		own, size, err := readOwn(r)
		if err != nil {
			x.Error = err.Error()
			return x
		}
		x.Own, situation.Size = own, size
	}
	situation.Own, situation.Peer = x.Own.Side(), x.Peer.Side()
	x.Explain(situation)
	return x
}

// situationOf is what a status says about a pair, but for the two copies.
func situationOf(s *actors.Status) states.Situation {
	role, err := states.ParseRole(s.Role)
	if err != nil {
		role = states.RoleInit
	}
	return states.Situation{
		Size: s.DataSize, Role: role, Reign: states.Reign{Served: role == states.RolePrimary && s.Device != ""},
		Session: s.Link == "up" || s.Link == "session", ToPeer: s.Sync.ToPeer, FromPeer: s.Sync.FromPeer,
		Tail: s.Stats.AsyncTail, Reason: s.Reason, Remedy: s.Remedy,
	}
}

// readOwn reads what a component that nobody has open says of itself; size is the device's, in bytes.
func readOwn(r *config.Resource) (own *actors.CopyStatus, size uint64, err error) {
	m, err := readComponent(r)
	if err != nil {
		return nil, 0, err
	}
	p, err := provider.Open(r.Local, provider.Options{ReadOnly: true, NoLock: true})
	if err != nil {
		return nil, 0, fmt.Errorf("Unable to open %s: %w", r.Local, err)
	}
	defer p.Close()
	image, err := component.ReadMap(p, &m.Record)
	if err != nil {
		return nil, 0, fmt.Errorf("Unable to read the activemap from %s: %w", r.Local, err)
	}
	return actors.OwnCopyStatus(&m.Record, image, host.BootIdentity()), m.Record.DataSize, nil
}
