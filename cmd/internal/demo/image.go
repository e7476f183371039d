package demo

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"hast/gate/nbd"
)

// image is real data to write to the device: a file system with files in it.
type image struct {
	path string
	kind string // for people
	size int64  // bytes
	sum  [sha256.Size]byte
}

// makeImage makes an ext4 image of at most size bytes, if this machine has mke2fs, else a tar archive. Its
// files are the pair's configuration and this program, in pieces, as far as there is room.
func makeImage(ctx context.Context, p *pair, size int64) (*image, error) {
	tree := filepath.Join(p.dir, "tree")
	if err := makeTree(tree, p, size/2); err != nil {
		return nil, fmt.Errorf("files for the image: %w", err)
	}
	m := &image{path: filepath.Join(p.dir, "image")}
	tool, err := findTool("mke2fs")
	if err == nil {
		cmd := exec.CommandContext(ctx, tool, "-q", "-F", "-t", "ext4", "-b", "4096", "-d", tree, m.path, fmt.Sprintf("%dk", size>>10))
		err = cmd.Run()
		m.kind = "an ext4 file system, made by mke2fs"
	}
	if err != nil {
		// An mke2fs that is too old to copy files into its image counts as none.
		err = tarTree(m.path, tree)
		m.kind = "a tar archive, because there is no mke2fs"
	}
	if err == nil {
		err = m.measure(size)
	}
	return m, errors.Join(err, os.RemoveAll(tree))
}

// findTool looks where a user's path often doesn't lead, too.
func findTool(name string) (string, error) {
	for _, dir := range []string{"", "/sbin/", "/usr/sbin/", "/usr/local/sbin/"} {
		if path, err := exec.LookPath(dir + name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// makeTree fills a new folder with up to size bytes of files.
func makeTree(dir string, p *pair, size int64) error {
	if err := os.MkdirAll(filepath.Join(dir, "etc"), 0o700); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(dir, "etc", "hast.conf"), p.conf()); err != nil {
		return err
	}
	in, err := os.Open(p.program)
	if err != nil {
		return err
	}
	defer in.Close()
	const part = 64 << 10
	buf := make([]byte, part)
	for i := 0; int64(i+1)*part <= size; i++ {
		n, err := io.ReadFull(in, buf)
		if n > 0 {
			name := filepath.Join(dir, "program", fmt.Sprintf("%02d", i/64), fmt.Sprintf("part-%04d", i))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(name, buf[:n], 0o600); err != nil {
				return err
			}
		}
		if err != nil {
			break // The program's end.
		}
	}
	return nil
}

func tarTree(path, tree string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	err = w.AddFS(os.DirFS(tree).(fs.StatFS))
	return errors.Join(err, w.Close(), out.Close())
}

// measure takes the image's size and digest.
func (m *image) measure(most int64) error {
	f, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if m.size, err = io.Copy(h, f); err != nil {
		return err
	}
	if m.size > most {
		return fmt.Errorf("the image has %d bytes, more than the %d that there is room for", m.size, most)
	}
	h.Sum(m.sum[:0])
	return nil
}

// write copies the image to the device's beginning and makes it durable.
func (m *image) write(c *nbd.Client) error {
	f, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, piece)
	for off := int64(0); off < m.size; off += piece {
		clear(buf)
		n, err := io.ReadFull(f, buf)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		// The device takes whole blocks; the end of the last one is zeroes.
		n = (n + blockSize - 1) / blockSize * blockSize
		if _, err := c.WriteAt(buf[:n], off, false); err != nil {
			return err
		}
	}
	return c.Flush()
}

// check reads the image back from a device.
func (m *image) check(c *nbd.Client) error {
	h := sha256.New()
	buf := make([]byte, piece)
	for off := int64(0); off < m.size; off += piece {
		n := min(piece, m.size-off)
		whole := (n + blockSize - 1) / blockSize * blockSize
		if _, err := c.ReadAt(buf[:whole], off); err != nil {
			return err
		}
		h.Write(buf[:n])
	}
	if !bytes.Equal(h.Sum(nil), m.sum[:]) {
		return errors.New("the image that was written and flushed before the crash reads differently from the new primary")
	}
	return nil
}
