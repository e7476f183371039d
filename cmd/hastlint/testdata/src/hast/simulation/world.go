package simulation

import (
	"maps"
	"math/rand/v2"
	_ "os" // want `simulation/ must not import "os".*only simulation/trace.go writes files`
	"reflect"
	"slices"
	"sync"

	_ "hast/actors/leaf"
	_ "hast/config/leaf"
	_ "hast/gate/leaf" // want `simulation/ must not import "hast/gate/leaf"`
)

type set map[int]bool

func order[M ~map[int]bool](m set, g M, s []int, sm *sync.Map) int {
	for range m { // want `a range over a map has a random order`
	}
	for range g { // want `a range over a map has a random order`
	}
	n := 0
	for range m { //house:ordered only counted
		n++
	}
	//house:ordered the sum is the same in any order
	for k := range m {
		n += k
	}
	//house:ordered
	for range m { // want `a range over a map has a random order: .*//house:ordered <reason>`
	}
	_ = slices.Collect(maps.Keys(m))   // want `maps.Keys yields a map's entries in random order`
	_ = slices.Collect(maps.Values(m)) // want `maps.Values yields`
	for range maps.All(m) {            // want `maps.All yields`
	}
	_ = slices.Sorted(maps.Keys(m))  //house:ordered sorted on the spot
	sm.Range(nil)                    // want `sync.Range yields`
	_ = reflect.ValueOf(m).MapKeys() // want `reflect.MapKeys yields`
	//house:ordered the slice has an order of its own // want `//house:ordered excuses nothing here: remove it`
	for _, v := range s {
		n += v
	}
	//house:sorted for a good reason // want `unknown directive //house:sorted`
	return n
}

func chance(wg *sync.WaitGroup) {
	_ = rand.IntN(3) // want `rand.IntN draws`
	_ = rand.N(3)    // want `rand.N draws`
	_ = rand.New(rand.NewPCG(1, 2)).IntN(3)
	_ = rand.New(rand.NewChaCha8([32]byte{})).IntN(3)
	wg.Go(func() {}) // want `sync.Go starts a goroutine`
}
