// Package cmd_test runs the commands as their users do: scripts in testdata/script call hastd,
// hastctl and hastsim, with the exit codes, outputs and files that people and scripts depend on.
package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rogpeppe/go-internal/testscript"

	"hast/actors"
	"hast/cmd/internal/hastctl"
	"hast/cmd/internal/hastdmain"
	"hast/cmd/internal/hastsim"
	"hast/cmd/internal/lossydisk"
	"hast/cmd/internal/mutants"
	"hast/config"
)

// bootVariable tells a node of a test how its machine's start is called, if that isn't the kernel's affair.
const bootVariable = "HAST_TEST_BOOT"

// startNodeAs starts a node, on a machine that may have been started anew since the test began.
func startNodeAs(h *actors.Host, cfg *config.Config) (*actor.PID, error) {
	if boot := os.Getenv(bootVariable); boot != "" {
		h.Boot = boot
	}
	return actors.StartNode(h, cfg)
}

func TestMain(m *testing.M) {
	// The test's own program is all commands: what is measured as covered and checked for races is
	// what runs, and nothing has to be built first.
	testscript.Main(m, map[string]func(){
		"hastd":     func() { os.Exit(hastdmain.Main(os.Args[1:], startNodeAs, os.Stdout, os.Stderr)) },
		"hastctl":   func() { os.Exit(hastctl.Main(os.Args[1:], actors.StartNode, os.Stdin, os.Stdout, os.Stderr)) },
		"hastsim":   func() { os.Exit(hastsim.Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"lossydisk": func() { os.Exit(lossydisk.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// conditionOf are the conditions of our own: [attach] is that strace is installed and may look at a process
// that it hasn't started.
func conditionOf(name string) (bool, error) {
	if name != "attach" {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	_, err := exec.LookPath("strace")
	scope, _ := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	return err == nil && (os.Geteuid() == 0 || len(scope) == 0 || scope[0] == '0'), nil
}

// scriptParams are what all scripts have in common.
var scriptParams = testscript.Params{
	Cmds:                helpers,
	RequireExplicitExec: true,
	RequireUniqueNames:  true,
	Condition:           conditionOf,
	Setup: func(env *testscript.Env) error {
		// A program with the race detector in it sleeps a second when it exits, unless told not to.
		env.Setenv("GORACE", "atexit_sleep_ms=0")
		// Components that FreeBSD's hastd wrote.
		stock, err := filepath.Abs("testdata/stock")
		env.Setenv("STOCK", stock)
		// The source, and what it takes to build it, for scripts that plant bugs in it.
		source, _ := filepath.Abs("..")
		env.Setenv("SOURCE", source)
		// The planted bug that is in force here is in force in the programs of scripts, too (make sabotage).
		env.Setenv(mutants.Env, os.Getenv(mutants.Env))
		if out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output(); err == nil {
			for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				env.Setenv([]string{"GOCACHE", "GOMODCACHE", "GOPATH"}[i], value)
			}
		}
		env.Values[fleetKey{}] = &fleet{nodes: make(map[string]*running), boots: make(map[string]int), traces: make(map[string]*tracing)}
		env.Values[openKey{}] = make(opened)
		return err
	},
}

func TestScript(t *testing.T) {
	p := scriptParams
	p.Dir = "testdata/script"
	testscript.Run(t, p)
}
