// Package config turns the bytes of hast.conf into checked values. Parse gives the syntax tree with
// positions, File.Resolve gives what one node shall do, Diff says what a reload has to change. The
// package opens no file and asks no system: whoever calls it brings the bytes and the node's names.
//
// A file that FreeBSD's parser takes is enough for us. What only we know is written behind "#%", which
// is a comment to FreeBSD:
//
//	resource shared {
//		#% workers 8
//		on hasta {
//			local /dev/ada1
//			remote tcp4://10.0.0.2
//		}
//	}
package config

import (
	"fmt"
	"time"

	"hast/states"
)

// Bounds on what a configuration may hold, in bytes. The lengths are those of the original's buffers
// without their closing NUL: what a FreeBSD peer or its hastctl could not take is refused here.
const (
	// MaxFileBytes bounds the file, so that a wrong path (a disk, a log) cannot fill the memory.
	MaxFileBytes = 1 << 20
	// MaxNameBytes bounds resource and provider names.
	MaxNameBytes = 254
	// MaxAddressBytes bounds addresses of every kind.
	MaxAddressBytes = 1023
	// MaxPathBytes bounds paths.
	MaxPathBytes = 1023
	// MaxSocketPathBytes bounds the path of a unix socket: sun_path of FreeBSD, the smaller one.
	MaxSocketPathBytes = 103
)

// DefaultPort is HAST's TCP port, for listen and remote. A source address has port 0 by default.
const DefaultPort = 8457

// RemoteNone is the text of Resource.Remote when the resource shall never connect. It cannot be
// mistaken for a host: none is a reserved word, so that no host of this name can be configured.
const RemoteNone = "none"

// Config is what hast.conf says to one node.
type Config struct {
	// Control is the address of hastctl's socket as configured, see ControlPath.
	Control string
	// Pidfile is the path of the daemon's pid file.
	Pidfile string
	// Listen holds the addresses to accept peers on: all listen lines, the global ones and those of
	// this node, in the order of the file and without repetitions.
	Listen []string
	// ListenDefault says that no listen line was given. Then an address of a family that the kernel
	// lacks is left out without an error.
	ListenDefault bool
	// Resources are in the order of the file.
	Resources []Resource
	// Warnings tell of things that are accepted, but are probably not what was meant.
	Warnings []Warning
}

// Resource is one replicated device, as this node sees it.
type Resource struct {
	// Name is the resource's name, 1 to MaxNameBytes bytes, unique in the file. Both nodes know it by it.
	Name string
	// Provider is the name of the device under hast/ (statement name).
	Provider string
	// Local is the path of the local component: a disk, a partition or a file.
	Local string
	// Remote is the peer's address as configured, or the text "none" if RemoteNone.
	Remote string
	// RemoteNone says that there is no peer to connect to.
	RemoteNone bool
	// Source is the address to connect from, empty for the kernel's choice.
	Source      string
	Replication states.Mode
	Checksum    states.Checksum
	Compression states.Compression
	// Timeout bounds connecting, sending and receiving; whole seconds, at least one.
	Timeout time.Duration
	// Exec is the path of the hook program, empty for none.
	Exec string
	// MetaFlush says that the disk's cache is flushed after each write of metadata.
	MetaFlush bool

	// NBDSocket is the path of the unix socket that serves the device by NBD ("#% nbd"). It is empty
	// when none was given and the default path would be too long for a socket (there is a warning then).
	NBDSocket string
	// StateDir is the directory, on another disk than the components, in which the host remembers that a component
	// has failed ("#% state-dir").
	StateDir string
	// Workers is how many requests the local disk is given at once ("#% workers"), 1 to 64.
	Workers int
	// AsyncBound is how many bytes may be answered but not yet with the peer under async
	// replication ("#% async-bound").
	AsyncBound int64
	// AsyncTime is for how long a write may be answered but not with the peer before later ones wait for
	// it ("#% async-time"); whole seconds, at least one.
	AsyncTime time.Duration

	// Pos is where the resource's name stands.
	Pos Pos
}

// Resource finds a resource by its name.
func (c *Config) Resource(name string) (*Resource, bool) {
	for i := range c.Resources {
		if c.Resources[i].Name == name {
			return &c.Resources[i], true
		}
	}
	return nil, false
}

// ControlPath returns the path of hastctl's socket, without the uds:// or unix:// that Control may have.
func (c *Config) ControlPath() string {
	a, err := ParseAddress(c.Control)
	if err != nil {
		return c.Control
	}
	return a.Host
}

// Pos is a place in a configuration file. Line and Col count from 1; Col counts characters, a tab is one.
type Pos struct {
	File string
	Line int
	Col  int
}

// String gives file:line:col, which editors and terminals can jump to.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Warning is a remark about a file that is accepted nevertheless.
type Warning struct {
	Pos Pos
	Msg string
}

// String gives the place and the remark.
func (w Warning) String() string { return w.Pos.String() + ": " + w.Msg }
