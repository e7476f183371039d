package wire

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"hast/states"
)

var someToken = Token{1, 2, 3, 15: 16}

func TestHandshakeRoundTrip(t *testing.T) {
	caps := CapExtensions | CapMarks | CapTerm
	for _, c := range []uint64{0, caps} {
		for _, want := range []Hello1{
			{Resource: "shared", Version: 2, Caps: c},
			{Resource: "r", Version: 1, Caps: c, Node: 7},
			{Resource: strings.Repeat("x", MaxResource), Version: 200, Caps: c, Node: 7, Probe: 1<<64 - 1},
		} {
			got, err := DecodeHello1(AppendHello1(nil, &want))
			if err != nil || got != want {
				t.Errorf("%+v came back as %+v, %v", want, got, err)
			}
		}
		for _, want := range []Hello1Reply{
			{Version: 2, Token: someToken, Caps: c},
			{Version: 1, Caps: c},
			{ErrMsg: MsgNotConfigured, Caps: c},
			{ErrMsg: MsgWrongRole(states.RolePrimary), Wait: true, Caps: c},
		} {
			got, err := DecodeHello1Reply(AppendHello1Reply(nil, &want))
			if err != nil || got != want {
				t.Errorf("%+v came back as %+v, %v", want, got, err)
			}
		}
		var marks states.Marks
		if c&CapMarks != 0 {
			marks = states.Marks{Known: true, LastSession: 1<<64 - 1, TrySession: 3, Crashed: states.UncleanBegan | states.UncleanSent,
				Sent: true, Branch: true, WasPrimary: true}
		}
		for _, want := range []Hello2{
			{Resource: "shared", Token: someToken, Virgin: true, ResUID: 1<<64 - 1, Caps: c, Marks: marks},
			{Resource: "shared", ResUID: 5, LocalCnt: 1, RemoteCnt: 2, Caps: c, Marks: marks},
		} {
			nv := NV(AppendHello2(nil, &want))
			got, err := DecodeHello2(nv)
			if err != nil || got != want || !IsHello2(nv) {
				t.Errorf("%+v came back as %+v, %v", want, got, err)
			}
		}
		for _, want := range []Hello2Reply{
			{DataSize: 1 << 40, ExtentSize: 1 << 21, LocalCnt: 3, RemoteCnt: 4, SyncSrc: states.SourceSecondary, MapSize: 512, Caps: c,
				Marks: marks},
			{DataSize: 512, ExtentSize: 512, Virgin: true, SyncSrc: states.SourcePrimary, Caps: c, Marks: marks},
			{DataSize: 512, ExtentSize: 512, LocalCnt: 1, ErrMsg: MsgSplitBrain, Caps: c},
		} {
			got, err := DecodeHello2Reply(AppendHello2Reply(nil, &want))
			if err != nil || got != want {
				t.Errorf("%+v came back as %+v, %v", want, got, err)
			}
		}
	}
}

func TestCapsAreAbsentWhenThereAreNone(t *testing.T) {
	for _, b := range [][]byte{
		AppendHello1(nil, &Hello1{}), AppendHello1Reply(nil, &Hello1Reply{}), AppendHello1Reply(nil, &Hello1Reply{ErrMsg: "x"}),
		AppendHello2(nil, &Hello2{}), AppendHello2Reply(nil, &Hello2Reply{}), AppendHello2Reply(nil, &Hello2Reply{ErrMsg: "x"}),
	} {
		if NV(b).Has(fieldCaps) {
			t.Errorf("%s carries caps", describeFields(b))
		}
	}
	// The bits are a contract with peers of other versions.
	if got := []uint64{CapExtensions, CapMarks, CapBatch, CapCRC32C, CapCompressors, CapVerify, CapTerm}; !slices.Equal(got, []uint64{1, 2, 4, 8, 16, 32, 64}) {
		t.Errorf("capability bits %v", got)
	}
}

func TestHelloDefaults(t *testing.T) {
	res := AppendStr(nil, fieldResource, "shared")
	for name, nv := range map[string][]byte{"no version": res, "version 0": AppendU8(res, fieldVersion, 0)} {
		if h, err := DecodeHello1(nv); err != nil || h.Version != 1 || IsHello2(nv) {
			t.Errorf("%s: got %+v, %v", name, h, err)
		}
	}
	if r, err := DecodeHello1Reply(AppendStr(nil, fieldErrMsg, "")); err != nil || r.ErrMsg == "" {
		t.Errorf("a refusal without words became %+v, %v", r, err)
	}
	// A refusal is understood whatever else it lacks.
	r2, err := DecodeHello2Reply(AppendStr(nil, fieldErrMsg, MsgSplitBrain))
	if err != nil || r2.ErrMsg != MsgSplitBrain {
		t.Errorf("a bare refusal became %+v, %v", r2, err)
	}
}

// without returns nv without the element called name, or with another one in its place.
func without(nv NV, name string, instead []byte) NV {
	var out NV
	for rest := nv; ; {
		elem, _, _, next, ok := rest.next()
		if !ok {
			return out
		}
		if string(elem) == name {
			out = append(out, instead...)
		} else {
			out = append(out, rest[:len(rest)-len(next)]...)
		}
		rest = next
	}
}

// TestErrorsNameTheField takes each field that must be there out of each message, and puts one of
// another type in its place.
func TestErrorsNameTheField(t *testing.T) {
	write, err := AppendRequest(nil, &Request{Cmd: states.OpWrite, Seq: 1, Length: 512})
	if err != nil {
		t.Fatal(err)
	}
	flush := without(without(write, fieldOffset, nil), fieldLength, nil)
	flush = without(flush, fieldCmd, AppendU8(nil, fieldCmd, uint8(states.OpFlush)))
	tests := []struct {
		name      string
		nv        NV
		decode    func(NV) error
		must, may []string // fields that must be there, and that may be absent
	}{
		{"hello", AppendHello1(nil, &Hello1{Resource: "r", Caps: 1}),
			func(nv NV) error { _, err := DecodeHello1(nv); return err }, []string{fieldResource}, []string{fieldVersion, fieldCaps}},
		{"reply to hello", AppendHello1Reply(nil, &Hello1Reply{Version: 2, Caps: 1}),
			func(nv NV) error { _, err := DecodeHello1Reply(nv); return err }, []string{fieldToken}, []string{fieldVersion, fieldCaps}},
		{"second hello", AppendHello2(nil, &Hello2{Resource: "r", Caps: 1}),
			func(nv NV) error { _, err := DecodeHello2(nv); return err },
			[]string{fieldResource, fieldToken, fieldResUID, fieldLocalCnt, fieldRemoteCnt}, []string{fieldCaps}},
		{"reply to second hello", AppendHello2Reply(nil, &Hello2Reply{DataSize: 1, ExtentSize: 1, SyncSrc: 1, Caps: 1}),
			func(nv NV) error { _, err := DecodeHello2Reply(nv); return err },
			[]string{fieldDataSize, fieldExtentSize, fieldLocalCnt, fieldRemoteCnt, fieldSyncSrc, fieldMapSize}, []string{fieldCaps}},
		{"request", write, func(nv NV) error { _, err := DecodeRequest(nv); return err },
			[]string{fieldCmd, fieldSeq, fieldOffset, fieldLength}, nil},
		{"request", flush, func(nv NV) error { _, err := DecodeRequest(nv); return err }, []string{fieldCmd, fieldSeq}, nil},
		{"reply", AppendReply(nil, &Reply{Seq: 1, Error: 5}), func(nv NV) error { _, err := DecodeReply(nv); return err },
			[]string{fieldSeq}, []string{fieldError}},
		{"control request", AppendControlRequest(nil, &ControlRequest{Cmd: ControlSetRole, Role: 2, Resources: []string{"r"}}),
			func(nv NV) error { _, err := DecodeControlRequest(nv); return err },
			[]string{fieldCmd, fieldRole}, []string{"resource0"}},
		{"control reply", AppendControlReply(nil, &ControlReply{Error: 2, Resources: []ControlResource{{Name: "r", Error: 1}}}),
			func(nv NV) error { _, err := DecodeControlReply(nv); return err }, nil, []string{fieldError, "resource0", "error0"}},
	}
	for _, tt := range tests {
		if err := tt.decode(tt.nv); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		// A type that no field has.
		other := func(name string) []byte { return AppendU16(nil, name, 1) }
		for _, name := range append(slices.Clone(tt.must), tt.may...) {
			checkFieldError(t, tt.name, tt.decode(without(tt.nv, name, other(name))), name, "has another type")
			err := tt.decode(without(tt.nv, name, nil))
			if slices.Contains(tt.must, name) {
				checkFieldError(t, tt.name, err, name, "is missing")
			} else if err != nil {
				t.Errorf("%s without %s: %v", tt.name, name, err)
			}
		}
	}
}

func checkFieldError(t *testing.T, what string, err error, field, reason string) {
	t.Helper()
	var fe *FieldError
	if !errors.As(err, &fe) || fe.Field != field || !strings.HasPrefix(err.Error(), what) {
		t.Errorf("%s: got %v, want %q %s", what, err, field, reason)
		return
	}
	if !strings.HasPrefix(fe.Reason, reason) && !strings.HasPrefix(fe.Reason, "has type") {
		t.Errorf("%s: got %v, want %q %s", what, err, field, reason)
	}
}

func TestHandshakeRefusesValues(t *testing.T) {
	hello := func(res string) error {
		_, err := DecodeHello1(AppendHello1(nil, &Hello1{Resource: res, Version: 2}))
		return err
	}
	reply2 := func(h Hello2Reply) error {
		_, err := DecodeHello2Reply(AppendHello2Reply(nil, &h))
		return err
	}
	_, version3 := DecodeHello1Reply(AppendHello1Reply(nil, &Hello1Reply{Version: 3}))
	good := Hello2{Resource: "r"}
	_, short := DecodeHello2(without(AppendHello2(nil, &good), fieldToken, AppendBytes(nil, fieldToken, make([]byte, 15))))
	_, long := DecodeHello2(without(AppendHello2(nil, &good), fieldToken, AppendBytes(nil, fieldToken, make([]byte, 17))))
	tests := []struct {
		name  string
		err   error
		field string
	}{
		{"no name", hello(""), fieldResource},
		{"long name", hello(strings.Repeat("x", MaxResource+1)), fieldResource},
		{"version 3", version3, fieldVersion},
		{"token of 15 bytes", short, fieldToken},
		{"token of 17 bytes", long, fieldToken},
		{"no data", reply2(Hello2Reply{ExtentSize: 512, SyncSrc: 1}), fieldDataSize},
		{"negative data", reply2(Hello2Reply{DataSize: -1, ExtentSize: 512, SyncSrc: 1}), fieldDataSize},
		{"negative extent", reply2(Hello2Reply{DataSize: 1, ExtentSize: -512, SyncSrc: 1}), fieldExtentSize},
		{"source 0", reply2(Hello2Reply{DataSize: 1, ExtentSize: 512}), fieldSyncSrc},
		{"source 3", reply2(Hello2Reply{DataSize: 1, ExtentSize: 512, SyncSrc: 3}), fieldSyncSrc},
	}
	for _, tt := range tests {
		var fe *FieldError
		if !errors.As(tt.err, &fe) || fe.Field != tt.field {
			t.Errorf("%s: got %v, want a word about %s", tt.name, tt.err, tt.field)
		}
	}
}

func TestCheckMap(t *testing.T) {
	h := Hello2Reply{MapSize: 8}
	tests := []struct {
		name string
		f    InFrame
		want string
	}{
		{"right", InFrame{Payload: make([]byte, 8)}, ""},
		{"missing", InFrame{}, "0 bytes came, 8 were announced"},
		{"short", InFrame{Payload: make([]byte, 7)}, "7 bytes came"},
		{"long", InFrame{Payload: make([]byte, 9)}, "9 bytes came"},
		{"damaged", InFrame{PayloadErr: &PayloadError{Reason: "Hash mismatch."}}, "Hash mismatch."},
	}
	for _, tt := range tests {
		err := h.CheckMap(&tt.f)
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestReasonsAreTheOriginals(t *testing.T) {
	for got, want := range map[string]string{
		MsgWrongRole(states.RolePrimary):  "Remote node acts as primary for the resource and not as secondary.",
		MsgWrongRole(states.RoleInit):     "Remote node acts as init for the resource and not as secondary.",
		MsgResUIDMismatch(1<<64-1, 7):     "Resource unique ID mismatch (primary=18446744073709551615, secondary=7).",
		MsgDataSize(1024, 512):            "Data size differs between nodes (local=1024, remote=512).",
		MsgExtentSize(2097152, 1048576):   "Extent size differs between nodes (local=2097152, remote=1048576).",
		MsgNotConfigured + MsgNoAccess:    "Resource not configured.No access to the resource.",
		MsgBadToken + " " + MsgSplitBrain: "Token doesn't match. Split-brain condition!",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add(AppendHello1(nil, &Hello1{Resource: "r", Version: 2}))
	f.Add(AppendHello1Reply(nil, &Hello1Reply{Version: 2, Token: someToken, Caps: 1}))
	f.Add(AppendHello1Reply(nil, &Hello1Reply{ErrMsg: MsgBadToken, Wait: true}))
	f.Add(AppendHello2(nil, &Hello2{Resource: "r", Token: someToken, Virgin: true, ResUID: 1}))
	f.Add(AppendHello2Reply(nil, &Hello2Reply{DataSize: 1 << 30, ExtentSize: 1 << 21, SyncSrc: 1, MapSize: 512}))
	f.Fuzz(func(t *testing.T, b []byte) {
		nv, err := ParseNV(b)
		if err != nil {
			return
		}
		// What decodes has one encoding, and that decodes to the same.
		if h, err := DecodeHello1(nv); err == nil {
			if again, err := DecodeHello1(AppendHello1(nil, &h)); err != nil || again != h {
				t.Errorf("%+v came back as %+v, %v", h, again, err)
			}
		}
		if h, err := DecodeHello1Reply(nv); err == nil {
			if h.ErrMsg == "" {
				h.Wait = false // It has a place in a refusal only.
			}
			if again, err := DecodeHello1Reply(AppendHello1Reply(nil, &h)); err != nil || again != h {
				t.Errorf("%+v came back as %+v, %v", h, again, err)
			}
		}
		if h, err := DecodeHello2(nv); err == nil {
			if again, err := DecodeHello2(AppendHello2(nil, &h)); err != nil || again != h {
				t.Errorf("%+v came back as %+v, %v", h, again, err)
			}
		}
		if h, err := DecodeHello2Reply(nv); err == nil {
			if again, err := DecodeHello2Reply(AppendHello2Reply(nil, &h)); err != nil || again != h {
				t.Errorf("%+v came back as %+v, %v", h, again, err)
			}
		}
		if bytes.Contains([]byte(Describe(nv)), []byte{'\n'}) {
			t.Errorf("description of more than a line: %q", Describe(nv))
		}
	})
}

// TestMarksOfReply: what only the reply carries, and only of a node that keeps marks.
func TestMarksOfReply(t *testing.T) {
	want := Hello2Reply{DataSize: 1 << 20, ExtentSize: 4096, SyncSrc: states.SourcePrimary, MapSize: 512, Caps: CapMarks, Session: 9,
		Unfit: states.Inconsistent, LagSize: 32, Bad: states.NewExtentRuns(states.ExtentRun{First: 3, Count: 4}),
		Marks: states.Marks{Known: true, LastSession: 7, LagKnown: true}}
	nv := AppendHello2Reply(nil, &want)
	if got, err := DecodeHello2Reply(nv); err != nil || got != want {
		t.Errorf("%+v came back as %+v, %v", want, got, err)
	}
	if err := want.CheckMap(&InFrame{Payload: make([]byte, 512)}); err == nil {
		t.Error("the second map is missing, and nobody noticed")
	}
	if err := want.CheckMap(&InFrame{Payload: make([]byte, 544)}); err != nil {
		t.Error(err)
	}
	// A refusal tells of the secondary's copy, too, for people; to a stock primary it doesn't.
	refusal := Hello2Reply{DataSize: 512, ExtentSize: 512, LocalCnt: 3, ErrMsg: MsgSplitBrain, Caps: CapMarks, ResUID: 5, Unfit: states.Outdated,
		Marks: states.Marks{Known: true, LastSession: 7, Dirty: true}, Told: Told{Dirty: 4096, Bad: 512}}
	if got, err := DecodeHello2Reply(AppendHello2Reply(nil, &refusal)); err != nil || got != refusal {
		t.Errorf("%+v came back as %+v, %v", refusal, got, err)
	}
	refusal.Caps = 0
	if got, err := DecodeHello2Reply(AppendHello2Reply(nil, &refusal)); err != nil || got.Marks.Known || got.Told.Dirty != 0 || got.ResUID != 0 {
		t.Errorf("a stock primary is told %+v, %v", got, err)
	}
	// An outcome of 2 alone is no crash: some answers were for what was only sent.
	want.Marks.Sent = true
	got, err := DecodeHello2Reply(AppendHello2Reply(nil, &want))
	if err != nil || got.Marks.Crashed != 0 || !got.Marks.Sent {
		t.Errorf("%+v, %v", got.Marks, err)
	}
	// A node that announces marks and sends none is not believed.
	lacks := AppendHello2Reply(nil, &Hello2Reply{DataSize: 512, ExtentSize: 512, SyncSrc: states.SourcePrimary})
	if _, err := DecodeHello2Reply(AppendU64(lacks, "x_caps", CapMarks)); err == nil {
		t.Error("a reply with the capability and without marks was taken")
	}
	beyond := want
	beyond.Bad = states.NewExtentRuns(states.ExtentRun{First: 250, Count: 100})
	if _, err := DecodeHello2Reply(AppendHello2Reply(nil, &beyond)); err == nil {
		t.Error("extents beyond the end of the device were taken")
	}
}
