package main

import (
	_ "os"
	_ "syscall"

	_ "example.com/flags"
	_ "hast/config/leaf"
	_ "hast/gate/leaf"
	_ "hast/simulation/leaf"

	_ "golang.org/x/sys/unix" // want `cmd/ must not import "golang.org/x/sys/unix": cmd/ is flags and wiring: ask gate/ for what the kernel does`
)

func main() { go func() {}() }
