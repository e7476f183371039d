package wire

import (
	"errors"
	"testing"

	"hast/states"
)

func TestRequestRoundTrip(t *testing.T) {
	for _, want := range []Request{
		{Cmd: states.OpRead, Seq: 1, Offset: 4096, Length: 131072},
		{Cmd: states.OpWrite, Seq: 1<<64 - 1, Offset: 1<<64 - 1, Length: 1<<64 - 1, Memsync: true},
		{Cmd: states.OpWrite, Seq: 2, Length: 512},
		{Cmd: states.OpDelete, Seq: 3, Offset: 1 << 40, Length: 1 << 24},
		{Cmd: states.OpFlush, Seq: 4},
		{Cmd: states.OpKeepalive},
		{Cmd: 32, Seq: 5},
	} {
		nv, err := AppendRequest(nil, &want)
		if err != nil {
			t.Errorf("%v: %v", want, err)
			continue
		}
		if got, err := DecodeRequest(nv); err != nil || got != want {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	}
}

func TestRequestsThatMustNotBeSent(t *testing.T) {
	tests := []struct {
		r     Request
		field string
	}{
		{Request{Cmd: states.OpZero, Seq: 1, Length: 512}, fieldCmd},
		{Request{Cmd: 0, Seq: 1}, fieldCmd},
		{Request{Cmd: 31, Seq: 1}, fieldCmd},
		{Request{Cmd: states.OpRead, Length: 512}, fieldSeq},
		{Request{Cmd: states.OpFlush}, fieldSeq},
	}
	for _, tt := range tests {
		b, err := AppendRequest([]byte("x"), &tt.r)
		var fe *FieldError
		if !errors.As(err, &fe) || fe.Field != tt.field || string(b) != "x" {
			t.Errorf("%v: got %q, %v, want a word about %s", tt.r, b, err, tt.field)
		}
	}
}

func TestOnlyWritesAskForAnEarlyAnswer(t *testing.T) {
	for _, op := range []states.Op{states.OpRead, states.OpDelete, states.OpFlush} {
		nv, err := AppendRequest(nil, &Request{Cmd: op, Seq: 1, Memsync: true})
		if err != nil || NV(nv).Has(fieldMemsync) {
			t.Errorf("%v: %s, %v", op, describeFields(nv), err)
		}
	}
}

func TestDecodeRequestReadsWhatThePeerMeans(t *testing.T) {
	// Presence of memsync counts, whatever its type; unknown fields don't; the first of equal names wins.
	b := AppendU64(nil, "x_term", 9)
	b = AppendU64(b, fieldLength, 512)
	b = AppendU64(b, fieldSeq, 7)
	b = AppendU64(b, fieldSeq, 8)
	b = AppendU8(b, fieldCmd, 2)
	b = AppendU64(b, fieldCmd, 3)
	b = AppendStr(b, fieldMemsync, "")
	b = AppendU64(b, fieldOffset, 1024)
	want := Request{Cmd: states.OpWrite, Seq: 7, Offset: 1024, Length: 512, Memsync: true}
	if got, err := DecodeRequest(b); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	// An unknown command is for the caller to answer.
	got, err := DecodeRequest(AppendU64(AppendU8(nil, fieldCmd, 77), fieldSeq, 3))
	if err != nil || got.Cmd != 77 || got.Seq != 3 {
		t.Errorf("command 77: got %v, %v", got, err)
	}
}

func TestFits(t *testing.T) {
	const top = 1<<64 - 1
	tests := []struct {
		offset, length, size uint64
		want                 bool
	}{
		{0, 512, 512, true}, {0, 513, 512, false}, {512, 512, 1024, true}, {513, 512, 1024, false},
		{1024, 0, 1024, true}, {1025, 0, 1024, false}, {0, 0, 0, true},
		{top, 512, 1024, false}, {top - 511, 512, 1024, false}, {512, top, 1024, false}, {top, top, top, false},
		{0, top, top, true},
	}
	for _, tt := range tests {
		r := Request{Offset: tt.offset, Length: tt.length}
		if got := r.Fits(tt.size); got != tt.want {
			t.Errorf("%d+%d in %d: %t", tt.offset, tt.length, tt.size, got)
		}
	}
}

func TestReplyRoundTrip(t *testing.T) {
	for _, want := range []Reply{{Seq: 1}, {Seq: 1<<64 - 1, Received: true}, {Seq: 3, Error: int16(EOPNOTSUPP)}, {Seq: 0, Error: -1}} {
		if got, err := DecodeReply(AppendReply(nil, &want)); err != nil || got != want {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	}
	if err := (&Reply{}).Err(); err != nil {
		t.Errorf("success is %v", err)
	}
	if err := (&Reply{Error: 45}).Err(); !errors.Is(err, EOPNOTSUPP) {
		t.Errorf("error 45 is %v", err)
	}
	// The first of equal names wins here, too.
	b := AppendReply(AppendReply(nil, &Reply{Seq: 1, Error: 5}), &Reply{Seq: 2, Error: 6})
	if got, err := DecodeReply(b); err != nil || got.Seq != 1 || got.Error != 5 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzRequest(f *testing.F) {
	for _, op := range []states.Op{1, 2, 3, 4, 5, 32} {
		nv, err := AppendRequest(nil, &Request{Cmd: op, Seq: 1, Offset: 512, Length: 4096, Memsync: true})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(nv)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		nv, err := ParseNV(b)
		if err != nil {
			return
		}
		r, err := DecodeRequest(nv)
		if err != nil {
			return
		}
		// The single pass agrees with the lookups.
		cmd, _ := nv.U8(fieldCmd)
		seq, _ := nv.U64(fieldSeq)
		off, _ := nv.U64(fieldOffset)
		length, _ := nv.U64(fieldLength)
		if want := (Request{states.Op(cmd), seq, off, length, nv.Has(fieldMemsync)}); r != want {
			t.Errorf("got %v, want %v", r, want)
		}
		if r.String() == "" || r.Fits(1<<40) && r.Offset+r.Length < r.Offset {
			t.Errorf("%v wraps around", r)
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add(AppendReply(nil, &Reply{Seq: 7, Received: true}))
	f.Add(AppendReply(nil, &Reply{Seq: 7, Error: 5}))
	f.Fuzz(func(t *testing.T, b []byte) {
		nv, err := ParseNV(b)
		if err != nil {
			return
		}
		r, err := DecodeReply(nv)
		if err != nil {
			return
		}
		seq, _ := nv.U64(fieldSeq)
		errno, _ := nv.I16(fieldError)
		if want := (Reply{seq, nv.Has(fieldReceived), errno}); r != want {
			t.Errorf("got %v, want %v", r, want)
		}
		if again, err := DecodeReply(AppendReply(nil, &r)); err != nil || again != r {
			t.Errorf("%v came back as %v, %v", r, again, err)
		}
	})
}
