// Package states decides: tables and pure functions over values. It does no I/O, knows no clock, no
// goroutine and no actor, so that the daemon, the simulation and the tests all run the same decisions.
package states

import "fmt"

// Role says who a node is for a resource. The numbers are those of HAST's control protocol.
type Role uint8

// The roles, with their numbers in HAST's control protocol.
const (
	RoleUndef     Role = 0
	RoleInit      Role = 1
	RolePrimary   Role = 2
	RoleSecondary Role = 3
)

var roleNames = [...]string{"undef", "init", "primary", "secondary"}

// String returns the word that hastctl prints and metadata stores.
func (r Role) String() string { return enumName(roleNames[:], int(r)) }

// ParseRole turns hastctl's word into a Role.
func ParseRole(s string) (Role, error) {
	i, err := parseEnum("role", s, roleNames[1:])
	return Role(i + 1), err
}

// Mode is a replication mode: what must have happened before a write is answered.
type Mode uint8

// The replication modes. The order is the original's internal numbering.
const (
	// FullSync answers when both components hold the data.
	FullSync Mode = iota
	// MemSync answers when the local component holds the data and the peer has received it.
	MemSync
	// Async answers when the local component holds the data.
	Async
)

var modeNames = [...]string{"fullsync", "memsync", "async"}

// String returns the word used in hast.conf.
func (m Mode) String() string { return enumName(modeNames[:], int(m)) }

// ParseMode turns hast.conf's word into a Mode.
func ParseMode(s string) (Mode, error) {
	i, err := parseEnum("replication mode", s, modeNames[:])
	return Mode(i), err
}

// Checksum names the checksum that guards payloads on the wire.
type Checksum uint8

// The payload checksums of hast.conf.
const (
	ChecksumNone Checksum = iota
	ChecksumCRC32
	ChecksumSHA256
)

var checksumNames = [...]string{"none", "crc32", "sha256"}

// String returns the word used in hast.conf and on the wire.
func (c Checksum) String() string { return enumName(checksumNames[:], int(c)) }

// ParseChecksum turns hast.conf's word into a Checksum.
func ParseChecksum(s string) (Checksum, error) {
	i, err := parseEnum("checksum", s, checksumNames[:])
	return Checksum(i), err
}

// Compression names how payloads are compressed on the wire.
type Compression uint8

// The payload compressions of hast.conf.
const (
	CompressionNone Compression = iota
	CompressionHole
	CompressionLZF
)

var compressionNames = [...]string{"none", "hole", "lzf"}

// String returns the word used in hast.conf and on the wire.
func (c Compression) String() string { return enumName(compressionNames[:], int(c)) }

// ParseCompression turns hast.conf's word into a Compression.
func ParseCompression(s string) (Compression, error) {
	i, err := parseEnum("compression", s, compressionNames[:])
	return Compression(i), err
}

// Op is what a request asks of the device. Values 1 to 5 are HAST's command numbers on the wire.
type Op uint8

// The operations. OpZero is ours: zeroes that must read back as such; on the wire it travels as
// OpDelete to a peer that promises zeroes, else as a write of zeroes.
const (
	OpRead      Op = 1
	OpWrite     Op = 2
	OpDelete    Op = 3
	OpFlush     Op = 4
	OpKeepalive Op = 5
	OpZero      Op = 6
)

var opNames = [...]string{"UNKNOWN", "READ", "WRITE", "DELETE", "FLUSH", "KEEPALIVE", "ZERO"}

// String returns the upper-case name that HAST's logs use.
func (o Op) String() string { return enumName(opNames[:], int(o)) }

// Changes reports whether the operation changes data.
func (o Op) Changes() bool { return o == OpWrite || o == OpDelete || o == OpZero }

// SyncSource names the side that holds the good data of a synchronization.
type SyncSource uint8

// The sync sources, with their numbers on the wire.
const (
	SourceUndef     SyncSource = 0
	SourcePrimary   SyncSource = 1
	SourceSecondary SyncSource = 2
)

var sourceNames = [...]string{"undef", "primary", "secondary"}

// String returns the side's name.
func (s SyncSource) String() string { return enumName(sourceNames[:], int(s)) }

func enumName(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

func parseEnum(what, s string, names []string) (int, error) {
	for i, n := range names {
		if n == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q, expected one of %v", what, s, names)
}
