package cmd_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hast/actors"
	"hast/cmd/internal/component"
	"hast/config"
	"hast/gate/host"
	"hast/gate/nbd"
	"hast/gate/provider"
	"hast/states"
)

// pairConf is two nodes with the default configuration, but for where they are.
const pairConf = `
on a {
	control %[1]s/a
	listen %[2]s
}
on b {
	control %[1]s/b
	listen %[3]s
}
resource shared {
	on a { local %[1]s/a.img source 127.0.0.1 remote %[3]s }
	on b { local %[1]s/b.img source 127.0.0.2 remote %[2]s }
}
`

// localNode is a whole node in this process: on the machine's own disks, network and sockets.
type localNode struct {
	host  *actors.Host
	tell  func(msg any) // to the node's actor
	image string        // path of its component
}

// localPair starts two nodes in this process, A primary and B secondary, and waits until they are in
// sync. Components are files of size bytes. It returns the nodes and a client of the device at A.
func localPair(tb testing.TB, size int64) (a, b *localNode, c *nbd.Client) {
	tb.Helper()
	// Not tb.TempDir(): the path of a socket must be short.
	dir, err := os.MkdirTemp("", "hast")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	text := fmt.Sprintf(pairConf, dir, freePort(tb, "127.0.0.1"), freePort(tb, "127.0.0.2"))
	file, err := config.Parse("hast.conf", []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	a, b = startNode(tb, file, "a", size), startNode(tb, file, "b", size)
	b.role(tb, states.RoleSecondary)
	a.role(tb, states.RolePrimary)
	a.awaitComplete(tb)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err = nbd.Dial(ctx, filepath.Join(dir, "a.d", "shared"), "shared")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return a, b, c
}

// freePort finds an address to listen on.
func freePort(tb testing.TB, host string) string {
	l, err := net.Listen("tcp4", host+":0")
	if err != nil {
		tb.Fatalf("no address %s on this machine (on FreeBSD: ifconfig lo0 alias %s/32): %v", host, host, err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startNode makes a component and starts its node, which is stopped when the test ends.
func startNode(tb testing.TB, file *config.File, name string, size int64) *localNode {
	cfg, err := file.Resolve(config.Node{Host: name})
	if err != nil {
		tb.Fatal(err)
	}
	r, _ := cfg.Resource("shared")
	makeComponent(tb, r.Local, size)
	h := host.New(host.Options{Doors: nbd.NewDoors})
	pid, err := actors.StartNode(h, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	n := &localNode{host: h, image: r.Local, tell: func(msg any) { h.Tell(pid, msg) }}
	tb.Cleanup(func() {
		done := make(nodeEnd)
		n.tell(&actors.Shutdown{To: done})
		<-done
	})
	return n
}

// makeComponent makes a file of size bytes, all holes, and a component of it as hastctl create does.
func makeComponent(tb testing.TB, path string, size int64) {
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		tb.Fatal(err)
	}
	p, err := provider.Open(path, provider.Options{Exclusive: true})
	if err != nil {
		tb.Fatal(err)
	}
	defer p.Close()
	rec, err := component.Plan(component.Wish{Resource: "shared", Path: path}, p.Size(), p.Sector())
	if err != nil {
		tb.Fatal(err)
	}
	if err := component.Format(p, path, rec, false); err != nil {
		tb.Fatal(err)
	}
}

type (
	nodeEnd    chan struct{}
	rolesOf    chan []actors.RoleAnswer
	statusesOf chan []actors.Status
)

func (c nodeEnd) NodeStopped()                   { close(c) }
func (c rolesOf) RolesSet(l []actors.RoleAnswer) { c <- l }
func (c statusesOf) Statuses(l []actors.Status)  { c <- l }

func (n *localNode) role(tb testing.TB, role states.Role) {
	tb.Helper()
	answer := make(rolesOf, 1)
	n.tell(&actors.SetRole{Names: []string{"all"}, Role: role, To: answer})
	for _, r := range <-answer {
		if r.Reason != "" {
			tb.Fatalf("role %s: %s", role, r.Reason)
		}
	}
}

func (n *localNode) status() actors.Status {
	answer := make(statusesOf, 1)
	n.tell(&actors.QueryStatus{Names: []string{"all"}, To: answer})
	return (<-answer)[0]
}

// awaitComplete asks again and again until both components hold the same.
func (n *localNode) awaitComplete(tb testing.TB) {
	tb.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		s := n.status()
		if s.Status == "complete" {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			tb.Fatalf("not complete after %v: %+v", patience, s)
		}
	}
}
