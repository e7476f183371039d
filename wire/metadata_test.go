package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hast/states"
)

// fresh is the record of hast-protocol 5.4: 1 GiB, right after create.
var fresh = states.Record{
	Resource: "shared", DataSize: 0x3fffee00, ExtentSize: 2097152, KeepDirty: 64, LocalOff: 0x1200, PrevRole: states.RoleInit,
}

func TestMetadataExample(t *testing.T) {
	want := make([]byte, states.MetadataSize)
	copy(want, unhex(t, `
		1109070000007265736f757263650000 00000000000073686172656400000809
		080000006461746173697a6500000000 0000000000eeff3f00000000060b0400
		0000657874656e7473697a6500000000 00000000200000000000060a04000000
		6b656570646972747900000000000000 400000000000000008070800 00006f66
		66736574000000120000000000000807 08000000726573756964000000000000
		000000000809080000006c6f63616c63 6e740000000000000000000000000000
		0000080a0800000072656d6f7465636e 74000000000000000000000000000000
		110905000000707265 76726f6c650000 000000000000696e6974000000000000`))
	got, err := EncodeMetadata(&fresh)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%x, want\n%x", err, got[:256], want[:256])
	}
	if rec, err := DecodeMetadata(want); err != nil || rec != fresh {
		t.Errorf("got %+v, %v", rec, err)
	}
}

func TestMetadataRoundTrip(t *testing.T) {
	big := states.Record{
		Resource: strings.Repeat("r", MaxResource), DataSize: 1 << 50, ExtentSize: 1 << 21, KeepDirty: 1<<32 - 1,
		LocalOff: 1 << 30, ResUID: 1<<64 - 1, LocalCnt: 1<<64 - 1, RemoteCnt: 5, PrevRole: states.RoleSecondary,
	}
	for _, want := range []states.Record{fresh, big} {
		b, err := EncodeMetadata(&want)
		if err != nil || len(b) != states.MetadataSize {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if got, err := DecodeMetadata(b); err != nil || got != want {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
	}
}

// TestMetadataRecordRules changes one field of a good record; both directions must refuse it.
func TestMetadataRecordRules(t *testing.T) {
	tests := []struct {
		name   string
		change func(*states.Record)
		field  string // empty: it is fine
	}{
		{"as it is", func(*states.Record) {}, ""},
		{"no name", func(r *states.Record) { r.Resource = "" }, fieldResource},
		{"long name", func(r *states.Record) { r.Resource = strings.Repeat("r", MaxResource+1) }, fieldResource},
		{"extent 0", func(r *states.Record) { r.ExtentSize = 0 }, fieldExtentSize},
		{"extent 3000", func(r *states.Record) { r.ExtentSize = 3000 }, fieldExtentSize},
		{"extent 256", func(r *states.Record) { r.ExtentSize = 256 }, fieldExtentSize},
		{"extent 2 GiB", func(r *states.Record) { r.ExtentSize = 1 << 31 }, ""},
		{"no data", func(r *states.Record) { r.DataSize = 0 }, fieldDataSize},
		{"data over 8 EiB", func(r *states.Record) { r.DataSize = 1 << 63 }, fieldDataSize},
		{"offset over 8 EiB", func(r *states.Record) { r.LocalOff = 1<<63 - 1 }, fieldLocalOff},
		{"sum wraps around", func(r *states.Record) { r.LocalOff = 1<<64 - 4096 }, fieldLocalOff},
		{"offset in the metadata", func(r *states.Record) { r.LocalOff = 0 }, fieldLocalOff},
		{"offset in the map", func(r *states.Record) { r.LocalOff = 4096 + 63 }, fieldLocalOff},
		{"offset right behind the map", func(r *states.Record) { r.LocalOff = 4096 + 64 }, ""},
		{"too many extents", func(r *states.Record) { r.DataSize, r.ExtentSize, r.LocalOff = 512<<31+1, 512, 1<<40 }, fieldExtentSize},
		{"as many extents as there may be", func(r *states.Record) { r.DataSize, r.ExtentSize, r.LocalOff = 512<<31, 512, 1<<40 }, ""},
	}
	for _, tt := range tests {
		rec := fresh
		tt.change(&rec)
		_, encErr := EncodeMetadata(&rec)
		block := make([]byte, states.MetadataSize)
		copy(block, unchecked(&rec))
		_, decErr := DecodeMetadata(block)
		for way, err := range map[string]error{"encode": encErr, "decode": decErr} {
			var fe *FieldError
			if tt.field == "" && err != nil || tt.field != "" && (!errors.As(err, &fe) || fe.Field != tt.field) {
				t.Errorf("%s, %s: got %v, want a word about %q", tt.name, way, err, tt.field)
			}
		}
	}
}

// unchecked encodes a record that may be wrong.
func unchecked(r *states.Record) []byte {
	b := AppendStr(nil, fieldResource, r.Resource)
	b = AppendU64(b, fieldDataSize, r.DataSize)
	b = AppendU32(b, fieldExtentSize, r.ExtentSize)
	b = AppendU32(b, fieldKeepDirty, r.KeepDirty)
	b = AppendU64(b, fieldLocalOff, r.LocalOff)
	b = AppendU64(b, fieldResUID, r.ResUID)
	b = AppendU64(b, fieldLocalCnt, r.LocalCnt)
	b = AppendU64(b, fieldRemoteCnt, r.RemoteCnt)
	return AppendStr(b, fieldPrevRole, r.PrevRole.String())
}

func TestDecodeMetadataBlocks(t *testing.T) {
	block := func(nv []byte) []byte {
		b := make([]byte, states.MetadataSize)
		copy(b, nv)
		return b
	}
	if _, err := DecodeMetadata(block(nil)); !errors.Is(err, ErrNoMetadata) {
		t.Errorf("blank block: %v", err)
	}
	for _, n := range []int{0, 512, states.MetadataSize - 1, states.MetadataSize + 1} {
		if _, err := DecodeMetadata(make([]byte, n)); err == nil || errors.Is(err, ErrNoMetadata) {
			t.Errorf("block of %d bytes: %v", n, err)
		}
	}
	if _, err := DecodeMetadata(rnd(states.MetadataSize, "A")); err == nil || !strings.Contains(err.Error(), "not a HAST component") {
		t.Errorf("random block: %v", err)
	}
	for _, name := range []string{fieldResource, fieldDataSize, fieldExtentSize, fieldKeepDirty, fieldLocalOff, fieldResUID, fieldLocalCnt, fieldRemoteCnt, fieldPrevRole} {
		_, err := DecodeMetadata(block(without(unchecked(&fresh), name, nil)))
		checkFieldError(t, "metadata", err, name, "is missing")
		_, err = DecodeMetadata(block(without(unchecked(&fresh), name, AppendU16(nil, name, 1))))
		checkFieldError(t, "metadata", err, name, "has another type")
	}
	// What others may have added, and a role of the future, do no harm.
	nv := AppendStr(AppendU64(nil, "x_session", 5), "x_bootstrap", "id")
	nv = append(nv, without(unchecked(&fresh), fieldPrevRole, AppendStr(nil, fieldPrevRole, "arbiter"))...)
	want := fresh
	want.PrevRole = states.RoleUndef
	if rec, err := DecodeMetadata(block(nv)); err != nil || rec != want {
		t.Errorf("got %+v, %v", rec, err)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add(unchecked(&fresh))
	f.Add([]byte{})
	for _, file := range vectorFiles(f, "1-*.nodea.meta") {
		f.Add(readFile(f, file)[:300])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		block := make([]byte, states.MetadataSize)
		copy(block, b)
		rec, err := DecodeMetadata(block)
		if err != nil {
			return
		}
		if end := rec.LocalOff + rec.DataSize; end < rec.DataSize || end > 1<<63 {
			t.Errorf("%+v wraps around", rec)
		}
		if rec.MapSize() < states.MapBytes(rec.DataSize, rec.ExtentSize) {
			t.Errorf("%+v has no room for its map", rec)
		}
		again, err := EncodeMetadata(&rec)
		if err != nil {
			t.Fatalf("%+v: %v", rec, err)
		}
		rec.Bad = rec.Bad.Widened(MaxBlockRuns)
		if back, err := DecodeMetadata(again); err != nil || back != rec {
			t.Errorf("%+v came back as %+v, %v", rec, back, err)
		}
	})
}

// A component that was created as zeroes says so in all its places, and one that wasn't doesn't mention it.
func TestMetadataZeroed(t *testing.T) {
	rec := states.Record{Resource: "shared", DataSize: 1 << 20, ExtentSize: 4096, LocalOff: 1 << 20, PrevRole: states.RoleInit}
	plain, err := EncodeMetadata(&rec)
	if err != nil {
		t.Fatal(err)
	}
	rec.Zeroed = true
	marked, err := EncodeMetadata(&rec)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeMetadata(marked); err != nil || got != rec {
		t.Errorf("%+v came back as %+v, %v", rec, got, err)
	}
	if bytes.Contains(plain, []byte(fieldZeroed)) || !bytes.Contains(marked, []byte(fieldZeroed)) {
		t.Error("the mark is where it isn't, or isn't where it is")
	}
}

// The mark of an unfit copy stands behind the original's fields, which stay as they were; a number from a
// later version counts as the worst that we know.
func TestMetadataUnfit(t *testing.T) {
	rec := states.Record{Resource: "shared", DataSize: 1 << 20, ExtentSize: 4096, LocalOff: 1 << 20, PrevRole: states.RoleSecondary}
	fit, err := EncodeMetadata(&rec)
	if err != nil {
		t.Fatal(err)
	}
	rec.Unfit = states.Outdated
	marked, err := EncodeMetadata(&rec)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndexByte(fit, 'y') + 1 // of "secondary"
	if !bytes.Equal(fit[:end], marked[:end]) {
		t.Error("the mark moved the original's fields")
	}
	if got, err := DecodeMetadata(marked); err != nil || got != rec {
		t.Errorf("%+v came back as %+v, %v", rec, got, err)
	}
	at := bytes.Index(marked, []byte("x_unfit")) + 8
	marked[at] = 200
	if got, err := DecodeMetadata(marked); err != nil || got.Unfit != states.Inconsistent {
		t.Errorf("grade 200 is read as %v, %v", got.Unfit, err)
	}
}
