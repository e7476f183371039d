package component

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hast/cmd/internal/exit"
	"hast/states"
	"hast/wire"
)

// disk is a component with a volatile cache. It writes down what it is asked for, and fails at one step.
type disk struct {
	now, durable []byte
	steps        []string
	failAt       int
	// crashed gathers what would be found after a power loss at each step, for either fate of the cache.
	crashed [][]byte
}

var errDisk = errors.New("disk is broken")

func newDisk(size int) *disk {
	d := &disk{now: bytes.Repeat([]byte{0xff}, size), failAt: -1}
	d.durable = bytes.Clone(d.now)
	return d
}

func (d *disk) step(format string, args ...any) error {
	d.crashed = append(d.crashed, bytes.Clone(d.durable), bytes.Clone(d.now))
	d.steps = append(d.steps, fmt.Sprintf(format, args...))
	if len(d.steps)-1 == d.failAt {
		return errDisk
	}
	return nil
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) { return copy(p, d.now[off:]), nil }

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	if err := d.step("write %d %d", off, len(p)); err != nil {
		return 0, err
	}
	return copy(d.now[off:], p), nil
}

func (d *disk) Zero(off, n int64) error {
	if err := d.step("zero %d %d", off, n); err != nil {
		return err
	}
	clear(d.now[off : off+n])
	return nil
}

func (d *disk) Flush() error {
	if err := d.step("flush"); err != nil {
		return err
	}
	copy(d.durable, d.now)
	return nil
}

func record(t *testing.T, size int64) states.Record {
	t.Helper()
	r, err := Plan(Wish{Resource: "shared", Path: "disk", Compat: true}, size, 512)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFormat(t *testing.T) {
	const size = 64 << 10
	for _, zero := range []bool{false, true} {
		d := newDisk(size)
		rec := record(t, size)
		if err := Format(d, "disk", rec, zero); err != nil {
			t.Fatal(err)
		}
		want := "write 0 4096, flush, zero 4096 512, flush, write 0 4096, flush"
		if zero {
			want = "write 0 4096, flush, zero 4096 512, zero 4608 60928, flush, write 0 4096, flush"
		}
		if got := strings.Join(d.steps, ", "); got != want {
			t.Errorf("zero %v: got %s, want %s", zero, got, want)
		}
		rec.Zeroed = zero
		if got, err := Read(d); err != nil || got != rec {
			t.Errorf("read back %+v, %v, want %+v", got, err, rec)
		}
		data := byte(0xff)
		if zero {
			data = 0
		}
		for i, b := range d.durable[rec.LocalOff:] {
			if b != data {
				t.Fatalf("zero %v: data at %d is %#x", zero, i, b)
			}
		}
	}
}

// TestFormatCrash looks at what a power loss leaves at each step on a component that was in use. Old
// metadata beside a new, empty map would say that both copies are the same.
func TestFormatCrash(t *testing.T) {
	const size = 64 << 10
	d := newDisk(size)
	rec := record(t, size)
	old := rec
	old.LocalCnt, old.ResUID = 5, 77
	block, err := wire.EncodeMetadata(&old)
	if err != nil {
		t.Fatal(err)
	}
	copy(d.now, block)
	copy(d.durable, block)
	oldMap := bytes.Clone(d.now[states.MapOffset:rec.LocalOff])
	if err := Format(d, "disk", rec, false); err != nil {
		t.Fatal(err)
	}
	for i, found := range d.crashed {
		got, err := Read(bytes.NewReader(found))
		clean := !bytes.Equal(found[states.MapOffset:rec.LocalOff], oldMap)
		switch {
		case errors.Is(err, wire.ErrNoMetadata):
		case err != nil:
			t.Errorf("crash %d: %v", i, err)
		case got == old && clean:
			t.Errorf("crash %d: old metadata beside a new map", i)
		case got == rec && !clean:
			t.Errorf("crash %d: new metadata beside the old map", i)
		}
	}
}

func TestFormatFails(t *testing.T) {
	const size = 64 << 10
	rec := record(t, size)
	for i, want := range []string{
		"clear the old metadata on disk", "flush disk", "store initial bitmap on disk",
		"zero the data area on disk", "flush disk", "write metadata on disk", "flush disk",
	} {
		d := newDisk(size)
		d.failAt = i
		err := Format(d, "disk", rec, true)
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), want) || exit.Code(err) != exit.IOErr {
			t.Errorf("step %d: got %v with code %d", i, err, exit.Code(err))
		}
	}
}

func TestPlan(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		name   string
		wish   Wish
		sector int
		want   states.Record
	}{
		{"ours", Wish{}, 512, states.Record{DataSize: gib - 1<<20, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 1 << 20}},
		{"ours on 4096", Wish{}, 4096, states.Record{DataSize: gib - 1<<20, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 1 << 20}},
		{"FreeBSD's", Wish{Compat: true}, 512, states.Record{DataSize: 1073737216, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 4608}},
		{"a part", Wish{MediaSize: 16 << 20, ExtentSize: 1 << 20, KeepDirty: 8}, 512,
			states.Record{DataSize: 15 << 20, ExtentSize: 1 << 20, KeepDirty: 8, LocalOff: 1 << 20}},
	} {
		c.wish.Resource, c.want.Resource, c.want.PrevRole = "shared", "shared", states.RoleInit
		got, err := Plan(c.wish, gib, c.sector)
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, c := range []struct {
		wish   Wish
		size   int64
		sector int
		want   string
	}{
		{Wish{MediaSize: 2 << 20}, 1 << 20, 512, "Provided mediasize is larger than provider disk size."},
		{Wish{MediaSize: -1}, 1 << 20, 512, "negative"},
		{Wish{}, 1 << 30, 768, "Sector size of provider disk is not power of 2 (768)."},
		{Wish{}, 1 << 30, 8192, "sectors of at most that"},
		{Wish{ExtentSize: 2048}, 1 << 30, 4096, "Extent size (2048) is less than sector size (4096)."},
		{Wish{ExtentSize: 5000}, 1 << 30, 512, "Extent size (5000) is not multiple of sector size (512)."},
		{Wish{ExtentSize: 3 << 20}, 1 << 30, 512, "not power of 2"},
		{Wish{ExtentSize: 2 << 30}, 1 << 40, 512, "is larger than"},
		{Wish{KeepDirty: 1 << 31}, 1 << 30, 512, "keep dirty"},
		{Wish{}, 4096, 512, "too small: 4096 bytes, at least 1052672 are needed. Use a larger one."},
		{Wish{MediaSize: 4096}, 1 << 30, 512, "Give a larger one with -m."},
		{Wish{Compat: true}, 0, 512, "at least 5120 are needed"},
	} {
		c.wish.Resource, c.wish.Path = "shared", "disk"
		_, err := Plan(c.wish, c.size, c.sector)
		if err == nil || !strings.Contains(err.Error(), c.want) || exit.Code(err) != exit.DataErr {
			t.Errorf("%+v of %d: got %v with code %d, want %q", c.wish, c.size, err, exit.Code(err), c.want)
		}
	}
}

func TestReadShort(t *testing.T) {
	if _, err := Read(bytes.NewReader(make([]byte, 100))); err == nil {
		t.Error("a component of 100 bytes has metadata")
	}
	if _, err := Read(bytes.NewReader(make([]byte, 8192))); !errors.Is(err, wire.ErrNoMetadata) {
		t.Errorf("blank component: got %v", err)
	}
}
