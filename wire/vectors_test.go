package wire

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hast/states"
)

// The recordings in testdata/vectors are the second opinion: bytes of a stock pair. Each message is
// decoded and encoded again, which must give the recorded bytes.

// sessionOptions says what the recorded nodes were configured with: checksum and compression.
func sessionOptions(t testing.TB, session string) (states.Checksum, states.Compression) {
	t.Helper()
	words := strings.Split(session, "-")
	switch {
	case strings.HasPrefix(session, "io-") && len(words) == 4:
		c, err := states.ParseChecksum(words[2])
		if err != nil {
			t.Fatal(err)
		}
		z, err := states.ParseCompression(words[3])
		if err != nil {
			t.Fatal(err)
		}
		return c, z
	case session == "sync-from-primary":
		return states.ChecksumCRC32, states.CompressionNone
	case session == "sync-fresh-secondary", session == "sync-full-replaced-secondary":
		return states.ChecksumNone, states.CompressionHole
	}
	return states.ChecksumNone, states.CompressionNone
}

// zeroNamePadding returns a copy of nv in which the padding of names is zero; the original leaves
// garbage there.
func zeroNamePadding(nv NV) NV {
	out := bytes.Clone(nv)
	for at := 0; at < len(out); {
		nameSize := int(out[at+1])
		_, _, _, rest, ok := NV(out[at:]).next()
		if !ok {
			break
		}
		clear(out[at+nvHeader+nameSize : at+nvHeader+pad8(nameSize)])
		at = len(out) - len(rest)
	}
	return out
}

// decodeAll decodes a whole stream and fails the test if it isn't frames to its end.
func decodeAll(t testing.TB, stream []byte) []*InFrame {
	t.Helper()
	d := NewDecoder(Limits{MaxPayload: MaxPayload, MaxNV: MaxControlNV})
	var frames []*InFrame
	if err := d.Feed(stream, func(f *InFrame) { frames = append(frames, f) }); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return frames
}

// reencode decodes a message of a peer with the typed decoder and encodes it again.
func reencode(nv NV) ([]byte, string, error) {
	switch {
	case nv.Has(fieldCmd):
		r, err := DecodeRequest(nv)
		if err != nil {
			return nil, "", err
		}
		b, err := AppendRequest(nil, &r)
		return b, r.Cmd.String(), err
	case nv.Has(fieldSeq):
		r, err := DecodeReply(nv)
		return AppendReply(nil, &r), "reply", err
	case nv.Has(fieldResource) && IsHello2(nv):
		h, err := DecodeHello2(nv)
		return AppendHello2(nil, &h), "hello2", err
	case nv.Has(fieldResource):
		h, err := DecodeHello1(nv)
		return AppendHello1(nil, &h), "hello1", err
	case nv.Has(fieldDataSize):
		h, err := DecodeHello2Reply(nv)
		return AppendHello2Reply(nil, &h), "hello2 reply", err
	}
	h, err := DecodeHello1Reply(nv)
	return AppendHello1Reply(nil, &h), "hello1 reply", err
}

// withoutSize cuts the elements off that depend on what the lzf encoder made.
func withoutSize(nv NV) NV {
	var out NV
	for rest := nv; len(rest) > 0; {
		name, _, _, next, ok := rest.next()
		if !ok {
			break
		}
		if string(name) != fieldHash && string(name) != fieldSize {
			out = append(out, rest[:len(rest)-len(next)]...)
		}
		rest = next
	}
	return out
}

func vectorFiles(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "vectors", "*", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings match %s: %v", pattern, err)
	}
	return files
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecordedStreamsReencode(t *testing.T) {
	kinds := map[string]int{}
	for _, file := range vectorFiles(t, "conn*.bin") {
		session := filepath.Base(filepath.Dir(file))
		checksum, compression := sessionOptions(t, session)
		stream := readFile(t, file)
		var enc Encoder
		var again []byte
		for i, f := range decodeAll(t, stream) {
			if f.PayloadErr != nil {
				t.Fatalf("%s message %d: %v", file, i, f.PayloadErr)
			}
			nv, kind, err := reencode(f.NV)
			if err != nil {
				t.Fatalf("%s message %d: %v", file, i, err)
			}
			kinds[kind]++
			head, body, err := enc.AppendHead(nil, &OutFrame{
				Version: f.Version, NV: nv, Payload: f.Payload, Compression: compression, Checksum: checksum,
			})
			if err != nil {
				t.Fatalf("%s message %d: %v", file, i, err)
			}
			at := len(again)
			again = append(append(again, head...), body...)
			got := decodeAll(t, again[at:])[0]
			want := zeroNamePadding(f.NV)
			if f.Compression == states.CompressionLZF {
				kinds["lzf"]++
				if !bytes.Equal(withoutSize(got.NV), withoutSize(want)) || !bytes.Equal(got.Payload, f.Payload) {
					t.Fatalf("%s message %d: %s came back as %s", file, i, describeFields(want), describeFields(got.NV))
				}
			} else if !bytes.Equal(got.NV, want) || !bytes.Equal(body, f.wire.bytes) || head[0] != f.Version {
				t.Fatalf("%s message %d: %s\n%x\ncame back as %s\n%x", file, i, describeFields(want), []byte(want), describeFields(got.NV), []byte(got.NV))
			}
		}
	}
	for _, kind := range []string{"hello1", "hello1 reply", "hello2", "hello2 reply", "reply", "lzf",
		"READ", "WRITE", "DELETE", "FLUSH", "KEEPALIVE"} {
		if kinds[kind] == 0 {
			t.Errorf("the recordings hold no %s: %v", kind, kinds)
		}
	}
}

func TestRecordedControlReencodes(t *testing.T) {
	for _, file := range vectorFiles(t, "ctl*.bin") {
		f := decodeAll(t, readFile(t, file))[0]
		var again []byte
		var err error
		if strings.Contains(file, ".req.") {
			var r ControlRequest
			r, err = DecodeControlRequest(f.NV)
			again = AppendControlRequest(nil, &r)
		} else {
			var r ControlReply
			r, err = DecodeControlReply(f.NV)
			again = AppendControlReply(nil, &r)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if want := zeroNamePadding(f.NV); !bytes.Equal(again, want) {
			t.Errorf("%s:\n%s\ncame back as\n%s", file, describeFields(want), describeFields(again))
		}
	}
}

func TestRecordedMetadataReencodes(t *testing.T) {
	elements := 0
	for _, file := range vectorFiles(t, "*.meta") {
		block := readFile(t, file)
		rec, err := DecodeMetadata(block)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		again, err := EncodeMetadata(&rec)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		nv, err := ParseNV(block)
		if err != nil {
			t.Fatal(err)
		}
		nv.Each(func([]byte, byte, []byte) bool { elements++; return true })
		want := make([]byte, len(block))
		copy(want, zeroNamePadding(nv))
		if !bytes.Equal(again, want) {
			t.Errorf("%s: %+v encodes to another block", file, rec)
		}
	}
	if elements != 495 {
		t.Errorf("%d elements compared, the recordings hold 495", elements)
	}
}

// The generators of the recorded payloads; see testdata/vectors/README.md.

func rnd(n int, seed string) []byte {
	var out []byte
	for i := 0; len(out) < n; i++ {
		h := sha256.Sum256(fmt.Appendf(nil, "%s:%d", seed, i))
		out = append(out, h[:]...)
	}
	return out[:n]
}

func text(n int) []byte {
	var out []byte
	for i := 0; len(out) < n; i++ {
		out = fmt.Appendf(out, "HAST test vector line %08d\n", i)
	}
	return out[:n]
}

func TestRecordedWritesHoldTheGeneratedData(t *testing.T) {
	want := map[uint64][]byte{
		0:       make([]byte, 4096),
		4096:    rnd(4096, "A"),
		65536:   text(8192),
		1048576: bytes.Repeat([]byte{0xa5}, 512),
		2097152: append(make([]byte, 8192), text(8192)...),
		8388608: bytes.Repeat(rnd(1024, "B"), 128),
	}
	for _, file := range vectorFiles(t, "conn1.p2s.bin") {
		session := filepath.Base(filepath.Dir(file))
		if !strings.HasPrefix(session, "io-") || session == "io-secondary-errors" {
			continue
		}
		writes := 0
		for _, f := range decodeAll(t, readFile(t, file))[1:] {
			r, err := DecodeRequest(f.NV)
			if err != nil {
				t.Fatal(err)
			}
			if r.Cmd != states.OpWrite {
				continue
			}
			writes++
			if !bytes.Equal(f.Payload, want[r.Offset]) || uint64(len(f.Payload)) != r.Length {
				t.Errorf("%s: %v holds other data than was written", session, r)
			}
		}
		if least := 5; writes < least {
			t.Errorf("%s: %d writes found, at least %d were made", session, writes, least)
		}
	}
}
