package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"hast/states"
)

// send encodes a frame and decodes it again with room for limit bytes of payload.
func send(t testing.TB, f *OutFrame, limit uint32) *InFrame {
	t.Helper()
	var enc Encoder
	head, body, err := enc.AppendHead(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return receive(t, append(head, body...), limit)
}

func receive(t testing.TB, stream []byte, limit uint32) *InFrame {
	t.Helper()
	var got *InFrame
	d := NewDecoder(Limits{MaxPayload: limit})
	if err := d.Feed(stream, func(f *InFrame) { got = f }); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil || got == nil {
		t.Fatalf("no whole frame: %v", err)
	}
	return got
}

func TestPipelineTable(t *testing.T) {
	one := AppendU64(nil, fieldSeq, 1)
	tests := []struct {
		name string
		data []byte
		with states.Compression
		how  states.Compression
		size int // on the wire; -1: smaller than the data
	}{
		{"zeroes, none", make([]byte, 4096), states.CompressionNone, states.CompressionNone, 4096},
		{"zeroes, hole", make([]byte, 4096), states.CompressionHole, states.CompressionHole, 4},
		{"zeroes, lzf", make([]byte, 1<<20), states.CompressionLZF, states.CompressionHole, 4},
		{"zeroes of odd length, hole", make([]byte, 1001), states.CompressionHole, states.CompressionNone, 1001},
		{"last byte set, hole", append(make([]byte, 8191), 1), states.CompressionHole, states.CompressionNone, 8192},
		{"first byte set, hole", append([]byte{1}, make([]byte, 8191)...), states.CompressionHole, states.CompressionNone, 8192},
		{"text, hole", text(4096), states.CompressionHole, states.CompressionNone, 4096},
		{"text, lzf", text(4096), states.CompressionLZF, states.CompressionLZF, -1},
		{"text of 1024, lzf", text(1024), states.CompressionLZF, states.CompressionNone, 1024},
		{"text of 1100 that cannot save 1024, lzf", text(1100), states.CompressionLZF, states.CompressionNone, 1100},
		{"random, lzf", rnd(65536, "A"), states.CompressionLZF, states.CompressionNone, 65536},
	}
	for _, tt := range tests {
		for _, sum := range []states.Checksum{states.ChecksumNone, states.ChecksumCRC32, states.ChecksumSHA256} {
			f := send(t, &OutFrame{Version: 2, NV: one, Payload: tt.data, Compression: tt.with, Checksum: sum}, 1<<20)
			if f.PayloadErr != nil || !bytes.Equal(f.Payload, tt.data) {
				t.Errorf("%s, %v: comes back different (%v)", tt.name, sum, f.PayloadErr)
			}
			if f.Compression != tt.how || f.Checksum != sum {
				t.Errorf("%s, %v: went as %v, %v", tt.name, sum, f.Compression, f.Checksum)
			}
			if tt.size >= 0 && int(f.WireSize) != tt.size || tt.size < 0 && int(f.WireSize) >= len(tt.data)-1020 {
				t.Errorf("%s, %v: %d bytes on the wire, want %d", tt.name, sum, f.WireSize, tt.size)
			}
		}
	}
}

// frameOf puts a message together without the encoder, so that it can be wrong.
func frameOf(nv, payload []byte) []byte {
	b := append([]byte{2}, binary.LittleEndian.AppendUint32(nil, uint32(len(nv)))...)
	return append(append(b, nv...), payload...)
}

func TestPayloadErrorsKeepTheStream(t *testing.T) {
	str := func(name, v string) []byte { return AppendStr(nil, name, v) }
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	length := func(n uint32, rest ...byte) []byte { return append(binary.LittleEndian.AppendUint32(nil, n), rest...) }
	hash := func(n int) []byte { return AppendBytes(nil, fieldHash, make([]byte, n)) }
	tests := []struct {
		name    string
		fields  []byte
		payload []byte
		want    string
	}{
		{"hash missing", str(fieldChecksum, "crc32"), []byte{1}, "Hash is missing."},
		{"hash of another type", cat(str(fieldChecksum, "crc32"), str(fieldHash, "abc")), []byte{1}, "Hash is missing."},
		{"unknown checksum", cat(str(fieldChecksum, "md5\n"), hash(4)), []byte{1}, "Unknown checksum algorithm 'md5?'."},
		{"checksum not a string", cat(AppendU8(nil, fieldChecksum, 1), hash(4)), []byte{1}, "Field checksum is not a string."},
		{"hash too long", cat(str(fieldChecksum, "crc32"), hash(5)), []byte{1}, "Invalid hash size (5) for crc32, should be 4."},
		{"hash too short", cat(str(fieldChecksum, "sha256"), hash(4)), []byte{1}, "Invalid hash size (4) for sha256, should be 32."},
		{"crc32 wrong", cat(str(fieldChecksum, "crc32"), hash(4)), []byte{1}, "Hash mismatch."},
		{"sha256 wrong", cat(str(fieldChecksum, "sha256"), hash(32)), []byte{1}, "Hash mismatch."},
		{"unknown compression", str(fieldCompression, "zip"), []byte{1}, "Unknown compression algorithm 'zip'."},
		{"compression not a string", AppendU8(nil, fieldCompression, 1), []byte{1}, "Field compression is not a string."},
		{"hole of three bytes", str(fieldCompression, "hole"), []byte{1, 0, 0}, "Unable to decompress (invalid size: 3)."},
		{"hole of five bytes", str(fieldCompression, "hole"), length(8, 0), "Unable to decompress (invalid size: 5)."},
		{"hole over the limit", str(fieldCompression, "hole"), length(4097), "Unable to decompress (invalid size: 4097)."},
		{"hole of 4 GiB", str(fieldCompression, "hole"), length(1<<32 - 1), "Unable to decompress (invalid size: 4294967295)."},
		{"hole of nothing", str(fieldCompression, "hole"), length(0), "Unable to decompress (invalid size: 0)."},
		{"lzf without a stream", str(fieldCompression, "lzf"), length(8), "Unable to decompress (invalid size: 4)."},
		{"lzf over the limit", str(fieldCompression, "lzf"), length(4097, 0, 0), "Unable to decompress (invalid size: 4097)."},
		{"lzf damaged", str(fieldCompression, "lzf"), length(2000, 31, 0), "Unable to decompress."},
	}
	seq := AppendU64(nil, fieldSeq, 1)
	next := frameOf(AppendU64(nil, fieldSeq, 2), nil)
	for _, tt := range tests {
		bad := frameOf(cat(seq, tt.fields, AppendU32(nil, fieldSize, uint32(len(tt.payload)))), tt.payload)
		var frames []*InFrame
		d := NewDecoder(Limits{MaxPayload: 4096})
		if err := d.Feed(append(bad, next...), func(f *InFrame) { frames = append(frames, f) }); err != nil {
			t.Errorf("%s: the stream ended with %v", tt.name, err)
			continue
		}
		if len(frames) != 2 {
			t.Errorf("%s: %d frames", tt.name, len(frames))
			continue
		}
		var pe *PayloadError
		if !errors.As(frames[0].PayloadErr, &pe) || pe.Reason != tt.want || frames[0].Payload != nil {
			t.Errorf("%s: got %v, want %q", tt.name, frames[0].PayloadErr, tt.want)
		}
		if !strings.HasPrefix(frames[0].PayloadErr.Error(), tt.want) {
			t.Errorf("%s: error reads %q", tt.name, frames[0].PayloadErr)
		}
		if seq, _ := frames[1].NV.U64(fieldSeq); seq != 2 || frames[1].PayloadErr != nil {
			t.Errorf("%s: the frame behind it is seq %d, %v", tt.name, seq, frames[1].PayloadErr)
		}
	}
}

// TestEveryBitOfAPayloadIsGuarded flips each bit of a guarded payload in turn.
func TestEveryBitOfAPayloadIsGuarded(t *testing.T) {
	for _, sum := range []states.Checksum{states.ChecksumCRC32, states.ChecksumSHA256} {
		var enc Encoder
		head, body, err := enc.AppendHead(nil, &OutFrame{
			Version: 2, NV: AppendU64(nil, fieldSeq, 1), Payload: text(2048), Checksum: sum, Compression: states.CompressionLZF,
		})
		if err != nil {
			t.Fatal(err)
		}
		stream := append(head, body...)
		for bit := range 8 * len(body) {
			at, mask := len(head)+bit/8, byte(1)<<(bit%8)
			stream[at] ^= mask
			if f := receive(t, stream, 4096); f.PayloadErr == nil || f.PayloadErr.Error() != "Hash mismatch." {
				t.Fatalf("%v: bit %d flipped: %v", sum, bit, f.PayloadErr)
			}
			stream[at] ^= mask
		}
	}
}
