// Package cmd_test runs the commands as their users do: scripts in testdata/script call hastd and
// hastctl, with the exit codes, outputs and files that people and scripts depend on.
package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/actors"
	"hast/cmd/internal/hastctl"
	"hast/cmd/internal/hastdmain"
)

func TestMain(m *testing.M) {
	// The test's own program is both commands: what is measured as covered and checked for races is
	// what runs, and nothing has to be built first.
	testscript.Main(m, map[string]func(){
		"hastd":   func() { os.Exit(hastdmain.Main(os.Args[1:], actors.StartNode, os.Stdout, os.Stderr)) },
		"hastctl": func() { os.Exit(hastctl.Main(os.Args[1:], actors.StartNode, os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Cmds:                helpers,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// A program with the race detector in it sleeps a second when it exits, unless told not to.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			// Components that FreeBSD's hastd wrote.
			stock, err := filepath.Abs("testdata/stock")
			env.Setenv("STOCK", stock)
			env.Values[fleetKey{}] = &fleet{nodes: make(map[string]*running)}
			return err
		},
	})
}
