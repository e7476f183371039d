// Package wire holds the bytes that others read: the peer protocol of HAST (version 2), its metadata
// block, and the messages of the control socket. It encodes and decodes and moves nothing: no socket,
// no file, no clock.
//
// The formats are those of FreeBSD's hastd, so that a node of ours can be paired with one of theirs.
// All integers are little-endian. What comes from outside is bounded before memory is taken for it, and
// whatever is wrong with it comes back as an error that names the field.
//
// A message is an [NV] in a frame, perhaps with a payload behind it:
//
//	version u8 | nv size u32 | nv | payload (as many bytes as the nv's "size" says)
package wire
