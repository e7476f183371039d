// Command hastctl makes and shows components, and controls the hastd of this machine.
package main

import (
	"os"

	"hast/actors"
	"hast/cmd/internal/hastctl"
)

func main() { os.Exit(hastctl.Main(os.Args[1:], actors.StartNode, os.Stdin, os.Stdout, os.Stderr)) }
