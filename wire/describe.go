package wire

import (
	"fmt"
	"strings"

	"hast/states"
)

// maxDescription bounds a description in bytes: what a peer sends must not flood a log.
const maxDescription = 400

// Describe puts a message in one line for people, traces and golden files:
//
//	WRITE seq=7 1048576+4096 memsync
//	reply seq=7 received
//	hello resource="disk0" version=2
//
// What is no such message comes out field by field.
func Describe(nv NV) string {
	var s string
	switch {
	case nv.Has(fieldCmd) && !nv.Has(keyResource+"0"):
		if r, err := DecodeRequest(nv); err == nil {
			s = r.String()
		}
	case nv.Has(fieldSeq):
		if r, err := DecodeReply(nv); err == nil {
			s = r.String()
		}
	case nv.Has(fieldResource) && !nv.Has(fieldPrevRole):
		s = describeHello(nv)
	case nv.Has(fieldErrMsg) || nv.Has(fieldSyncSrc) || nv.Has(fieldToken):
		s = describeHelloReply(nv)
	}
	if s == "" {
		s = describeFields(nv)
	}
	if len(s) > maxDescription {
		s = s[:maxDescription-3] + "..."
	}
	return s
}

// String is the request in one line.
func (r Request) String() string {
	var b strings.Builder
	switch r.Cmd {
	case states.OpRead, states.OpWrite, states.OpDelete:
		fmt.Fprintf(&b, "%v seq=%d %d+%d", r.Cmd, r.Seq, r.Offset, r.Length)
	case states.OpFlush:
		fmt.Fprintf(&b, "%v seq=%d", r.Cmd, r.Seq)
	case states.OpKeepalive:
		return r.Cmd.String()
	default:
		fmt.Fprintf(&b, "UNKNOWN(%d) seq=%d %d+%d", uint8(r.Cmd), r.Seq, r.Offset, r.Length)
	}
	if r.Memsync {
		b.WriteString(" memsync")
	}
	return b.String()
}

// String is the reply in one line.
func (r Reply) String() string {
	s := fmt.Sprintf("reply seq=%d", r.Seq)
	if r.Received {
		s += " received"
	}
	if r.Error != 0 {
		s += " error=" + Errno(r.Error).Name()
	}
	return s
}

func describeHello(nv NV) string {
	if !IsHello2(nv) {
		h, err := DecodeHello1(nv)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("hello resource=%q version=%d", h.Resource, h.Version) + describeCaps(h.Caps)
	}
	h, err := DecodeHello2(nv)
	if err != nil {
		return ""
	}
	s := fmt.Sprintf("second hello resource=%q resuid=%016x counts=%d,%d", h.Resource, h.ResUID, h.LocalCnt, h.RemoteCnt)
	if h.Virgin {
		s += " virgin"
	}
	return s + describeCaps(h.Caps)
}

// describeHelloReply leaves the token out: who knows it can take a session over.
func describeHelloReply(nv NV) string {
	if nv.Has(fieldDataSize) {
		h, err := DecodeHello2Reply(nv)
		if err != nil {
			return ""
		}
		s := fmt.Sprintf("reply to second hello datasize=%d extentsize=%d counts=%d,%d",
			h.DataSize, h.ExtentSize, h.LocalCnt, h.RemoteCnt)
		if h.ErrMsg != "" {
			return s + fmt.Sprintf(" errmsg=%q", h.ErrMsg) + describeCaps(h.Caps)
		}
		if h.Virgin {
			s += " virgin"
		}
		return s + fmt.Sprintf(" source=%v map=%d", h.SyncSrc, h.MapSize) + describeCaps(h.Caps)
	}
	h, err := DecodeHello1Reply(nv)
	switch {
	case err != nil:
		return ""
	case h.ErrMsg != "" && h.Wait:
		return fmt.Sprintf("reply to hello errmsg=%q wait", h.ErrMsg) + describeCaps(h.Caps)
	case h.ErrMsg != "":
		return fmt.Sprintf("reply to hello errmsg=%q", h.ErrMsg) + describeCaps(h.Caps)
	}
	return fmt.Sprintf("reply to hello version=%d", h.Version) + describeCaps(h.Caps)
}

func describeCaps(caps uint64) string {
	if caps == 0 {
		return ""
	}
	return fmt.Sprintf(" caps=%#x", caps)
}

// describeFields lists names and values, arrays by their length alone.
func describeFields(nv NV) string {
	var b strings.Builder
	nv.Each(func(name []byte, typ byte, data []byte) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", printable(name), describeValue(typ, data))
		return b.Len() < maxDescription
	})
	if b.Len() == 0 {
		return "empty message"
	}
	return b.String()
}

func describeValue(typ byte, data []byte) string {
	switch typ {
	case TypeU8, TypeU16, TypeU32, TypeU64:
		return fmt.Sprint(littleEndian(data))
	case TypeI8:
		return fmt.Sprint(int8(littleEndian(data)))
	case TypeI16:
		return fmt.Sprint(int16(littleEndian(data)))
	case TypeI32:
		return fmt.Sprint(int32(littleEndian(data)))
	case TypeI64:
		return fmt.Sprint(int64(littleEndian(data)))
	case TypeStr:
		return fmt.Sprintf("%q", data[:min(len(data)-1, maxDescription)])
	}
	return fmt.Sprintf("[%d bytes]", len(data))
}
