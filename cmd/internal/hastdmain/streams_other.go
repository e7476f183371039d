//go:build !linux

package hastdmain

import "syscall"

// replace makes descriptor to the same file as from.
func replace(from, to int) error { return syscall.Dup2(from, to) }
