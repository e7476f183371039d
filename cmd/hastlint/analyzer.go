package main

import (
	"go/ast"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// module is the path of the Go module whose packages are checked; all others are passed over.
const module = "hast"

// Analyzer holds every rule. It keeps no facts, so that go vet need not run it on dependencies.
var Analyzer = &analysis.Analyzer{
	Name: "hastlint",
	Doc: "check the house rules: a repeatable core, arrows of imports that point down, guarded goroutines\n\n" +
		"In actors/, states/ and simulation/ nothing may depend on the scheduler, the wall clock, global\n" +
		"randomness or the order of a map. A range over a map whose order cannot be seen is let through by\n" +
		"a comment on its line or on the line above: //house:ordered <reason>.\n" +
		"Each folder imports only what its row of the import table allows.\n" +
		"Under gate/ goroutines start through gate/spawn only.",
	Run: run,
}

// source is one file of the package under check, with its place in the house.
type source struct {
	*ast.File
	path string // slash-separated and relative to the module's root: actors/gate.go
	test bool
}

func run(pass *analysis.Pass) (any, error) {
	pkg, ok := housePackage(pass.Pkg.Path())
	if !ok {
		return nil, nil
	}
	folder, _, _ := strings.Cut(pkg, "/")
	for _, f := range pass.Files {
		name := filepath.Base(pass.Fset.Position(f.Package).Filename)
		src := source{
			File: f,
			path: strings.TrimPrefix(pkg+"/"+name, "/"),
			test: strings.HasSuffix(name, "_test.go"),
		}
		checkImports(pass, folder, src)
		if src.test {
			continue
		}
		switch folder {
		case "actors", "states", "simulation":
			checkRepeatable(pass, folder, src)
		case "gate":
			checkGuarded(pass, src)
		}
	}
	return nil, nil
}

// housePackage turns an import path as the go command writes it ("hast/actors",
// "hast/actors [hast/actors.test]", "hast/actors_test") into a path relative to the module's root, which
// is empty for the root itself. It reports false for a package of another module and for the main
// package that the go command generates to run tests.
func housePackage(path string) (string, bool) {
	path, _, _ = strings.Cut(path, " ")
	path = strings.TrimSuffix(path, "_test")
	if path == module {
		return "", true
	}
	rest, ours := strings.CutPrefix(path, module+"/")
	return rest, ours && !strings.HasSuffix(path, ".test")
}
