package tcp

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"hast/gate/spawn"
)

// resolveLimit is how long the names of peers may take to resolve, at each accept.
const resolveLimit = 2 * time.Second

// peer is a configured remote address.
type peer struct {
	text string // as configured
	addr address
	ip   netip.Addr // if it is written as one; else the name is resolved
}

// resolver looks a name up; net.Resolver has it.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// peers tells whom a connection may come from.
type peers struct {
	mu   sync.Mutex
	list []peer
}

// set replaces the list, and returns what of it is no address; that matches nobody.
func (p *peers) set(remotes []string) (bad []error) {
	var list []peer
	for _, text := range remotes {
		a, err := parse(text, defaultPort)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		ip, _ := a.literal()
		list = append(list, peer{text, a, ip})
	}
	p.mu.Lock()
	p.list = list
	p.mu.Unlock()
	return bad
}

// match returns the remotes that are written as IP addresses and are from, and those that are names.
func (p *peers) match(from netip.Addr) (remotes []string, names []peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.list {
		switch {
		case !e.ip.IsValid():
			names = append(names, e)
		case e.ip.WithZone("") == from.WithZone(""):
			remotes = append(remotes, e.text)
		}
	}
	return remotes, names
}

// resolve returns those of names that resolve to from, in their order. A name that doesn't resolve in
// time is told to complain, and matches nobody.
func resolve(r resolver, names []peer, from netip.Addr, complain func(p peer, err error)) (remotes []string) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	found := make([]bool, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Add(1)
		spawn.Go("resolving of "+name.addr.host, func(err error, _ []byte) { complain(name, err) }, func() {
			defer wait.Done()
			ips, err := r.LookupNetIP(ctx, name.addr.family(), name.addr.host)
			if err != nil {
				complain(name, err)
			}
			for _, ip := range ips {
				found[i] = found[i] || ip.Unmap().WithZone("") == from.WithZone("")
			}
		})
	}
	wait.Wait()
	for i, name := range names {
		if found[i] {
			remotes = append(remotes, name.text)
		}
	}
	return remotes
}
