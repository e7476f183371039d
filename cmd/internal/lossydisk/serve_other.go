//go:build !linux

package lossydisk

import (
	"fmt"
	"io"
)

// Main is the program. It runs on Linux alone.
func Main(_ []string, _ io.Reader, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "lossydisk: this machine's FUSE isn't supported, Linux's is")
	return 1
}
