package simulation

import (
	"fmt"
	"reflect"
	"strings"

	"hast/actors"
)

// describe puts a message into words for the trace: its type, and for the messages of the seams what
// matters in them. It never prints a pointer.
func describe(msg any) string {
	switch m := msg.(type) {
	case *actors.DiskOp:
		s := fmt.Sprintf("DiskOp %v %d+%d e%d", m.Kind, m.Off, max(m.Len, int64(len(m.Buf))), m.Epoch)
		return s + failure(m.Err)
	case *actors.FramesIn:
		var s strings.Builder
		fmt.Fprintf(&s, "FramesIn e%d", m.Epoch)
		for _, f := range m.Frames {
			fmt.Fprintf(&s, " [nv %d payload %d%s]", len(f.NV), len(f.Payload), failure(f.PayloadErr))
		}
		return s.String()
	case *actors.Requests:
		var s strings.Builder
		fmt.Fprintf(&s, "Requests e%d", m.Epoch)
		for _, r := range m.Reqs {
			fmt.Fprintf(&s, " [%v %d+%d]", r.Op, r.Off, r.Len)
		}
		return s.String()
	case *actors.DiskOpened:
		return fmt.Sprintf("DiskOpened e%d %d%s", m.Epoch, m.Size, failure(m.Err))
	case *actors.Listening:
		return fmt.Sprintf("Listening e%d %s%s", m.Epoch, m.Addr, failure(m.Err))
	case *actors.Accepted:
		return fmt.Sprintf("Accepted e%d %v", m.Epoch, m.Remotes)
	case *actors.Stranger:
		return fmt.Sprintf("Stranger e%d %s", m.Epoch, m.Peer)
	case *actors.Dialed:
		return fmt.Sprintf("Dialed e%d refused=%v%s", m.Epoch, m.Refused, failure(m.Err))
	case *actors.ConnClosed:
		return fmt.Sprintf("ConnClosed e%d%s", m.Epoch, failure(m.Err))
	case *actors.SetRole:
		return fmt.Sprintf("SetRole %v %v force=%v", m.Names, m.Role, m.Force)
	}
	return typeName(msg)
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	return " err=" + err.Error()
}

// typeName is the message's type without its package.
func typeName(msg any) string {
	if msg == nil {
		return "nil"
	}
	s := strings.TrimPrefix(reflect.TypeOf(msg).String(), "*")
	return s[strings.LastIndexByte(s, '.')+1:]
}
