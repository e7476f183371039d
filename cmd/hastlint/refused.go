package main

import (
	"go/types"
	"slices"
	"strings"
)

// propsFile is the only file of actors/ that makes Props: there each one gets the resource's dispatcher,
// mailbox and supervisor, without which an actor would run on the library's own goroutines.
const propsFile = "actors/supervise.go"

// spawnFile is the only file under gate/ that holds a go statement.
const spawnFile = "gate/spawn/spawn.go"

// protoactor is the library's module path; its packages lie below.
const protoactor = "github.com/asynkron/protoactor-go/"

// functions are refused in the core: by package, name and what to use instead.
var functions = map[string]map[string]string{
	"time": {
		"Now":       clockNow,
		"Since":     clockNow,
		"Until":     clockNow,
		"Sleep":     clockTell,
		"After":     clockTell,
		"AfterFunc": clockTell,
		"NewTimer":  clockTell,
		"NewTicker": clockTell,
		"Tick":      clockTell,
	},
	"context": {
		"WithTimeout":       clockTell,
		"WithTimeoutCause":  clockTell,
		"WithDeadline":      clockTell,
		"WithDeadlineCause": clockTell,
		"AfterFunc":         clockTell,
	},
	"maps": {
		"Keys":   mapOrder,
		"Values": mapOrder,
		"All":    mapOrder,
	},
	protoactor + "actor": {
		"NewFuture":                     noFuture,
		"NewOneForOneStrategy":          ownStrategy,
		"NewAllForOneStrategy":          ownStrategy,
		"NewExponentialBackoffStrategy": ownStrategy,
	},
}

// libraryMethods are refused on whatever type of protoactor has them.
var libraryMethods = map[string]string{
	"RequestFuture":     noFuture,
	"StopFuture":        noFuture,
	"PoisonFuture":      noFuture,
	"ReenterAfter":      noFuture,
	"SetReceiveTimeout": "starts a wall timer and races: " + tellAfter,
	"Stash":             "keeps a message where no rule sees it: keep it in a field of the actor, and handle it when its time has come",
}

// The sentences that end a diagnostic.
const (
	tellAfter   = "let the Clock tell the actor a message of its own"
	clockNow    = "reads the wall clock: ask the Host's Clock"
	clockTell   = "waits on the wall clock: " + tellAfter
	mapOrder    = "yields a map's entries in random order: keep a slice beside the map, or say why the order cannot be seen: //house:ordered <reason>"
	noFuture    = "waits on a wall timer and a goroutine: tell, and handle the answer as a message; " + tellAfter + " for the timeout"
	ownStrategy = "counts by the wall clock: use the supervisor of " + propsFile
	hostRand    = "draws what no seed decides: use the Host's Rand, or a generator made from an explicit seed"
	noGoroutine = "starts a goroutine: do it in this turn, or ask a seam that answers by message"
)

// seeded are the functions of math/rand and math/rand/v2 that draw nothing by themselves.
var seeded = []string{"New", "NewSource", "NewZipf", "NewPCG", "NewChaCha8"}

// refusedUse says why the core must not use obj, or "". An excusable use is one of a map's order.
func refusedUse(obj types.Object) (use string, excusable bool) {
	pkg, name := obj.Pkg().Path(), obj.Name()
	fn, isFunc := obj.(*types.Func)
	if isFunc && fn.Signature().Recv() != nil {
		return refusedMethod(fn)
	}
	switch pkg {
	case "math/rand", "math/rand/v2":
		if isFunc && !slices.Contains(seeded, name) {
			return hostRand, false
		}
		return "", false
	case "crypto/rand":
		return hostRand, false
	}
	use = functions[pkg][name]
	return use, use == mapOrder
}

// refusedMethod is refusedUse for a method.
func refusedMethod(fn *types.Func) (use string, excusable bool) {
	switch {
	case strings.HasPrefix(fn.Pkg().Path(), protoactor):
		return libraryMethods[fn.Name()], false
	case isMethod(fn, "sync", "WaitGroup", "Go"):
		return noGoroutine, false
	case isMethod(fn, "sync", "Map", "Range"),
		isMethod(fn, "reflect", "Value", "MapRange"),
		isMethod(fn, "reflect", "Value", "MapKeys"):
		return mapOrder, true
	}
	return "", false
}

// refusedProps says why a file of actors/ other than propsFile must not use obj, or "".
func refusedProps(obj types.Object) string {
	if obj.Pkg().Path() == protoactor+"actor" && strings.HasPrefix(obj.Name(), "PropsFrom") {
		return "makes Props without our dispatcher, mailbox and supervisor: use the constructor in " + propsFile
	}
	return ""
}

// isMethod reports whether obj is the named method of the named type, or of a pointer to it.
func isMethod(obj types.Object, pkg, typ, name string) bool {
	fn, ok := obj.(*types.Func)
	if !ok || fn.Name() != name || fn.Pkg() == nil || fn.Pkg().Path() != pkg || fn.Signature().Recv() == nil {
		return false
	}
	recv := fn.Signature().Recv().Type()
	if p, ok := recv.(*types.Pointer); ok {
		recv = p.Elem()
	}
	named, ok := recv.(*types.Named)
	return ok && named.Obj().Name() == typ
}
