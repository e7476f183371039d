package tcp

import (
	_ "net"
	_ "os"
	"sync"
	_ "syscall"
	"time"

	_ "github.com/asynkron/protoactor-go/actor"
	_ "golang.org/x/sys/unix"
	_ "hast/actors/leaf"
	"hast/gate/spawn"

	_ "hast/config/leaf"     // want `gate/ must not import "hast/config/leaf"`
	_ "hast/simulation/leaf" // want `gate/ must not import "hast/simulation/leaf"`
)

func serve(in chan time.Time) {
	spawn.Go(func() {})
	go serve(in) // want `a bare go statement under gate/`
	var wg sync.WaitGroup
	wg.Go(func() {}) // want `sync.WaitGroup's Go starts an unguarded goroutine`
	wg.Wait()
	select {
	case <-in:
	case <-time.After(time.Second):
	}
}
