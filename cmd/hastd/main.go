// Command hastd is the daemon that keeps replicated block devices.
package main

import (
	"os"

	"hast/actors"
	"hast/cmd/internal/hastdmain"
)

func main() { os.Exit(hastdmain.Main(os.Args[1:], actors.StartNode, os.Stdout, os.Stderr)) }
