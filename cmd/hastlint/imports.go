package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// row says what one top-level folder, with all folders below it, may import beyond itself and what is
// left of the standard library.
type row struct {
	folder    string
	ours      []string // other folders of this module
	libraries []string // import paths from other modules; each stands for what is below it too
	anything  bool     // all of ours and all libraries, but for the ones that kernelOnly names
	banned    []string // packages of the standard library, with what is below them
	except    []string // files that may import what is banned
	reason    string   // why, and what to do instead
}

// table is the house's picture of imports; every arrow points down.
//
//	cmd → gate, simulation → actors → config, wire, states; config and wire → states
var table = []row{
	{
		folder:    "states",
		libraries: []string{"github.com/looplab/fsm"},
		banned:    []string{"os", "net", "sync", "math/rand", "crypto/rand", "log", "syscall"},
		reason:    "states/ decides from values: take the value as a parameter, and let an actor carry out what was decided",
	},
	{
		folder: "wire",
		ours:   []string{"states"},
		banned: []string{"os", "net", "syscall"},
		reason: "wire/ encodes and decodes and moves nothing: take and return bytes, and let gate/ move them",
	},
	{
		folder:    "config",
		ours:      []string{"states"},
		libraries: []string{"github.com/alecthomas/participle/v2"},
		banned:    []string{"syscall"},
		reason:    "config/ turns text into checked values: whoever needs more takes those values and does it there",
	},
	{
		folder:    "actors",
		ours:      []string{"states", "wire", "config"},
		libraries: []string{"github.com/asynkron/protoactor-go/actor", "github.com/hashicorp/go-hclog"},
		banned:    []string{"os", "net", "syscall", "math/rand", "crypto/rand"},
		reason:    "actors/ meets the machine through its seams only: use the Host (Clock, Disks, Network, Hooks, Rand)",
	},
	{
		folder: "gate",
		ours:   []string{"actors", "wire", "states"},
		libraries: []string{
			"golang.org/x/sys/unix",
			// The seams are written in terms of these two, and their real side is here.
			"github.com/asynkron/protoactor-go/actor", "github.com/hashicorp/go-hclog",
		},
		reason: "gate/ is the edge and judges nothing: take settings as plain values from cmd/, and leave decisions to actors/",
	},
	{
		folder: "simulation",
		ours:   []string{"actors", "states", "wire", "config"},
		libraries: []string{
			"github.com/asynkron/protoactor-go/actor", "github.com/hashicorp/go-hclog",
			// The second opinion on what a sector's readers saw: its model is handed out, nothing of it runs in a world.
			"github.com/anishathalye/porcupine",
		},
		banned: []string{"os", "net", "syscall", "crypto/rand"},
		except: []string{"simulation/trace.go"},
		reason: "simulation/ is a made-up world: draw from the seed, use its own disk and network; only simulation/trace.go writes files",
	},
	{
		folder:   "cmd",
		anything: true,
		reason:   "cmd/ is flags and wiring: ask gate/ for what the kernel does, or use the standard library",
	},
}

// kernelOnly is what speaks to this machine's kernel beside the standard library, and so needs a row that
// names it.
const kernelOnly = "golang.org/x/sys"

// lower are the folders whose tests, too, must build without the edge and without the made-up world, so
// that a test can never make an arrow point up.
var lower = []string{"states", "wire", "config", "actors"}

// checkImports holds a file's imports against the table.
func checkImports(pass *analysis.Pass, folder string, src source) {
	i := slices.IndexFunc(table, func(r row) bool { return r.folder == folder })
	if i < 0 {
		if !src.test {
			pass.Reportf(src.Name.Pos(), "%s is outside the house: code lives in actors/ states/ wire/ gate/ config/ cmd/ simulation/; move it into the one whose sentence fits", src.path)
		}
		return
	}
	for _, spec := range src.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // The compiler has said so already.
		}
		why := table[i].refuses(path, src.path)
		if src.test {
			why = refusedInTest(folder, path)
		}
		if why != "" {
			pass.Reportf(spec.Pos(), "%s/ must not import %q: %s", folder, path, why)
		}
	}
}

// refuses returns why a file of the row's folder must not import path, or "" if it may.
func (r row) refuses(path, file string) string {
	if rest, ours := strings.CutPrefix(path, module+"/"); ours {
		target, _, _ := strings.Cut(rest, "/")
		if target == r.folder || r.anything || slices.Contains(r.ours, target) {
			return ""
		}
		return fmt.Sprintf("of this module it may import %s; %s", list(r.ours, "nothing else"), r.reason)
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		if under(path, r.banned) && !slices.Contains(r.except, file) {
			return r.reason
		}
		return ""
	}
	if under(path, r.libraries) || r.anything && !under(path, []string{kernelOnly}) {
		return ""
	}
	if r.anything {
		return r.reason
	}
	return fmt.Sprintf("its libraries are %s; %s", list(r.libraries, "none"), r.reason)
}

// refusedInTest is refuses for a test file. Tests may import more: what they must not is turn an arrow.
func refusedInTest(folder, path string) string {
	if slices.Contains(lower, folder) && under(path, []string{module + "/gate", module + "/simulation", module + "/cmd"}) {
		return "not in a test either; use a fake of the seam here, or move the test up to the folder that it needs"
	}
	return ""
}

// under reports whether path is one of roots or lies below one.
func under(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

// list joins names for a sentence; none stands for an empty list.
func list(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}
