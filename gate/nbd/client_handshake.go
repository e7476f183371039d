package nbd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// exportInfo is what a server tells of an export.
type exportInfo struct {
	size    int64 // bytes
	flags   uint16
	minimum uint32 // bytes; of offsets and lengths
	maximum uint32 // bytes; of a payload
}

// maxReplyData bounds what a client takes for one option reply, in bytes, and maxReplies how many.
const (
	maxReplyData = 16 << 10
	maxReplies   = 64
)

// choose is the client's side of a negotiation: it asks for an export by NBD_OPT_GO.
func choose(in *intake, out io.Writer, name string) (exportInfo, error) {
	var info exportInfo
	if len(name) > maxName {
		return info, fmt.Errorf("a name of %d bytes; at most %d are possible", len(name), maxName)
	}
	b, err := in.next(18)
	if err != nil {
		return info, fmt.Errorf("reading the server's greeting: %w", truncated(err))
	}
	if binary.BigEndian.Uint64(b) != magicServer || binary.BigEndian.Uint64(b[8:]) != magicOption {
		return info, errors.New("this is not an NBD server of the newstyle kind")
	}
	flags := binary.BigEndian.Uint16(b[16:])
	if flags&flagFixedNewstyle == 0 {
		return info, errors.New("the server is too old: it has no NBD_OPT_GO")
	}
	b = binary.BigEndian.AppendUint32(nil, uint32(flags&(flagFixedNewstyle|flagNoZeroes)))
	b = binary.BigEndian.AppendUint64(b, magicOption)
	b = binary.BigEndian.AppendUint32(b, optGo)
	data := appendString(nil, name)
	data = binary.BigEndian.AppendUint16(data, 1)
	data = binary.BigEndian.AppendUint16(data, infoBlockSize)
	if _, err := out.Write(appendBytes(b, data)); err != nil {
		return info, err
	}
	info.minimum, info.maximum = 1, maxPayload // what the protocol has for servers that don't say
	for range maxReplies {
		kind, data, err := optionReply(in)
		switch {
		case err != nil:
			return info, err
		case kind == repAck && info.flags == 0:
			return info, errors.New("the server agrees but doesn't describe the export")
		case kind == repAck:
			return info, info.check()
		case kind == repInfo:
			if err := info.take(data); err != nil {
				return info, err
			}
		case kind&(1<<31) != 0:
			return info, fmt.Errorf("the server refuses (NBD reply %#x): %q", kind, data)
		}
	}
	return info, fmt.Errorf("the server sent %d replies and no end of them", maxReplies)
}

// optionReply reads one reply to NBD_OPT_GO.
func optionReply(in *intake) (kind uint32, data []byte, err error) {
	b, err := in.next(20)
	if err != nil {
		return 0, nil, fmt.Errorf("reading the server's reply: %w", truncated(err))
	}
	kind = binary.BigEndian.Uint32(b[12:])
	n := binary.BigEndian.Uint32(b[16:])
	if binary.BigEndian.Uint64(b) != magicReply || binary.BigEndian.Uint32(b[8:]) != optGo {
		return 0, nil, errors.New("the server's reply is not one to NBD_OPT_GO")
	}
	if n > maxReplyData {
		return 0, nil, fmt.Errorf("the server's reply has %d bytes; at most %d are taken", n, maxReplyData)
	}
	data, err = in.next(int(n))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the server's reply: %w", truncated(err))
	}
	return kind, data, nil
}

// take learns from a repInfo. Kinds that weren't asked for are legal.
func (info *exportInfo) take(data []byte) error {
	if len(data) < 2 {
		return errors.New("the server sent information of no kind")
	}
	switch kind := binary.BigEndian.Uint16(data); {
	case kind == infoExport && len(data) == 12:
		info.size = int64(binary.BigEndian.Uint64(data[2:]))
		info.flags = binary.BigEndian.Uint16(data[10:])
	case kind == infoBlockSize && len(data) == 14:
		info.minimum = binary.BigEndian.Uint32(data[2:])
		info.maximum = min(binary.BigEndian.Uint32(data[10:]), maxPayload)
	case kind == infoExport || kind == infoBlockSize:
		return fmt.Errorf("the server sent %d bytes of information of kind %d", len(data), kind)
	}
	return nil
}

// check refuses what no server may say, before anything is divided by it.
func (info *exportInfo) check() error {
	switch {
	case info.size < 0:
		return errors.New("the export has more bytes than an int64 counts")
	case info.minimum == 0 || info.minimum&(info.minimum-1) != 0 || info.minimum > 64<<10:
		return fmt.Errorf("a minimum block size of %d bytes: it must be a power of two up to 65536", info.minimum)
	case info.maximum < info.minimum || info.maximum%info.minimum != 0:
		return fmt.Errorf("a maximum block size of %d bytes for a minimum of %d", info.maximum, info.minimum)
	}
	return nil
}
