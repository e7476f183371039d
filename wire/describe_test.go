package wire

import (
	"strings"
	"testing"

	"hast/states"
)

func TestDescribe(t *testing.T) {
	req := func(r Request) []byte {
		b, err := AppendRequest(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := []struct {
		nv   []byte
		want string
	}{
		{req(Request{Cmd: states.OpWrite, Seq: 7, Offset: 1 << 20, Length: 4096, Memsync: true}), "WRITE seq=7 1048576+4096 memsync"},
		{req(Request{Cmd: states.OpRead, Seq: 8, Length: 512}), "READ seq=8 0+512"},
		{req(Request{Cmd: states.OpDelete, Seq: 9, Length: 512}), "DELETE seq=9 0+512"},
		{req(Request{Cmd: states.OpFlush, Seq: 10}), "FLUSH seq=10"},
		{req(Request{Cmd: states.OpKeepalive}), "KEEPALIVE"},
		{req(Request{Cmd: 32, Seq: 1}), "UNKNOWN(32) seq=1 0+0"},
		{AppendReply(nil, &Reply{Seq: 7, Received: true}), "reply seq=7 received"},
		{AppendReply(nil, &Reply{Seq: 7}), "reply seq=7"},
		{AppendReply(nil, &Reply{Seq: 7, Error: 45}), "reply seq=7 error=EOPNOTSUPP"},
		{AppendHello1(nil, &Hello1{Resource: "a\nb", Version: 2, Caps: 3}), `hello resource="a\nb" version=2 caps=0x3`},
		{AppendHello1Reply(nil, &Hello1Reply{Version: 2, Token: someToken}), "reply to hello version=2"},
		{AppendHello1Reply(nil, &Hello1Reply{ErrMsg: "No.", Wait: true}), `reply to hello errmsg="No." wait`},
		{AppendHello1Reply(nil, &Hello1Reply{ErrMsg: "No."}), `reply to hello errmsg="No."`},
		{AppendHello2(nil, &Hello2{Resource: "r", Token: someToken, ResUID: 255, Virgin: true}),
			`second hello resource="r" resuid=00000000000000ff counts=0,0 virgin`},
		{AppendHello2Reply(nil, &Hello2Reply{DataSize: 1024, ExtentSize: 512, LocalCnt: 1, SyncSrc: 2, MapSize: 8, Virgin: true}),
			"reply to second hello datasize=1024 extentsize=512 counts=1,0 virgin source=secondary map=8"},
		{AppendHello2Reply(nil, &Hello2Reply{DataSize: 1024, ExtentSize: 512, ErrMsg: MsgSplitBrain}),
			`reply to second hello datasize=1024 extentsize=512 counts=0,0 errmsg="Split-brain condition!"`},
		{AppendControlRequest(nil, &ControlRequest{Cmd: 1, Role: 2, Resources: []string{"a"}}), `cmd=1 role=2 resource0="a"`},
		{AppendI8(AppendI16(AppendI32(AppendI64(nil, "d", -4), "c", -3), "b", -2), "a", -1), "d=-4 c=-3 b=-2 a=-1"},
		{AppendBytes(nil, "hash", []byte{1, 2, 3}), "hash=[3 bytes]"},
		// A message that lacks something comes out as it is.
		{AppendU8(nil, fieldCmd, 2), "cmd=2"},
		{nil, "empty message"},
	}
	for _, tt := range tests {
		if got := Describe(tt.nv); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestDescribeIsBounded(t *testing.T) {
	long := strings.Repeat("\x01", 60000)
	for _, nv := range [][]byte{AppendStr(nil, "x", long), AppendHello1Reply(nil, &Hello1Reply{ErrMsg: long}), AppendBytes(nil, "x", []byte(long))} {
		if got := Describe(nv); len(got) > maxDescription || strings.ContainsAny(got, "\x01\n") {
			t.Errorf("%d bytes: %.80q", len(got), got)
		}
	}
}

// TestDescribeKeepsTheToken secret: who knows it can take the session over.
func TestDescribeKeepsTheToken(t *testing.T) {
	token := Token{}
	copy(token[:], "0123456789abcdef")
	for _, nv := range [][]byte{
		AppendHello1Reply(nil, &Hello1Reply{Version: 2, Token: token}),
		AppendHello2(nil, &Hello2{Resource: "r", Token: token}),
		AppendBytes(nil, fieldToken, token[:]),
	} {
		if got := Describe(nv); strings.Contains(got, "0123") || strings.Contains(got, "30313233") {
			t.Errorf("%q tells the token", got)
		}
	}
}
