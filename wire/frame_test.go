package wire

import (
	"bytes"
	"errors"
	"testing"

	"hast/states"
)

// TestAnnotatedExamples are the messages of hast-protocol 4.4, which were checked against the original.
func TestAnnotatedExamples(t *testing.T) {
	request := func(r Request) []byte {
		b, err := AppendRequest(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var token Token
	for i := range token {
		token[i] = byte(i)
	}
	tests := []struct {
		name string
		f    OutFrame
		want string
	}{
		{"hello1", OutFrame{Version: 1, NV: AppendHello1(nil, &Hello1{Resource: "shared", Version: 2})}, `
			01 34000000 11 09 07000000 7265736f7572636500 00000000000000 7368617265640000
			02 08 01000000 76657273696f6e00 0200000000000000`},
		{"reply to hello1", OutFrame{Version: 2, NV: AppendHello1Reply(nil, &Hello1Reply{Version: 2, Token: token})}, `
			02 34000000 02 08 01000000 76657273696f6e00 0200000000000000
			0a 06 10000000 746f6b656e000000 000102030405060708090a0b0c0d0e0f`},
		{"memsync write of zeroes", OutFrame{Version: 2, Payload: make([]byte, 4096), Compression: states.CompressionHole,
			NV: request(Request{Cmd: states.OpWrite, Seq: 7, Offset: 1 << 20, Length: 4096, Memsync: true})}, `
			02 a2000000 02 04 01000000 636d640000000000 0200000000000000
			08 04 08000000 7365710000000000 0700000000000000
			08 07 08000000 6f66667365740000 0000100000000000
			08 07 08000000 6c656e6774680000 0010000000000000
			02 08 01000000 6d656d73796e6300 0100000000000000
			11 0c 05000000 636f6d7072657373696f6e0000000000 686f6c6500000000
			06 05 04000000 73697a6500000000 0400000000000000 00100000`},
		{"early answer", OutFrame{Version: 2, NV: AppendReply(nil, &Reply{Seq: 7, Received: true})}, `
			02 34000000 08 04 08000000 7365710000000000 0700000000000000
			01 09 01000000 72656365697665640000000000000000 0100000000000000`},
		{"final answer", OutFrame{Version: 2, NV: AppendReply(nil, &Reply{Seq: 7})},
			`02 16000000 08 04 08000000 7365710000000000 0700000000000000`},
		{"error", OutFrame{Version: 2, NV: AppendReply(nil, &Reply{Seq: 7, Error: int16(EIO)})}, `
			02 2c000000 08 04 08000000 7365710000000000 0700000000000000
			03 06 02000000 6572726f72000000 0500000000000000`},
		{"keepalive", OutFrame{Version: 2, NV: request(Request{Cmd: states.OpKeepalive})},
			`02 16000000 02 04 01000000 636d640000000000 0500000000000000`},
	}
	for _, tt := range tests {
		var enc Encoder
		head, body, err := enc.AppendHead(nil, &tt.f)
		if got, want := append(head, body...), unhex(t, tt.want); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n%x, want\n%x", tt.name, err, got, want)
		}
	}
}

func TestEncoderRefuses(t *testing.T) {
	var enc Encoder
	dst := []byte("before")
	var version *VersionError
	head, body, err := enc.AppendHead(dst, &OutFrame{Version: 3, NV: AppendU8(nil, fieldCmd, 5)})
	if !errors.As(err, &version) || body != nil || string(head) != "before" {
		t.Errorf("version 3: %q, %v", head, err)
	}
	head, _, err = enc.AppendHead(dst, &OutFrame{Version: 2})
	if !errors.Is(err, ErrEmptyNV) || string(head) != "before" {
		t.Errorf("empty nv: %q, %v", head, err)
	}
	var limit *LimitError
	head, _, err = enc.AppendHead(dst, &OutFrame{Version: 2, NV: make([]byte, MaxControlNV+1)})
	if !errors.As(err, &limit) || limit.Size != MaxControlNV+1 || string(head) != "before" {
		t.Errorf("nv too large: %d bytes, %v", len(head), err)
	}
}

// TestBatch encodes frames of all kinds into one head buffer, as a writer does for one vectored write:
// the bodies must all be good until Reset, even when the arena has been replaced meanwhile.
func TestBatch(t *testing.T) {
	payloads := [][]byte{make([]byte, 4096), text(65536), rnd(4096, "A"), nil, make([]byte, 512)}
	for range 40 {
		payloads = append(payloads, bytes.Repeat(text(1000), 128))
	}
	var enc Encoder
	for range 3 {
		var heads []byte
		var cuts []int
		var bodies [][]byte
		for i, p := range payloads {
			var f OutFrame
			f.Version, f.Payload, f.Compression, f.Checksum = 2, p, states.CompressionLZF, states.ChecksumCRC32
			f.NV = AppendReply(f.Scratch[:0], &Reply{Seq: uint64(i + 1)})
			var body []byte
			var err error
			if heads, body, err = enc.AppendHead(heads, &f); err != nil {
				t.Fatal(err)
			}
			cuts, bodies = append(cuts, len(heads)), append(bodies, body)
		}
		var stream []byte
		at := 0
		for i, cut := range cuts {
			stream = append(append(stream, heads[at:cut]...), bodies[i]...)
			at = cut
		}
		for i, f := range decodeAll(t, stream) {
			if seq, _ := f.NV.U64(fieldSeq); seq != uint64(i+1) || f.PayloadErr != nil || !bytes.Equal(f.Payload, payloads[i]) {
				t.Fatalf("frame %d came back as seq %d, %d bytes, %v", i, seq, len(f.Payload), f.PayloadErr)
			}
		}
		enc.Reset()
	}
}

func TestCopyFromOutlivesItsSource(t *testing.T) {
	for _, n := range []int{1, 20} {
		var src, dst OutFrame
		src.Version, src.Payload, src.Owner = 2, []byte("data"), t
		src.Compression, src.Checksum = states.CompressionHole, states.ChecksumCRC32
		src.NV = src.Scratch[:0]
		for range n {
			src.NV = AppendU64(src.NV, fieldSeq, 7)
		}
		want := bytes.Clone(src.NV)
		dst.CopyFrom(&src)
		clear(src.NV)
		src.Reset()
		if !bytes.Equal(dst.NV, want) || string(dst.Payload) != "data" || dst.Version != 2 || dst.Owner != any(t) ||
			dst.Compression != states.CompressionHole || dst.Checksum != states.ChecksumCRC32 {
			t.Errorf("%d elements: the copy changed with its source", n)
		}
		if src.NV != nil || src.Payload != nil || src.Owner != nil || src.Checksum != 0 || src.Compression != 0 {
			t.Errorf("Reset left something: %+v", src)
		}
	}
}

func TestScratchHoldsEveryRequest(t *testing.T) {
	var f OutFrame
	nv, err := AppendRequest(f.Scratch[:0], &Request{Cmd: states.OpWrite, Seq: 1, Length: 1, Memsync: true})
	if err != nil || &nv[0] != &f.Scratch[0] {
		t.Errorf("a request of %d bytes left Scratch: %v", len(nv), err)
	}
}
