package nbd

// Numbers of the NBD protocol. All integers on the wire are big endian.

// Magic numbers.
const (
	magicServer  = 0x4e42444d41474943 // "NBDMAGIC"
	magicOption  = 0x49484156454f5054 // "IHAVEOPT"
	magicReply   = 0x0003e889045565a9 // of an option's reply
	magicRequest = 0x25609513
	magicSimple  = 0x67446698 // of a simple reply
)

// Handshake flags; the client's answer uses the same bits.
const (
	flagFixedNewstyle = 1 << 0
	flagNoZeroes      = 1 << 1
)

// Options.
const (
	optExportName = 1
	optAbort      = 2
	optList       = 3
	optStartTLS   = 5
	optInfo       = 6
	optGo         = 7
	optStructured = 8
)

// Option replies.
const (
	repAck        = 1
	repServer     = 2
	repInfo       = 3
	repErrUnsup   = 1<<31 | 1
	repErrInvalid = 1<<31 | 3
	repErrUnknown = 1<<31 | 6
	repErrTooBig  = 1<<31 | 9
)

// Kinds of information in a repInfo.
const (
	infoExport      = 0
	infoName        = 1
	infoDescription = 2
	infoBlockSize   = 3
)

// Transmission flags.
const (
	transHasFlags     = 1 << 0
	transReadOnly     = 1 << 1
	transFlush        = 1 << 2
	transFUA          = 1 << 3
	transTrim         = 1 << 5
	transWriteZeroes  = 1 << 6
	transCanMultiConn = 1 << 8

	// transmission is what this door promises.
	transmission = transHasFlags | transFlush | transFUA | transTrim | transWriteZeroes | transCanMultiConn
)

// Commands.
const (
	cmdRead        = 0
	cmdWrite       = 1
	cmdDisc        = 2
	cmdFlush       = 3
	cmdTrim        = 4
	cmdWriteZeroes = 6
)

// Command flags.
const (
	cmdFUA    = 1 << 0
	cmdNoHole = 1 << 1
)

// Sizes on the wire, in bytes.
const (
	requestSize = 28
	replySize   = 16
)

// Limits, on what a client may ask of the server. maxPayload is the protocol's recommended maximum block
// size; the others keep a client that is not one from costing memory, time or connections.
const (
	maxPayload     = 32 << 20 // bytes of a READ or a WRITE
	maxName        = 4096     // bytes of an export's name, the protocol's own limit
	maxOptionData  = 32 << 10 // bytes that belong to one option
	maxOptions     = 64       // options in a handshake
	maxConnections = 64       // connections to one door, those in a handshake included
	preferredBlock = 4096     // bytes; what page caches and file systems like best
)
