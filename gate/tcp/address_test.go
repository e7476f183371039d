package tcp

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, network, endpoint, err string }{
		{"10.0.0.1", "tcp", "10.0.0.1:8457", ""},
		{"tcp4://0.0.0.0:8457", "tcp4", "0.0.0.0:8457", ""},
		{"TCP6://[::]:99", "tcp6", "[::]:99", ""},
		{"tcp6://fe80::1", "tcp6", "[fe80::1]:8457", ""},
		{"[::1]", "tcp", "[::1]:8457", ""},
		{"node-b:1", "tcp", "node-b:1", ""},
		{"tcp://node-b", "tcp", "node-b:8457", ""},
		{"tcp://", "", "", "has no host"},
		{":8457", "", "", "has no host"},
		{"node:port", "", "", "no number"},
		{"node:65536", "", "", "no number"},
		{"a:b:c", "", "", "too many colons"},
		{"uds:///var/run/x", "", "", "no TCP address"},
		{"/var/run/x", "", "", "no TCP address"},
	} {
		a, err := parse(c.in, defaultPort)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || a.network != c.network || a.endpoint() != c.endpoint {
			t.Errorf("%q is %s %s, %v; want %s %s", c.in, a.network, a.endpoint(), err, c.network, c.endpoint)
		}
	}
}

type book map[string][]netip.Addr

func (b book) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("no time limit")
	}
	ips, ok := b[network+" "+host]
	if !ok {
		return nil, errors.New("unknown host")
	}
	return ips, nil
}

func TestPeers(t *testing.T) {
	four, mapped, six := netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("::ffff:10.0.0.7"), netip.MustParseAddr("fd00::7")
	r := book{"ip b": {six, mapped}, "ip4 b": {four}, "ip6 c": {six}}
	var p peers
	bad := p.set([]string{"10.0.0.7:1", "tcp4://10.0.0.8", "[::ffff:10.0.0.7]:9", "fd00::7", "b", "tcp4://b:5", "tcp6://c", "d", "x:y:z"})
	if len(bad) != 1 {
		t.Errorf("bad addresses: %v", bad)
	}
	for _, c := range []struct {
		from netip.Addr
		want []string
	}{
		{four, []string{"10.0.0.7:1", "[::ffff:10.0.0.7]:9", "b", "tcp4://b:5"}},
		{six, []string{"fd00::7", "b", "tcp6://c"}},
		{netip.MustParseAddr("10.0.0.9"), nil},
	} {
		var mu sync.Mutex
		complaints := map[string]bool{}
		got, names := p.match(c.from.Unmap())
		got = append(got, resolve(r, names, c.from, func(p peer, _ error) {
			mu.Lock()
			defer mu.Unlock()
			complaints[p.text] = true
		})...)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v is %q, want %q", c.from, got, c.want)
		}
		if len(complaints) != 1 || !complaints["d"] {
			t.Errorf("complaints about %v, want only d", complaints)
		}
	}
}
