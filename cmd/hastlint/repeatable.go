package main

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// checkRepeatable refuses, in one file, what would let two runs of one seed differ: the Go scheduler, the
// wall clock, global randomness, the order of a map, and the parts of protoactor that use those.
func checkRepeatable(pass *analysis.Pass, folder string, src source) {
	excuses := readExcuses(pass, src)
	ast.Inspect(src.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			pass.Reportf(n.Pos(), "a go statement lets the scheduler choose an order: do it in this turn, or ask a seam that answers by message")
		case *ast.SelectStmt:
			pass.Reportf(n.Pos(), "select takes a random ready case: receive messages in Receive instead")
		case *ast.RangeStmt:
			checkRange(pass, n, excuses)
		case *ast.Ident:
			checkUse(pass, folder, src, n, excuses)
		}
		return true
	})
	excuses.reportUnused(pass)
}

// checkRange refuses a range over a map, unless excused, and over a channel.
func checkRange(pass *analysis.Pass, n *ast.RangeStmt, excuses *excuses) {
	isMap, isChan := kinds(pass.TypesInfo.TypeOf(n.X))
	switch {
	case isChan:
		pass.Reportf(n.Pos(), "a range over a channel waits for other goroutines: receive messages in Receive instead")
	case isMap && !excuses.cover(pass, n.Pos()):
		pass.Reportf(n.Pos(), "a range over a map has a random order: keep a slice beside the map, or, if the order cannot be seen, say why: //house:ordered <reason>")
	}
}

// kinds reports whether a value of type t can be a map or a channel; for a type parameter, whether any
// type of its constraint is one.
func kinds(t types.Type) (isMap, isChan bool) {
	if t == nil {
		return false, false
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true, false
	case *types.Chan:
		return false, true
	case *types.Interface:
		for i := range u.NumEmbeddeds() {
			m, c := kinds(u.EmbeddedType(i))
			isMap, isChan = isMap || m, isChan || c
		}
	case *types.Union:
		for i := range u.Len() {
			m, c := kinds(u.Term(i).Type())
			isMap, isChan = isMap || m, isChan || c
		}
	}
	return isMap, isChan
}

// checkUse refuses a name that stands for something on the lists. It looks at what a name means, not at
// calls, so that neither an import's alias nor a function kept in a variable slips through.
func checkUse(pass *analysis.Pass, folder string, src source, id *ast.Ident, excuses *excuses) {
	obj := pass.TypesInfo.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return
	}
	use, excusable := refusedUse(obj)
	if use == "" && folder == "actors" && src.path != propsFile {
		use = refusedProps(obj)
	}
	if use == "" || excusable && excuses.cover(pass, id.Pos()) {
		return
	}
	pass.Reportf(id.Pos(), "%s.%s %s", obj.Pkg().Name(), obj.Name(), use)
}

// checkGuarded refuses a goroutine under gate/ that does not start through the one helper, whose
// goroutines turn a panic into a failure of one resource instead of the daemon's death.
func checkGuarded(pass *analysis.Pass, src source) {
	if src.path == spawnFile {
		return
	}
	const instead = "start it with gate/spawn's Go, so that a panic fails one resource and not the daemon"
	ast.Inspect(src.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			pass.Reportf(n.Pos(), "a bare go statement under gate/: %s", instead)
		case *ast.Ident:
			if obj := pass.TypesInfo.Uses[n]; obj != nil && isMethod(obj, "sync", "WaitGroup", "Go") {
				pass.Reportf(n.Pos(), "sync.WaitGroup's Go starts an unguarded goroutine: %s", instead)
			}
		}
		return true
	})
}
