package actors

import (
	_ "sync"

	_ "github.com/asynkron/protoactor-go/actor"
	_ "github.com/hashicorp/go-hclog"
	_ "hast/states/leaf"
	_ "hast/wire/leaf"

	_ "github.com/asynkron/protoactor-go/scheduler" // want `actors/ must not import "github.com/asynkron/protoactor-go/scheduler"`
	_ "golang.org/x/sys/unix"                       // want `actors/ must not import "golang.org/x/sys/unix"`
	_ "hast/gate/leaf"                              // want `actors/ must not import "hast/gate/leaf": of this module it may import states, wire, config; actors/ meets the machine through its seams`
	_ "net"                                         // want `actors/ must not import "net"`
	_ "os/exec"                                     // want `actors/ must not import "os/exec"`
	_ "syscall"                                     // want `actors/ must not import "syscall"`
)
