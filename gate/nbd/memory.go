package nbd

import "golang.org/x/sys/unix"

// mapMemory returns n bytes of zeroes that begin at a page, and that cost memory only once they are
// touched. They are outside of the heap, so that they neither count for the garbage collector nor move.
func mapMemory(n int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	smallPages(mem)
	return mem, nil
}

// unmapMemory gives back what mapMemory returned. Nobody may hold a part of it.
func unmapMemory(mem []byte) {
	// It fails only for a slice that mapMemory didn't return.
	if err := unix.Munmap(mem); err != nil {
		panic("nbd: unmapping a buffer: " + err.Error())
	}
}
