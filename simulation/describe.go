package simulation

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"hast/actors"
)

// describe puts a message into words: its type, and for the messages of the seams what matters in them.
// It never prints a pointer.
func describe(msg any) string { return string(appendMessage(nil, msg)) }

// appendMessage is describe without memory of its own: it is called for every turn.
func appendMessage(b []byte, msg any) []byte {
	switch m := msg.(type) {
	case *actors.DiskOp:
		b = append(append(b, "DiskOp "...), m.Kind.String()...)
		b = appendRange(b, m.Off, max(m.Len, int64(len(m.Buf))))
		return appendFailure(appendEpoch(b, m.Epoch), m.Err)
	case *actors.FramesIn:
		b = appendEpoch(append(b, "FramesIn"...), m.Epoch)
		for _, f := range m.Frames {
			b = strconv.AppendInt(append(b, " [nv "...), int64(len(f.NV)), 10)
			b = strconv.AppendInt(append(b, " payload "...), int64(len(f.Payload)), 10)
			b = append(appendFailure(b, f.PayloadErr), ']')
		}
		return b
	case *actors.Requests:
		b = appendEpoch(append(b, "Requests"...), m.Epoch)
		for _, r := range m.Reqs {
			b = append(append(b, " ["...), r.Op.String()...)
			b = append(appendRange(b, r.Off, r.Len), ']')
		}
		return b
	case *actors.DiskOpened:
		b = appendEpoch(append(b, "DiskOpened"...), m.Epoch)
		b = strconv.AppendInt(append(b, ' '), m.Size, 10)
		return appendFailure(b, m.Err)
	case *actors.Listening:
		b = appendEpoch(append(b, "Listening"...), m.Epoch)
		return appendFailure(append(append(b, ' '), m.Addr...), m.Err)
	case *actors.Accepted:
		return fmt.Appendf(b, "Accepted e%d %v", m.Epoch, m.Remotes)
	case *actors.Stranger:
		return fmt.Appendf(b, "Stranger e%d %s", m.Epoch, m.Peer)
	case *actors.Dialed:
		return appendFailure(fmt.Appendf(b, "Dialed e%d refused=%v", m.Epoch, m.Refused), m.Err)
	case *actors.ConnClosed:
		return appendFailure(appendEpoch(append(b, "ConnClosed"...), m.Epoch), m.Err)
	case *actors.SetRole:
		return fmt.Appendf(b, "SetRole %v %v force=%v", m.Names, m.Role, m.Force)
	}
	return append(b, typeName(msg)...)
}

func appendEpoch(b []byte, e uint64) []byte { return strconv.AppendUint(append(b, " e"...), e, 10) }

func appendRange(b []byte, off, n int64) []byte {
	b = strconv.AppendInt(append(b, ' '), off, 10)
	return strconv.AppendInt(append(b, '+'), n, 10)
}

func appendFailure(b []byte, err error) []byte {
	if err == nil {
		return b
	}
	return append(append(b, " err="...), err.Error()...)
}

// typeName is the message's type without its package.
func typeName(msg any) string {
	if msg == nil {
		return "nil"
	}
	s := strings.TrimPrefix(reflect.TypeOf(msg).String(), "*")
	return s[strings.LastIndexByte(s, '.')+1:]
}
