package nbd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func option(opt uint32, data string) string {
	b := binary.BigEndian.AppendUint64(nil, magicOption)
	b = binary.BigEndian.AppendUint32(b, opt)
	return string(appendString(b, data))
}

func infoData(name string, kinds ...uint16) string {
	b := appendString(nil, name)
	b = binary.BigEndian.AppendUint16(b, uint16(len(kinds)))
	for _, k := range kinds {
		b = binary.BigEndian.AppendUint16(b, k)
	}
	return string(b)
}

func clientFlags(f uint32) string { return string(binary.BigEndian.AppendUint32(nil, f)) }

// transcript renders what the server said, a line per reply.
func transcript(out []byte) string {
	var s strings.Builder
	if len(out) < 18 || string(out[:16]) != "NBDMAGICIHAVEOPT" {
		return fmt.Sprintf("no greeting: % x", out)
	}
	out = out[18:]
	for len(out) > 0 {
		if len(out) >= 20 && binary.BigEndian.Uint64(out) == magicReply {
			opt, kind, n := binary.BigEndian.Uint32(out[8:]), binary.BigEndian.Uint32(out[12:]), binary.BigEndian.Uint32(out[16:])
			data := out[20 : 20+n]
			out = out[20+n:]
			switch kind {
			case repAck:
				fmt.Fprintf(&s, "%d: ack\n", opt)
			case repServer:
				fmt.Fprintf(&s, "%d: server %q\n", opt, data)
			case repInfo:
				fmt.Fprintf(&s, "%d: info %d %s\n", opt, binary.BigEndian.Uint16(data), infoText(data))
			case repErrUnsup, repErrInvalid, repErrUnknown, repErrTooBig:
				fmt.Fprintf(&s, "%d: error %d: %s\n", opt, kind&^(1<<31), data)
			default:
				fmt.Fprintf(&s, "%d: reply %#x\n", opt, kind)
			}
			continue
		}
		zeroes := len(out) - 10
		fmt.Fprintf(&s, "export size=%d flags=%#x and %d bytes\n", binary.BigEndian.Uint64(out), binary.BigEndian.Uint16(out[8:]), zeroes)
		break
	}
	return s.String()
}

func infoText(data []byte) string {
	switch binary.BigEndian.Uint16(data) {
	case infoExport:
		return fmt.Sprintf("size=%d flags=%#x", binary.BigEndian.Uint64(data[2:]), binary.BigEndian.Uint16(data[10:]))
	case infoBlockSize:
		return fmt.Sprintf("min=%d preferred=%d max=%d", binary.BigEndian.Uint32(data[2:]), binary.BigEndian.Uint32(data[6:]), binary.BigEndian.Uint32(data[10:]))
	}
	return fmt.Sprintf("%q", data[2:])
}

func TestHandshake(t *testing.T) {
	const both = flagFixedNewstyle | flagNoZeroes
	const described = ": info 0 size=67108864 flags=0x16d\nOPT: info 3 min=512 preferred=4096 max=33554432\n"
	describe := func(opt string) string { return opt + strings.ReplaceAll(described, "OPT", opt) }
	for _, c := range []struct {
		name string
		in   string
		out  string // the transcript
		err  string // a part of the error; empty for transmission
		rest int    // bytes left for the transmission
	}{
		{"GO", clientFlags(both) + option(optGo, infoData("shared")) + "rest", describe("7") + "7: ack\n", "", 4},
		{"GO to the default export", clientFlags(both) + option(optGo, infoData("")), describe("7") + "7: ack\n", "", 0},
		{"GO with all information", clientFlags(both) + option(optGo, infoData("shared", 3, 2, 1, 0, 1, 77)),
			describe("7") + "7: info 1 \"shared\"\n7: info 2 \"HAST resource shared\"\n7: ack\n", "", 0},
		{"INFO, then GO", clientFlags(both) + option(optInfo, infoData("shared", 3)) + option(optGo, infoData("shared", 3)),
			describe("6") + "6: ack\n" + describe("7") + "7: ack\n", "", 0},
		{"EXPORT_NAME", clientFlags(both) + option(optExportName, "shared"), "export size=67108864 flags=0x16d and 0 bytes\n", "", 0},
		{"EXPORT_NAME, old client", clientFlags(0) + option(optExportName, ""), "export size=67108864 flags=0x16d and 124 bytes\n", "", 0},
		{"EXPORT_NAME of another", clientFlags(both) + option(optExportName, "other"), "", `wants the export "other"; there is only "shared"`, 0},
		{"LIST, then ABORT", clientFlags(both) + option(optList, "") + option(optAbort, ""),
			"3: server \"\\x00\\x00\\x00\\x06sharedHAST resource shared\"\n3: ack\n2: ack\n", errAborted.Error(), 0},
		{"LIST with data", clientFlags(both) + option(optList, "x") + option(optAbort, ""),
			"3: error 3: NBD_OPT_LIST carries no data, but 1 bytes came\n2: ack\n", errAborted.Error(), 0},
		{"GO to another, then GO", clientFlags(both) + option(optGo, infoData("other")) + option(optGo, infoData("shared")),
			"7: error 6: there is no export of that name here; there is \"shared\"\n" + describe("7") + "7: ack\n", "", 0},
		{"STRUCTURED_REPLY, then GO", clientFlags(both) + option(optStructured, "") + option(optGo, infoData("")),
			"8: error 1: structured replies are not supported; simple ones are\n" + describe("7") + "7: ack\n", "", 0},
		{"STARTTLS", clientFlags(both) + option(optStartTLS, "") + option(optAbort, ""),
			"5: error 1: TLS is not supported; the socket is private to its user\n2: ack\n", errAborted.Error(), 0},
		{"unknown option", clientFlags(both) + option(4711, "data") + option(optAbort, ""),
			"4711: error 1: option 4711 is not supported\n2: ack\n", errAborted.Error(), 0},
		{"GO without data", clientFlags(both) + option(optGo, ""),
			"7: error 3: the data is not a name and a list of information requests that fit its 0 bytes\n", "reading an option: EOF", 0},
		{"GO with a name beyond its data", clientFlags(both) + option(optGo, "\xff\xff\xff\xffxx"),
			"7: error 3: the data is not a name and a list of information requests that fit its 6 bytes\n", "reading an option: EOF", 0},
		{"GO with a list beyond its data", clientFlags(both) + option(optGo, "\x00\x00\x00\x00\x00\x02\x00\x01"),
			"7: error 3: the data is not a name and a list of information requests that fit its 8 bytes\n", "reading an option: EOF", 0},
		{"too much data", clientFlags(both) + option(9, strings.Repeat("x", maxOptionData+1)),
			"9: error 9: 32769 bytes of option data exceed the limit of 32768\n", "exceed the limit", -1},
		{"too many options", clientFlags(both) + strings.Repeat(option(optInfo, infoData("x")), maxOptions+1),
			strings.Repeat("6: error 6: there is no export of that name here; there is \"shared\"\n", maxOptions), "chose no export", -1},
		{"unknown client flags", clientFlags(1 << 5), "", "client flags 0x20", 0},
		{"garbage", clientFlags(both) + strings.Repeat("garbage!", 4), "", "instead of IHAVEOPT", -1},
		{"an HTTP client", "GET / HTTP/1.1\r\n\r\n", "", "client flags", -1},
		{"nothing", "", "", "reading the client's flags: EOF", 0},
		{"half an option", clientFlags(both) + option(optGo, infoData("shared"))[:20], "", "unexpected EOF", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{"at once": strings.NewReader(c.in), "in bytes": iotest.OneByteReader(strings.NewReader(c.in))} {
				in := newIntake(src, intakeSize)
				var out bytes.Buffer
				err := negotiate(testExport, in, &out)
				if got := transcript(out.Bytes()); got != c.out {
					t.Errorf("%s: the server said\n%s\nwant\n%s", name, got, c.out)
				}
				if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("%s: error %v, want %q", name, err, c.err)
				}
				if rest, _ := io.ReadAll(src); c.rest >= 0 && in.held()+len(rest) != c.rest {
					t.Errorf("%s: %d bytes are left, want %d", name, in.held()+len(rest), c.rest)
				}
			}
		})
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte(clientFlags(3) + option(optGo, infoData("shared", 1, 2, 3))))
	f.Add([]byte(clientFlags(3) + option(optList, "") + option(optExportName, "")))
	f.Add([]byte(clientFlags(1) + option(optStructured, "") + option(optInfo, infoData("x")) + option(optAbort, "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := newIntake(bytes.NewReader(b), intakeSize)
		var out bytes.Buffer
		err := negotiate(testExport, in, &out)
		if text := transcript(out.Bytes()); strings.Contains(text, "no greeting") || strings.Contains(text, "reply 0x") {
			t.Fatalf("the server said\n%s", text)
		}
		if err == nil && !bytes.Contains(b, []byte("IHAVEOPT")) {
			t.Fatal("transmission without an option")
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error that says nothing")
		}
	})
}

// What our server says, our client understands; what nobody should say, it refuses.
func TestClientHandshake(t *testing.T) {
	greeting := "NBDMAGICIHAVEOPT\x00\x03"
	reply := func(kind uint32, data string) string {
		b := binary.BigEndian.AppendUint64(nil, magicReply)
		b = binary.BigEndian.AppendUint32(b, optGo)
		return string(appendString(binary.BigEndian.AppendUint32(b, kind), data))
	}
	export := reply(repInfo, "\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x01\x6d")
	block := func(minimum, maximum uint32) string {
		b := binary.BigEndian.AppendUint32([]byte("\x00\x03"), minimum)
		b = binary.BigEndian.AppendUint32(b, 4096)
		return reply(repInfo, string(binary.BigEndian.AppendUint32(b, maximum)))
	}
	for _, c := range []struct {
		name, in, err string
		want          exportInfo
	}{
		{"plain", greeting + export + reply(repAck, ""), "", exportInfo{1 << 20, 0x16d, 1, maxPayload}},
		{"with sizes", greeting + export + block(512, 1<<20) + reply(repAck, ""), "", exportInfo{1 << 20, 0x16d, 512, 1 << 20}},
		{"no limit", greeting + export + block(1, 1<<32-1) + reply(repAck, ""), "", exportInfo{1 << 20, 0x16d, 1, maxPayload}},
		{"refused", greeting + reply(repErrUnknown, "no such thing"), "no such thing", exportInfo{}},
		{"oldstyle", "NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53\x00\x00", "newstyle", exportInfo{}},
		{"not fixed", "NBDMAGICIHAVEOPT\x00\x00", "too old", exportInfo{}},
		{"no description", greeting + reply(repAck, ""), "doesn't describe", exportInfo{}},
		{"no block", greeting + export + block(0, 1<<20) + reply(repAck, ""), "minimum block size of 0", exportInfo{}},
		{"odd block", greeting + export + block(3, 1<<20) + reply(repAck, ""), "minimum block size of 3", exportInfo{}},
		{"small maximum", greeting + export + block(512, 100) + reply(repAck, ""), "maximum block size of 100", exportInfo{}},
		{"negative size", greeting + reply(repInfo, "\x00\x00\xff\x00\x00\x00\x00\x10\x00\x00\x01\x6d") + reply(repAck, ""), "int64", exportInfo{}},
		{"short info", greeting + reply(repInfo, "\x00\x00\x00"), "3 bytes of information", exportInfo{}},
		{"no info", greeting + reply(repInfo, ""), "no kind", exportInfo{}},
		{"endless", greeting + strings.Repeat(export, maxReplies+1), "no end", exportInfo{}},
		{"giant", greeting + reply(repInfo, strings.Repeat("x", maxReplyData+1)), "at most", exportInfo{}},
		{"cut", greeting + export[:21], "unexpected EOF", exportInfo{}},
		{"garbage", greeting + strings.Repeat("garbage!", 4), "not one to", exportInfo{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := choose(newIntake(strings.NewReader(c.in), clientIntake), io.Discard, "shared")
			if c.err == "" && (err != nil || got != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%+v, %v; want %+v, %q", got, err, c.want, c.err)
			}
		})
	}
	if _, err := choose(newIntake(strings.NewReader(""), 64), io.Discard, strings.Repeat("x", maxName+1)); err == nil {
		t.Error("a name that is too long is sent")
	}
}

func FuzzClientHandshake(f *testing.F) {
	var out bytes.Buffer
	in := newIntake(strings.NewReader(clientFlags(3)+option(optGo, infoData("shared", 1, 2, 3))), intakeSize)
	if err := negotiate(testExport, in, &out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := choose(newIntake(bytes.NewReader(b), clientIntake), io.Discard, "shared")
		if err == nil && (info.size < 0 || info.minimum == 0 || info.maximum < info.minimum || info.maximum > maxPayload) {
			t.Fatalf("the client believes in %+v", info)
		}
		if errors.Is(err, io.ErrNoProgress) {
			t.Fatal("the client doesn't get on")
		}
	})
}
