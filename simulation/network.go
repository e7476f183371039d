package simulation

import (
	"fmt"
	"strconv"
	"time"

	"hast/actors"
	"hast/config"
	"hast/wire"
)

// network is a node's way to the fabric.
type network struct{ boot *boot }

// listener is an open port.
type listener struct {
	boot  *boot
	owner actors.Owner
	host  string
	port  uint16
	text  string
}

// anyHost reports whether a listener's host stands for all of a machine's addresses.
func anyHost(host string) bool { return host == "0.0.0.0" || host == "::" || host == "" }

func (n network) Listen(o actors.Owner, addr string) {
	w := n.boot.world
	w.after(between(w.chance.network, 10*time.Microsecond, time.Millisecond), n.boot, func() {
		l, err := n.boot.listen(o, addr)
		answer := &actors.Listening{Epoch: o.Epoch, Addr: addr, Err: err}
		if err == nil {
			answer.Listener = l
		}
		n.boot.tell(o.PID, answer)
	})
}

func (b *boot) listen(o actors.Owner, addr string) (*listener, error) {
	a, err := config.ParseAddress(addr)
	if err != nil {
		return nil, err
	}
	if !anyHost(a.Host) && a.Host != b.machine.addr {
		return nil, fmt.Errorf("listen on %s: no such address here: %w", addr, wire.EINVAL)
	}
	for _, l := range b.listeners {
		if l.port == a.Port && l.host == a.Host {
			return nil, fmt.Errorf("listen on %s: %w", addr, wire.EADDRINUSE)
		}
	}
	l := &listener{boot: b, owner: o, host: a.Host, port: a.Port, text: addr}
	b.listeners = append(b.listeners, l)
	return l, nil
}

// Close ends listening.
func (l *listener) Close() { l.boot.listeners = drop(l.boot.listeners, l) }

func (n network) SetPeers(remotes []string) { n.boot.peers = append([]string(nil), remotes...) }

// dialing is an attempt to connect.
type dialing struct {
	boot   *boot
	owner  actors.Owner
	remote config.Address
	target *Machine
	wait   time.Duration // until the next SYN
	over   bool
}

func (n network) Dial(o actors.Owner, spec actors.DialSpec) {
	b, w := n.boot, n.boot.world
	b.machine.dials++
	d := &dialing{boot: b, owner: o, wait: time.Second}
	var err error
	if d.remote, err = config.ParseAddress(spec.Remote); err == nil && spec.Source != "" {
		var src config.Address
		if src, err = config.ParseSource(spec.Source); err == nil && src.Host != b.machine.addr && !anyHost(src.Host) {
			err = fmt.Errorf("source %s: no such address here: %w", spec.Source, wire.EINVAL)
		}
	}
	for _, m := range w.machines {
		if m.addr == d.remote.Host {
			d.target = m
		}
	}
	if err == nil && d.target == nil {
		err = fmt.Errorf("no route to %s: %w", spec.Remote, wire.EHOSTUNREACH)
	}
	if err != nil {
		w.after(w.fabric.delay(), b, func() { d.answer(&actors.Dialed{Err: err}) })
		return
	}
	w.after(spec.Timeout, b, func() {
		d.answer(&actors.Dialed{Err: fmt.Errorf("connect to %s: %w", spec.Remote, errTimedOut)})
	})
	d.syn()
}

// answer ends the attempt, once.
func (d *dialing) answer(a *actors.Dialed) {
	if d.over {
		return
	}
	d.over = true
	a.Epoch = d.owner.Epoch
	d.boot.tell(d.owner.PID, a)
}

// syn sends the first packet, and repeats it until the attempt is over.
func (d *dialing) syn() {
	w := d.boot.world
	if d.over {
		return
	}
	w.after(w.fabric.delay(), nil, d.synArrives)
	w.after(d.wait, d.boot, d.syn)
	d.wait *= 2
}

func (d *dialing) synArrives() {
	w := d.boot.world
	if d.over || w.fabric.blocked(d.boot.machine, d.target) {
		return
	}
	l := d.target.listening(d.remote.Port)
	w.after(w.fabric.delay(), d.boot, func() {
		if d.over || w.fabric.blocked(d.target, d.boot.machine) {
			return
		}
		if l == nil {
			d.answer(&actors.Dialed{Refused: true, Err: fmt.Errorf("connect to %s: %w", d.remote.Endpoint(), wire.ECONNREFUSED)})
			return
		}
		d.established(l)
	})
}

func (m *Machine) listening(port uint16) *listener {
	if m.boot == nil {
		return nil
	}
	if m.world.fabric.refuses(m) {
		m.world.effect(FaultRefused)
		return nil
	}
	for _, l := range m.boot.listeners {
		if l.port == port {
			return l
		}
	}
	return nil
}

func (d *dialing) established(l *listener) {
	f := d.boot.world.fabric
	f.port++
	x, _ := newPair(d.boot, l.boot,
		"tcp4://"+d.boot.machine.addr+":"+strconv.Itoa(f.port),
		"tcp4://"+d.target.addr+":"+strconv.Itoa(int(d.remote.Port)))
	x.peer.reading = true
	x.out.launch(packet{open: true})
	d.answer(&actors.Dialed{Conn: x})
}

// accept makes a connection known to the node that listened for it.
func (e *end) accept() {
	if e.hole() {
		return
	}
	l := e.boot.machine.listening(portOf(e.local))
	if l == nil || l.boot != e.boot {
		e.finishSilently()
		return
	}
	var remotes []string
	for _, r := range e.boot.peers {
		if a, err := config.ParseAddress(r); err == nil && a.Host == e.peer.boot.machine.addr {
			remotes = append(remotes, r)
		}
	}
	if remotes == nil {
		e.finishSilently()
		e.boot.tell(l.owner.PID, &actors.Stranger{Epoch: l.owner.Epoch, Peer: e.remote})
		return
	}
	e.boot.tell(l.owner.PID, &actors.Accepted{Epoch: l.owner.Epoch, Conn: e, Remotes: remotes})
}

// finishSilently closes a connection that no actor has seen.
func (e *end) finishSilently() {
	e.owned = false
	e.finish(nil)
}

func portOf(addr string) uint16 {
	a, err := config.ParseAddress(addr)
	if err != nil {
		return 0
	}
	return a.Port
}
