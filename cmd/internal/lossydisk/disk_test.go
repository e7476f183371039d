package lossydisk

import (
	"bytes"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// contents are disks of a few sectors, each sector of one letter.
func contents(letters string) []byte {
	var b []byte
	for _, c := range letters {
		b = append(b, bytes.Repeat([]byte{byte(c)}, sectorSize)...)
	}
	return b
}

func letters(b []byte) string {
	var s strings.Builder
	for at := 0; at < len(b); at += sectorSize {
		s.WriteByte(b[at])
	}
	return s.String()
}

func fresh(t *testing.T, of string) *disk {
	t.Helper()
	d, err := newDisk(contents(of))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *disk) put(t *testing.T, sector int, of string) {
	t.Helper()
	if e := d.write(contents(of), int64(sector)*sectorSize, false); e != 0 {
		t.Errorf("write: %v", e)
	}
}

func (d *disk) holds(t *testing.T, want string) {
	t.Helper()
	b := make([]byte, d.size())
	if n, e := d.read(b, 0); n != len(b) || e != 0 {
		t.Fatalf("read gives %d bytes, %v", n, e)
	}
	if got := letters(b); got != want {
		t.Errorf("the disk holds %s, want %s", got, want)
	}
}

func TestPowerCut(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, d *disk)
		keep keeping
		want string
	}{
		{"nothing was written", func(t *testing.T, d *disk) {}, keepNone, "abcdef"},
		{"written, not flushed, lost", func(t *testing.T, d *disk) { d.put(t, 1, "XY") }, keepNone, "abcdef"},
		{"written, not flushed, kept", func(t *testing.T, d *disk) { d.put(t, 1, "XY") }, keepAll, "aXYdef"},
		{"flushed", func(t *testing.T, d *disk) { d.put(t, 1, "XY"); d.flush() }, keepNone, "aXYdef"},
		{"written again after the flush", func(t *testing.T, d *disk) { d.put(t, 1, "XY"); d.flush(); d.put(t, 2, "Z") }, keepNone, "aXYdef"},
		{"durable at once", func(t *testing.T, d *disk) {
			d.put(t, 0, "W")
			d.write(contents("XY"), sectorSize, true)
		}, keepNone, "aXYdef"},
		{"a failed flush loses what later flushes don't bring back", func(t *testing.T, d *disk) {
			d.put(t, 1, "XY")
			_ = d.fail([]string{"flush", "times", "1"})
			if e := d.flush(); e != syscall.EIO {
				t.Errorf("flush: %v", e)
			}
			d.holds(t, "aXYdef")
			d.put(t, 2, "Z")
			d.flush()
		}, keepAll, "abZdef"},
		{"restored", func(t *testing.T, d *disk) {
			d.put(t, 0, "1")
			d.save()
			d.put(t, 0, "2")
			d.flush()
			_ = d.restore()
		}, keepNone, "1bcdef"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := fresh(t, "abcdef")
			c.do(t, d)
			if _, _, err := d.cut(c.keep, 1); err != nil {
				t.Fatal(err)
			}
			d.holds(t, c.want)
		})
	}
}

// A random cut keeps some and loses some, the same ones for the same seed.
func TestRandomCut(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(20) {
		var got [2]string
		for i := range got {
			d := fresh(t, "abcdef")
			d.put(t, 0, "ABCDEF")
			loose, kept, err := d.cut(keepRandom, seed)
			if err != nil || loose != 6 || kept > 6 {
				t.Fatalf("%d of %d kept, %v", kept, loose, err)
			}
			got[i] = letters(d.img.written)
		}
		if got[0] != got[1] {
			t.Errorf("seed %d gives %s and %s", seed, got[0], got[1])
		}
		seen[got[0]] = true
	}
	if len(seen) < 10 {
		t.Errorf("20 seeds give %d outcomes", len(seen))
	}
}

// What waits at a power cut fails; a write may have reached the disk all the same, and nothing lands later.
func TestCutWhileStuck(t *testing.T) {
	for _, c := range []struct {
		keep keeping
		want string
	}{{keepNone, "abcdef"}, {keepAll, "aXYdef"}} {
		d := fresh(t, "abcdef")
		if err := d.stick(every); err != nil {
			t.Fatal(err)
		}
		done := make(chan syscall.Errno)
		go func() { done <- d.write(contents("XY"), sectorSize, false) }()
		for waiting := 0; waiting == 0; {
			d.mu.Lock()
			waiting = len(d.held)
			d.mu.Unlock()
		}
		if _, _, err := d.cut(c.keep, 1); err != nil {
			t.Fatal(err)
		}
		if e := <-done; e != syscall.EIO {
			t.Errorf("a write that waited over a power cut: %v", e)
		}
		d.holds(t, c.want)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault               string
		read, write, second syscall.Errno
		flush               syscall.Errno
	}{
		{"read", syscall.EIO, 0, 0, 0},
		{"write errno ENOSPC", 0, syscall.ENOSPC, syscall.ENOSPC, 0},
		{"write times 1", 0, syscall.EIO, 0, 0},
		{"write from 512 to 1024", 0, syscall.EIO, syscall.EIO, 0},
		{"write from 1536", 0, 0, 0, 0},
		{"write to 512", 0, 0, 0, 0},
		{"flush", 0, 0, 0, syscall.EIO},
		{"all errno ENXIO", syscall.ENXIO, syscall.ENXIO, syscall.ENXIO, syscall.ENXIO},
	} {
		t.Run(c.fault, func(t *testing.T) {
			d := fresh(t, "abcdef")
			if err := d.fail(strings.Fields(c.fault)); err != nil {
				t.Fatal(err)
			}
			_, read := d.read(make([]byte, 512), 512)
			write, second, flush := d.write(contents("XY"), 512, false), d.write(contents("XY"), 512, false), d.flush()
			if read != c.read || write != c.write || second != c.second || flush != c.flush {
				t.Errorf("read %v, write %v, again %v, flush %v", read, write, second, flush)
			}
			d.heal()
			if _, e := d.read(make([]byte, 512), 512); e != 0 {
				t.Errorf("healed: %v", e)
			}
		})
	}
	for _, bad := range []string{"fail none", "fail read from", "fail read from x", "fail read errno EWHAT", "fail read at 5", "stick", "cut some 1", "restore", "watch 0 0 0", "", "jump"} {
		if said, err := fresh(t, "abcdef").obey(strings.Fields(bad)); err == nil {
			t.Errorf("%q is obeyed: %q", bad, said)
		}
	}
}

// A write of data is early if the map that is durable doesn't mark all of its extents.
func TestEarly(t *testing.T) {
	d := fresh(t, "\x00\x00ddddd") // map in sector 1, data from 2 on, extents of two sectors
	if err := d.watch(layout{mapAt: sectorSize, data: 2 * sectorSize, extent: 2 * sectorSize}); err != nil {
		t.Fatal(err)
	}
	mark := func(bits byte) { d.write([]byte{bits}, sectorSize, false) }
	d.put(t, 2, "X")
	mark(1) // which isn't durable yet
	d.put(t, 2, "X")
	d.flush()
	d.put(t, 2, "XX")
	d.put(t, 3, "XX") // into the second extent
	mark(3)
	d.flush()
	d.put(t, 3, "XX")
	d.put(t, 6, "X")
	var early []bool
	for _, op := range d.recorded() {
		if op.Kind == "write" && op.Off >= 2*sectorSize {
			early = append(early, op.Early)
		}
	}
	if want := []bool{true, true, false, true, false, true}; !slices.Equal(early, want) {
		t.Errorf("early are %v, want %v", early, want)
	}
}

// Whoever connects to the socket tells the disk what to do.
func TestControl(t *testing.T) {
	d := fresh(t, "abcdef")
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { d.serveControl(l); close(done) }()
	d.put(t, 1, "XY")
	if said, err := Tell(socket, "cut", "none", "7"); err != nil || said != "0 of 2 sectors kept" {
		t.Errorf("cut says %q, %v", said, err)
	}
	if _, err := Tell(socket, "jump"); err == nil || !strings.Contains(err.Error(), "power") {
		t.Errorf("an unknown command is answered by %v, without what there is", err)
	}
	l.Close()
	<-done
}
