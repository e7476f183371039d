package nbd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errAborted says that the client ended the handshake in good order.
var errAborted = errors.New("the client ended the handshake")

// handshake is the server's side of one negotiation.
type handshake struct {
	export   *export
	in       *intake
	out      io.Writer
	noZeroes bool
	scratch  []byte
}

// negotiate carries a connection from its first byte to transmission; after nil the next byte of in is
// a request's. Other errors than errAborted tell what the client did wrong, or of the connection.
func negotiate(e *export, in *intake, out io.Writer) error {
	h := &handshake{export: e, in: in, out: out}
	b := binary.BigEndian.AppendUint64(nil, magicServer)
	b = binary.BigEndian.AppendUint64(b, magicOption)
	b = binary.BigEndian.AppendUint16(b, flagFixedNewstyle|flagNoZeroes)
	if _, err := out.Write(b); err != nil {
		return err
	}
	b, err := in.next(4)
	if err != nil {
		return fmt.Errorf("reading the client's flags: %w", err)
	}
	flags := binary.BigEndian.Uint32(b)
	if flags&^uint32(flagFixedNewstyle|flagNoZeroes) != 0 {
		return fmt.Errorf("client flags %#x: only bits 0 and 1 were offered", flags)
	}
	h.noZeroes = flags&flagNoZeroes != 0
	for range maxOptions {
		done, err := h.option()
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("the client sent %d options and chose no export", maxOptions)
}

// option handles one option, and says whether transmission begins.
func (h *handshake) option() (bool, error) {
	b, err := h.in.next(16)
	if err != nil {
		return false, fmt.Errorf("reading an option: %w", err)
	}
	magic, opt, n := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	if magic != magicOption {
		return false, fmt.Errorf("an option begins with %#x instead of IHAVEOPT", magic)
	}
	if n > maxOptionData {
		// Where the next option begins is known, but who sends this much isn't a client.
		text := fmt.Sprintf("%d bytes of option data exceed the limit of %d", n, maxOptionData)
		return false, errors.Join(errors.New(text), h.reply(opt, repErrTooBig, []byte(text)))
	}
	data, err := h.in.next(int(n))
	if err != nil {
		return false, fmt.Errorf("reading the data of option %d: %w", opt, truncated(err))
	}
	switch opt {
	case optExportName:
		return true, h.exportName(data)
	case optAbort:
		// The client may be gone without waiting for the answer.
		_ = h.reply(opt, repAck, nil)
		return false, errAborted
	case optList:
		return false, h.list(data)
	case optInfo, optGo:
		found, err := h.info(opt, data)
		return found && opt == optGo, err
	case optStructured:
		return false, h.refuse(opt, repErrUnsup, "structured replies are not supported; simple ones are")
	case optStartTLS:
		return false, h.refuse(opt, repErrUnsup, "TLS is not supported; the socket is private to its user")
	}
	return false, h.refuse(opt, repErrUnsup, "option %d is not supported", opt)
}

// exportName is the oldest way to choose an export: it has no way to say no but to hang up.
func (h *handshake) exportName(name []byte) error {
	if !h.export.known(name) {
		return fmt.Errorf("the client wants the export %q; there is only %q", name, h.export.name)
	}
	b := binary.BigEndian.AppendUint64(h.scratch[:0], uint64(h.export.size))
	b = binary.BigEndian.AppendUint16(b, transmission)
	if !h.noZeroes {
		b = append(b, make([]byte, 124)...)
	}
	_, err := h.out.Write(b)
	return err
}

func (h *handshake) list(data []byte) error {
	if len(data) != 0 {
		return h.refuse(optList, repErrInvalid, "NBD_OPT_LIST carries no data, but %d bytes came", len(data))
	}
	b := appendString(nil, h.export.name)
	b = append(b, h.export.description...)
	if err := h.reply(optList, repServer, b); err != nil {
		return err
	}
	return h.reply(optList, repAck, nil)
}

// info answers NBD_OPT_INFO and NBD_OPT_GO. The block sizes are sent whether asked for or not, since the
// door refuses what isn't a multiple of a sector; a client ignores what it didn't ask for.
func (h *handshake) info(opt uint32, data []byte) (found bool, err error) {
	name, asked, ok := parseInfo(data)
	if !ok {
		return false, h.refuse(opt, repErrInvalid, "the data is not a name and a list of information requests that fit its %d bytes", len(data))
	}
	e := h.export
	if !e.known(name) {
		return false, h.refuse(opt, repErrUnknown, "there is no export of that name here; there is %q", e.name)
	}
	b := binary.BigEndian.AppendUint16(nil, infoExport)
	b = binary.BigEndian.AppendUint64(b, uint64(e.size))
	b = binary.BigEndian.AppendUint16(b, transmission)
	if err := h.reply(opt, repInfo, b); err != nil {
		return false, err
	}
	b = binary.BigEndian.AppendUint16(b[:0], infoBlockSize)
	b = binary.BigEndian.AppendUint32(b, uint32(e.sector))
	b = binary.BigEndian.AppendUint32(b, uint32(max(e.sector, preferredBlock)))
	b = binary.BigEndian.AppendUint32(b, maxPayload)
	if err := h.reply(opt, repInfo, b); err != nil {
		return false, err
	}
	// Each kind is sent once, however often it is asked for.
	for _, kind := range []uint16{infoName, infoDescription} {
		text := map[uint16]string{infoName: e.name, infoDescription: e.description}[kind]
		if asked(kind) {
			b = append(binary.BigEndian.AppendUint16(b[:0], kind), text...)
			if err := h.reply(opt, repInfo, b); err != nil {
				return false, err
			}
		}
	}
	return true, h.reply(opt, repAck, nil)
}

// parseInfo takes apart the data of NBD_OPT_INFO and NBD_OPT_GO: u32 length and name, u16 count and as
// many u16.
func parseInfo(data []byte) (name []byte, asked func(uint16) bool, ok bool) {
	if len(data) < 6 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if n > maxName || int64(n)+6 > int64(len(data)) {
		return nil, nil, false
	}
	name, data = data[4:4+n], data[4+n:]
	count := int(binary.BigEndian.Uint16(data))
	kinds := data[2:]
	if len(kinds) != 2*count {
		return nil, nil, false
	}
	return name, func(kind uint16) bool {
		for i := 0; i < len(kinds); i += 2 {
			if binary.BigEndian.Uint16(kinds[i:]) == kind {
				return true
			}
		}
		return false
	}, true
}

// refuse answers an option with an error that the client can show.
func (h *handshake) refuse(opt, kind uint32, format string, args ...any) error {
	return h.reply(opt, kind, fmt.Appendf(nil, format, args...))
}

func (h *handshake) reply(opt, kind uint32, data []byte) error {
	b := binary.BigEndian.AppendUint64(h.scratch[:0], magicReply)
	b = binary.BigEndian.AppendUint32(b, opt)
	b = binary.BigEndian.AppendUint32(b, kind)
	b = appendBytes(b, data)
	h.scratch = b
	_, err := h.out.Write(b)
	return err
}

// appendBytes appends a u32 length and data.
func appendBytes(b, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}
