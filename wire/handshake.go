package wire

import (
	"fmt"

	"hast/states"
)

// Names of the fields of the handshake (hast-protocol 3).
const (
	fieldResource   = "resource"
	fieldVersion    = "version"
	fieldToken      = "token"
	fieldErrMsg     = "errmsg"
	fieldWait       = "wait"
	fieldVirgin     = "virgin"
	fieldResUID     = "resuid"
	fieldLocalCnt   = "localcnt"
	fieldRemoteCnt  = "remotecnt"
	fieldDataSize   = "datasize"
	fieldExtentSize = "extentsize"
	fieldSyncSrc    = "syncsrc"
	fieldMapSize    = "mapsize"
)

// TokenSize is the length in bytes of the token that ties the two connections of a session together.
const TokenSize = 16

// Token ties connection 2 of a session to connection 1.
type Token [TokenSize]byte

// Hello1 is the first message of the primary on connection 1.
type Hello1 struct {
	Resource string
	// Version is the highest version that the primary speaks; it may exceed ours. A hello without it
	// decodes as 1.
	Version uint8
	// Caps are the Cap bits; 0 from a stock node.
	Caps uint64
	// Node is a number that the sender drew for itself, so that a node whose remote leads back to
	// itself finds out; 0 from a stock node.
	Node uint64
	// Probe is drawn by a node that asks before it serves: of two that ask each other at once, the one
	// with the larger number goes on. 0: the sender serves already, or is a stock node.
	Probe uint64
}

// Hello1Reply is the secondary's answer to it, on connection 1.
type Hello1Reply struct {
	// Version is the session's: the lower of both sides'.
	Version uint8
	// Token is random and new for each hello1.
	Token Token
	// ErrMsg is the reason of a refusal; with it Version and Token mean nothing.
	ErrMsg string
	// Wait asks to try again soon, because a primary may be stepping down.
	Wait bool
	Caps uint64
}

// Hello2 is the primary's message on connection 2.
type Hello2 struct {
	Resource string
	Token    Token
	// Virgin tells that the primary has drawn the pair's ResUID just now.
	Virgin              bool
	ResUID              uint64
	LocalCnt, RemoteCnt uint64
	Caps                uint64
	// Marks are what the primary's record says beyond counters; sent with CapMarks only.
	Marks states.Marks
	// Told is what only people are told; with CapMarks.
	Told Told
	// DataSize and ExtentSize are the primary's, in bytes; 0 isn't told. With CapMarks.
	DataSize   uint64
	ExtentSize uint32
}

// Hello2Reply is the secondary's answer to it, which comes on connection 1. The activemap, MapSize bytes
// of it, is the frame's payload.
type Hello2Reply struct {
	DataSize            int64 // bytes
	ExtentSize          int32 // bytes
	LocalCnt, RemoteCnt uint64
	// ErrMsg is the reason of a refusal. Of what follows in this struct only Marks, Unfit, Told and ResUID
	// mean something then, if Marks.Known.
	ErrMsg string
	// ResUID is the secondary's, in a refusal only.
	ResUID uint64
	// Virgin tells that the secondary's component was fresh.
	Virgin  bool
	SyncSrc states.SyncSource
	// MapSize is the length of the map in bytes; 0 when there is none.
	MapSize uint32
	Caps    uint64
	// Session is the identity that the secondary drew for this session, Marks what its record says beyond
	// counters, Unfit its fitness; with CapMarks only. If Marks.LagKnown, a second map of LagSize bytes
	// follows the first in the payload: the extents that lack something answered.
	Session uint64
	Marks   states.Marks
	Unfit   states.Fitness
	LagSize uint32
	// Bad holds the extents of which the primary's copy is the current one, whatever the counters say.
	Bad states.ExtentRuns
	// Told is what only people are told; with CapMarks.
	Told Told
}

// Told is what a node tells of its copy for the other side's administrator; nothing is decided by it but
// whether there are dirty extents at all (Marks.Dirty, rule branch).
type Told struct {
	Dirty, Bad uint64 // bytes in extents
}

// IsHello2 tells the two hellos apart: a token makes it the second.
func IsHello2(nv NV) bool { return nv.Has(fieldToken) }

// AppendHello1 encodes h.
func AppendHello1(dst []byte, h *Hello1) []byte {
	dst = AppendStr(dst, fieldResource, h.Resource)
	dst = AppendU8(dst, fieldVersion, h.Version)
	dst = appendCaps(dst, h.Caps)
	if h.Node != 0 {
		dst = AppendU64(dst, fieldNode, h.Node)
	}
	if h.Probe != 0 {
		dst = AppendU64(dst, fieldProbe, h.Probe)
	}
	return dst
}

// DecodeHello1 reads a hello1.
func DecodeHello1(nv NV) (Hello1, error) {
	r := fieldReader{nv: nv}
	h := Hello1{Resource: r.resource(), Version: r.version(), Caps: r.optU64(fieldCaps),
		Node: r.optU64(fieldNode), Probe: r.optU64(fieldProbe)}
	return h, wrap("hello", r.err)
}

// version reads the version field: absent and 0 mean 1, as in the original.
func (r *fieldReader) version() uint8 {
	v, ok := r.nv.U8(fieldVersion)
	if !ok && r.nv.Has(fieldVersion) {
		r.fail(fieldVersion, "uint8")
	}
	return max(v, 1)
}

// token reads the token.
func (r *fieldReader) token() (t Token) {
	b, ok := r.nv.Bytes(fieldToken)
	if !ok {
		r.fail(fieldToken, "uint8 array")
	} else if len(b) != TokenSize {
		r.reject(fieldToken, fmt.Sprintf("has %d bytes instead of %d", len(b), TokenSize))
	}
	copy(t[:], b)
	return t
}

// AppendHello1Reply encodes h: its error if there is one, else version and token.
func AppendHello1Reply(dst []byte, h *Hello1Reply) []byte {
	if h.ErrMsg != "" {
		dst = AppendStr(dst, fieldErrMsg, h.ErrMsg)
		if h.Wait {
			dst = AppendU8(dst, fieldWait, 1)
		}
		return appendCaps(dst, h.Caps)
	}
	dst = AppendU8(dst, fieldVersion, h.Version)
	dst = AppendBytes(dst, fieldToken, h.Token[:])
	return appendCaps(dst, h.Caps)
}

// DecodeHello1Reply reads the reply to a hello1. A refusal is no error; look at ErrMsg.
func DecodeHello1Reply(nv NV) (Hello1Reply, error) {
	r := fieldReader{nv: nv}
	h := Hello1Reply{ErrMsg: r.errMsg(), Wait: nv.Has(fieldWait), Caps: r.optU64(fieldCaps)}
	if h.ErrMsg != "" || r.err != nil {
		return h, wrap("reply to hello", r.err)
	}
	h.Version, h.Token = r.version(), r.token()
	if r.err == nil && h.Version > ProtocolVersion {
		r.reject(fieldVersion, fmt.Sprintf(invalidVersion, h.Version))
	}
	return h, wrap("reply to hello", r.err)
}

// errMsg reads the reason of a refusal. A refusal without words still is one.
func (r *fieldReader) errMsg() string {
	if !r.nv.Has(fieldErrMsg) {
		return ""
	}
	msg := r.str(fieldErrMsg)
	if msg == "" && r.err == nil {
		return "The peer refused without a reason."
	}
	return msg
}

// AppendHello2 encodes h.
func AppendHello2(dst []byte, h *Hello2) []byte {
	dst = AppendStr(dst, fieldResource, h.Resource)
	dst = AppendBytes(dst, fieldToken, h.Token[:])
	if h.Virgin {
		dst = AppendI8(dst, fieldVirgin, 1)
	}
	dst = AppendU64(dst, fieldResUID, h.ResUID)
	dst = AppendU64(dst, fieldLocalCnt, h.LocalCnt)
	dst = AppendU64(dst, fieldRemoteCnt, h.RemoteCnt)
	dst = appendCaps(dst, h.Caps)
	if h.Caps&CapMarks != 0 {
		dst = appendTold(appendMarks(dst, &h.Marks), &h.Told)
		dst = AppendU32(AppendU64(dst, fieldOwnSize, h.DataSize), fieldOwnExtent, h.ExtentSize)
	}
	return dst
}

// DecodeHello2 reads a hello2.
func DecodeHello2(nv NV) (Hello2, error) {
	r := fieldReader{nv: nv}
	h := Hello2{
		Resource:  r.resource(),
		Token:     r.token(),
		Virgin:    nv.Has(fieldVirgin),
		ResUID:    r.u64(fieldResUID),
		LocalCnt:  r.u64(fieldLocalCnt),
		RemoteCnt: r.u64(fieldRemoteCnt),
		Caps:      r.optU64(fieldCaps),
	}
	if h.Caps&CapMarks != 0 {
		h.Marks, h.Told = r.marks(), r.told()
		h.Marks.Dirty = h.Told.Dirty > 0
		h.DataSize = r.optU64(fieldOwnSize)
		h.ExtentSize, _ = nv.U32(fieldOwnExtent)
	}
	return h, wrap("second hello", r.err)
}

// AppendHello2Reply encodes h. The frame's payload has to be the map, of h.MapSize bytes, unless there
// is an ErrMsg.
func AppendHello2Reply(dst []byte, h *Hello2Reply) []byte {
	dst = AppendI64(dst, fieldDataSize, h.DataSize)
	dst = AppendI32(dst, fieldExtentSize, h.ExtentSize)
	dst = AppendU64(dst, fieldLocalCnt, h.LocalCnt)
	dst = AppendU64(dst, fieldRemoteCnt, h.RemoteCnt)
	if h.ErrMsg != "" {
		dst = appendCaps(AppendStr(dst, fieldErrMsg, h.ErrMsg), h.Caps)
		if h.Caps&CapMarks != 0 && h.Marks.Known {
			dst = AppendU8(AppendU64(dst, fieldResUID, h.ResUID), fieldUnfit, uint8(h.Unfit))
			dst = appendTold(appendMarks(dst, &h.Marks), &h.Told)
		}
		return dst
	}
	if h.Virgin {
		dst = AppendI8(dst, fieldVirgin, 1)
	}
	dst = AppendU8(dst, fieldSyncSrc, uint8(h.SyncSrc))
	dst = AppendU32(dst, fieldMapSize, h.MapSize)
	dst = appendCaps(dst, h.Caps)
	if h.Caps&CapMarks == 0 {
		return dst
	}
	dst = AppendU64(dst, fieldSession, h.Session)
	dst = appendTold(appendMarks(dst, &h.Marks), &h.Told)
	dst = AppendU8(dst, fieldUnfit, uint8(h.Unfit))
	if h.Marks.LagKnown {
		dst = AppendU32(dst, fieldLag, h.LagSize)
	}
	if !h.Bad.IsEmpty() {
		dst = AppendBytes(dst, fieldBad, h.Bad.Bytes())
	}
	return dst
}

// DecodeHello2Reply reads the reply to a hello2. A refusal is no error; look at ErrMsg.
func DecodeHello2Reply(nv NV) (Hello2Reply, error) {
	const what = "reply to second hello"
	r := fieldReader{nv: nv}
	h := Hello2Reply{ErrMsg: r.errMsg(), Caps: r.optU64(fieldCaps)}
	h.DataSize, h.ExtentSize = r.geometry()
	h.LocalCnt, h.RemoteCnt = r.u64(fieldLocalCnt), r.u64(fieldRemoteCnt)
	if h.ErrMsg != "" {
		// The reason matters more than what else is wrong with a refusal.
		h.refusedMarks(nv)
		return h, nil
	}
	h.Virgin = nv.Has(fieldVirgin)
	h.SyncSrc = states.SyncSource(r.u8(fieldSyncSrc))
	h.MapSize = r.u32(fieldMapSize)
	if h.Caps&CapMarks != 0 {
		h.Session, h.Marks, h.Told = r.u64(fieldSession), r.marks(), r.told()
		h.Marks.Dirty = h.Told.Dirty > 0
		h.Unfit = r.unfit()
		h.LagSize, h.Marks.LagKnown = nv.U32(fieldLag)
		if b, ok := nv.Bytes(fieldBad); ok && h.DataSize > 0 && h.ExtentSize > 0 {
			var err error
			if h.Bad, err = states.ParseExtentRuns(b, states.Extents(uint64(h.DataSize), uint32(h.ExtentSize))); err != nil {
				r.reject(fieldBad, err.Error())
			}
		}
	}
	if r.err == nil && h.SyncSrc != states.SourcePrimary && h.SyncSrc != states.SourceSecondary {
		r.reject(fieldSyncSrc, fmt.Sprintf("is %d, which is neither primary (1) nor secondary (2)", uint8(h.SyncSrc)))
	}
	return h, wrap(what, r.err)
}

// refusedMarks reads what a refusal tells of the secondary's copy, all of it or nothing.
func (h *Hello2Reply) refusedMarks(nv NV) {
	r := fieldReader{nv: nv}
	uid, marks, told := r.u64(fieldResUID), r.marks(), r.told()
	if h.Caps&CapMarks == 0 || r.err != nil {
		return
	}
	marks.Dirty = told.Dirty > 0
	h.ResUID, h.Marks, h.Told, h.Unfit = uid, marks, told, r.unfit()
}

// geometry reads the sizes that must be the same on both nodes. They are signed in this message.
func (r *fieldReader) geometry() (dataSize int64, extentSize int32) {
	var ok bool
	if dataSize, ok = r.nv.I64(fieldDataSize); !ok {
		r.fail(fieldDataSize, "int64")
	}
	if extentSize, ok = r.nv.I32(fieldExtentSize); !ok {
		r.fail(fieldExtentSize, "int32")
	}
	if r.err == nil && dataSize <= 0 {
		r.reject(fieldDataSize, "is not positive")
	}
	if r.err == nil && extentSize <= 0 {
		r.reject(fieldExtentSize, "is not positive")
	}
	return dataSize, extentSize
}

// CheckMap reports whether the payload of the frame is the map that the reply announces. The original
// does not look (its defect A22).
func (h *Hello2Reply) CheckMap(f *InFrame) error {
	if f.PayloadErr != nil {
		return fmt.Errorf("activemap of the peer: %w", f.PayloadErr)
	}
	if want := uint64(h.MapSize) + uint64(h.LagSize); uint64(len(f.Payload)) != want {
		return fmt.Errorf("activemap of the peer: %d bytes came, %d were announced", len(f.Payload), want)
	}
	return nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
