package cmd_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/wire"
)

// stranger is somebody who connects to a hastd and isn't the one that it expects.
type stranger struct {
	ts   *testscript.TestScript
	conn net.Conn
}

// peer FROM TO KIND [RESOURCE]: connects from a host of this machine to an address, or to a unix socket,
// says something of that kind and waits for what comes of it: "closed", or the error that is told, which
// is what the file reply then holds.
func peer(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 3, "peer from to kind [resource]")
	from, to, kind := args[0], args[1], args[2]
	resource := strings.Join(args[3:], "")
	s := meet(ts, from, to)
	defer s.conn.Close()
	hello := wire.AppendHello1(nil, &wire.Hello1{Resource: resource, Version: wire.ProtocolVersion})
	switch kind {
	case "garbage":
		b := make([]byte, 8192)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
		s.say(append([]byte{wire.ProtocolVersion, 0, 1, 0, 0}, b...))
	case "huge": // nv of nearly 4 GiB
		s.say([]byte{wire.ProtocolVersion, 0xff, 0xff, 0xff, 0xff})
	case "half": // the connection ends in the middle of the message
		s.say(frame(hello, nil)[:20])
		ts.Check(s.conn.(interface{ CloseWrite() error }).CloseWrite())
	case "payload": // a hello that announces a payload of nearly 4 GiB
		b := frame(hello, make([]byte, 0xabcd))
		size := bytes.LastIndex(b, binary.LittleEndian.AppendUint32(nil, 0xabcd))
		copy(b[size:], []byte{0xff, 0xff, 0xff, 0xff})
		s.say(b)
	case "version":
		b := frame(hello, nil)
		b[0] = 77
		s.say(b)
	case "hello":
		s.say(frame(hello, nil))
	case "token": // the second connection has another token than was given to the first one
		s.say(frame(hello, nil))
		if reply := s.hear(); reply != "token" {
			ts.Fatalf("the first hello is answered with %s", reply)
		}
		second := meet(ts, from, to)
		defer second.conn.Close()
		second.say(frame(wire.AppendHello2(nil, &wire.Hello2{Resource: resource, Token: wire.Token{1, 2, 3}, ResUID: 5}), nil))
		s = second
	default:
		ts.Fatalf("unknown kind %s", kind)
	}
	ts.Check(os.WriteFile(ts.MkAbs("reply"), []byte(s.hear()+"\n"), 0o600))
}

func meet(ts *testscript.TestScript, from, to string) *stranger {
	d := net.Dialer{Timeout: patience}
	network := "unix"
	if strings.Contains(to, ":") {
		network = "tcp"
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	} else {
		to = ts.MkAbs(to)
	}
	conn, err := d.Dial(network, to)
	ts.Check(err)
	ts.Check(conn.SetDeadline(time.Now().Add(patience)))
	return &stranger{ts, conn}
}

// frame is a message with its header and payload.
func frame(nv, payload []byte) []byte {
	var e wire.Encoder
	head, body, err := e.AppendHead(nil, &wire.OutFrame{Version: wire.ProtocolVersion, NV: nv, Payload: payload})
	if err != nil {
		panic(err)
	}
	return append(head, body...)
}

// say sends; that the other side has closed already is an answer, too.
func (s *stranger) say(b []byte) { _, _ = s.conn.Write(b) }

// hear says what is answered: "closed", "token" or the text of an error.
func (s *stranger) hear() string {
	f, err := wire.NewDecoder(wire.Limits{}).ReadFrame(bufio.NewReader(s.conn))
	if err != nil {
		var late net.Error
		if ok := errors.As(err, &late); ok && late.Timeout() {
			s.ts.Fatalf("hastd neither answers nor closes the connection\n%s", logs(s.ts))
		}
		return "closed"
	}
	defer f.Release()
	reply, err := wire.DecodeHello1Reply(f.NV)
	switch {
	case err != nil:
		return err.Error()
	case reply.ErrMsg == "":
		return "token"
	}
	return reply.ErrMsg
}
