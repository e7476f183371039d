package wire

// Capabilities that nodes announce to each other in "x_caps" (hast-protocol 15). A stock node sends
// none and ignores the field. What a capability names is used only when both sides announced it.
const (
	// CapExtensions: the extension fields and commands of hast-protocol 15.
	CapExtensions uint64 = 1 << iota
	// CapMarks: marks and the session's identity.
	CapMarks
	// CapBatch: batched frames.
	CapBatch
	// CapCRC32C: the checksum crc32c.
	CapCRC32C
	// CapCompressors: the compressions lz4 and zstd.
	CapCompressors
	// CapVerify: online verification.
	CapVerify
	// CapTerm: reigns granted by an arbiter (I40).
	CapTerm
	// CapEcho: a keepalive with a number is answered.
	CapEcho
)

// fieldCaps carries the capabilities in both hellos and both replies. It is left out when there are none,
// so that such a message is exactly the original's.
const fieldCaps = "x_caps"

// fieldNode and fieldProbe are Hello1.Node and Hello1.Probe.
const (
	fieldNode  = "x_node"
	fieldProbe = "x_probe"
)

func appendCaps(dst []byte, caps uint64) []byte {
	if caps == 0 {
		return dst
	}
	return AppendU64(dst, fieldCaps, caps)
}
