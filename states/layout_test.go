package states

import (
	"errors"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	const def = 2 << 20
	for _, c := range []struct {
		name                        string
		media                       uint64
		extent                      uint32
		localoff, mapsize, datasize uint64
	}{
		{"1 GiB", 1 << 30, def, 1 << 20, 1<<20 - 4096, 1<<30 - 1<<20},
		{"smallest", 1<<20 + 4096, def, 1 << 20, 1<<20 - 4096, 4096},
		{"odd tail is left over", 1<<30 + 4095, def, 1 << 20, 1<<20 - 4096, 1<<30 - 1<<20},
		{"whole sectors of 512 only", 1<<30 + 512*9, def, 1 << 20, 1<<20 - 4096, 1<<30 - 1<<20 + 4096},
		// 16 TiB: 8 Mi extents, 1 MiB of map; twice that and the spare round up to 3 MiB.
		{"16 TiB", 16 << 40, def, 3 << 20, 3<<20 - 4096, 16<<40 - 3<<20},
		{"small extents", 1 << 30, 4096, 1 << 20, 1<<20 - 4096, 1<<30 - 1<<20},
		// 64 GiB in extents of 4 KiB: 16 Mi bits, 2 MiB of map.
		{"many extents", 64 << 30, 4096, 5 << 20, 5<<20 - 4096, 64<<30 - 5<<20},
	} {
		t.Run(c.name, func(t *testing.T) {
			localoff, mapsize, datasize, err := Layout(c.media, c.extent)
			if err != nil {
				t.Fatal(err)
			}
			if localoff != c.localoff || mapsize != c.mapsize || datasize != c.datasize {
				t.Errorf("got %d %d %d, want %d %d %d", localoff, mapsize, datasize, c.localoff, c.mapsize, c.datasize)
			}
			r := Record{DataSize: datasize, ExtentSize: c.extent, LocalOff: localoff}
			if need := MapBytes(datasize, c.extent); r.MapSize() < need || 2*need+LayoutSpare > mapsize {
				t.Errorf("room of %d bytes for two maps of %d", mapsize, need)
			}
		})
	}
}

func TestCompatLayout(t *testing.T) {
	const def = 2 << 20
	for _, c := range []struct {
		name                        string
		media                       uint64
		extent, sector              uint32
		localoff, mapsize, datasize uint64
	}{
		// The worked example of hast-protocol §5.4.
		{"1 GiB file", 1 << 30, def, 512, 4608, 512, 1073737216},
		{"1 GiB disk of 4096", 1 << 30, def, 4096, 8192, 4096, 1<<30 - 8192},
		{"one map sector is full at 8 GiB", 8<<30 + 4096, def, 512, 4608, 512, 8<<30 - 512},
		{"and one byte more needs a second", 8<<30 + 4097, def, 512, 5120, 1024, 8<<30 + 4097 - 5120},
		{"smallest", 4096 + 1024, def, 512, 4608, 512, 512},
		{"odd size", 1<<20 + 1, def, 512, 4608, 512, 1<<20 + 1 - 4608},
	} {
		t.Run(c.name, func(t *testing.T) {
			localoff, mapsize, datasize, err := CompatLayout(c.media, c.extent, c.sector)
			if err != nil {
				t.Fatal(err)
			}
			if localoff != c.localoff || mapsize != c.mapsize || datasize != c.datasize {
				t.Errorf("got %d %d %d, want %d %d %d", localoff, mapsize, datasize, c.localoff, c.mapsize, c.datasize)
			}
		})
	}
}

func TestLayoutRefuses(t *testing.T) {
	for _, c := range []struct {
		media          uint64
		extent, sector uint32 // sector 0: Layout, else CompatLayout
		want           string
	}{
		{0, 2 << 20, 0, "too small: 0 bytes, at least 1052672 are needed"},
		{1<<20 + 4095, 2 << 20, 0, "too small"},
		{1 << 30, 0, 0, "less than 4096"},
		{1 << 30, 2048, 0, "less than 4096"},
		{1 << 30, 4096 * 3, 0, "not power of 2"},
		{1 << 30, 4097, 0, "not multiple"},
		{1 << 63, 2 << 20, 0, "too large"},
		{1 << 50, 4096, 0, "more than 2147483647 extents"},
		{0, 2 << 20, 512, "too small: 0 bytes, at least 5120 are needed"},
		{5119, 2 << 20, 512, "too small"},
		{1 << 30, 2 << 20, 0x300, "sector size is not power of 2 (768)"},
		{1 << 30, 256, 512, "extent size (256) is less than sector size (512)"},
		{1 << 30, 512 + 256, 512, "extent size (768) is not multiple of sector size (512)"},
		{1 << 30, 1536, 512, "not power of 2"},
		{1 << 63, 2 << 20, 512, "too large"},
	} {
		var err error
		if c.sector == 0 {
			_, _, _, err = Layout(c.media, c.extent)
		} else {
			_, _, _, err = CompatLayout(c.media, c.extent, c.sector)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("media %d extent %d sector %d: got %v, want %q", c.media, c.extent, c.sector, err, c.want)
		}
		var small *TooSmallError
		if errors.As(err, &small) && c.sector != 0 {
			if _, _, _, err := CompatLayout(small.Min, c.extent, c.sector); err != nil {
				t.Errorf("the size that was asked for is refused: %v", err)
			}
		} else if small != nil {
			if _, _, _, err := Layout(small.Min, c.extent); err != nil {
				t.Errorf("the size that was asked for is refused: %v", err)
			}
		}
	}
}
