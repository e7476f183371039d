package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestLZFRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	mixed := append(append(rnd(3000, "x"), make([]byte, 9000)...), text(3000)...)
	few := make([]byte, 20000)
	for i := range few {
		few[i] = byte(r.IntN(3))
	}
	far := append(append(rnd(100, "y"), rnd(lzfMaxDistance-100, "z")...), rnd(100, "y")...)
	tests := []struct {
		name string
		data []byte
		most int // bytes of the encoding
	}{
		{"text", text(8192), 3000},
		{"zeroes", make([]byte, 131072), 2000},
		{"short period", bytes.Repeat([]byte("ab"), 5000), 200},
		{"random", rnd(8192, "A"), 8192 + 8192/32},
		{"mixed", mixed, 8000},
		{"three symbols", few, 12000},
		{"the farthest reference", far, len(far)*33/32 - 90},
		{"one byte", []byte{1}, 2},
		{"four bytes", []byte{1, 1, 1, 1}, 5},
		{"nothing", nil, 0},
	}
	var table lzfTable
	for _, tt := range tests {
		out, ok := table.compress(nil, tt.data, len(tt.data)+len(tt.data)/16+16)
		if !ok || len(out) > tt.most {
			t.Errorf("%s: %d bytes became %d (%t), expected at most %d", tt.name, len(tt.data), len(out), ok, tt.most)
		}
		back := bytes.Repeat([]byte{0xee}, len(tt.data))
		if err := lzfDecompress(back, out); err != nil || !bytes.Equal(back, tt.data) {
			t.Errorf("%s: comes back different (%v)", tt.name, err)
		}
		// One byte less of room must be noticed, wherever it is lacking.
		for limit := range len(out) {
			if got, ok := table.compress(make([]byte, 0, len(out)), tt.data, limit); ok || len(got) > limit {
				t.Fatalf("%s: fits into %d bytes though it needs %d", tt.name, limit, len(out))
			}
			if limit > 300 {
				break
			}
		}
	}
}

func TestLZFTableSurvivesItsCounter(t *testing.T) {
	var table lzfTable
	data := text(8192)
	for _, base := range []uint32{0, 1<<32 - 8194, 1<<32 - 8193, 1<<32 - 2, 1<<32 - 1} {
		table.base = base
		for range 3 {
			out, ok := table.compress(nil, data, len(data))
			back := make([]byte, len(data))
			if err := lzfDecompress(back, out); !ok || err != nil || !bytes.Equal(back, data) {
				t.Fatalf("base %d: comes back different (%v)", base, err)
			}
		}
	}
}

func TestLZFDecompressRefuses(t *testing.T) {
	tests := []struct {
		name string
		in   string
		size int
	}{
		{"literal run cut off", "03 61 62", 4},
		{"literal run too long", "02 616263", 2},
		{"too short", "01 6162", 3},
		{"too long", "01 6162", 1},
		{"reference without its second byte", "00 61 20", 4},
		{"long reference without its length", "00 61 e0", 10},
		{"long reference without its distance", "00 61 e0 00", 10},
		{"reference before the beginning", "00 61 20 01", 4},
		{"reference at the beginning", "20 00", 3},
		{"reference too long", "00 61 20 00", 3},
		{"empty", "", 1},
	}
	for _, tt := range tests {
		if err := lzfDecompress(make([]byte, tt.size), unhex(t, tt.in)); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
	for _, good := range []struct{ in, want string }{
		{"00 61 20 00", "aaaa"},
		{"01 6162 40 01", "ababab"},
		{"00 61 e0 00 00", "aaaaaaaaaa"},
	} {
		got := make([]byte, len(good.want))
		if err := lzfDecompress(got, unhex(t, good.in)); err != nil || string(got) != good.want {
			t.Errorf("%s: got %q, %v, want %q", good.in, got, err, good.want)
		}
	}
}

func FuzzLZF(f *testing.F) {
	f.Add([]byte("abcabcabcabcabcabc"), uint16(18))
	f.Add(unhex(f, "00 61 e0 00 00"), uint16(10))
	f.Add(text(2000), uint16(2000))
	f.Fuzz(func(t *testing.T, b []byte, size uint16) {
		// As a stream: any outcome but a panic.
		guard := bytes.Repeat([]byte{0xee}, int(size)+8)
		if lzfDecompress(guard[:size:size], b) == nil && size == 0 && len(b) > 0 {
			t.Error("bytes decompress to nothing")
		}
		if !bytes.Equal(guard[size:], bytes.Repeat([]byte{0xee}, 8)) {
			t.Error("wrote behind the end")
		}
		// As data: it comes back.
		var table lzfTable
		for range 2 {
			out, ok := table.compress(nil, b, len(b)+len(b)/16+16)
			back := make([]byte, len(b))
			if err := lzfDecompress(back, out); !ok || err != nil || !bytes.Equal(back, b) {
				t.Fatalf("comes back different: %t, %v", ok, err)
			}
		}
	})
}
