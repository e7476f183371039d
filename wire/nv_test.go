package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestElementLayout(t *testing.T) {
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"u8", AppendU8(nil, "cmd", 2), "02 04 01000000 636d640000000000 0200000000000000"},
		{"i8", AppendI8(nil, "a", -1), "01 02 01000000 6100000000000000 ff00000000000000"},
		{"i16", AppendI16(nil, "a", -2), "03 02 02000000 6100000000000000 feff000000000000"},
		{"u16", AppendU16(nil, "a", 0x1234), "04 02 02000000 6100000000000000 3412000000000000"},
		{"i32", AppendI32(nil, "a", -2), "05 02 04000000 6100000000000000 feffffff00000000"},
		{"u32", AppendU32(nil, "a", 7), "06 02 04000000 6100000000000000 0700000000000000"},
		{"i64", AppendI64(nil, "a", -2), "07 02 08000000 6100000000000000 feffffffffffffff"},
		{"u64, name fills its 8 bytes", AppendU64(nil, "seventh", 1), "08 08 08000000 736576656e746800 0100000000000000"},
		{"u64, name takes 16 bytes", AppendU64(nil, "eighthcc", 1), "08 09 08000000 65696768746863630000000000000000 0100000000000000"},
		{"string", AppendStr(nil, "a", "hole"), "11 02 05000000 6100000000000000 686f6c6500000000"},
		{"empty string", AppendStr(nil, "a", ""), "11 02 01000000 6100000000000000 0000000000000000"},
		{"string stops at NUL", AppendStr(nil, "a", "x\x00y"), "11 02 02000000 6100000000000000 7800000000000000"},
		{"bytes", AppendBytes(nil, "a", []byte{1, 2, 3}), "0a 02 03000000 6100000000000000 0102030000000000"},
		{"no bytes", AppendBytes(nil, "a", nil), ""},
	}
	for _, tt := range tests {
		if want := unhex(t, tt.want); !bytes.Equal(tt.got, want) {
			t.Errorf("%s: %x, want %x", tt.name, tt.got, want)
		}
		if _, err := ParseNV(tt.got); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestLongestName(t *testing.T) {
	for _, n := range []int{MaxName, MaxName + 50} {
		name := strings.Repeat("n", n)
		nv, err := ParseNV(AppendU8(nil, name, 9))
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := nv.U8(name[:MaxName]); !ok || v != 9 {
			t.Errorf("name of %d bytes: got %d, %t", n, v, ok)
		}
	}
}

func TestParseNVRefuses(t *testing.T) {
	tests := []struct{ name, in, reason string }{
		{"seven bytes", "02 04 01000000 63", "header is cut off"},
		{"type 18", "12 02 01000000 6100000000000000 0100000000000000", "unknown type"},
		{"type 0 with the order flag", "80 02 01000000 6100000000000000 0100000000000000", "unknown type"},
		{"no name", "02 01 01000000 0000000000000000 0100000000000000", "name is empty"},
		{"name size 0", "02 00 01000000 0000000000000000 0100000000000000", "name is empty"},
		{"name without NUL", "02 02 01000000 6161000000000000 0100000000000000", "only NUL"},
		{"name with a NUL inside", "02 04 01000000 6100610000000000 0100000000000000", "only NUL"},
		{"name cut off", "02 09 01000000 6161616161616161", "name is cut off"},
		{"no data", "0a 02 00000000 6100000000000000", "data is empty"},
		{"data cut off", "08 02 08000000 6100000000000000 01000000000000", "data is cut off"},
		{"data of 4 GiB", "0a 02 ffffffff 6100000000000000 0100000000000000", "data is cut off"},
		{"u8 of two bytes", "02 02 02000000 6100000000000000 0100000000000000", "another size"},
		{"u64 of four bytes", "08 02 04000000 6100000000000000 0100000000000000", "another size"},
		{"i32 array of 6 bytes", "0d 02 06000000 6100000000000000 0100000000000000", "multiple"},
		{"string without NUL", "11 02 02000000 6100000000000000 6161000000000000", "only NUL"},
		{"string with a NUL inside", "11 02 03000000 6100000000000000 6100610000000000", "only NUL"},
		{"second element bad", "02 02 01000000 6100000000000000 0100000000000000 13", "header is cut off"},
	}
	for _, tt := range tests {
		_, err := ParseNV(unhex(t, tt.in))
		var bad *NVError
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, tt.reason) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.reason)
		}
	}
}

func TestParseNVAcceptsPaddingAndOrderFlag(t *testing.T) {
	nv, err := ParseNV(unhex(t, "88 02 08000000 61 00 deadbeef0102 0500000000000000 00 ff ff"))
	if err != nil {
		t.Fatal(err)
	}
	if len(nv) != 22 {
		t.Errorf("nv of %d bytes, the padding is not part of it", len(nv))
	}
	if v, ok := nv.U64("a"); !ok || v != 5 {
		t.Errorf("got %d, %t", v, ok)
	}
	for _, empty := range [][]byte{nil, {}, make([]byte, 100)} {
		if nv, err := ParseNV(empty); err != nil || len(nv) != 0 {
			t.Errorf("empty nv: got %x, %v", []byte(nv), err)
		}
	}
}

func TestFirstOfEqualNamesWins(t *testing.T) {
	b := AppendU8(nil, "a", 1)
	b = AppendU8(b, "a", 2)
	b = AppendU64(b, "b", 3)
	b = AppendU8(b, "b", 4)
	nv, err := ParseNV(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := nv.U8("a"); !ok || v != 1 {
		t.Errorf("a: got %d, %t", v, ok)
	}
	if v, ok := nv.U8("b"); ok {
		t.Errorf("b: got %d behind a first one of another type", v)
	}
	if !nv.Has("b") || nv.Has("c") {
		t.Error("Has must ignore the type and know the name")
	}
}

func TestLookups(t *testing.T) {
	b := AppendI8(nil, "i8", -8)
	b = AppendU16(b, "u16", 16)
	b = AppendI16(b, "i16", -16)
	b = AppendU32(b, "u32", 1<<31)
	b = AppendI32(b, "i32", -32)
	b = AppendI64(b, "i64", -64)
	b = AppendStr(b, "s", "text")
	b = AppendBytes(b, "bytes", []byte{1, 2})
	nv, err := ParseNV(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := nv.I8("i8"); !ok || v != -8 {
		t.Errorf("i8: %d, %t", v, ok)
	}
	if v, ok := nv.U16("u16"); !ok || v != 16 {
		t.Errorf("u16: %d, %t", v, ok)
	}
	if v, ok := nv.I16("i16"); !ok || v != -16 {
		t.Errorf("i16: %d, %t", v, ok)
	}
	if v, ok := nv.U32("u32"); !ok || v != 1<<31 {
		t.Errorf("u32: %d, %t", v, ok)
	}
	if v, ok := nv.I32("i32"); !ok || v != -32 {
		t.Errorf("i32: %d, %t", v, ok)
	}
	if v, ok := nv.I64("i64"); !ok || v != -64 {
		t.Errorf("i64: %d, %t", v, ok)
	}
	if v, ok := nv.Str("s"); !ok || v != "text" {
		t.Errorf("s: %q, %t", v, ok)
	}
	if v, ok := nv.Bytes("bytes"); !ok || !bytes.Equal(v, []byte{1, 2}) {
		t.Errorf("bytes: %x, %t", v, ok)
	}
	if _, ok := nv.Bytes("s"); ok {
		t.Error("a string was taken for bytes")
	}
	if _, ok := nv.Str("bytes"); ok {
		t.Error("bytes were taken for a string")
	}
}

// TestLookupsOfUncheckedBytes: NV is a slice type, so anybody can make one of anything.
func TestLookupsOfUncheckedBytes(t *testing.T) {
	for _, in := range []string{"08", "08 02 08000000 61", "08 00 00000000 61 00", "08 02 ffffffff 6100000000000000 00", "ff ff ffffffff ffff", "11 07 00000000 3030303030303030 3030"} {
		nv := NV(unhex(t, in))
		if nv.Has("a") || Describe(nv) == "" {
			t.Errorf("%s: found a field in garbage", in)
		}
	}
}

func TestNVTakesNoMemory(t *testing.T) {
	dst := make([]byte, 0, 512)
	var sum uint64
	n := testing.AllocsPerRun(100, func() {
		b := AppendU8(dst, fieldCmd, 2)
		b = AppendU64(b, fieldSeq, 7)
		b = AppendStr(b, fieldCompression, "hole")
		b = AppendBytes(b, fieldHash, zeroes[:32])
		nv, err := ParseNV(b)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := nv.U64(fieldSeq)
		h, _ := nv.Bytes(fieldHash)
		s, _ := nv.StrBytes(fieldCompression)
		sum += v + uint64(len(h)+len(s))
	})
	if n != 0 || sum == 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzNV(f *testing.F) {
	f.Add(AppendBytes(AppendStr(AppendU64(nil, "seq", 7), "s", "x"), "b", []byte{1, 2, 3}))
	f.Add(unhex(f, "02 04 01 00 00 00 63 6d 64 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		nv, err := ParseNV(b)
		Describe(NV(b))
		if err != nil {
			return
		}
		// What was accepted can be taken apart to the last byte and put together again.
		var again []byte
		nv.Each(func(name []byte, typ byte, data []byte) bool {
			again = appendElement(again, typ, string(name), len(data))
			again = append(again, data...)
			again = append(again, zeroes[:pad8(len(data))-len(data)]...)
			if !nv.Has(string(name)) {
				t.Errorf("element %q cannot be found", name)
			}
			return true
		})
		if len(again) != len(nv) {
			t.Errorf("%d bytes came back as %d", len(nv), len(again))
		}
		if twice, err := ParseNV(again); err != nil || len(twice) != len(again) {
			t.Errorf("encoding is not stable: %v", err)
		}
	})
}
