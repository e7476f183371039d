// Command hastsim plays pairs of nodes in a made-up world, each decided by a seed, and judges them.
package main

import (
	"os"

	"hast/cmd/internal/hastsim"
)

func main() { os.Exit(hastsim.Main(os.Args[1:], os.Stdout, os.Stderr)) }
