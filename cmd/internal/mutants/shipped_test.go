package mutants

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is shipped holds no switch: the package of switches isn't in the tree, and nothing that is built
// without a set needs it.
func TestShippedHasNoSwitches(t *testing.T) {
	if _, err := os.Stat(filepath.Join("../../..", filepath.FromSlash(switchesFile))); !os.IsNotExist(err) {
		t.Errorf("%s is in the tree: %v", switchesFile, err)
	}
	c := exec.Command("go", "list", "-deps", "./...")
	c.Dir = "../../.."
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "hast/states\n") {
		t.Fatalf("the list of packages is short: %s", out)
	}
	if strings.Contains(string(out), switches) {
		t.Errorf("a package is built with %s", switches)
	}
}
