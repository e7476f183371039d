// Package settings reads hast.conf for this node: it is what of config needs an operating system.
package settings

import (
	"errors"
	"io"
	"os"

	"hast/cmd/internal/exit"
	"hast/config"
)

// DefaultPath is where hast.conf is unless -c says otherwise.
const DefaultPath = "/etc/hast.conf"

// NodeVariable is the environment variable that names this node; the option -n wins over it.
const NodeVariable = "HAST_NODE"

// Load reads and resolves the configuration at path, for the node that is named or, with an empty name,
// for this machine. Errors carry an exit code: OSFile if the file can't be opened, Config if it is wrong.
func Load(path, name string) (*config.Config, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	file, err := config.Parse(path, src)
	if err != nil {
		return nil, exit.With(exit.Config, err)
	}
	node, err := Node(name)
	if err != nil {
		return nil, err
	}
	cfg, err := file.Resolve(node)
	if err != nil {
		return nil, exit.With(exit.Config, err)
	}
	return cfg, nil
}

// read reads the file. One byte more than allowed is enough for config to refuse it.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, exit.Errorf(exit.OSFile, "Unable to open configuration file %s: %w. Give its path with -c.", path, cause(err))
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, config.MaxFileBytes+1))
	if err != nil {
		return nil, exit.Errorf(exit.OSFile, "Unable to read configuration file %s: %w.", path, cause(err))
	}
	return src, nil
}

// cause takes the path off an error whose message names it already.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Node gives the names of this node: the one name that is given, else that of HAST_NODE, else the
// machine's own.
func Node(name string) (config.Node, error) {
	if name == "" {
		name = os.Getenv(NodeVariable)
	}
	if name != "" {
		return config.Node{Host: name}, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return config.Node{}, exit.Errorf(exit.OSErr, "Unable to learn this machine's name: %w. Name the node with -n or in %s.", err, NodeVariable)
	}
	node := config.Node{Host: host}
	identify(&node)
	return node, nil
}
