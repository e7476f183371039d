package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"hast/states"
)

// sample is a stream of frames with and without payloads, and where each ends.
func sample(t testing.TB) (stream []byte, ends []int) {
	t.Helper()
	var enc Encoder
	for i, p := range [][]byte{nil, text(3000), make([]byte, 512), nil, rnd(100, "A")} {
		nv := AppendReply(nil, &Reply{Seq: uint64(i + 1)})
		head, body, err := enc.AppendHead(nil, &OutFrame{
			Version: 2, NV: nv, Payload: p, Compression: states.CompressionLZF, Checksum: states.ChecksumCRC32,
		})
		if err != nil {
			t.Fatal(err)
		}
		stream = append(append(stream, head...), body...)
		ends = append(ends, len(stream))
	}
	return stream, ends
}

// digest is what a receiver can see of a frame.
func digest(f *InFrame) string {
	return string([]byte{f.Version}) + string(f.NV) + "|" + string(f.Payload)
}

func TestAnyCutGivesTheSameFrames(t *testing.T) {
	files := vectorFiles(t, "conn2.s2p.bin")
	streams := [][]byte{readFile(t, filepath.Join("testdata", "vectors", "io-memsync-crc32-lzf", "conn1.p2s.bin"))}
	for _, file := range files {
		streams = append(streams, readFile(t, file))
	}
	all, _ := sample(t)
	for _, stream := range append(streams, all) {
		var want []string
		for _, f := range decodeAll(t, stream) {
			want = append(want, digest(f))
		}
		for _, step := range []int{1, 2, 3, 7, 64, 1000} {
			var got []string
			d := NewDecoder(Limits{MaxPayload: MaxPayload})
			for rest := stream; len(rest) > 0; {
				n := min(step, len(rest))
				if err := d.Feed(rest[:n], func(f *InFrame) {
					got = append(got, digest(f))
					f.Release()
				}); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := d.Finish(); err != nil || strings.Join(got, "") != strings.Join(want, "") {
				t.Fatalf("fed by %d: %d frames of %d, %v", step, len(got), len(want), err)
			}
		}
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(stream), "by bytes": iotest.OneByteReader(bytes.NewReader(stream)),
			"data with EOF": iotest.DataErrReader(bytes.NewReader(stream)),
		} {
			d, br := NewDecoder(Limits{MaxPayload: MaxPayload}), bufio.NewReaderSize(r, 64)
			for i := 0; ; i++ {
				f, err := d.ReadFrame(br)
				if err == io.EOF && i == len(want) {
					break
				}
				if err != nil || digest(f) != want[i] {
					t.Fatalf("read %s: frame %d: %v", name, i, err)
				}
				f.Release()
			}
		}
	}
}

// TestTruncation ends the stream at every byte (the original's defect A5 is to take what has come).
func TestTruncation(t *testing.T) {
	stream, ends := sample(t)
	for n := range len(stream) {
		whole := 0
		atEnd := n == 0
		for _, end := range ends {
			if end <= n {
				whole++
			}
			atEnd = atEnd || end == n
		}
		want := io.ErrUnexpectedEOF
		if atEnd {
			want = nil
		}
		got := 0
		d := NewDecoder(Limits{MaxPayload: MaxPayload})
		if err := d.Feed(stream[:n], func(f *InFrame) { got++; f.Release() }); err != nil {
			t.Fatal(err)
		}
		if err := d.Finish(); err != want || got != whole {
			t.Fatalf("fed %d bytes: %d frames, %v; want %d, %v", n, got, err, whole, want)
		}
		d, br := NewDecoder(Limits{MaxPayload: MaxPayload}), bufio.NewReader(bytes.NewReader(stream[:n]))
		for range whole {
			if _, err := d.ReadFrame(br); err != nil {
				t.Fatal(err)
			}
		}
		if want == nil {
			want = io.EOF
		}
		if _, err := d.ReadFrame(br); err != want {
			t.Fatalf("read %d bytes: %v, want %v", n, err, want)
		}
		if _, err := d.ReadFrame(br); err != want {
			t.Fatalf("the error is not final: %v", err)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	sized := func(n uint32) []byte { return frameOf(AppendU32(nil, fieldSize, n), nil) }
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"version 3", []byte{3, 1, 0, 0, 0}, "version 3"},
		{"nv of 64 KiB + 1", []byte{2, 1, 0, 1, 0}, "nv of 65537 bytes"},
		{"nv of 4 GiB", []byte{2, 0xff, 0xff, 0xff, 0xff}, "nv of 4294967295 bytes"},
		{"bad nv", frameOf([]byte{1, 2, 3}, nil), "bad nv element"},
		{"payload over the limit", sized(4097), "payload of 4097 bytes"},
		{"payload of 4 GiB", sized(1<<32 - 1), "payload of 4294967295 bytes"},
		{"size of another type", frameOf(AppendU64(nil, fieldSize, 10), nil), `field "size" has another type`},
	}
	for _, tt := range tests {
		d := NewDecoder(Limits{MaxPayload: 4096})
		err := d.Feed(tt.in, func(*InFrame) { t.Errorf("%s: a frame came out", tt.name) })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if again := d.Feed([]byte{2, 0, 0, 0, 0}, func(*InFrame) {}); again != err || d.Finish() != err {
			t.Errorf("%s: the error is not final: %v", tt.name, again)
		}
		if _, again := NewDecoder(Limits{MaxPayload: 4096}).ReadFrame(bufio.NewReader(bytes.NewReader(tt.in))); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: ReadFrame says %v, Feed %v", tt.name, again, err)
		}
	}
	var version *VersionError
	if err := NewDecoder(Limits{}).Feed([]byte{9, 0, 0, 0, 0}, nil); !errors.As(err, &version) || version.Version != 9 {
		t.Errorf("version 9: %v", err)
	}
}

func TestEmptyNVIsAFrame(t *testing.T) {
	n := 0
	d := NewDecoder(Limits{})
	err := d.Feed([]byte{2, 0, 0, 0, 0, 2, 0, 0, 0, 0}, func(f *InFrame) {
		n++
		if len(f.NV) != 0 || f.Payload != nil || Describe(f.NV) != "empty message" {
			t.Errorf("got %q", Describe(f.NV))
		}
	})
	if err != nil || n != 2 {
		t.Errorf("%d frames, %v", n, err)
	}
}

func TestSetMaxPayload(t *testing.T) {
	write := func(n int) []byte {
		return frameOf(AppendU32(AppendU64(nil, fieldSeq, 1), fieldSize, uint32(n)), make([]byte, n))
	}
	d := NewDecoder(Limits{})
	feed := func(b []byte) error { return d.Feed(b, func(f *InFrame) { f.Release() }) }
	d.SetMaxPayload(100)
	b := write(100)
	if err := feed(b[:len(b)-1]); err != nil {
		t.Fatal(err)
	}
	// The frame on its way keeps the limit that it came under.
	d.SetMaxPayload(10)
	if err := feed(b[len(b)-1:]); err != nil {
		t.Fatal(err)
	}
	var limit *LimitError
	if err := feed(write(11)); !errors.As(err, &limit) || limit.Max != 10 || limit.What != "payload" {
		t.Errorf("payload of 11 bytes: %v", err)
	}
}

func TestFramesAreIndependent(t *testing.T) {
	stream, _ := sample(t)
	frames := decodeAll(t, append(bytes.Clone(stream), stream...))
	half := len(frames) / 2
	for i := range half {
		if digest(frames[i]) != digest(frames[i+half]) {
			t.Errorf("frame %d was overwritten by a later one", i)
		}
	}
}

// TestReleaseFromElsewhere hands frames to another goroutine, which releases them while decoding goes on.
func TestReleaseFromElsewhere(t *testing.T) {
	stream, ends := sample(t)
	frames := make(chan *InFrame, 4)
	var wg sync.WaitGroup
	var sum int
	wg.Go(func() {
		for f := range frames {
			sum += len(f.Payload)
			f.Release()
		}
	})
	d := NewDecoder(Limits{MaxPayload: MaxPayload})
	const rounds = 50
	for range rounds {
		if err := d.Feed(stream, func(f *InFrame) { frames <- f }); err != nil {
			t.Fatal(err)
		}
	}
	close(frames)
	wg.Wait()
	if want := rounds * (3000 + 512 + 100); sum != want || len(ends) == 0 {
		t.Errorf("%d bytes of payload, want %d", sum, want)
	}
}

func TestPoolIsBounded(t *testing.T) {
	var p pool
	var frames []*InFrame
	for range 3 * poolBytes >> 20 {
		f := p.frame()
		f.store = make([]byte, MaxNV)
		f.wire = p.buffer(1 << 20)
		frames = append(frames, f)
	}
	for _, f := range frames {
		f.Release()
		f.Release() // The second one does nothing.
	}
	if p.kept > poolBytes || len(p.frames) > len(frames) {
		t.Errorf("the pool keeps %d bytes, %d frames", p.kept, len(p.frames))
	}
	for _, f := range p.frames {
		if cap(f.store) > poolStore {
			t.Errorf("a frame keeps %d bytes for its nv", cap(f.store))
		}
	}
	if b := p.buffer(2 << 20); b.class != 0 || len(b.bytes) != 2<<20 {
		t.Errorf("a large buffer has class %d, %d bytes", b.class, len(b.bytes))
	}
	for _, n := range []int{0, 1, 4096, 4097, 65537, 1 << 20} {
		if b := p.buffer(n); len(b.bytes) != n || b.class == 0 {
			t.Errorf("buffer of %d bytes: %d, class %d", n, len(b.bytes), b.class)
		}
	}
}

// loop reads the same bytes again and again.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	l.at = (l.at + n) % len(l.b)
	return n, nil
}

// writeStream is a 4 KiB write as it comes over the wire.
func writeStream(t testing.TB, data []byte, c states.Compression, sum states.Checksum) []byte {
	t.Helper()
	nv, err := AppendRequest(nil, &Request{Cmd: states.OpWrite, Seq: 7, Offset: 1 << 20, Length: uint64(len(data)), Memsync: true})
	if err != nil {
		t.Fatal(err)
	}
	var enc Encoder
	head, body, err := enc.AppendHead(nil, &OutFrame{Version: 2, NV: nv, Payload: data, Compression: c, Checksum: sum})
	if err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

// hotCases are the payloads of the allocation tests and benchmarks.
var hotCases = []struct {
	name string
	data []byte
	c    states.Compression
	sum  states.Checksum
}{
	{"plain", rnd(4096, "A"), states.CompressionHole, states.ChecksumNone},
	{"crc32", rnd(4096, "A"), states.CompressionHole, states.ChecksumCRC32},
	{"sha256", rnd(4096, "A"), states.CompressionHole, states.ChecksumSHA256},
	{"hole", make([]byte, 4096), states.CompressionHole, states.ChecksumNone},
	{"lzf", text(4096), states.CompressionLZF, states.ChecksumCRC32},
}

func TestSteadyStateTakesNoMemory(t *testing.T) {
	for _, tt := range hotCases {
		var enc Encoder
		var f OutFrame
		dst := make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() {
			nv, err := AppendRequest(f.Scratch[:0], &Request{Cmd: states.OpWrite, Seq: 7, Length: 4096, Memsync: true})
			f.Version, f.NV, f.Payload, f.Compression, f.Checksum = 2, nv, tt.data, tt.c, tt.sum
			if err == nil {
				_, _, err = enc.AppendHead(dst, &f)
			}
			if err != nil {
				t.Fatal(err)
			}
			enc.Reset()
		}); n != 0 {
			t.Errorf("%s: encoding takes %v allocations", tt.name, n)
		}

		stream := writeStream(t, tt.data, tt.c, tt.sum)
		d, br := NewDecoder(Limits{MaxPayload: MaxPayload}), bufio.NewReader(&loop{b: stream})
		if n := testing.AllocsPerRun(100, func() {
			f, err := d.ReadFrame(br)
			if err != nil || f.PayloadErr != nil {
				t.Fatal(err, f.PayloadErr)
			}
			if r, err := DecodeRequest(f.NV); err != nil || r.Length != uint64(len(f.Payload)) {
				t.Fatal(r, err)
			}
			f.Release()
		}); n != 0 {
			t.Errorf("%s: reading takes %v allocations", tt.name, n)
		}
		emit := func(f *InFrame) { f.Release() }
		d = NewDecoder(Limits{MaxPayload: MaxPayload})
		if n := testing.AllocsPerRun(100, func() {
			if err := d.Feed(stream, emit); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: feeding takes %v allocations", tt.name, n)
		}
	}
}

func BenchmarkEncodeWrite(b *testing.B) {
	for _, tt := range hotCases {
		b.Run(tt.name, func(b *testing.B) {
			var enc Encoder
			var f OutFrame
			dst := make([]byte, 0, 4096)
			b.SetBytes(int64(len(tt.data)))
			b.ReportAllocs()
			for b.Loop() {
				f.NV, _ = AppendRequest(f.Scratch[:0], &Request{Cmd: states.OpWrite, Seq: 7, Length: 4096, Memsync: true})
				f.Version, f.Payload, f.Compression, f.Checksum = 2, tt.data, tt.c, tt.sum
				if _, _, err := enc.AppendHead(dst, &f); err != nil {
					b.Fatal(err)
				}
				enc.Reset()
			}
		})
	}
}

func BenchmarkDecodeWrite(b *testing.B) {
	for _, tt := range hotCases {
		b.Run(tt.name, func(b *testing.B) {
			d := NewDecoder(Limits{MaxPayload: MaxPayload})
			br := bufio.NewReaderSize(&loop{b: writeStream(b, tt.data, tt.c, tt.sum)}, 64<<10)
			b.SetBytes(int64(len(tt.data)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := d.ReadFrame(br)
				if err != nil || f.PayloadErr != nil {
					b.Fatal(err, f.PayloadErr)
				}
				if _, err := DecodeRequest(f.NV); err != nil {
					b.Fatal(err)
				}
				f.Release()
			}
		})
	}
}

func FuzzDecoder(f *testing.F) {
	stream, _ := sample(f)
	f.Add(stream, uint8(7))
	f.Add([]byte{2, 0, 0, 0, 0, 3, 0, 0, 0, 0}, uint8(1))
	f.Add(readFile(f, filepath.Join("testdata", "vectors", "handshake-split-brain", "conn1.s2p.bin")), uint8(200))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		limits := Limits{MaxNV: 4096, MaxPayload: 8192}
		var fed []string
		d := NewDecoder(limits)
		var err error
		for rest := b; len(rest) > 0 && err == nil; {
			n := min(int(step)+1, len(rest))
			err = d.Feed(rest[:n], func(f *InFrame) {
				if len(f.Payload) > 8192 || f.PayloadErr != nil && f.Payload != nil {
					t.Errorf("payload of %d bytes, %v", len(f.Payload), f.PayloadErr)
				}
				fed = append(fed, digest(f))
				f.Release()
			})
			rest = rest[n:]
		}
		if err == nil {
			if err = d.Finish(); err == nil {
				err = io.EOF
			}
		}
		// The two ways in agree on the frames and on the end.
		d, br := NewDecoder(limits), bufio.NewReader(bytes.NewReader(b))
		for i := 0; ; i++ {
			f, readErr := d.ReadFrame(br)
			if readErr != nil {
				if i != len(fed) || readErr.Error() != err.Error() {
					t.Errorf("read %d frames and %v, fed %d and %v", i, readErr, len(fed), err)
				}
				return
			}
			if i >= len(fed) || digest(f) != fed[i] {
				t.Fatalf("frame %d differs", i)
			}
			f.Release()
		}
	})
}
