package hastdmain

import (
	"fmt"
	"net"

	"hast/actors"
	"hast/cmd/internal/settings"
	"hast/config"
	"hast/gate/control"
)

// reload reads the configuration anew. What could fail is done before anything is changed, so that a
// file that isn't good leaves all as it was.
func (d *daemon) reload() {
	d.log.Info("Reloading configuration...")
	next, err := settings.Load(d.options.config, d.options.node)
	if err != nil {
		d.refuse(err)
		return
	}
	// An empty file is legal, and is what an editor leaves for a moment while it writes.
	if len(next.Resources) == 0 && len(d.config.Resources) > 0 {
		d.refuse(fmt.Errorf("%s configures no resource any more. Stop hastd if that is what is meant.", d.options.config))
		return
	}
	var socket net.Listener
	if next.ControlPath() != d.config.ControlPath() {
		if socket, err = control.Listen(next.ControlPath()); err != nil {
			d.refuse(err)
			return
		}
	}
	pids, err := d.movePidfile(next)
	if err != nil {
		if socket != nil {
			socket.Close()
		}
		d.refuse(err)
		return
	}
	if socket != nil {
		d.control.Close()
		d.control = control.Serve(socket, d.tell, d.log)
	}
	if pids != d.pidfile {
		d.pidfile.remove()
		d.pidfile = pids
	}
	d.warn(next)
	d.config = next
	d.tell(&actors.Reload{Config: next})
}

// refuse says why the configuration stays.
func (d *daemon) refuse(err error) {
	d.log.Error(err.Error())
	d.log.Warn("Configuration not reloaded.")
}

// movePidfile opens and writes the pidfile of the next configuration if it is at another place; else it
// returns the one that there is.
func (d *daemon) movePidfile(next *config.Config) (*pidfile, error) {
	if d.pidfile == nil || d.pidPath(next) == d.pidfile.path {
		return d.pidfile, nil
	}
	p, err := openPidfile(d.pidPath(next))
	if err != nil {
		return nil, err
	}
	if err := p.write(); err != nil {
		p.remove()
		return nil, fmt.Errorf("Unable to write the process id: %w.", err)
	}
	return p, nil
}
