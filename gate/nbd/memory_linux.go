package nbd

import "golang.org/x/sys/unix"

// smallPages keeps huge pages out of mem: the first 4 KiB of a slot would make 2 MiB resident. It is
// advice; a kernel that knows no huge pages refuses it, and needs none.
func smallPages(mem []byte) { _ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE) }
