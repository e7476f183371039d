package tcp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// defaultPort is HAST's port, for addresses that name none.
const defaultPort = 8457

// address is an address of hast.conf, as far as the network needs to know it.
type address struct {
	network string // tcp, tcp4 or tcp6
	host    string
	port    uint16
}

// parse takes an address apart: [tcp://|tcp4://|tcp6://]host[:port], where an IPv6 address needs brackets
// if a port follows (hast-protocol.md §10.3). The configuration has checked it before, more strictly.
func parse(s string, port uint16) (address, error) {
	a := address{network: "tcp", host: s, port: port}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		a.network, a.host = strings.ToLower(scheme), rest
	}
	if a.network != "tcp" && a.network != "tcp4" && a.network != "tcp6" || strings.HasPrefix(s, "/") {
		return a, fmt.Errorf("address %q is no TCP address; write host:port or tcp://host:port", s)
	}
	switch ip, err := netip.ParseAddr(strings.Trim(a.host, "[]")); {
	case err == nil:
		a.host = ip.String()
	case strings.Contains(a.host, ":"):
		host, text, err := net.SplitHostPort(a.host)
		if err != nil {
			return a, fmt.Errorf("address %q: %w", s, err)
		}
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return a, fmt.Errorf("address %q: the port %q is no number up to 65535", s, text)
		}
		a.host, a.port = host, uint16(n)
	}
	if a.host == "" {
		return a, fmt.Errorf("address %q has no host", s)
	}
	return a, nil
}

// endpoint is what Go's dialers and listeners take.
func (a address) endpoint() string { return net.JoinHostPort(a.host, strconv.Itoa(int(a.port))) }

// literal is the host's IP address, if it is written as one.
func (a address) literal() (netip.Addr, bool) {
	ip, err := netip.ParseAddr(a.host)
	return ip.Unmap(), err == nil
}

// family is the name that Go's resolver has for the addresses that a may have.
func (a address) family() string { return "ip" + strings.TrimPrefix(a.network, "tcp") }

// bare is the address of a socket's other end, without port, and without the mapping of IPv4 into IPv6.
func bare(a net.Addr) netip.Addr {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return t.AddrPort().Addr().Unmap()
}
