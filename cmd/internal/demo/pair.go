package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"hast/config"
	"hast/states"
)

// resource is the name of the one that the pair replicates.
const resource = "shared"

// confText is the pair's hast.conf; both nodes read the same one, as they should.
const confText = `# Two nodes on one machine, made by hastctl demo.
replication %[1]s
on a {
	control %[2]s/a.ctl
	pidfile %[2]s/a.pid
	listen tcp4://%[3]s
}
on b {
	control %[2]s/b.ctl
	pidfile %[2]s/b.pid
	listen tcp4://%[4]s
}
resource shared {
	on a {
		local %[2]s/a.img
		remote tcp4://%[4]s
		source tcp4://%[5]s
	}
	on b {
		local %[2]s/b.img
		remote tcp4://%[3]s
		source tcp4://%[6]s
	}
}
`

// pair is two nodes in a folder of their own.
type pair struct {
	dir     string
	program string // what is hastctl and hastd at once
	a, b    *daemon
}

func (p *pair) conf() string { return filepath.Join(p.dir, "hast.conf") }

// newPair makes the folder, the addresses and the configuration. The folder is the caller's to remove,
// also after an error.
func newPair(mode states.Mode, keep bool) (*pair, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program's own file, which is hastd too, is not to be found: %w", err)
	}
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	p := &pair{dir: dir, program: program}
	if keep {
		// go run removes what it has built when the demo ends, and the commands to play with need it.
		p.program = filepath.Join(dir, "hastctl")
		if err := copyFile(p.program, program); err != nil {
			return p, err
		}
	}
	hosts, ports, err := freeAddresses()
	if err != nil {
		return p, err
	}
	p.a = &daemon{p: p, node: "a", addr: net.JoinHostPort(hosts[0], ports[0])}
	p.b = &daemon{p: p, node: "b", addr: net.JoinHostPort(hosts[1], ports[1])}
	text := fmt.Sprintf(confText, mode, dir, p.a.addr, p.b.addr, hosts[0], hosts[1])
	return p, os.WriteFile(p.conf(), []byte(text), 0o600)
}

// socketTail is the longest path in the folder that must be a socket's.
const socketTail = "/a.ctl.d/" + resource

// tempDir makes the folder where temporary files belong, or in /tmp if that path is too long for a socket.
func tempDir() (string, error) {
	for _, in := range []string{"", "/tmp"} {
		dir, err := os.MkdirTemp(in, "hast-demo-")
		if err != nil {
			return "", fmt.Errorf("no folder for the pair: %w; TMPDIR says where", err)
		}
		if len(dir)+len(socketTail) <= config.MaxSocketPathBytes {
			return dir, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", err
		}
	}
	return "", errors.New("the paths of temporary folders are too long for sockets; set TMPDIR to a short one")
}

// freeAddresses finds an address for each node. Nodes know each other by their hosts, so each gets its own
// if this machine's loopback has more than one (Linux; elsewhere only after an ifconfig).
func freeAddresses() (hosts, ports [2]string, err error) {
	first, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return hosts, ports, fmt.Errorf("no free port on the loopback: %w", err)
	}
	defer first.Close()
	second, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		second, err = net.Listen("tcp4", "127.0.0.1:0")
	}
	if err != nil {
		return hosts, ports, fmt.Errorf("no second free port on the loopback: %w", err)
	}
	defer second.Close()
	for i, l := range []net.Listener{first, second} {
		if hosts[i], ports[i], err = net.SplitHostPort(l.Addr().String()); err != nil {
			return hosts, ports, err
		}
	}
	return hosts, ports, nil
}

// create makes both components: files of size bytes, full of garbage that differs between them.
func (p *pair) create(ctx context.Context, size int64, seed uint64) error {
	for i, d := range []*daemon{p.a, p.b} {
		var key [32]byte
		for at := range key {
			key[at] = byte(seed>>(at%8*8)) + byte(i)
		}
		f, err := os.OpenFile(d.component(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.CopyN(f, rand.NewChaCha8(key), size)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if err := p.hastctl(ctx, "create", "-n", d.node, "-c", p.conf(), resource); err != nil {
			return err
		}
	}
	return nil
}

// hastctl runs a subcommand as a user would.
func (p *pair) hastctl(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, p.program)
	cmd.Args = append([]string{"hastctl"}, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("hastctl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}

// killAll ends both processes at once, from any goroutine.
func (p *pair) killAll() {
	for _, d := range []*daemon{p.a, p.b} {
		if d != nil {
			d.kill()
		}
	}
}

// stopAll ends both processes in order.
func (p *pair) stopAll() {
	for _, d := range []*daemon{p.a, p.b} {
		if d != nil {
			d.stop()
		}
	}
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
