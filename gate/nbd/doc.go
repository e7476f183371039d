// Package nbd is a door: it shows a resource as an NBD export on a unix socket, to any number of
// clients of this machine. It speaks the fixed newstyle handshake and simple replies of the NBD protocol
// (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md).
//
//	client ── intake ── check ── slot ── *actors.Requests ──> gate actor
//	client <─ outbox <─ command <──────── Answered, Released ──┘
//
// What is supported: NBD_OPT_EXPORT_NAME, ABORT, LIST, INFO and GO; NBD_CMD_READ, WRITE, DISC, FLUSH,
// TRIM and WRITE_ZEROES, with FUA; several connections at once, among which a flush on one covers what
// was answered on all (NBD_FLAG_CAN_MULTI_CONN). Not supported, and refused in the protocol's own words:
// TLS, structured and extended replies, metadata contexts, CACHE, RESIZE, and fast zeroing. The door is
// as private as its socket, which only its user can open.
//
// Who may touch what: a connection has a reader goroutine, which takes slots and fills them, and a
// writer goroutine, which only works when a client is slow to take its replies. Replies are gathered in
// turns of the gate's executor and leave at the end of a burst of turns by one system call.
//
// The credits (I24) are shared by all connections, and so are the buffers. All clients run under one
// user; nothing keeps one that sends requests and never reads its replies from holding credits that
// another could use.
//
// The package also has a client, for hastctl's demo and for tests.
package nbd
