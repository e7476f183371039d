package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Proto is the transport of an address, by the name that Go's dialers know it by.
type Proto string

// The transports. ProtoTCP leaves the choice of the address family to the host's name.
const (
	ProtoTCP  Proto = "tcp"
	ProtoTCP4 Proto = "tcp4"
	ProtoTCP6 Proto = "tcp6"
	ProtoUnix Proto = "unix"
)

// prefixes are those of the original, which compares them without regard to case.
var prefixes = []struct {
	text  string
	proto Proto
}{
	{"tcp://", ProtoTCP},
	{"tcp4://", ProtoTCP4},
	{"tcp6://", ProtoTCP6},
	{"uds://", ProtoUnix},
	{"unix://", ProtoUnix},
}

// Address is an address of hast.conf, taken apart. Whether its host exists is not known here.
type Address struct {
	Proto Proto
	// Host is a host's name, an IP address without brackets, or the path of a unix socket.
	Host string
	// Port is 0 for a unix socket, and for a source address that leaves it to the kernel.
	Port uint16
	// Text is what was parsed. Status and list show it unchanged, as the original does.
	Text string
}

// ParseAddress reads an address for control, listen or remote: [tcp://|tcp4://|tcp6://]host[:port] with
// DefaultPort as the default, or uds://path, unix://path or /path for a unix socket. An IPv6 address
// needs brackets if a port follows (hast-protocol.md §10.3).
func ParseAddress(s string) (Address, error) { return parseAddress(s, DefaultPort) }

// ParseSource reads an address to connect from. Without a port the kernel chooses one (port 0).
func ParseSource(s string) (Address, error) { return parseAddress(s, 0) }

func parseAddress(s string, port uint16) (Address, error) {
	a := Address{Proto: ProtoTCP, Port: port, Text: s}
	if len(s) > MaxAddressBytes {
		return Address{}, addressError(s, "is too long: %d bytes, at most %d", len(s), MaxAddressBytes)
	}
	rest := s
	known := false
	for _, p := range prefixes {
		if len(s) >= len(p.text) && strings.EqualFold(s[:len(p.text)], p.text) {
			a.Proto, rest, known = p.proto, s[len(p.text):], true
		}
	}
	scheme, _, hasScheme := strings.Cut(s, "://")
	switch {
	case known:
	case strings.HasPrefix(s, "/"):
		a.Proto = ProtoUnix
	case hasScheme:
		return Address{}, addressError(s, "begins with %s, expected tcp://, tcp4://, tcp6://, uds:// or unix://", quote(scheme+"://"))
	}
	if a.Proto == ProtoUnix {
		if len(rest) == 0 || len(rest) > MaxSocketPathBytes {
			return Address{}, addressError(s, "has a socket path of %d bytes, expected 1 to %d", len(rest), MaxSocketPathBytes)
		}
		a.Host, a.Port = rest, 0
		return a, nil
	}
	host, portText, hasPort, err := splitHost(s, rest)
	if err != nil {
		return Address{}, err
	}
	if hasPort {
		n, err := strconv.ParseUint(portText, 10, 16)
		if err != nil {
			return Address{}, addressError(s, "has the port %s, expected a number up to 65535", quote(portText))
		}
		a.Port = uint16(n)
	}
	a.Host = host
	if err := checkHost(a); err != nil {
		return Address{}, err
	}
	return a, nil
}

// splitHost parts host and port. More than one colon without brackets is an IPv6 address without a port.
func splitHost(s, rest string) (host, port string, hasPort bool, err error) {
	if inner, found := strings.CutPrefix(rest, "["); found {
		host, tail, closed := strings.Cut(inner, "]")
		if !closed {
			return "", "", false, addressError(s, "lacks the closing bracket")
		}
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() {
			return "", "", false, addressError(s, "has no IPv6 address between the brackets")
		}
		if tail == "" {
			return host, "", false, nil
		}
		if tail[0] != ':' {
			return "", "", false, addressError(s, "has %s behind the bracket, expected \":\" and a port", quote(tail))
		}
		return host, tail[1:], true, nil
	}
	if strings.Count(rest, ":") > 1 {
		if _, err := netip.ParseAddr(rest); err != nil {
			return "", "", false, addressError(s, "has several colons and is no IPv6 address; a port needs brackets, as in [::1]:%d", DefaultPort)
		}
		return rest, "", false, nil
	}
	host, port, hasPort = strings.Cut(rest, ":")
	return host, port, hasPort, nil
}

func checkHost(a Address) error {
	ip, err := netip.ParseAddr(a.Host)
	switch {
	case a.Host == "":
		return addressError(a.Text, "has no host")
	case err != nil && strings.Trim(a.Host, "0123456789.") == "":
		return addressError(a.Text, "has no valid IPv4 address, expected four numbers up to 255")
	case err != nil && strings.Trim(a.Host, hostChars) != "":
		return addressError(a.Text, "has a host name with other characters than letters, digits, \".\", \"-\" and \"_\"")
	case err == nil && a.Proto == ProtoTCP4 && !ip.Is4():
		return addressError(a.Text, "has an IPv6 address behind tcp4://, use tcp6://")
	case err == nil && a.Proto == ProtoTCP6 && ip.Is4():
		return addressError(a.Text, "has an IPv4 address behind tcp6://, use tcp4://")
	}
	return nil
}

const hostChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

func addressError(s, format string, args ...any) error {
	return fmt.Errorf("address %s "+format, append([]any{quote(s)}, args...)...)
}

// Network is the name of the transport for a dialer or listener.
func (a Address) Network() string { return string(a.Proto) }

// Endpoint is what a dialer or listener takes: host:port, with brackets for IPv6, or the socket's path.
func (a Address) Endpoint() string {
	if a.Proto == ProtoUnix {
		return a.Host
	}
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(a.Port))
}

// String gives the text that was configured. An address that was built otherwise is shown as the
// original shows the addresses of connections: with a prefix that tells the family, and the port.
func (a Address) String() string {
	if a.Text != "" {
		return a.Text
	}
	proto := a.Proto
	if ip, err := netip.ParseAddr(a.Host); err == nil && proto == ProtoTCP {
		proto = ProtoTCP6
		if ip.Is4() {
			proto = ProtoTCP4
		}
	}
	if proto == ProtoUnix {
		return "uds://" + a.Host
	}
	return string(proto) + "://" + a.Endpoint()
}
