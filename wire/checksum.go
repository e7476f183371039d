package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"hast/states"
)

// hashSize is the length of a checksum in bytes; 0 for none.
func hashSize(c states.Checksum) int {
	switch c {
	case states.ChecksumCRC32:
		return crc32.Size
	case states.ChecksumSHA256:
		return sha256.Size
	}
	return 0
}

// appendHash appends the "checksum" and "hash" elements of data. The crc32 travels in the sender's byte
// order, which is little-endian on every host that we run on.
func appendHash(dst []byte, c states.Checksum, data []byte) []byte {
	switch c {
	case states.ChecksumCRC32:
		var h [crc32.Size]byte
		binary.LittleEndian.PutUint32(h[:], crc32.ChecksumIEEE(data))
		return AppendBytes(AppendStr(dst, fieldChecksum, "crc32"), fieldHash, h[:])
	case states.ChecksumSHA256:
		h := sha256.Sum256(data)
		return AppendBytes(AppendStr(dst, fieldChecksum, "sha256"), fieldHash, h[:])
	}
	return dst
}

// verifyHash checks the bytes of a payload as they came off the wire against the fields of its message.
// It returns which checksum guarded them. The messages are the original's.
func verifyHash(nv NV, data []byte) (states.Checksum, error) {
	typ, word, ok := nv.find(fieldChecksum)
	if !ok {
		return states.ChecksumNone, nil
	}
	if typ != TypeStr {
		return states.ChecksumNone, &PayloadError{Reason: "Field checksum is not a string."}
	}
	word = word[:len(word)-1]
	hash, ok := nv.Bytes(fieldHash)
	if !ok {
		return states.ChecksumNone, &PayloadError{Reason: "Hash is missing."}
	}
	var c states.Checksum
	switch string(word) {
	case "crc32":
		c = states.ChecksumCRC32
	case "sha256":
		c = states.ChecksumSHA256
	default:
		return c, &PayloadError{Reason: fmt.Sprintf("Unknown checksum algorithm '%s'.", printable(word))}
	}
	if len(hash) != hashSize(c) {
		return c, &PayloadError{Reason: fmt.Sprintf("Invalid hash size (%d) for %s, should be %d.", len(hash), c, hashSize(c))}
	}
	var same bool
	if c == states.ChecksumCRC32 {
		same = binary.LittleEndian.Uint32(hash) == crc32.ChecksumIEEE(data)
	} else {
		sum := sha256.Sum256(data)
		same = bytes.Equal(hash, sum[:])
	}
	if !same {
		return c, &PayloadError{Reason: "Hash mismatch."}
	}
	return c, nil
}
