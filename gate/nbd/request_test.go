package nbd

import (
	"errors"
	"testing"

	"hast/states"
)

var testExport = &export{name: "shared", description: "HAST resource shared", size: 64 << 20, sector: 512}

func TestCheck(t *testing.T) {
	const end = 64 << 20
	for _, c := range []struct {
		name   string
		typ    uint16
		flags  uint16
		off    uint64
		length uint32
		op     states.Op
		broken *rule
	}{
		{"read", cmdRead, 0, 0, 512, states.OpRead, nil},
		{"read with FUA, which means nothing", cmdRead, cmdFUA, 0, 512, states.OpRead, nil},
		{"read of the last sector", cmdRead, 0, end - 512, 512, states.OpRead, nil},
		{"longest read", cmdRead, 0, 0, maxPayload, states.OpRead, nil},
		{"write", cmdWrite, 0, 4096, 4096, states.OpWrite, nil},
		{"write with FUA", cmdWrite, cmdFUA, 4096, 4096, states.OpWrite, nil},
		{"flush", cmdFlush, 0, 0, 0, states.OpFlush, nil},
		{"trim of all", cmdTrim, 0, 0, end, states.OpDelete, nil},
		{"zeroes", cmdWriteZeroes, cmdFUA | cmdNoHole, 512, end - 512, states.OpZero, nil},

		{"cache", 5, 0, 0, 512, 0, ruleCommand},
		{"block status", 7, 0, 0, 512, 0, ruleCommand},
		{"nonsense", 0xffff, 0xffff, 1, 1, 0, ruleCommand},
		{"read, don't fragment", cmdRead, 1 << 2, 0, 512, 0, ruleFlags},
		{"no hole on a write", cmdWrite, cmdNoHole, 0, 512, 0, ruleFlags},
		{"fast zero", cmdWriteZeroes, 1 << 4, 0, 512, 0, ruleFlags},
		{"flush of a range", cmdFlush, 0, 0, 512, 0, ruleFlush},
		{"flush at", cmdFlush, 0, 512, 0, 0, ruleFlush},
		{"read of nothing", cmdRead, 0, 0, 0, 0, ruleEmpty},
		{"trim of nothing", cmdTrim, 0, 512, 0, 0, ruleEmpty},
		{"read too long", cmdRead, 0, 0, maxPayload + 512, 0, ruleTooLong},
		{"write too long", cmdWrite, 0, 0, 1<<32 - 512, 0, ruleTooLong},
		{"read past the end", cmdRead, 0, end - 512, 1024, 0, rulePastEnd},
		{"trim past the end", cmdTrim, 0, end, 512, 0, rulePastEnd},
		{"write past the end", cmdWrite, 0, end - 512, 1024, 0, ruleNoSpace},
		{"zeroes past the end", cmdWriteZeroes, 0, end + 512, 512, 0, ruleNoSpace},
		{"offset that overflows", cmdRead, 0, 1<<64 - 512, 1024, 0, rulePastEnd},
		{"write that overflows", cmdWrite, 0, 1<<64 - 512, 512, 0, ruleNoSpace},
		{"unaligned offset", cmdRead, 0, 100, 512, 0, ruleUnaligned},
		{"unaligned length", cmdWrite, 0, 0, 513, 0, ruleUnaligned},
		{"unaligned trim", cmdTrim, 0, 512, 100, 0, ruleUnaligned},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := parseHeader(rawRequest(c.typ, c.flags, 42, c.off, c.length))
			if h.cookie != 42 || h.magic != magicRequest {
				t.Errorf("parsed as %+v", h)
			}
			op, broken := testExport.check(&h)
			if op != c.op || broken != c.broken {
				t.Errorf("check: %v, %v; want %v, %v", op, broken, c.op, c.broken)
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(rawRequest(cmdRead, 0, 1, 0, 512))
	f.Add(rawRequest(cmdWriteZeroes, cmdFUA, 1, 1<<63, 1<<32-1))
	f.Add(rawRequest(cmdWrite, 0, 1, 64<<20-512, 512))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < requestSize {
			return
		}
		h := parseHeader(b)
		op, broken := testExport.check(&h)
		if broken != nil {
			if op != 0 || broken.text == "" || errors.Is(broken.errno, Errno(0)) {
				t.Fatalf("refused as %v, %+v", op, broken)
			}
			return
		}
		off, n := int64(h.offset), int64(h.length)
		if off < 0 || off+n > testExport.size || off%512 != 0 || n%512 != 0 {
			t.Fatalf("%v of %d bytes at %d was accepted", op, n, off)
		}
		if (op == states.OpRead || op == states.OpWrite) && n > maxPayload {
			t.Fatalf("a payload of %d bytes was accepted", n)
		}
		if (n == 0) != (op == states.OpFlush) {
			t.Fatalf("%v of %d bytes was accepted", op, n)
		}
	})
}
