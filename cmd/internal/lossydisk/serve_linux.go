package lossydisk

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"hast/gate/spawn"
)

// mostWrite is the largest write that comes in one piece, in bytes.
const mostWrite = 512 << 10

// Main is the program: lossydisk FILE. It takes FILE as what the disk holds, mounts the disk on FILE.disk,
// puts a link to its only file in FILE's place, says ok on stdout, and obeys on the socket FILE.ctl. It
// ends, and the disk is gone, when stdin does: so it never outlives who started it.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: lossydisk file")
		return 64
	}
	// A signal to all of a test's processes would leave the mount behind; the end of stdin follows it.
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if err := serve(args[0], stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "lossydisk:", err)
		return 1
	}
	return 0
}

func serve(file string, stdin io.Reader, stdout io.Writer) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d, err := newDisk(content)
	if err != nil {
		return err
	}
	dir := file + ".disk"
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	l, err := net.Listen("unix", file+".ctl")
	if err != nil {
		return err
	}
	defer l.Close()
	server, err := fs.Mount(dir, &folder{disk: d}, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, DisableXAttrs: true, MaxWrite: mostWrite, FsName: "lossydisk", Name: "lossydisk",
	}})
	if err != nil {
		return fmt.Errorf("mounting on %s (it takes root and /dev/fuse): %w", dir, err)
	}
	// Whoever waits for a stuck operation is let go when this process ends; a lazy unmount waits for nobody.
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	_ = server
	if err := os.Remove(file); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(dir, fileName), file); err != nil {
		return err
	}
	spawn.Go("disk control", func(error, []byte) {}, func() { d.serveControl(l) })
	if _, err := fmt.Fprintln(stdout, "ok"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

const fileName = "image"

// folder is the root, with one file.
type folder struct {
	fs.Inode
	disk *disk
}

var _ fs.NodeOnAdder = (*folder)(nil)

// OnAdd puts the file there.
func (f *folder) OnAdd(ctx context.Context) {
	f.AddChild(fileName, f.NewPersistentInode(ctx, &file{disk: f.disk}, fs.StableAttr{Mode: fuse.S_IFREG}), false)
}

// file is the disk as a file. No page cache is between it and whoever opens it: what a write's return and
// a flush's return mean is for the disk alone to say.
type file struct {
	fs.Inode
	disk *disk
}

// handle is an open file.
type handle struct{ sync bool }

var (
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeSetattrer = (*file)(nil)
)

// Open remembers whether each write is to be durable (O_SYNC, O_DSYNC).
func (f *file) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return &handle{sync: flags&syscall.O_DSYNC != 0}, fuse.FOPEN_DIRECT_IO | fuse.FOPEN_PARALLEL_DIRECT_WRITES, 0
}

// Read reads from the disk.
func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, errno := f.disk.read(dest, off)
	return fuse.ReadResultData(dest[:n]), errno
}

// Write writes to the disk.
func (f *file) Write(_ context.Context, h fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	opened, _ := h.(*handle)
	if errno := f.disk.write(data, off, opened != nil && opened.sync); errno != 0 {
		return 0, errno
	}
	return uint32(len(data)), 0
}

// Fsync flushes the disk.
func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return f.disk.flush() }

// Getattr tells the size.
func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Nlink, out.Size, out.Blksize = fuse.S_IFREG|0o600, 1, uint64(f.disk.size()), 4096
	out.Blocks = out.Size / sectorSize
	return 0
}

// Setattr takes times and modes for what they are worth; a disk doesn't change its size.
func (f *file) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if n, ok := in.GetSize(); ok && int64(n) != f.disk.size() {
		return syscall.EINVAL
	}
	return f.Getattr(ctx, h, out)
}
