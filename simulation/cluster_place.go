package simulation

import (
	"fmt"

	"hast/actors"
)

// place is what hast.conf says to one machine only. The zero value is the usual.
type place struct {
	listen, remote string // addresses; empty for the usual ones
	without        bool   // the resource is not in it
}

func (p *Pair) place(m *Machine) *place {
	if p.places == nil {
		p.places = make(map[string]*place)
	}
	if p.places[m.name] == nil {
		p.places[m.name] = &place{}
	}
	return p.places[m.name]
}

// ReloadPlace changes what hast.conf says to one machine only, and has its node read it anew: "listen" and "remote"
// take an address, or "usual"; "resource" is "off" if the resource isn't in it, or "on".
func (p *Pair) ReloadPlace(m *Machine, name, value string) error {
	at := p.place(m)
	before := *at
	switch name {
	case "listen", "remote":
		field := &at.listen
		if name == "remote" {
			field = &at.remote
		}
		if *field = value; value == "usual" {
			*field = ""
		}
	case "resource":
		if value != "on" && value != "off" {
			return fmt.Errorf("a resource is on or off, not %q", value)
		}
		at.without = value == "off"
	default:
		return fmt.Errorf("no machine has a %q of its own", name)
	}
	err := p.reread(m, name+" "+value)
	if err != nil {
		*at = before
	}
	return err
}

// reread gives a running node the configuration as it is now.
func (p *Pair) reread(m *Machine, what string) error {
	c, err := p.Config(m)
	if err != nil || m.boot == nil {
		return err
	}
	p.World.trace.add(p.World.now, m.name, "operator", "reload", what, p.resource)
	m.boot.tell(m.boot.root, &actors.Reload{Config: c})
	return nil
}
